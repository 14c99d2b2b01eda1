plugins: []
