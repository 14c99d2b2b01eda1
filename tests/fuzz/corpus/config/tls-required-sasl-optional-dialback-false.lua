plugins = {}
host = "gw.example.org"
SipDomain "contoso.com"
XmppDomain "example.org"
	tls = "required"
	sasl = "optional"
	dialback = false