plugins = { "toy" }
toy_wait = "30 s"
