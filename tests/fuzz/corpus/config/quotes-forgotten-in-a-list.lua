plugins = {
	toy,
}
