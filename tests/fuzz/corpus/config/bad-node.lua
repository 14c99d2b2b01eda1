plugins = {}
node = "Node-1"
