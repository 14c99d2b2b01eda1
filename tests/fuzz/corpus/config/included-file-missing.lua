plugins = {}
Include "nowhere.lua"
Include "nowhere/*.lua"
Include()
Include "/"
