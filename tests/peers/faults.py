"""Cases: servers that stop, certificates that lie, reloads, the end."""
import re
import signal
import socket
import ssl
import subprocess
import time

from agent import Agent
from authority import Authority
from cases import MARK, case, check, equal
from lab import LabError
from stox import MODES
from talk import to_sip, to_xmpp
from world import JULIET, ROMEO

ONCE = {"modes": ("external",)}
ONCE_PROSODY = {"modes": ("external",), "servers": ("prosody",)}


def error_within(world, seconds):
    """Juliet writes to Romeo and must hear an error in time."""
    began = time.monotonic()
    order = world.juliet.tell("send", to=ROMEO, body=f"{MARK} lost?")
    error = world.juliet.wait("error", seconds, id=order)
    check(time.monotonic() - began <= seconds, "too late")
    check(error["text"], f"no text beside {error['condition']}")
    return error


def refusal_within(world, seconds):
    """Romeo writes to Juliet and must hear 480 or 504 in time."""
    order = world.romeo.tell("send", to=JULIET, body=f"{MARK} lost?")
    answer = world.romeo.wait("response", seconds, id=order)
    check(answer["status"] in (480, 504), f"status {answer['status']}")
    return answer


def both_ways(world, seconds=30):
    """Messages pass, perhaps after some tries while a peer returns."""
    world.log_in()
    deadline = time.monotonic() + seconds
    while True:
        order = world.romeo.tell("send", to=JULIET, body=f"{MARK} back?")
        answer = world.romeo.wait("response", 25, id=order)
        if answer["status"] < 300:
            break
        check(time.monotonic() < deadline,
              f"still {answer['status']} after {seconds} s")
        time.sleep(0.5)
    world.juliet.wait("message", 10)
    while True:
        order = world.juliet.tell("send", to=ROMEO, body=f"{MARK} back!")
        if not world.romeo.quiet("message", 3, body=f"{MARK} back!"):
            break
        check(time.monotonic() < deadline, "Romeo hears nothing")
    world.juliet.forget()
    world.romeo.forget()


@case("with the SIP server stopped, the sender hears within 35 s", **ONCE)
def sip_server_stopped(world):
    to_sip(world, f"{MARK} before")
    world.fe.stop()
    world.log_out("romeo")
    try:
        error_within(world, 35)
    finally:
        world.fe.start()
    both_ways(world)


@case("with the SIP server frozen, the sender hears within 35 s",
      **ONCE_PROSODY)
def sip_server_frozen(world):
    world.fe.freeze()
    try:
        error_within(world, 35)
    finally:
        world.fe.freeze(False)
        # Its clock would hurry through the time it slept: begin afresh.
        world.fe.stop()
        world.fe.start()
    world.log_out("romeo")
    both_ways(world)


@case("with the XMPP server stopped, the sender hears within 20 s", **ONCE)
def xmpp_server_stopped(world):
    to_xmpp(world, f"{MARK} before")
    world.log_out("juliet")
    world.xmpp.stop()
    try:
        refusal_within(world, 21)
    finally:
        world.xmpp.start()
    both_ways(world, 60)


@case("with the XMPP server frozen, the sender hears within 20 s",
      **ONCE_PROSODY)
def xmpp_server_frozen(world):
    world.stox.stop()
    world.start_stox()
    world.xmpp.freeze()
    try:
        refusal_within(world, 21)
    finally:
        world.xmpp.freeze(False)
    both_ways(world, 60)


# The step that fails, and words for the reason.
REFUSED_BY = {
    "wrong authority": ("tls-chain", "authority|issuer|trust"),
    "self-signed": ("tls-chain", "authority|issuer|trust|self"),
    "wrong name": ("tls-name", "example\\.org"),
    "expired": ("tls-chain", "expired"),
}


def wrong_certificates(world, folder, name):
    """Four certificates for name, none of them to be believed."""
    other = Authority(world.lab, "other")
    yield "wrong authority", other.issue(f"{folder}/1", name)
    yield "self-signed", world.authority.issue(
        f"{folder}/4", name, self_signed=True)
    yield "wrong name", world.authority.issue(
        f"{folder}/2", name, names=["tybalt.example.net"])
    yield "expired", world.authority.issue(f"{folder}/3", name, expired=True)


def refused_xmpp_server(world, what):
    """The server that runs now must not be believed, in either direction."""
    refusal_within(world, 21)
    if not world.xmpp.clients_see_it:
        order = world.juliet.tell("send", to=ROMEO, body=f"{MARK} {what}")
        world.juliet.wait("error", 35, id=order)
        check(world.romeo.quiet("message", 0.5), f"{what}: Romeo got it")
    check(not world.stox.streams(state="ready"), f"{what}: a stream is ready")
    check(world.stox.log_lines("(?i)certificate"),
          f"{what}: no word about a certificate in the log")
    step, words = REFUSED_BY[what]
    rows = [row for row in world.stox.ctl("streams", "--failed")["streams"]
            if row["side"] == "XMPP"]
    check(any(row.get("step") == step and re.search(words, row["reason"] or "")
              for row in rows), f"{what}: no {step}, \"{words}\" among {rows}")


