plugins = {}
sip_listen = {
	"*",
	"localhost:5061",
	"::1:5061",
	"[::1]:70000",
	"[::1",
	"[::1]x",
}
