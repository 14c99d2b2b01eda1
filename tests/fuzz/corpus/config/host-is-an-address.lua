plugins = {}
host = "192.0.2.1"
