-- Route sets of SIP dialogs: many dialogs share one, and name it by number.
CREATE TABLE route_set (
	id INTEGER NOT NULL PRIMARY KEY,
	routes BLOB NOT NULL,           -- as sip/dialog.h packs them
	seen INTEGER NOT NULL           -- last use, to about a day
);
