"""One user whom very many watch changes presence, while others write messages.

Calm and storms take turns in one run.  Those others are of two kinds:

apart   other domains, other connections, another process that does nothing else
        and goes before the one that makes the storm: what stoxd itself makes of
        it, and the machine
beside  the domains of the storm, a connection of their own towards stoxd, but the
        same one from it to the front end: what a message meets in the sockets'
        buffers and in the one process that has to read all of the storm

stoxd with its store has one core.  On a busy machine calm suffers more than
storms do, in which stoxd need not be woken: only a quiet one tells the ratio.
"""
import json
import os
import signal
import subprocess

import bench

CALM_US = 8000000   # of the quiet time before a storm, its end
WINDOW_US = 400000  # two hundred messages of each kind


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)]


def windows(samples, begin, end):
    """The p99 of each whole window between the two."""
    count = int((end - begin) // WINDOW_US)
    lists = [[] for _ in range(count)]
    for at, took in samples:
        if begin <= at < begin + count * WINDOW_US:
            lists[int((at - begin) // WINDOW_US)].append(took)
    return [percentile(one, 99) for one in lists if one]


def p99(samples, spans):
    """Of the windows in all of the spans, the quieter ones count: whatever else
    the machine does makes some of them slow, calm or storm."""
    found = [one for span in spans for one in windows(samples, *span)]
    if not found:
        raise SystemExit("a storm was over before it could be measured")
    return percentile(found, 25)


class Apart:
    """Messages between other domains, 500 each second."""

    def __init__(self, folder, *words):
        self.process = subprocess.Popen(
            ["taskset", "-c", str(os.cpu_count() - 1), bench.LOAD,
             "-c", f"{folder}/certs", "-t", f"{folder}/ca.crt",
             "-x", str(bench.XMPP), "-s", str(bench.SIP),
             "-X", str(bench.APART_XMPP), "-S", str(bench.APART_SIP),
             "-h", "apart.localhost", "-d", "example.net", "-e",
             "fabrikam.com", "-T", "-r", "500",
             "-p", "1000", "-n", "10000000", *words],
            stdout=subprocess.PIPE, text=True)
        bench.STARTED.append(self.process)

    def samples(self):
        self.process.send_signal(signal.SIGTERM)
        return json.loads(self.process.communicate(timeout=60)[0])["samples"]


def storms(folder, watchers, count, *words):
    """Lists of storms (begin, end) and of samples, apart and beside."""
    apart = Apart(folder, *words)
    process = subprocess.Popen(
        ["nice", "-n", "10", *bench.load_words(folder, "-W", str(count), "-p",
                                               str(watchers), *words)],
        stdout=subprocess.PIPE, text=True)
    bench.STARTED.append(process)
    lines = [json.loads(line) for line in process.stdout]
    if process.wait() or not lines:
        raise SystemExit(f"load failed: {process.returncode} {str(lines)[:500]}")
    return ([line["storm"] for line in lines[:-1]],
            {"apart": apart.samples(), "beside": lines[-1]["samples"]})


def judge(times, samples):
    """p99 in calm, and in storms."""
    return (p99(samples, [(begin - CALM_US, begin) for begin, _ in times]),
            p99(samples, times))
