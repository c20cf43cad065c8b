#!/usr/bin/env python3
"""The wire between engine and consoles, as far as a benchmark speaks it: four bytes of length, then JSON.

As a command:  link.py SOCKET COUNT     attaches COUNT consoles, says `ready`, and reads their states until its
standard input ends; then prints how many states and bytes each has read.
"""

import json
import os
import selectors
import socket
import sys
import time


class Refused(Exception):
    """The engine did not take what was said."""


class Console:
    """One console on the engine's socket."""

    def __init__(self, path, watch=True):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(path))
        self.pending = bytearray()
        self.numbers = 0
        self.say({"hello": {"_0": {"lowest": 2, "highest": 2, "program": "benchmark", "via": "benchmark"}}})
        welcome = json.loads(self.frame())
        if "welcome" not in welcome:
            raise Refused(welcome)
        if watch:
            self.say({"watch": {"isOn": True}})

    def say(self, message):
        text = json.dumps(message).encode()
        self.socket.sendall(len(text).to_bytes(4, "big") + text)

    def frame(self):
        """The next frame's JSON, as bytes; waits for it."""
        while True:
            found = self.cut()
            if found is not None:
                return found
            self.receive()

    def receive(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise Refused("the engine closed the connection")
        self.pending += data

    def cut(self):
        """A whole frame that is here already, or None."""
        if len(self.pending) < 4:
            return None
        end = 4 + int.from_bytes(self.pending[:4], "big")
        if len(self.pending) < end:
            return None
        found = bytes(self.pending[4:end])
        del self.pending[:end]
        return found

    def until(self, kind, holds=lambda value: True):
        """The next message of a kind for which `holds` is true."""
        while True:
            message = json.loads(self.frame())
            if "refused" in message:
                raise Refused(message)
            if kind in message and holds(message[kind]):
                return message[kind]

    def state(self, holds=lambda state: True):
        return self.until("state", lambda value: holds(value["_0"]))["_0"]

    def send(self, intent):
        """Sends an order without waiting; returns its id."""
        self.numbers += 1
        name = f"{os.getpid()}-{time.monotonic_ns()}-{self.numbers}"
        self.say({"order": {"id": name, "intent": intent}})
        return name

    def order(self, intent):
        """Sends an order and returns when it was accepted."""
        name = self.send(intent)
        result = self.until("result", lambda value: value["id"] == name)["result"]
        if "accepted" not in result:
            raise Refused(result)

    def ask(self, query):
        """The answer's contents."""
        self.numbers += 1
        name = f"q{self.numbers}"
        self.say({"query": {"id": name, "query": query}})
        answer = self.until("answer", lambda value: value["id"] == name)["answer"]
        if "refused" in answer:
            raise Refused(answer)
        return next(iter(answer.values()))["_0"]

    def close(self):
        self.socket.close()


class Reader:
    """A console that reads states and throws them away: only lengths are looked at."""

    def __init__(self, path):
        self.console = Console(path)
        self.states = self.bytes = self.missing = 0
        # What came with the welcome begins the first state.
        self.head = bytearray()
        self.is_cut = False

    def take(self, buffer):
        count = self.console.socket.recv_into(buffer)
        self.is_cut = count == 0
        self.bytes += count
        at = 0
        while at < count:
            if self.missing == 0:
                piece = buffer[at:min(count, at + 4 - len(self.head))]
                self.head += piece
                at += len(piece)
                if len(self.head) == 4:
                    self.missing = int.from_bytes(self.head, "big")
                    self.head.clear()
                continue
            step = min(self.missing, count - at)
            self.missing -= step
            at += step
            self.states += self.missing == 0
        return not self.is_cut


def read(path, count):
    readers = [Reader(path) for _ in range(count)]
    ready = selectors.DefaultSelector()
    ready.register(sys.stdin, selectors.EVENT_READ)
    for reader in readers:
        ready.register(reader.console.socket, selectors.EVENT_READ, reader)
    buffer = memoryview(bytearray(1 << 18))
    print("ready", flush=True)
    while True:
        for key, _ in ready.select():
            if key.data is None:
                print(json.dumps([[reader.states, reader.bytes, reader.is_cut] for reader in readers]), flush=True)
                return
            if not key.data.take(buffer):
                ready.unregister(key.fileobj)


if __name__ == "__main__":
    read(sys.argv[1], int(sys.argv[2]))
