plugins = {}
sip_listen = { "*:5061", "*:5061" }
