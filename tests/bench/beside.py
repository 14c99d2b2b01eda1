"""Prosody as it is packaged, to measure stox beside it in the same run."""
import os
import re
import shutil
import signal
import socket
import subprocess
import time

CONFIG = """
run_as_root = true
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/prosody"
log = {{ warn = "{folder}/prosody.log" }}
interfaces = {{ "127.0.0.1" }}
network_settings = {{ tcp_backlog = 1024 }}
s2s_ports = {{ {port} }}
modules_enabled = {{ "saslauth", "tls", "disco", "ping", "s2s" }}
modules_disabled = {{ "offline", "c2s" }}
s2s_require_encryption = true
s2s_secure_auth = true
s2s_timeout = 600
ssl = {{ cafile = "{folder}/ca.crt" }}
VirtualHost "contoso.com"
    ssl = {{ certificate = "{folder}/certs/contoso.com.crt",
             key = "{folder}/certs/contoso.com.key",
             cafile = "{folder}/ca.crt" }}
"""


class Process:
    """What a running server costs; self.process is set by who starts it."""

    process = None

    def status(self, field):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(rf"^{field}:\s+(\d+)", file.read(), re.M)[1])

    def cpu_s(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


class Prosody(Process):
    """contoso.com, on core 0, at the port where stox stands otherwise."""

    def __init__(self, folder, port):
        os.makedirs(f"{folder}/prosody", exist_ok=True)
        with open(f"{folder}/prosody.cfg.lua", "w", encoding="ascii") as file:
            file.write(CONFIG.format(folder=folder, port=port))
        self.process = subprocess.Popen(
            ["taskset", "-c", "0", "prosody", "--config",
             f"{folder}/prosody.cfg.lua", "-F"], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        raise SystemExit("prosody does not listen")


def present():
    return shutil.which("prosody") is not None
