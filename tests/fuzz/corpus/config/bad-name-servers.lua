plugins = {}
dns_servers = { "ns.example.org", "192.0.2.1@0" }
