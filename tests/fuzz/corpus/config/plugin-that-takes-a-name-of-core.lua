plugins = { "sip" }
