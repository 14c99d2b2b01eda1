plugins = {}
sip_prot = 5061
