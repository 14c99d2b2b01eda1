plugins = {}
sip_port = 1/0
