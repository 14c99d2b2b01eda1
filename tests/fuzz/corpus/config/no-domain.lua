plugins = {}
XmppDomain()
