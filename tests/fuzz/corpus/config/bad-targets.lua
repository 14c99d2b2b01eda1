plugins = {}
host = "gw.example.org"
SipDomain "contoso.com"
	front_end = { "*:5061", "sip:fe.contoso.com", "fe contoso" }
	certificate = "../gw"
XmppDomain "example.org"
	proxy = "https://example.org"
