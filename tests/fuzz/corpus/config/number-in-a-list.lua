plugins = {}
dns_servers = { "192.0.2.1", 2 }
