plugins = {}
host = "gw.example.org"
SipDomain "contoso.com"
XmppDomain "example.org"
	tls = "optional"
	sasl = "optional"
	dialback = false
