plugin_path = { "/nowhere/a", "/nowhere/b" }
plugins = {
	"toy",
	"nope",
}
