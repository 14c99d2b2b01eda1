plugins = {}
sip_port = "a" + 1
