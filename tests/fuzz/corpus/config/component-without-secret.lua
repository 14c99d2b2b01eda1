plugins = {}
host = "gw.example.org"
SipDomain "contoso.com"
	component = {
		host = "127.0.0.1",
	}
