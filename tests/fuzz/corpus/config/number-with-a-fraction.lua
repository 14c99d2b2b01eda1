plugins = {}
sip_port = 50.5
