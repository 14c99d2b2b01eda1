plugins = {}
host = "gw.example.org"
XmppDomain "example.org"
