plugins = {}
dns_servers = {
	"192.0.2.1",
	second = "192.0.2.2",
}
