plugins = {}
sip_listen = "[::1]:5061"
xmpp_listen = { "[0:0::1]:5061" }
