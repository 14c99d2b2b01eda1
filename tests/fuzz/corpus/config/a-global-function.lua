plugins = {}
function helper() end