@case("an XMPP server with a wrong certificate is refused", **ONCE)
def wrong_xmpp_certificate(world):
    right = world.xmpp.certificate

    def show(pair):
        world.stox.stop()
        world.log_out("juliet")
        world.xmpp.stop()
        world.xmpp.certificate = pair
        world.xmpp.start()
        world.start_stox()
    try:
        for what, pair in wrong_certificates(
                world, "wrong/xmpp", "example.org"):
            show(pair)
            refused_xmpp_server(world, what)
    finally:
        show(right)
    both_ways(world)


@case("a certificate is required, and a wrong one is refused",
      modes=("dialback",), servers=("jabberd2",))
def wrong_where_required(world):
    """jabberd2 proves itself by dialback only: with a certificate that is right
    it gets as far as that, which the policy does not take."""
    right = world.xmpp.certificate

    def show(pair, words):
        world.stox.stop()
        world.log_out("juliet")
        world.xmpp.stop()
        world.xmpp.certificate = pair
        world.xmpp.start()
        world.start_stox()
        world.stox.write(world.stox.text().replace(MODES["dialback"], words))
        world.stox.ctl("reload")
    try:
        for what, pair in wrong_certificates(
                world, "wrong/jabberd2", "example.org"):
            show(pair, MODES["external"])
            refused_xmpp_server(world, what)
        show(right, MODES["external"])
        refusal_within(world, 21)
        steps = {row["step"] for row in
                 world.stox.ctl("streams", "--failed")["streams"]}
        check("external" in steps or "policy" in steps, f"{steps}")
    finally:
        show(right, MODES["dialback"])
    both_ways(world)


@case("a SIP server with a wrong certificate is refused", **ONCE_PROSODY)
def wrong_sip_certificate(world):
    right = world.fe.certificate
    try:
        for what, pair in wrong_certificates(
                world, "wrong/sip", "fe.contoso.com"):
            world.fe.stop()
            world.log_out("romeo")
            world.fe.certificate = pair
            world.fe.start()
            error = error_within(world, 35)
            check("certificate" in error["text"].lower(),
                  f"{what}: the text is {error['text']!r}")
    finally:
        world.fe.stop()
        world.fe.certificate = right
        world.fe.start()
    both_ways(world)


def try_from_stranger(world, what, pair):
    """Speak SIP to stox directly with a certificate, or none; nothing may
    reach Juliet."""
    agent = Agent(world.lab, "fe", f"stranger {what}".replace(" ", "-"),
                  "sip_client.py", ROMEO, world.lab.ip4("gw"), "5061",
                  world.authority.file, "gw.contoso.com", *pair)
    try:
        order = agent.tell("send", to=JULIET, body=f"{MARK} {what}")
        deadline = time.monotonic() + 10
        while True:
            check(time.monotonic() < deadline,
                  f"{what}: neither refused, nor closed, nor answered")
            if agent.find("refused") or agent.find("closed"):
                return
            answer = agent.find("response", id=order)
            if answer:
                equal(answer["status"], 403, f"{what}: status")
                return
            agent.quiet("nothing", 0.1)
    finally:
        agent.stop()


@case("a SIP client with a wrong certificate is refused", **ONCE_PROSODY)
def wrong_sip_client(world):
    world.juliet.forget()
    for what, pair in (("none", ()), *wrong_certificates(
            world, "wrong/client", "fe.contoso.com")):
        try_from_stranger(world, what, pair)
    check(world.juliet.quiet("message", 1), "Juliet got a message")
    both_ways(world)


@case("the right front end may not speak for other domains", **ONCE_PROSODY)
def foreign_sender(world):
    agent = Agent(world.lab, "fe", "impostor", "sip_client.py", ROMEO,
                  world.lab.ip4("gw"), "5061", world.authority.file,
                  "gw.contoso.com", *world.fe.certificate)
    try:
        agent.wait("connected", 10)
        order = agent.tell("send", to=JULIET, body=f"{MARK} as another",
                           sender="sip:paris@fabrikam.com")
        equal(agent.wait("response", 20, id=order)["status"], 403, "status")
    finally:
        agent.stop()
    check(world.juliet.quiet("message", 1), "Juliet got it")


