plugins = { "toy"
