plugins = {}
modules_enabled = { "s2s" }
