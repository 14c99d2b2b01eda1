plugins = {}
host = "gw"
