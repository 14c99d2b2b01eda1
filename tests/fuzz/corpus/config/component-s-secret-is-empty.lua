plugins = {}
host = "gw.example.org"
SipDomain "contoso.com"
	component = { secret = "" }
