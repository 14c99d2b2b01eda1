plugins = {}
discover = "limited"
