plugins = {}
data = { "/srv" }
