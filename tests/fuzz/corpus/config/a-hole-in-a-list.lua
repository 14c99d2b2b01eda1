plugins = { "toy", nil, "toy" }
