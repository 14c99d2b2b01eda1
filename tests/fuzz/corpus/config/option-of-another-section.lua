plugins = {}
front_end = "fe.contoso.com"
tls = "off"
