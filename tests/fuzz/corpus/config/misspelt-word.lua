plugins = { "toy" }
toy_shade = "drak"
