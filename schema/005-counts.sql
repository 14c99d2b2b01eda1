-- How many things of a kind somebody has, by a number made from its name, so
-- that a million of them are small.
CREATE TABLE tally (
	id INTEGER NOT NULL PRIMARY KEY,  -- of the name
	n INTEGER NOT NULL
);
