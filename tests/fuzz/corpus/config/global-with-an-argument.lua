plugins = {}
Global "x"
