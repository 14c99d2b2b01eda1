plugins = {}
host = "gw.example.org"
SipDomain "192.0.2.1"
SipDomain "a b.example"
SipDomain ""
SipDomain(5)
XmppDomain "juliet@example.org"
XmppDomain(nobody)
