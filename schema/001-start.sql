-- The first tables.  Every statement of the daemon brings its own clock: there
-- is no "now" here.  Times are seconds since 1970, UTC.

-- Original spellings of SIP addresses, for JIDs whose mapping loses some.
CREATE TABLE aor_map (
	jid TEXT NOT NULL PRIMARY KEY,  -- bare, canonical
	uri TEXT NOT NULL,              -- as first seen
	seen INTEGER NOT NULL           -- last use, to about a day
) WITHOUT ROWID;
CREATE INDEX aor_map_seen ON aor_map (seen);

-- Small values of plugins.
CREATE TABLE plugin_value (
	plugin TEXT NOT NULL,
	key BLOB NOT NULL,
	value BLOB NOT NULL,
	expires INTEGER NOT NULL,       -- 0: never
	PRIMARY KEY (plugin, key)
) WITHOUT ROWID;
CREATE INDEX plugin_value_expires ON plugin_value (expires) WHERE expires > 0;

-- Sessions, packed: what an actor is rebuilt from.
CREATE TABLE session (
	id INTEGER NOT NULL PRIMARY KEY,
	kind TEXT NOT NULL,             -- the plugin's session kind
	key BLOB NOT NULL,
	state BLOB NOT NULL,            -- versioned by its plugin
	due INTEGER NOT NULL,           -- 0: never
	node TEXT NOT NULL,
	epoch INTEGER NOT NULL,
	UNIQUE (kind, key)
);

-- The node's own values.
CREATE TABLE meta (
	name TEXT NOT NULL PRIMARY KEY,
	value BLOB NOT NULL
) WITHOUT ROWID;
