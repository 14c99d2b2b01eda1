-- mod_stox: let users write to domains that are on SIP only.
--
-- A stanza for a domain without XMPP service (no _xmpp-server._tcp, and none of
-- _xmpps-server._tcp) but with SIP service (_sipfederationtls._tcp or
-- _sips._tcp) goes to stox's gateway domain, readdressed:
--
--     romeo@contoso.com  ->  romeo\40contoso.com@sip.example.org
--
-- and what comes back from the gateway for users here gets the plain address
-- again, so that clients see romeo@contoso.com all the time.
--
-- Copy it into a folder of plugin_paths and add to the global section:
--
--     modules_enabled = { ...; "stox" }
--     stox_gateway = "sip.example.org"
--     -- Domains that are on SIP whatever the DNS says, and that never are:
--     stox_domains = { "contoso.com" }
--     stox_never   = { "example.net" }
--
-- stox needs the same name as Gateway, and these domains with it
-- (gateway = "sip.example.org" in a SipDomain).  Made for Prosody 0.12.

local jid_split = require "util.jid".split;
local jid_join = require "util.jid".join;
local escape = require "util.jid".escape;
local unescape = require "util.jid".unescape;
local async = require "util.async";
local st = require "util.stanza";
local adns = require "net.adns";
local to_ascii = require "util.encodings".idna.to_ascii;
local now = require "util.time".now;

local gateway = module:get_option_string("stox_gateway");
local always = module:get_option_set("stox_domains", {});
local never = module:get_option_set("stox_never", {});
-- Seconds for which an answer of the DNS is believed.
local keep = module:get_option_number("stox_cache", 300);

if not gateway then
	error("stox_gateway is not set: it names the gateway domain of stox");
end

local resolver = adns.resolver();
local known = require "util.cache".new(1000);

-- Is there an SRV record with a target?  Waits for the answer; nil: unknown.
local function has_service(service, domain)
	local name = to_ascii(domain);
	if not name then return false; end
	local wait, done = async.waiter();
	local answer, failed;
	resolver:lookup(function (records, why)
		answer, failed = records, why;
		done();
	end, service .. "._tcp." .. name .. ".", "SRV", "IN");
	wait();
	if not answer then
		return failed and nil;
	end
	for _, record in ipairs(answer) do
		if record.srv and record.srv.target ~= "." then return true; end
	end
	return false;
end

local function ask(domain)
	if has_service("_xmpp-server", domain) ~= false
		or has_service("_xmpps-server", domain) ~= false then
		return false;
	end
	return has_service("_sipfederationtls", domain) == true
		or has_service("_sips", domain) == true;
end

-- Does the domain live behind the gateway?  nil: only the DNS can tell.
local function remembered(domain)
	if always:contains(domain) then return true; end
	if never:contains(domain) or domain == gateway
		or prosody.hosts[domain] then
		return false;
	end
	local entry = known:get(domain);
	if entry and entry.until_time >= now() then return entry.sip; end
end

-- The same; waits for the DNS.
local function on_sip(domain)
	local sip = remembered(domain);
	if sip == nil then
		sip = ask(domain);
		known:set(domain, { sip = sip, until_time = now() + keep });
	end
	return sip;
end

local function outward(jid)
	local node, host, resource = jid_split(jid);
	if not node then return gateway; end
	return jid_join(escape(node .. "@" .. host), gateway, resource);
end

-- User, domain and resource behind an address of the gateway; only of one that
-- outward() could have made, so that nobody poses as another.
local function behind(jid)
	local node, host, resource = jid_split(jid);
	if host ~= gateway or not node then return; end
	local user, domain = unescape(node):match("^(.+)@([^@]+)$");
	if user and escape(user .. "@" .. domain) == node then
		return user, domain, resource;
	end
end

-- From a user of this host to elsewhere.
module:hook("route/remote", function (event)
	if event.to_host == gateway or not on_sip(event.to_host) then
		return;
	end
	local stanza = st.clone(event.stanza);
	stanza.attr.to = outward(stanza.attr.to);
	module:log("debug", "%s goes through %s", event.to_host, gateway);
	module:send(stanza);
	return true;
end, 100);

-- Stanzas that wait for the DNS, and all that come behind them, in order.
local queue = async.runner(function (stanza)
	local user, domain, resource = behind(stanza.attr.from);
	if on_sip(domain) then
		stanza.attr.from = jid_join(user, domain, resource);
	end
	stanza.attr["stox-seen"] = "yes";
	module:send(stanza);
end);

-- From the gateway to a user of this host.
local function arrived(event)
	local stanza = event.stanza;
	if stanza.attr["stox-seen"] then
		stanza.attr["stox-seen"] = nil;
		return;
	end
	local user, domain, resource = behind(stanza.attr.from);
	if not user then return; end
	local sip = remembered(domain);
	if sip == nil or queue.state ~= "ready" then
		queue:run(st.clone(stanza));
		return true;
	end
	if sip then
		stanza.attr.from = jid_join(user, domain, resource);
	end
end

for _, name in ipairs({ "message", "presence", "iq" }) do
	for _, to in ipairs({ "bare", "full" }) do
		module:hook(name .. "/" .. to, arrived, 1000);
	end
end
