plugins = {}
host = "gw.example.org"
SipDomain "contoso.com"
	tls_min = "1.0"
XmppDomain "example.org"
	tls_min = "1.1"
