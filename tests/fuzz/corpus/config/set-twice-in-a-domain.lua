plugins = {}
host = "gw.example.org"
SipDomain "contoso.com"
	trusted = true
	trusted = false
