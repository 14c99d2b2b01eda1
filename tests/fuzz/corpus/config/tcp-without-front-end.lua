plugins = {}
host = "gw.example.org"
SipDomain "contoso.com"
	transport = "tcp"
XmppDomain "example.org"
