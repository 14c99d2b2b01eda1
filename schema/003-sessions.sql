-- Sessions again, so that a million of them are small: numbered in order, and
-- found by a number made from their key.  Those of before belonged to no
-- plugin that came with stox.
DROP TABLE session;
CREATE TABLE session (
	id INTEGER NOT NULL PRIMARY KEY,
	hash INTEGER NOT NULL,          -- of kind and key
	kind TEXT NOT NULL,             -- the plugin's session kind
	key BLOB NOT NULL,
	state BLOB NOT NULL,            -- versioned by its plugin
	due INTEGER NOT NULL,           -- 0: never
	node TEXT NOT NULL,
	epoch INTEGER NOT NULL          -- the run of the node that wrote it
);
CREATE INDEX session_hash ON session (hash);
CREATE INDEX session_due ON session (due) WHERE due > 0;
