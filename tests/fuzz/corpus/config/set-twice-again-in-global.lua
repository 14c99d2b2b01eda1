plugins = {}
host = "gw.example.org"
XmppDomain "example.org"
Global()
host = "other.example.org"
