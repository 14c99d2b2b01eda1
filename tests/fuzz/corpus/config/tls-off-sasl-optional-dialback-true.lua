plugins = {}
host = "gw.example.org"
SipDomain "contoso.com"
XmppDomain "example.org"
	tls = "off"
	sasl = "optional"
	dialback = true
