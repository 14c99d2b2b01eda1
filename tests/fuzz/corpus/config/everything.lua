data = "data"
host = "gw.contoso.com"
sip_port = 5062.0
log_level = "debug"
dns_servers = { "127.0.0.1@5353", "::1" }
xmpp_listen = { "192.0.2.1:5269", "[2001:DB8::1]:5269" }
sip_listen = "*:5062"
sip_listen_tcp = { "127.0.0.1:5060" }
plugins = { "toy" }
toy_wait = 7
limits = { exchange_x2s = 40, memory = 2^31 }
local function names(...)
	local list = {}
	for _, name in ipairs { ... } do
		table.insert(list, ("%s.contoso.com"):format(name))
	end
	return list
end
SipDomain "bücher.example"
	front_end = names("fe1", "fe2")
	dialect = "lync"
	tls_min = "1.3"
	trusted = true
	keepalive = false
	toy_shade = "dark"
	additional_domains = { "corp.contoso.com" }
	component = { host = "127.0.0.1", port = 5347, secret = "s3cret" }
XmppDomain "example.org"
	partner = "public_unverified"
	tls = "optional"
	sasl = "off"
	dialback = true
	proxy = "xmpp.example.org:5270"
	connection_limit = 7
	toy_names = { "x" }
Global()
node = "b7"
