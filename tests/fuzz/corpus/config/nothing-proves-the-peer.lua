plugins = {}
host = "gw.example.org"
XmppDomain "example.org"
	sasl = "off"
	dialback = false
