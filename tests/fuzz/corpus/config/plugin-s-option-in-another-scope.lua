plugins = { "toy" }
host = "gw.example.org"
toy_title = "x"
SipDomain "contoso.com"
	toy_flag = true
XmppDomain "example.org"
	toy_shade = "dark"
