plugins = { "toy" }
toy_wiat = 5
