plugins = {}
local t = {}
t.t = t
limits = t