@case("reloads under traffic lose nothing", **ONCE)
def reload_under_traffic(world):
    pid, count = world.stox.process.pid, 60
    for number in range(count):
        world.juliet.tell("send", to=ROMEO, body=f"{MARK} x{number}")
        world.romeo.tell("send", to=JULIET, body=f"{MARK} s{number}")
        if number % 15 == 5:
            world.stox.reload()
    for number in range(count):
        world.romeo.wait("message", 20, body=f"{MARK} x{number}")
        world.juliet.wait("message", 20, body=f"{MARK} s{number}")
        check(world.romeo.wait("response", 20)["status"] < 300, "an answer")
    equal(world.stox.process.pid, pid, "process")
    check(world.stox.process.running(), "stox has ended")


def shown(world, port=5061):
    """The certificate that stox shows to a new connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with world.lab.inside("fe"):
        sock = socket.socket()
    with sock:
        sock.settimeout(10)
        sock.connect((world.lab.ip4("gw"), port))
        with context.wrap_socket(sock, server_hostname="gw.contoso.com") as tls:
            return ssl.DER_cert_to_PEM_cert(tls.getpeercert(True))


@case("certificates change under traffic, and no stream ends", **ONCE)
def renewed_under_traffic(world):
    to_sip(world, f"{MARK} before")
    to_xmpp(world, f"{MARK} before")
    streams = {(row["direction"], row["peer"])
               for row in world.stox.streams(state="ready")}
    check(streams, "no stream is ready")
    before, count = shown(world), 60
    since = len(world.stox.process.output())
    for number in range(count):
        world.juliet.tell("send", to=ROMEO, body=f"{MARK} x{number}")
        world.romeo.tell("send", to=JULIET, body=f"{MARK} s{number}")
        if number % 15 == 5:
            for name in ("contoso.com", "gw.contoso.com"):
                world.authority.issue("stox/certs", name)
            world.stox.ctl("reload")
    for number in range(count):
        world.romeo.wait("message", 20, body=f"{MARK} x{number}")
        world.juliet.wait("message", 20, body=f"{MARK} s{number}")
        check(world.romeo.wait("response", 20)["status"] < 300, "an answer")
    check("stream-failed" not in world.stox.process.output()[since:],
          "a stream has failed")
    left = {(row["direction"], row["peer"])
            for row in world.stox.streams(state="ready")}
    check(streams <= left, f"{streams - left} ended")
    now = shown(world)
    check(now != before, "the old certificate is shown")
    with open(world.lab.path("stox/certs/gw.contoso.com.crt"),
              encoding="ascii") as file:
        check(now.strip() in file.read(), "it is not the one in the file")


@case("a reload brings changes and takes them back", **ONCE)
def reload_changes(world):
    plain = world.stox.text()
    world.stox.write(plain.replace('partner = "federated"',
                                   'partner = "blocked"'))
    world.stox.ctl("reload")
    order = world.romeo.tell("send", to=JULIET, body=f"{MARK} blocked?")
    answer = world.romeo.wait("response", 20, id=order)
    check(answer["status"] >= 400, f"status {answer['status']}")
    world.stox.write(plain)
    world.stox.ctl("reload")
    both_ways(world)


@case("a broken reload leaves the running configuration alone", **ONCE)
def broken_reload(world):
    world.stox.write(world.stox.text() + "\nfront_end = = nonsense\n")
    try:
        since = world.stox.reload()
        world.stox.process.wait_log(r"stox\.cfg\.lua:\d+", 10, since)
        done = subprocess.run(
            [world.stox.program, "--check-config", "-c", world.stox.config],
            capture_output=True, text=True, timeout=20, check=False)
        equal(done.returncode, 2, "status of --check-config")
        check(re.search(r"stox\.cfg\.lua:\d+", done.stderr + done.stdout),
              f"no line named in {done.stderr!r}")
    finally:
        world.stox.write()
    to_sip(world, f"{MARK} still here")
    to_xmpp(world, f"{MARK} still here")
    done = subprocess.run(
        [world.stox.program, "--check-config", "-c", world.stox.config],
        capture_output=True, text=True, timeout=20, check=False)
    equal(done.returncode, 0, f"--check-config: {done.stderr.strip()}; status")


@case("SIGTERM answers what was asked and exits with 0")
def drained(world):
    to_xmpp(world, f"{MARK} before the end")
    orders = [world.romeo.tell("send", to=JULIET, body=f"{MARK} last {i}")
              for i in range(20)]
    world.juliet.wait("message", 20, body=f"{MARK} last 0")
    process = world.stox.process
    process.signal(signal.SIGTERM)
    for order in orders:
        world.romeo.wait("response", 20, id=order)
    status = process.wait(10)
    check(status is not None, "it still runs after 10 s")
    equal(status, 0, "exit status")
    world.stox.process = None
    process.stop()
    world.start_stox()
    both_ways(world)
