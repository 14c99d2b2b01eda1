plugins = {}
sip_port = "5061"
