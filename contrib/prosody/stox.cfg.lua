-- stox as a component of Prosody: for /etc/prosody/conf.d/.
--
-- Only for domains that stox shall serve through this Prosody.  Where stox
-- federates server to server, Prosody needs nothing but its own certificate.
--
-- On stox's side:
--
--   SipDomain "contoso.com"
--       front_end = "fe.contoso.com:5061"
--       component = { host = "127.0.0.1", port = 5347,
--                     secret_file = "/etc/stox/component.secret" }
--
-- The connection is not encrypted.  Prosody listens for components on the
-- loopback interface unless told otherwise; leave it so, and run stox on the
-- same machine or behind a tunnel.  Where they must be apart, these are global
-- settings, above the first VirtualHost:
--
--   component_ports = { 5347 }
--   component_interfaces = { "192.0.2.3" }

Component "contoso.com"
    -- The same text as in secret_file (a long random one: openssl rand -hex 32).
    component_secret = "CHANGE ME"

    -- Which other domains may write to contoso.com is decided twice: by this
    -- Prosody, and by the XmppDomain sections of stox.  To keep it to the users
    -- of this server, take the component out of federation:
    -- modules_disabled = { "s2s" }
