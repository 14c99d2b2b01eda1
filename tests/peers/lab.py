"""A laboratory: hosts with addresses and names, joined by one wire.

Each host is a network namespace of its own, all of them plugged into a bridge
in another one, so that nothing here is seen by, or sees, the network outside.
Where namespaces may not be made the hosts become addresses 127.x.y.z of this
machine instead; everything else stays the same.

Whatever a lab starts or makes ends with it: processes, namespaces, files.
"""
import atexit
import contextlib
import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000

# The last byte of each host's addresses, and its name in the DNS.
HOSTS = {
    "dns": (1, "ns.example.net"),
    "gw": (2, "gw.contoso.com"),
    "xmpp": (3, "xmpp.example.org"),
    "fe": (4, "fe.contoso.com"),
    "home": (10, "home.example.net"),
}


class LabError(Exception):
    """The laboratory itself failed, not what is tested in it."""


def tail(path, lines=15):
    """The last lines of a text file, for messages."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-lines:])
    except OSError as error:
        return f"({error})\n"


def until(seconds, what, attempt, pause=0.02):
    """Call attempt() until it gives a true value; return that value."""
    deadline = time.monotonic() + seconds
    while True:
        value = attempt()
        if value:
            return value
        if time.monotonic() > deadline:
            raise LabError(f"{what}: not within {seconds} s")
        time.sleep(pause)


class Process:
    """A program running on a host; its output goes to a log file."""

    def __init__(self, lab, host, name, argv, env=None, stdio=False):
        self.lab, self.host, self.name = lab, host, name
        self.log = lab.path(f"log/{name}.log")
        self.start_offset = (
            os.path.getsize(self.log) if os.path.exists(self.log) else 0)
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(
                lab.command(host, argv),
                env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})},
                stdin=subprocess.PIPE if stdio else subprocess.DEVNULL,
                stdout=subprocess.PIPE if stdio else log, stderr=log,
                cwd=lab.folder, start_new_session=True)
        lab.processes.append(self)

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def output(self):
        """What it has written since this start."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            file.seek(self.start_offset)
            return file.read()

    def wait_log(self, pattern, seconds, since=0):
        """Wait for a line; returns the match."""
        def look():
            found = re.search(pattern, self.output()[since:], re.M)
            if not found and not self.running():
                raise LabError(f"{self.name} ended with status "
                               f"{self.popen.returncode}:\n{tail(self.log)}")
            return found
        try:
            return until(seconds, f"{self.name}: no \"{pattern}\"", look)
        except LabError as error:
            raise LabError(f"{error}\n{tail(self.log)}") from None

    def wait_port(self, port, seconds):
        """Wait until the host's port takes connections."""
        def knock():
            if not self.running():
                raise LabError(f"{self.name} ended with status "
                               f"{self.popen.returncode}:\n{tail(self.log)}")
            with self.lab.inside(self.host):
                probe = socket.socket()
            with probe:
                probe.settimeout(1)
                return probe.connect_ex((self.lab.ip4(self.host), port)) == 0
        until(seconds, f"{self.name}: port {port} not open", knock)

    def signal(self, number):
        if self.running():
            os.kill(self.pid, number)

    def wait(self, seconds):
        """Its exit status, or None when it still runs."""
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self):
        """SIGKILL for all of it: it ends where it stands."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.wait(10)
        self.stop()

    def stop(self, seconds=5):
        """End it and whatever it started; returns the exit status."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        status = self.wait(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.popen.wait()
        for pipe in (self.popen.stdin, self.popen.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()
        if self in self.lab.processes:
            self.lab.processes.remove(self)
        return status


class Lab:
    """The hosts, their DNS and the folder for everything they write."""

    def __init__(self, folder=None):
        self.owner = os.getpid()
        self.closed = False
        self.processes = []
        self.namespaces = []
        self.folder = folder or tempfile.mkdtemp(prefix="stox-lab-")
        os.makedirs(self.path("log"), exist_ok=True)
        atexit.register(self.close)
        self.separate = self._may_make_namespaces()
        if self.separate:
            self._wire()
        # Names that begin so are left out of the DNS.
        self.hidden, self.dns = ("_xmpps-server.",), None
        self.serve_names()

    # ---- where things are ------------------------------------------------

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode=0o600):
        """Write a file in the lab's folder; returns its full name."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def ip4(self, host):
        number = HOSTS[host][0]
        if self.separate:
            return f"198.51.100.{number}"
        return f"127.{1 + (self.owner >> 8) % 250}.{self.owner & 255}.{number}"

    def ip6(self, host):
        return f"2001:db8::{HOSTS[host][0]}" if self.separate else None

    @property
    def dns_port(self):
        # Not 5353: Erlang takes that for multicast DNS.
        return 53 if self.separate else 5300

    @property
    def dns_server(self):
        """As stox and unbound write it."""
        return f"{self.ip4('dns')}@{self.dns_port}"

    # ---- namespaces --------------------------------------------------------

    def _name(self, host):
        return f"stox-{self.owner}-{host}"

    @staticmethod
    def _ip(*words):
        done = subprocess.run(["ip", *words], capture_output=True, text=True,
                              check=False)
        if done.returncode:
            raise LabError(f"ip {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def _may_make_namespaces(self):
        if os.environ.get("STOX_LAB_NO_NAMESPACES"):
            return False
        try:
            self._sweep()
            self._add("wire")
        except (LabError, OSError):
            return False
        return True

    def _sweep(self):
        """Take away what a lab left behind that was killed outright."""
        for line in self._ip("netns", "list").splitlines():
            found = re.match(r"stox-(\d+)-\w+", line)
            if found and not os.path.exists(f"/proc/{found[1]}"):
                with contextlib.suppress(LabError):
                    self._ip("netns", "del", found[0])

    def _add(self, host):
        self._ip("netns", "add", self._name(host))
        self.namespaces.append(host)

    def _wire(self):
        """One bridge, and a cable from it to each host."""
        wire = self._name("wire")
        self._ip("-n", wire, "link", "add", "br0", "type", "bridge",
                 "forward_delay", "0")
        self._ip("-n", wire, "link", "set", "br0", "up")
        for host in HOSTS:
            self._add(host)
            name = self._name(host)
            self._ip("-n", wire, "link", "add", host, "type", "veth",
                     "peer", "name", "eth0", "netns", name)
            self._ip("-n", wire, "link", "set", host, "master", "br0", "up")
            self._ip("-n", name, "link", "set", "lo", "up")
            self._ip("-n", name, "addr", "add", f"{self.ip4(host)}/24",
                     "dev", "eth0")
            self._ip("-n", name, "addr", "add", f"{self.ip6(host)}/64",
                     "dev", "eth0", "nodad")
            self._ip("-n", name, "link", "set", "eth0", "up")
        self.write("resolv.conf", f"nameserver {self.ip4('dns')}\n", 0o644)

    def cut(self, host, cut=True):
        """Pull a host's cable, or plug it in again."""
        self._ip("-n", self._name("wire"), "link", "set", host,
                 "down" if cut else "up")

    def command(self, host, argv):
        """The command that runs argv on a host, with its own resolv.conf; it
        dies with us."""
        argv = ["setpriv", "--pdeathsig", "KILL", *map(str, argv)]
        if not self.separate:
            return argv
        return ["ip", "netns", "exec", self._name(host), "sh", "-c",
                'mount --bind "$0" /etc/resolv.conf && exec "$@"',
                self.path("resolv.conf"), *argv]

    @contextlib.contextmanager
    def inside(self, host):
        """Sockets made within this context belong to the host."""
        if not self.separate:
            yield
            return
        here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self._name(host)}", os.O_RDONLY)
        try:
            if _libc.setns(there, _CLONE_NEWNET):
                raise LabError(f"setns: {os.strerror(ctypes.get_errno())}")
            yield
        finally:
            _libc.setns(here, _CLONE_NEWNET)
            os.close(here)
            os.close(there)

    # ---- the DNS -------------------------------------------------------------

    def records(self):
        """What the DNS holds now."""
        return [record for record in self._all_records()
                if not record.startswith(tuple(self.hidden))]

    def _all_records(self):
        for host, (_, name) in HOSTS.items():
            yield f"{name}. A {self.ip4(host)}"
            if self.separate:
                yield f"{name}. AAAA {self.ip6(host)}"
        yield "_xmpp-server._tcp.example.org. SRV 0 5 5269 xmpp.example.org."
        yield "_xmpp-client._tcp.example.org. SRV 0 5 5222 xmpp.example.org."
        yield "_xmpp-server._tcp.contoso.com. SRV 0 5 5269 gw.contoso.com."
        yield "_xmpps-server._tcp.example.org. SRV 0 5 5270 xmpp.example.org."
        yield "_xmpps-server._tcp.contoso.com. SRV 0 5 5270 gw.contoso.com."
        yield "_sips._tcp.contoso.com. SRV 0 5 5061 fe.contoso.com."
        yield "_sips._tcp.example.org. SRV 0 5 5061 gw.contoso.com."

    def serve_names(self):
        """Start the name server; its zone is not signed."""
        data = "".join(f'    local-data: "{record}"\n'
                       for record in self.records())
        port = self.dns_port
        config = self.write("unbound.conf", f"""server:
    verbosity: 0
    interface: {self.ip4("dns")}@{port}
    access-control: 0.0.0.0/0 allow
    do-daemonize: no
    username: ""
    chroot: ""
    pidfile: "{self.path("unbound.pid")}"
    use-syslog: no
    module-config: "iterator"
    local-zone: "." static
{data}remote-control:
    control-enable: no
""")
        unbound = shutil.which("unbound", path="/usr/sbin:/sbin:/usr/bin")
        self.dns = Process(self, "dns", "unbound",
                           [unbound, "-d", "-c", config])
        self.dns.wait_port(port, 10)

    def hide(self, names):
        """Take the names that begin so, and no others, out of the DNS."""
        if tuple(names) == self.hidden:
            return
        self.hidden = tuple(names)
        self.dns.stop()
        self.serve_names()

    # ---- the end ---------------------------------------------------------------

    def close(self, keep_files=False):
        """Stop everything, newest first, and take the hosts away.  Only the
        first call does anything."""
        if self.closed or os.getpid() != self.owner:
            return
        self.closed = True
        atexit.unregister(self.close)
        for process in reversed(list(self.processes)):
            process.stop(2)
        for host in self.namespaces:
            with contextlib.suppress(LabError):
                self._ip("netns", "del", self._name(host))
        self.namespaces = []
        if not keep_files:
            shutil.rmtree(self.folder, ignore_errors=True)


def end_on_signals():
    """Let signals end us in order, so that labs are closed."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    def leave(number, _frame):
        raise SystemExit(128 + number)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
