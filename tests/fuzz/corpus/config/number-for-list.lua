plugins = {}
sip_listen = 5061
