plugins = {}
host = "gw_.-.example"
