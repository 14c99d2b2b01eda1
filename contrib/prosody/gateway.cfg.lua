-- A gateway domain of stox beside Prosody: for /etc/prosody/conf.d/.
--
-- Behind a gateway domain live people of many SIP domains, each with an escaped
-- address: romeo@contoso.com is romeo\40contoso.com@sip.example.org here.  (For a
-- domain that is all on SIP, stox.cfg.lua beside this file is the simpler way.)
--
-- On stox's side:
--
--   Gateway "sip.example.org"
--       component = { host = "127.0.0.1", port = 5347,
--                     secret_file = "/etc/stox/component.secret" }
--
--   SipDomain "contoso.com"
--       front_end = "fe.contoso.com:5061"
--       gateway   = "sip.example.org"

Component "sip.example.org"
    -- The same text as in secret_file (openssl rand -hex 32).
    component_secret = "CHANGE ME"

-- With mod_stox.lua from this folder users need not see escaped addresses; in
-- the global section, above the first VirtualHost:
--
--   plugin_paths    = { "/etc/prosody/plugins" }
--   modules_enabled = { ...; "stox" }
--   stox_gateway    = "sip.example.org"
