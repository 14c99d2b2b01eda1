"""Kamailio as the SIP front end of contoso.com.

Port 5061 is for the gateway: certificates on both sides.  Port 5071 is for
users, who show none.  Romeo and Benvolio are users; anybody may register as
either, for what is tested here is not Kamailio.
"""
import signal

from lab import Process

USERS = ("romeo", "benvolio")


class Kamailio:
    """Start with start()."""

    def __init__(self, lab, authority):
        self.lab, self.authority = lab, authority
        self.process = None
        self.certificate = authority.issue("kamailio/certs", "fe.contoso.com")

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
        modules = ("tls tm sl rr pv maxfwd textops siputils xlog usrloc "
                   "registrar").split()
        return f"""#!KAMAILIO
debug=2
log_stderror=yes
children=1
tcp_children=1
enable_tls=yes
tcp_connection_lifetime=600
auto_aliases=no
alias="contoso.com"
dns=no
rev_dns=no
{"".join(f"listen={one}" + chr(10) for one in listen)}
{"".join(f'loadmodule "{one}.so"' + chr(10) for one in modules)}
modparam("tls", "config", "{tls}")
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_expires", 600)
modparam("tm", "fr_timer", 32000)

request_route {{
    if (!mf_process_maxfwd_header("10")) {{
        sl_send_reply("483", "Too Many Hops");
        exit;
    }}
    xlog("L_NOTICE", "request $rm $ru from $fu at $si:$sp\\n");
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
    if (!is_method("MESSAGE")) {{
        sl_send_reply("405", "Method Not Allowed");
        exit;
    }}
    route(DELIVER);
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
    if (!is_method("MESSAGE")) {{
        sl_send_reply("405", "Method Not Allowed");
        exit;
    }}
    if ($rd == "contoso.com")
        route(DELIVER);
    else {{
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
    if (!($rU =~ "^({"|".join(USERS)})$")) {{
        sl_send_reply("404", "Not Found");
        exit;
    }}
    if (!lookup("location")) {{
        sl_send_reply("480", "Temporarily Unavailable");
        exit;
    }}
    if (!t_relay())
        sl_reply_error();
}}
"""

    def start(self):
        lab = self.lab
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

    def freeze(self, frozen=True):
        """All its processes hold still, or go on."""
        import os
        os.killpg(self.process.pid,
                  signal.SIGSTOP if frozen else signal.SIGCONT)
