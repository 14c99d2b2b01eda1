-- What is known of two people, one on XMPP and one on SIP.
CREATE TABLE pair (
	xmpp TEXT NOT NULL,             -- bare JID, canonical
	sip TEXT NOT NULL,              -- the SIP user, as a bare JID
	first TEXT NOT NULL,            -- who approached whom: "xmpp" or "sip"
	since INTEGER NOT NULL,         -- when
	PRIMARY KEY (xmpp, sip)
) WITHOUT ROWID;
