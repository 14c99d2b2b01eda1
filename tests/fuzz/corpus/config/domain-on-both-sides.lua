plugins = {}
host = "gw.example.org"
SipDomain "contoso.com"
XmppDomain "contoso.com"
