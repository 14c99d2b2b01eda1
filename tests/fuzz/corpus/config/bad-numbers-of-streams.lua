plugins = {}
host = "gw.example.org"
XmppDomain "example.org"
	connection_limit = 0
