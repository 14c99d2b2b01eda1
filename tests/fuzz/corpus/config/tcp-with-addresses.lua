plugins = {}
host = "gw.example.org"
SipDomain "contoso.com"
	front_end = { "192.0.2.1:5060", "[2001:db8::1]" }
	transport = "tcp"
XmppDomain "example.org"
