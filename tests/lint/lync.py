#!/usr/bin/python3
"""Check that contrib/lync, `stoxctl plan lync` and doc/lync.md use the same
cmdlets with parameters that these have.  Speaks TAP."""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.environ.get("STOX_SRCDIR", os.path.join(HERE, "..", ".."))
SCRIPTS = ["contrib/lync/add.ps1", "contrib/lync/remove.ps1", "contrib/lync/check.ps1"]
# What the vendor's reference has of each; only what is used here.
KNOWN = {
    "New-CsTrustedApplicationPool": "Identity Registrar Site RequiresReplication ThrottleAsServer "
                                    "TreatAsAuthenticated",
    "New-CsTrustedApplication": "ApplicationId TrustedApplicationPoolFqdn Port",
    "New-CsStaticRoute": "TLSRoute Destination Port MatchUri UseDefaultCertificate",
    "Set-CsStaticRoutingConfiguration": "Identity Route",
    "Enable-CsTopology": "",
    "Set-CsAccessEdgeConfiguration": "AllowFederatedUsers UseDnsSrvRouting EnablePartnerDiscovery "
                                     "DiscoveredPartnerVerificationLevel",
    "New-CsAllowedDomain": "Identity ProxyFqdn VerificationLevel Comment",
    "New-CsHostingProvider": "Identity Enabled ProxyFqdn EnabledSharedAddressSpace HostsOCSUsers IsLocal "
                             "VerificationLevel",
    "New-CsPublicProvider": "Identity Enabled ProxyFqdn VerificationLevel",
    "Set-CsExternalAccessPolicy": "Identity EnableFederationAccess EnablePublicCloudAccess",
    "Test-CsFederatedPartner": "TargetFqdn Domain ProxyFqdn",
    "Grant-CsExternalAccessPolicy": "Identity PolicyName",
    "Remove-CsTrustedApplicationPool": "Identity",
    "Remove-CsTrustedApplication": "Identity",
    "Remove-CsAllowedDomain": "Identity",
    "Remove-CsHostingProvider": "Identity",
    "Remove-CsPublicProvider": "Identity",
    "New-CsBlockedDomain": "Identity",
    "Get-CsStaticRoutingConfiguration": "Identity",
    "Get-CsTrustedApplicationPool": "Identity",
    "Get-CsTrustedApplication": "Identity",
    "Get-CsAccessEdgeConfiguration": "",
    "Get-CsAllowedDomain": "Identity",
    "Get-CsBlockedDomain": "Identity",
    "Get-CsHostingProvider": "Identity",
    "Get-CsPublicProvider": "Identity",
    "Get-CsExternalAccessPolicy": "Identity",
    "Get-CsSite": "Identity",
}
# These change Lync: what the plan prints, add.ps1 has to do, and back.
CHANGES = re.compile(r"(New|Set|Enable)-Cs")
# What add.ps1 makes, remove.ps1 takes back.
UNDONE = {"New-CsTrustedApplicationPool": "Remove-CsTrustedApplicationPool",
          "New-CsTrustedApplication": "Remove-CsTrustedApplication",
          "New-CsStaticRoute": "Set-CsStaticRoutingConfiguration",
          "New-CsAllowedDomain": "Remove-CsAllowedDomain",
          "New-CsHostingProvider": "Remove-CsHostingProvider",
          "New-CsPublicProvider": "Remove-CsPublicProvider"}


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as f:
        return f.read()


def script(text):
    """Without comments; a command stands on one line."""
    text = re.sub(r"^\s*#.*$", "", text, flags=re.M)
    return re.sub(r"`\n\s*", "", text)


def printed(text):
    """The texts of C, joined as the compiler does, a line for a command."""
    text = re.sub(r'"\s*"', "", text)
    return "\n".join(m.replace("\\n", "\n") for m in re.findall(r'"((?:\\.|[^"\\])*)"', text))


def fenced(text):
    return script("\n".join(re.findall(r"^```powershell\n(.*?)^```", text, re.M | re.S)))


def calls(text):
    """[(cmdlet, {parameters})] of every call."""
    found = []
    for m in re.finditer(r"\b([A-Z][a-z]+-Cs[A-Za-z]+)\b([^|\n;{}@]*(?:@\{[^}]*\}[^|\n;{}@]*)*)", text):
        rest = re.split(r"\b[A-Z][a-z]+-Cs[A-Z]", m.group(2))[0]
        found.append((m.group(1), set(re.findall(r"(?<=\s)-([A-Z][A-Za-z]+)", rest))))
    return found


