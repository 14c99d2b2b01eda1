plugins = {}
host = "gw.example.org"
SipDomain "contoso.com"
	component = { "127.0.0.1", 5347 }
