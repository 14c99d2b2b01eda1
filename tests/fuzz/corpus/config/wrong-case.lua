plugins = {}
Sipdomain "example.org"
