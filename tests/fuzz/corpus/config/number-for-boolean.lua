plugins = { "toy" }
toy_flag = 1
