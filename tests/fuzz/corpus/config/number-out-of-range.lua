plugins = {}
sip_port = 65536
