"""A private certificate authority, made for one lab and gone with it."""
import os
import subprocess

from lab import LabError


class Authority:
    """Issues certificates by name; trust it through self.file."""

    def __init__(self, lab, name="ca", cn=None, above=None):
        """cn: a name of its own choice.  above: who signs it, else itself."""
        self.lab, self.name = lab, name
        self.file = lab.path(f"ca/{name}.crt")
        self.key = lab.path(f"ca/{name}.key")
        os.makedirs(lab.path("ca"), exist_ok=True)
        self._key(self.key)
        self._certtool(
            f"cn = \"{cn or name + ' of the laboratory'}\"\n"
            "ca\ncert_signing_key\nexpiration_days = 30\n",
            *(("--generate-certificate", "--load-ca-certificate", above.file,
               "--load-ca-privkey", above.key) if above
              else ("--generate-self-signed",)), "--load-privkey", self.key,
            "--outfile", self.file)

    def _certtool(self, template, *words):
        text = self.lab.write(f"ca/{self.name}.template", template)
        done = subprocess.run(["certtool", *words, "--template", text],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise LabError(f"certtool: {done.stderr.strip()}")

    def _key(self, path):
        self._certtool("", "--generate-privkey", "--key-type", "ecdsa",
                       "--curve", "secp256r1", "--outfile", path)
        os.chmod(path, 0o600)

    def issue(self, folder, name, names=(), expired=False,
              self_signed=False):
        """Make folder/name.crt and .key for the DNS names (default: name).

        An expired certificate was good in January 2020.
        """
        os.makedirs(self.lab.path(folder), mode=0o700, exist_ok=True)
        crt = self.lab.path(f"{folder}/{name}.crt")
        key = self.lab.path(f"{folder}/{name}.key")
        self._key(key)
        dates = ("activation_date = \"2020-01-01 00:00:00\"\n"
                 "expiration_date = \"2020-02-01 00:00:00\"\n"
                 if expired else "expiration_days = 30\n")
        self._certtool(
            f"cn = \"{name}\"\n{dates}"
            + "".join(f"dns_name = \"{dns}\"\n" for dns in names or (name,))
            + "signing_key\ntls_www_server\ntls_www_client\n",
            *(("--generate-self-signed",) if self_signed else
              ("--generate-certificate", "--load-ca-certificate", self.file,
               "--load-ca-privkey", self.key)),
            "--load-privkey", key, "--outfile", crt)
        return crt, key
