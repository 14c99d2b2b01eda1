plugins = {}
data = nil
