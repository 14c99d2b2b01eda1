plugins = {}
host = "gw.example.org"
SipDomain "contoso.com"
	tls_min = 1.2
