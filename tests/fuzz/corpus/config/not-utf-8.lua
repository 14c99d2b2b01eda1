plugins = {}
data = "/srv\255"
