-- The configuration of stoxd: a federated SIP domain, to begin with.  Copy it to
-- /etc/stox/stox.cfg.lua and change the names.  stox.cfg.lua(5) has every option,
-- "stoxd --check-config" tells what is wrong, "stoxctl plan" what others have to
-- set up: certificates, firewall, DNS, Lync, Prosody and ejabberd.

-- Where stox keeps contacts and what a restart needs.  Its alone.
data         = "/var/lib/stox"

-- NAME.crt and NAME.key (PEM, the chain in the .crt) of each name below, found by
-- name; a wildcard may stand in any of them.
certificates = "/etc/stox/certs"

-- The name of this machine, which SIP servers see and ask the certificate for.
host         = "gw.contoso.com"

-- The domain whose people are on SIP; stox is its XMPP server.  Without front_end
-- the DNS tells where its SIP server is (SRV).
SipDomain "contoso.com"
    front_end = "fe.contoso.com:5061"
    -- Lync or Skype for Business; without this line SIP/SIMPLE by the standards:
    -- dialect = "lync"
    -- As a component of an XMPP server of your own, instead of federation:
    -- component = { host = "127.0.0.1", port = 5347,
    --               secret_file = "/etc/stox/secret" }

-- Whose people are on XMPP and may take part; stox is its SIP server.  One section
-- for each partner.
XmppDomain "example.org"

-- Others, whom no section names: "off", "limited" or "on".
-- discover_xmpp = "limited"    -- above the first section
