"""A signed DNS for the laboratory: nsd serves all names in one zone, the root,
whose key is the only trust anchor."""
import glob
import hashlib
import os
import shutil
import ssl
import subprocess

from lab import LabError, Process


def digest(certificate):
    """SHA-256 of a whole certificate, the first of a PEM file."""
    with open(certificate, encoding="ascii") as file:
        text = file.read()
    end = "-----END CERTIFICATE-----"
    first = text[text.index("-----BEGIN CERTIFICATE"):text.index(end)] + end
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


def tlsa(usage, certificate, port=5269, host="xmpp.example.org"):
    """A record for the whole certificate of a file."""
    return f"_{port}._tcp.{host}. TLSA {usage} 0 1 {digest(certificate)}"


class SignedZone:
    """Takes the place of the lab's name server until stop()."""

    def __init__(self, lab):
        self.lab = lab
        self.folder = lab.path("zone")
        os.makedirs(self.folder, exist_ok=True)
        self.key = self._run("ldns-keygen", "-a", "ECDSAP256SHA256", "-k",
                             ".").strip()
        self.anchor = os.path.join(self.folder, self.key + ".ds")
        self.process = None

    def _run(self, *words):
        done = subprocess.run(words, cwd=self.folder, capture_output=True,
                              text=True, check=False)
        if done.returncode:
            raise LabError(f"{' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def serve(self, extra=(), forged=None):
        """Serve the lab's names and these records.  forged: (old, new) texts
        that are exchanged after signing, so that the signature is wrong."""
        records = "\n".join([*self.lab.records(), *extra])
        self.lab.write("zone/zone", f"""$ORIGIN .
$TTL 1
. SOA ns.example.net. admin.example.net. 1 3600 600 86400 1
. NS ns.example.net.
{records}
""")
        self._run("ldns-signzone", "-f", "zone.signed", "zone", self.key)
        if forged:
            path = os.path.join(self.folder, "zone.signed")
            with open(path, encoding="ascii") as file:
                text = file.read()
            if forged[0] not in text:
                raise LabError(f"no {forged[0]!r} in the signed zone")
            self.lab.write("zone/zone.signed", text.replace(*forged))
        self._start()

    def _start(self):
        self.stop()
        config = self.lab.write("zone/nsd.conf", f"""server:
    ip-address: {self.lab.ip4("dns")}@{self.lab.dns_port}
    username: ""
    chroot: ""
    zonesdir: "{self.folder}"
    pidfile: "{self.folder}/nsd.pid"
    database: ""
    xfrdfile: "{self.folder}/xfrd.state"
    zonelistfile: "{self.folder}/zone.list"
remote-control:
    control-enable: no
zone:
    name: "."
    zonefile: "zone.signed"
""")
        self.lab.dns.stop()
        nsd = shutil.which("nsd", path="/usr/sbin:/sbin:/usr/bin")
        if not nsd:
            raise LabError("nsd is not installed")
        self.process = Process(self.lab, "dns", "nsd", [nsd, "-d", "-c", config])
        self.process.wait_port(self.lab.dns_port, 10)

    def stop(self):
        """Only nsd; the lab's own name server comes back by serve_names()."""
        if self.process:
            self.process.stop()
            self.process = None
        for left in glob.glob(os.path.join(self.folder, "xfrd.state")):
            os.unlink(left)
