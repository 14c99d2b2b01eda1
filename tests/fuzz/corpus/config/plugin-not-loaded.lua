plugins = {}
message_s2x_type = "chat"
