data = "/srv
plugins = {}
