limits = { nothing = 1 }
data = 5
host = "x"
plugins = { "nope" }
sip_port = 0
SipDomain "contoso.com"
	dialect = "skype"
	componnet = {}
XmppDomain "contoso.com"
	tls = true
