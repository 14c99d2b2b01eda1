plugins = { "../toy" }
