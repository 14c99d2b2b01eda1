plugins = {}
host = "gw.example.org"
SipDomain "contoso.com"
	component = {
		host = "xmpp.example.org",
		secret = "x",
	}
XmppDomain "example.org"
