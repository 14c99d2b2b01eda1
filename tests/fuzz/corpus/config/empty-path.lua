plugins = {}
trust = ""
