plugins = {}
