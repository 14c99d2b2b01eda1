plugins = {}
data = "/a"
log_level = "info"
data = "/b"
