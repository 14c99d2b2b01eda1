plugins = { "nope" }
nope_option = 5
