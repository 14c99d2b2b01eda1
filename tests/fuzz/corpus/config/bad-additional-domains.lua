plugins = {}
host = "gw.example.org"
SipDomain "contoso.com"
	additional_domains = {
		"corp.contoso.com",
		"two..dots",
	}
