plugins = {}
log_level = "verbose"
