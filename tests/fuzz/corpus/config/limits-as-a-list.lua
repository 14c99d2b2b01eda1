plugins = {}
limits = { 32 }
