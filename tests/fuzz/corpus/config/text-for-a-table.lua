plugins = {}
limits = "many"
