plugins = {}
host = "gw.example.org"
XmppDomain "example.org"
	dialback = false
	tls = "off"