def used(text):
    table = {}
    for name, parameters in calls(text):
        table.setdefault(name, set()).update(parameters)
    return table


def unknown(text):
    bad = []
    for name, parameters in calls(text):
        if name not in KNOWN:
            bad.append(f"{name}: no such cmdlet")
            continue
        bad += [f"{name} has no -{p}" for p in sorted(parameters - set(KNOWN[name].split()))]
    return bad


def differences(plan, add):
    bad = []
    for name in sorted(set(plan) | set(add)):
        if not CHANGES.match(name):
            continue
        for a, b, where in ((plan, add, "add.ps1"), (add, plan, "the plan")):
            if name in a and name not in b:
                bad.append(f"{where} has no {name}")
            elif name in a:
                bad += [f"{where} has no {name} -{p}" for p in sorted(a[name] - b[name])]
    return bad


def unbalanced(text):
    """Brackets and quotes outside of comments; nobody here can run it."""
    pairs, stack = {")": "(", "}": "{", "]": "["}, []
    text = re.sub(r'"[^"\n]*"', "", script(text))
    for c in text:
        if c in "([{":
            stack.append(c)
        elif c in pairs and (not stack or stack.pop() != pairs[c]):
            return [f"a {c} too many"]
    return ["a bracket stays open"] * bool(stack) + ["a quote stays open"] * ('"' in text)


def parameters_of(text):
    """The script's own parameters are those that its text uses."""
    head = re.search(r"^param\((.*?)^\)", text, re.M | re.S).group(1)
    own = set(re.findall(r"\$([A-Z][A-Za-z]*)", script(head)))
    body = set(re.findall(r"\$\{?([A-Z][A-Za-z]*)", text.replace(head, ""))) - {"ErrorActionPreference"}
    return [f"${p} is not used" for p in sorted(own - body)] + [f"${p} is no parameter" for p in sorted(body - own)]


def main():
    texts = {name: read(name) for name in SCRIPTS}
    add, remove, check = (used(script(texts[name])) for name in SCRIPTS)
    plan_text = printed(read("src/ctl/plan_lync.c"))
    plan = used(plan_text)
    results = [
        ("the plan and add.ps1 agree", differences(plan, add)),
        ("remove.ps1 takes back what add.ps1 makes",
         [f"no {b} for {a}" for a, b in UNDONE.items() if a in add and b not in remove]
         + [f"nothing is known to undo {a}" for a in add if a.startswith("New-") and a not in UNDONE]),
        ("check.ps1 changes nothing", [name for name in check if not re.match(r"(Get|Test)-Cs", name)]),
        ("the plan has the cmdlets of every way", [n for n in UNDONE if n not in plan]),
        ("the plan names cmdlets that exist", unknown(plan_text)),
        ("doc/lync.md names cmdlets that exist", unknown(fenced(read("doc/lync.md")))),
        ("doc/lync.md shows cmdlets", [] if calls(fenced(read("doc/lync.md"))) else ["none"])]
    for name, text in texts.items():
        results.append((f"{name} names cmdlets that exist", unknown(script(text))))
        results.append((f"{name} is balanced", unbalanced(text)))
        results.append((f"{name} uses its parameters", parameters_of(text)))
    for what, bad in [("an unknown cmdlet", unknown("New-CsThing -Identity x")),
                      ("an unknown parameter", unknown("New-CsAllowedDomain -Idntity x")),
                      ("a parameter behind a list", unknown("Set-CsStaticRoutingConfiguration -Route @{Add=$r} -Rout x")),
                      ("a cmdlet that the plan lacks", differences({}, {"New-CsStaticRoute": set()})),
                      ("a parameter that add.ps1 lacks",
                       differences({"Set-CsA": {"B"}}, {"Set-CsA": set()})),
                      ("a lost bracket", unbalanced("if ($a) { b")),
                      ("a forgotten parameter", parameters_of("param(\n[int] $A\n)\n"))]:
        results.append((f"seen: {what}", [] if bad else ["not seen"]))
    print(f"1..{len(results)}")
    for i, (name, bad) in enumerate(results, 1):
        print(f"{'not ok' if bad else 'ok'} {i} - {name}")
        for b in bad:
            print(f"# {b}")
    return 1 if any(bad for _, bad in results) else 0


sys.exit(main())
