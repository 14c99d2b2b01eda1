plugins = {}
x = 5 +
y = 3
