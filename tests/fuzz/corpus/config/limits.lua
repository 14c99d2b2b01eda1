plugins = {}
limits = {
	exchange_x2s = 0,
	exchang_s2x = 20,
	lane = "many",
	message_hold = 1.5,
}
