plugins = {}
data = "/srv\0/stox"
