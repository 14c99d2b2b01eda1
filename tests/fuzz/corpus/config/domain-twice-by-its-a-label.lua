plugins = {}
host = "gw.example.org"
XmppDomain "bücher.example"
XmppDomain "xn--bcher-kva.example"
