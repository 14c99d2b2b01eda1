"""Kamailio as the SIP front end of contoso.com.

Port 5061 is for the gateway: certificates on both sides.  Port 5071 is for
users, who show none.  Romeo and Benvolio are users; anybody may register as
either, for what is tested here is not Kamailio.

It is a presence server too: users PUBLISH, and whoever subscribes from outside
waits until a rule() says what may be seen.  With `hosts` it is one for the
people of another domain as well: the gateway PUBLISHes what they are, and users
subscribe here.
"""
import glob
import os
import signal
import sqlite3
from contextlib import closing

from lab import LabError, Process, until

USERS = ("romeo", "benvolio")
# Those whose phones tell themselves how they are.
PHONES = ("mercutio",)

# What a user's rules are to the server.  RFC 5025
RULES = """<?xml version="1.0"?>
<ruleset xmlns="urn:ietf:params:xml:ns:common-policy"
 xmlns:pr="urn:ietf:params:xml:ns:pres-rules"><rule id="r1">
<conditions><identity><one id="sip:{watcher}"/></identity></conditions>
<actions><pr:sub-handling>{handling}</pr:sub-handling></actions>
<transformations/></rule></ruleset>"""
PRES_RULES = 2  # the number of such a document in the table of xcap


class Kamailio:
    """Start with start()."""

    def __init__(self, lab, authority):
        self.lab, self.authority = lab, authority
        self.process = None
        self.certificate = authority.issue("kamailio/certs", "fe.contoso.com")
        self.database = lab.path("kamailio/presence.db")
        # The longest subscription and publication that it grants, in seconds.
        self.max_expires = 3600
        self.hosts = ""  # a domain of others

    def _addresses(self):
        yield self.lab.ip4("fe")
        if self.lab.ip6("fe"):
            yield f"[{self.lab.ip6('fe')}]"

    def _tls(self):
        crt, key = self.certificate
        common = (f"method = TLSv1.2+\ncertificate = {crt}\n"
                  f"private_key = {key}\nca_list = {self.authority.file}\n")
        with_names = common + "verify_certificate = yes\n"
        servers = "".join(
            f"[server:{address}:5061]\n{with_names}"
            "require_certificate = yes\n" for address in self._addresses())
        return (f"[server:default]\n{common}verify_certificate = no\n"
                f"{servers}"
                f"[client:default]\n{with_names}"
                "require_certificate = yes\nserver_name = gw.contoso.com\n")

    def _config(self):
        lab = self.lab
        address = lab.ip4("fe")
        listen = [f"tls:{one}:5061" for one in self._addresses()]
        listen.append(f"tls:{address}:5071")
        tls = lab.write("kamailio/tls.cfg", self._tls())
        modules = ("tls db_sqlite tm sl rr pv maxfwd textops siputils xlog "
                   "usrloc registrar presence presence_xml").split()
        return f"""#!KAMAILIO
debug=2
log_stderror=yes
children=1
tcp_children=1
enable_tls=yes
tcp_connection_lifetime=600
auto_aliases=no
alias="contoso.com"
alias="fe.contoso.com"
dns=no
rev_dns=no
{"".join(f"listen={one}" + chr(10) for one in listen)}
{"".join(f'loadmodule "{one}.so"' + chr(10) for one in modules)}
modparam("tls", "config", "{tls}")
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_expires", 600)
modparam("tm", "fr_timer", 32000)
modparam("presence|presence_xml", "db_url", "sqlite:///{self.database}")
modparam("presence", "server_address",
    "sip:fe.contoso.com:5061;transport=tls")
modparam("presence", "subs_db_mode", 0)
modparam("presence", "publ_cache", 0)
modparam("presence", "max_expires", {self.max_expires})
modparam("presence_xml", "force_active", 0)
modparam("presence_xml", "integrated_xcap_server", 1)

request_route {{
    if (!mf_process_maxfwd_header("10")) {{
        sl_send_reply("483", "Too Many Hops");
        exit;
    }}
    xlog("L_NOTICE",
        "request $rm $ru from $fu at $si:$sp, match $hdr(SIP-If-Match), "
        "expires $hdr(Expires)\\n");
    if ($Rp == 5061)
        route(GATEWAY);
    else
        route(USER);
    exit;
}}

# From stox, whose certificate the TLS layer has verified.
route[GATEWAY] {{
    if ($tls_peer_san_hostname != "gw.contoso.com") {{
        sl_send_reply("403", "Unknown Gateway");
        exit;
    }}
    if (is_method("OPTIONS")) {{
        sl_send_reply("200", "OK");
        exit;
    }}
    route(WITHIN);
    if (is_method("PUBLISH") && $rd == "{self.hosts}")
        route(PRESENCE);
    if (is_method("SUBSCRIBE") && $rd == "contoso.com"
            && $rU =~ "^({"|".join(USERS)})$")
        route(PRESENCE);
    if (!is_method("MESSAGE|SUBSCRIBE")) {{
        sl_send_reply("405", "Method Not Allowed");
        exit;
    }}
    route(DELIVER);
}}

# What belongs to a dialog goes where the dialog does.
route[WITHIN] {{
    if (!has_totag())
        return;
    if (loose_route()) {{
        if (!t_relay())
            sl_reply_error();
        exit;
    }}
    if (is_method("SUBSCRIBE") && !($rU =~ "^({"|".join(PHONES)})"))
        route(PRESENCE);
}}

route[PRESENCE] {{
    if (!t_newtran()) {{
        sl_reply_error();
        exit;
    }}
    if (is_method("PUBLISH"))
        handle_publish();
    else
        handle_subscribe();
    t_release();
    exit;
}}

route[USER] {{
    if ($fd != "contoso.com") {{
        sl_send_reply("403", "Not Your Domain");
        exit;
    }}
    if (is_method("REGISTER")) {{
        save("location");
        exit;
    }}
    route(WITHIN);
    if (is_method("PUBLISH")
            || (is_method("SUBSCRIBE") && $rd == "{self.hosts}"))
        route(PRESENCE);
    if (is_method("OPTIONS") && $rU == "rules") {{
        # Its control interface would crash over this; this does not.
        pres_refresh_watchers("$fu", "presence", 0);
        sl_send_reply("200", "OK");
        exit;
    }}
    if (!is_method("MESSAGE|SUBSCRIBE")) {{
        sl_send_reply("405", "Method Not Allowed");
        exit;
    }}
    if ($rd == "contoso.com")
        route(DELIVER);
    else {{
        remove_hf("Route");
        if (is_method("SUBSCRIBE"))
            record_route();
        $du = "sip:{lab.ip4("gw")}:5061;transport=tls";
        $fs = "tls:{address}:5061";
        if (!t_relay())
            sl_reply_error();
    }}
}}

route[DELIVER] {{
    if ($rd != "contoso.com") {{
        sl_send_reply("403", "Relaying Denied");
        exit;
    }}
    if (!($rU =~ "^({"|".join(USERS + PHONES)})$")) {{
        sl_send_reply("404", "Not Found");
        exit;
    }}
    if (!lookup("location")) {{
        sl_send_reply("480", "Temporarily Unavailable");
        exit;
    }}
    if (is_method("SUBSCRIBE")) {{
        record_route();
        $fs = "tls:{address}:5071";
    }}
    if (!t_relay())
        sl_reply_error();
}}
"""

    def _make_database(self):
        """The tables that the packages bring."""
        if os.path.exists(self.database):
            return
        with closing(sqlite3.connect(self.database)) as tables:
            # Kamailio waits for no lock: readers and a writer get along so
            tables.execute("pragma journal_mode = wal")
            for name in ("standard", "presence"):
                files = glob.glob("/usr/share/kamailio/db_sqlite/"
                                  f"{name}-create.sql")
                if not files:
                    raise LabError("kamailio-sqlite-modules is not installed")
                with open(files[0], encoding="utf-8") as file:
                    tables.executescript(file.read())

    def asked(self, user, seconds=10):
        """Wait until somebody's request to see the user is written down: who
        writes at the same moment makes Kamailio refuse it."""
        def is_there():
            with closing(sqlite3.connect(self.database, timeout=5)) as tables:
                return tables.execute(
                    "select count(*) from watchers where presentity_uri = ?",
                    (f"sip:{user}@contoso.com",)).fetchone()[0] > 0
        until(seconds, f"nobody has asked to see {user}", is_there)

    def published(self, user, seconds=10, etag=None):
        """The tag and the document of what the gateway has published of a user
        whom it hosts, when that tag is another."""
        def look():
            with closing(sqlite3.connect(self.database, timeout=5)) as tables:
                row = tables.execute(
                    "select etag, body from presentity where username = ? and"
                    " domain = ?", (user, self.hosts)).fetchone()
            return row if row and row[0] != etag else None
        tag, body = until(seconds, f"nothing new is published of {user}", look)
        return tag, body.decode() if isinstance(body, bytes) else body

    def rule(self, user, watcher=None, handling="allow", domain="contoso.com"):
        """What the server tells a watcher of a user: "allow", "block" or
        "polite-block"; without a watcher nobody is let in yet, and nothing is
        known of the user.  Holds from the user's next OPTIONS to "rules"."""
        with closing(sqlite3.connect(self.database, timeout=5)) as tables:
            tables.execute("delete from xcap where username = ?", (user,))
            if watcher:
                tables.execute(
                    "insert into xcap (username, domain, doc, doc_type, etag,"
                    " source, doc_uri, port) values (?, ?, ?, ?,"
                    " 'e1', 0, 'rules', 0)",
                    (user, domain,
                     RULES.format(watcher=watcher, handling=handling),
                     PRES_RULES))
            else:
                tables.execute("delete from watchers where presentity_uri = ?",
                               (f"sip:{user}@{domain}",))
                tables.execute("delete from presentity where username = ?",
                               (user,))
            tables.commit()

    def forget(self):
        """While it is stopped: lose whatever it knew of anybody."""
        with closing(sqlite3.connect(self.database, timeout=5)) as tables:
            for name in ("presentity", "active_watchers", "watchers", "xcap"):
                tables.execute(f"delete from {name}")
            tables.commit()

    def start(self):
        lab = self.lab
        os.makedirs(lab.path("kamailio"), exist_ok=True)
        self._make_database()
        config = lab.write("kamailio/kamailio.cfg", self._config())
        self.process = Process(
            lab, "fe", "kamailio",
            ["/usr/sbin/kamailio", "-f", config, "-DD", "-E", "-m", "64",
             "-M", "8", "-w", lab.path("kamailio"),
             "-Y", lab.path("kamailio"),
             "-P", lab.path("kamailio/kamailio.pid")])
        for port in (5061, 5071):
            self.process.wait_port(port, 15)

    def stop(self):
        return self.process.stop()

    def kill(self):
        self.process.kill()

    def freeze(self, frozen=True):
        """All its processes hold still, or go on."""
        import os
        os.killpg(self.process.pid,
                  signal.SIGSTOP if frozen else signal.SIGCONT)
