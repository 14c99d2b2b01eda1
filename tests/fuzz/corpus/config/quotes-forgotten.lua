plugins = {}
log_level = debug
