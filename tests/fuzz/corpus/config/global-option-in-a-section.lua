plugins = {}
host = "gw.example.org"
SipDomain "contoso.com"
	log_level = "debug"
	tls = "required"
