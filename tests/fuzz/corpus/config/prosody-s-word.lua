plugins = {}
VirtualHost "example.org"
