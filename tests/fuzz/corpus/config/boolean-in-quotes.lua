plugins = { "toy" }
toy_flag = "true"
