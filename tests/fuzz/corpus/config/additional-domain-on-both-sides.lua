plugins = {}
host = "gw.example.org"
SipDomain "contoso.com"
	additional_domains = {
		"corp.contoso.com",
		"example.org",
	}
XmppDomain "example.org"
