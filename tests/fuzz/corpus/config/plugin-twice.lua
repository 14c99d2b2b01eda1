plugins = { "toy", "toy" }
