plugins = {}
SipDomain = "example.org"
