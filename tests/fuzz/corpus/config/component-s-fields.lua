plugins = {}
host = "gw.example.org"
SipDomain "contoso.com"
	component = {
		secret = "x",
		port = 0,
		pasword = "x",
		scret_file = "x",
	}
