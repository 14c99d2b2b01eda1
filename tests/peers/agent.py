"""Scripted users: small programs on a host, driven line by line with JSON.

The program's side: report() says what happened, commands() yields what to do.
The laboratory's side: an Agent starts the program, tell() gives an order,
wait() waits for an event that fits.
"""
import asyncio
import json
import os
import queue
import sys
import threading
import time

from lab import LabError, Process, tail

HERE = os.path.dirname(os.path.abspath(__file__))


def report(event, **facts):
    """Tell the laboratory that something happened."""
    print(json.dumps({"event": event, **facts}), flush=True)


async def commands():
    """The orders that come in, until the laboratory closes the pipe."""
    reader = asyncio.StreamReader(limit=1 << 22)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


class Agent:
    """A scripted user as the laboratory sees it."""

    def __init__(self, lab, host, name, script, *arguments):
        self.name = name
        self.process = Process(
            lab, host, name,
            ["/usr/bin/python3", os.path.join(HERE, script), *arguments],
            stdio=True)
        self.events = []
        self._queue = queue.Queue()
        self._id = 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.popen.stdout:
            self._queue.put({**json.loads(line), "at": time.monotonic()})
        self._queue.put(None)

    def tell(self, do, **facts):
        """Give an order; returns the id it carries."""
        self._id += 1
        order = {"do": do, "id": f"{self.name}{self._id}", **facts}
        try:
            self.process.popen.stdin.write(json.dumps(order).encode() + b"\n")
            self.process.popen.stdin.flush()
        except OSError as error:
            raise LabError(f"{self.name}: {error}\n"
                           f"{tail(self.process.log)}") from None
        return order["id"]

    def _next(self, deadline):
        try:
            event = self._queue.get(
                timeout=max(0, deadline - time.monotonic()))
        except queue.Empty:
            return False
        if event is None:
            self._queue.put(None)
            raise LabError(f"{self.name} is gone:\n{tail(self.process.log)}")
        self.events.append(event)
        return True

    def find(self, event, **facts):
        """The first event seen so far that has these facts, or None; it is
        taken away, so that it is found once only."""
        for seen in self.events:
            if seen["event"] == event and all(
                    seen.get(key) == value for key, value in facts.items()):
                self.events.remove(seen)
                return seen
        return None

    def wait(self, event, seconds, **facts):
        """Wait for an event with these facts.  LabError after the time."""
        deadline = time.monotonic() + seconds
        while not (found := self.find(event, **facts)):
            if not self._next(deadline):
                raise LabError(
                    f"{self.name}: no {event} {facts or ''} within "
                    f"{seconds} s; seen: {self.events[-4:]}")
        return found

    def quiet(self, event, seconds, **facts):
        """True when no such event comes for so long."""
        try:
            self.wait(event, seconds, **facts)
        except LabError:
            return True
        return False

    def forget(self):
        """Drop what was seen so far."""
        while self._next(time.monotonic()):
            pass
        self.events.clear()

    def stop(self):
        self.process.stop(2)
