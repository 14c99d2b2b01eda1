plugins = {}
host = "gw.example.org"
SipDomain "contoso.com"
	transport = "tcp"
	front_end = "192.0.2.1"
	dialect = 5
XmppDomain "example.org"
	tls = "off"
