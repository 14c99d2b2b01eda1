plugins = {}
Provider "cloud.example"
	proxy = "edge.cloud.example:5061"
XmppDomain "example.org"
