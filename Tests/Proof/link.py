#!/usr/bin/env python3
"""The engine's sockets under abuse: malformed frames, slow and dead clients, other users, other protocols.

link.py --binary PATH [--count N] [--long] [--seed N]
A client of its own, in a process of its own, asks all the while and measures how long each reply takes. Run as root:
other users are real children with another uid.
"""
import argparse
import contextlib
import json
import multiprocessing
import os
import random
import resource
import select
import socket
import struct
import threading
import time

from engine import Engine
from harness import Proof, options_of, reasons, until, workspace

NOBODY = 65534
# What the issue allows.
MOST_GROWTH, MOST_SECONDS = 10 << 20, 0.2
# Limits of the engine's side of the link.
LONGEST_HELLO, LONGEST_FRAME = 4096, 1 << 20
HELLO = {"hello": {"_0": {"lowest": 2, "highest": 2, "program": "proof", "via": "proof"}}}
ORDERS = [{"drain": {"isOn": True}}, {"stopEngine": {}}, {"runJob": {"name": "works"}}, {"acceptClock": {}},
          {"maintenance": {"until": 4102444800000}}, {"enableJob": {"name": "nightly", "isEnabled": False}},
          {"answer": {"request": 1, "word": "yes"}}, {"reloadSettings": {}},
          {"enrolMirror": {"name": "cold", "fanOut": {"digits": [1, 1]}}}]
QUERIES = [{"audit": {"limit": 100}}, {"log": {"limit": 100, "atLeast": 0}}, {"firings": {"days": 14}},
           {"findings": {"mirror": "cold"}}, {"runs": {"mirror": "cold", "limit": 10}}, {"jobRuns": {"job": "works", "limit": 10}},
           {"jobLog": {"run": "0" * 16, "offset": 0}}, {"eventsSince": {"number": 0, "limit": 100}}]


def frame(message):
    data = message if isinstance(message, bytes) else json.dumps(message).encode()
    return struct.pack(">I", len(data)) + data


class Caller:
    """One connection, spoken by hand."""

    def __init__(self, path, hello=HELLO, patience=10):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(patience)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise
        if hello:
            self.send(hello)
            self.welcome = self.read()

    def send(self, message):
        self.socket.sendall(frame(message))

    def exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def read(self):
        """The next message; None when the engine has closed."""
        try:
            return json.loads(self.exactly(struct.unpack(">I", self.exactly(4))[0]))
        except (EOFError, ConnectionError):
            return None

    def reply(self, message, kind):
        """Sends, and reads until a message of that kind."""
        self.send(message)
        while (found := self.read()) is not None and kind not in found:
            pass
        return found

    def close(self):
        self.socket.close()


def code(message):
    """The code of a refusal, wherever in a message it is."""
    found = reasons(message)
    return found[0]["code"] if found else None


def measure(path, stop, results):
    """Asks until told to end; what it sends back are the seconds of each reply, and what went wrong."""
    times, wrong = [], None
    try:
        caller = Caller(path, patience=30)
        caller.send({"watch": {"isOn": True}})
        number = 0
        while not stop.is_set():
            number += 1
            query = {"query": {"id": f"p{number}", "query": {"log": {"limit": 20, "atLeast": 0}}}}
            message, kind = (query, "answer") if number % 2 else ({"ping": {}}, "pong")
            began = time.monotonic()
            if caller.reply(message, kind) is None:
                wrong = "the engine closed the connection"
                break
            times.append(time.monotonic() - began)
            time.sleep(0.005)
    except Exception as error:
        wrong = repr(error)
    results.put((times, wrong))


class Attached:
    """The other client, and the engine's memory, while something is done to the engine."""

    def __init__(self, path, pid):
        self.path, self.pid, self.most = path, pid, 0
        self.stop = multiprocessing.Event()
        self.results = multiprocessing.Queue()
        self.process = multiprocessing.Process(target=measure, args=(path, self.stop, self.results))
        self.watcher = threading.Thread(target=self.watch)

    def memory(self):
        with open(f"/proc/{self.pid}/status") as file:
            return next(int(line.split()[1]) << 10 for line in file if line.startswith("VmRSS"))

    def watch(self):
        while not self.stop.is_set():
            with contextlib.suppress(OSError, StopIteration):
                self.most = max(self.most, self.memory())
            time.sleep(0.05)

    def __enter__(self):
        self.process.start()
        time.sleep(1)
        self.began = self.memory()
        self.watcher.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.watcher.join()
        self.times, self.wrong = self.results.get(timeout=60)
        self.process.join()

    def judge(self, proof, what):
        times = sorted(self.times)
        worst = times[int(len(times) * 0.99)] if times else 999
        growth = self.most - self.began
        proof.check(self.wrong is None, f"{what}: the other client: {self.wrong}")
        proof.check(len(times) >= 50, f"{what}: only {len(times)} replies")
        proof.check(worst < MOST_SECONDS, f"{what}: p99 of {len(times)} replies is {worst * 1000:.0f} ms")
        proof.check(growth < MOST_GROWTH, f"{what}: memory grew by {growth / (1 << 20):.1f} MiB")
        median = times[len(times) // 2] if times else 999
        return f"{len(times)} replies, median {median * 1000:.1f}, p99 {worst * 1000:.1f} ms, memory +{max(0, growth) / (1 << 20):.1f} MiB"


class Fuzzer:
    """Bytes that no console sends."""

    def __init__(self, rng):
        self.rng = rng

    def valid(self, is_looker):
        """A message to be spoilt. Orders only where nobody may give any: some are still whole afterwards."""
        body = self.rng.choice(QUERIES)
        message = {"query": {"id": "x", "query": body}}
        if is_looker and self.rng.random() < 0.6:
            message = {"order": {"id": f"x{self.rng.random()}", "intent": self.rng.choice(ORDERS)}}
        return json.dumps(self.rng.choice([message, message, HELLO, {"watch": {"isOn": True}}, {"ping": {}}])).encode()

    def spoil(self, data):
        data = bytearray(data)
        for _ in range(self.rng.randrange(1, 6)):
            at = self.rng.randrange(len(data) or 1)
            kind = self.rng.randrange(5)
            if kind == 0 and data:
                data[at] ^= 1 << self.rng.randrange(8)
            elif kind == 1:
                del data[at:at + self.rng.randrange(1, 20)]
            elif kind == 2:
                data[at:at] = self.rng.choice([b"\0", b"\xff\xfe", b"{", b"[", b'"', b"1e999", b"-1", b"\\ud800"])
            elif kind == 3:
                data[at:at] = data[at:at + 30]
            else:
                data = bytearray(data.replace(b"0", self.rng.choice([b"9" * 40, b"1e308", b"-9223372036854775808"]), 1))
        return bytes(data) or b"\0"

    def hostile(self):
        deep = self.rng.choice([b"[", b'{"a":', b'{"query":']) * self.rng.choice([100, 1000, 20000])
        number = self.rng.choice(["1e308", "-1e308", "9223372036854775807", "-9223372036854775808", "1e-400"])
        span = '{"order":{"id":"n","intent":{"snooze":{"alert":1,"seconds":%s}}}}' % number
        page = '{"query":{"id":"n","query":{"eventsSince":{"number":%s,"limit":%s}}}}' % (number, number)
        days = '{"query":{"id":"n","query":{"firings":{"days":%s}}}}' % number
        before = '{"query":{"id":"n","query":{"jobRuns":{"before":%s,"limit":10}}}}' % number
        run = '{"query":{"id":"n","query":{"jobLog":{"run":"../../../etc/passwd","offset":%s}}}}' % number
        return self.rng.choice([deep, span.encode(), page.encode(), days.encode(), before.encode(), run.encode(),
                                b"{}", b"null", b"[]", b'"order"', b"\xff" * 100, os.urandom(200),
                                json.dumps({"x" * 5000: {"y": "z" * 100000}}).encode()])

    def bytes(self, is_looker):
        if self.rng.random() < 0.2:
            # A length that lies: none, more than is taken, or more than comes.
            length = self.rng.choice([0, LONGEST_FRAME + 1, 0xFFFFFFFF, 0x80000000, 500])
            return struct.pack(">I", length) + os.urandom(self.rng.randrange(0, 40))
        data = self.hostile() if self.rng.random() < 0.4 else self.spoil(self.valid(is_looker))
        return frame(data)


def fuzz(doors, proof, rng, count):
    """Frames without a hello, and after one; the engine may answer or close, and goes on either way."""
    fuzzer, done, cut, answered = Fuzzer(rng), 0, 0, 0
    while done < count:
        is_looker = rng.random() < 0.7
        try:
            caller = Caller(doors["view.sock" if is_looker else "engine.sock"],
                            hello=HELLO if rng.random() < 0.8 else None, patience=20)
        except OSError as error:
            proof.check(False, f"connect after {done} frames: {error}")
            return
        with contextlib.suppress(ConnectionError, TimeoutError):
            for _ in range(rng.randrange(1, 20)):
                done += 1
                caller.socket.sendall(fuzzer.bytes(is_looker))
                if select.select([caller.socket], [], [], 0.002)[0]:
                    message = caller.read()
                    if message is None:
                        cut += 1
                        break
                    answered += 1
                    proof.require("result" not in message or code(message) is not None,
                                  f"a looker's order was taken: {message}")
        caller.close()
    proof.check(answered > 0, f"no malformed frame of {done} was answered")
    return f"{done} malformed frames, {answered} answered, {cut} found the door shut"


def bad_clients(doors, proof, rng, count):
    """All at once: silent ones, halves of a hello or a frame, readers of nothing, greedy ones, dead ones."""
    clients, kinds = [], {}
    refused = 0
    for number in range(count):
        kind = rng.choice(["silent", "half hello", "slow hello", "watches, reads nothing", "asks, reads nothing",
                           "half a frame", "dead"])
        kinds[kind] = kinds.get(kind, 0) + 1
        try:
            caller = Caller(doors[rng.choice(["engine.sock", "view.sock"])], hello=None, patience=5)
        except OSError:
            refused += 1
            continue
        with contextlib.suppress(OSError):
            start(caller, kind)
        if kind == "dead":
            # Closed with what the engine said unread, as a killed client is.
            caller.close()
        else:
            clients.append((caller, kind))
    for _ in range(5):
        time.sleep(0.5)
        for caller, kind in clients:
            with contextlib.suppress(OSError):
                if kind == "slow hello":
                    caller.socket.send(b" ")
                elif kind == "half a frame":
                    caller.socket.send(b"x" * 100)
    for caller, _ in clients:
        caller.close()
    proof.check(refused < count / 10, f"{refused} of {count} bad clients could not even connect")
    return f"{count} bad clients of {len(kinds)} kinds"


def start(caller, kind):
    if kind == "half hello":
        caller.socket.sendall(frame(HELLO)[:30])
    elif kind == "slow hello":
        caller.socket.sendall(struct.pack(">I", LONGEST_HELLO) + b"{")
    elif kind in ("watches, reads nothing", "dead"):
        caller.send(HELLO)
        caller.send({"watch": {"isOn": True}})
    elif kind == "asks, reads nothing":
        caller.send(HELLO)
        for number in range(64):
            query = {"eventsSince": {"number": 0, "limit": 10000}}
            caller.socket.sendall(frame({"query": {"id": f"g{number}", "query": query}}))
    elif kind == "half a frame":
        caller.send(HELLO)
        caller.socket.sendall(struct.pack(">I", LONGEST_FRAME) + b'{"query":"' + b"x" * 8000)


def as_user(uid, gid, doors):
    """What a child with that uid gets at each door, hello and orders sent whatever is said."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        said = {}
        with contextlib.suppress(BaseException):
            os.setgroups([])
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            for name, path in doors.items():
                try:
                    caller = Caller(path, hello=None)
                    with contextlib.suppress(OSError):
                        caller.socket.sendall(frame(HELLO) + b"".join(
                            frame({"order": {"id": f"u{uid}-{n}", "intent": intent}})
                            for n, intent in enumerate(ORDERS)))
                        caller.send({"query": {"id": "q", "query": QUERIES[0]}})
                    said[name] = [caller.read() for _ in range(2 + len(ORDERS))]
                except OSError as error:
                    said[name] = [type(error).__name__]
        os.write(writer, json.dumps(said).encode()[:60000])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        said = json.loads(file.read() or "{}")
    os.waitpid(child, 0)
    return said


def strangers(engine, doors, proof):
    """Another uid is refused by the folder, and by the kernel's word when all modes have been loosened."""
    said = as_user(NOBODY, NOBODY, doors)
    proof.check(all(one == ["PermissionError"] for one in said.values()) and len(said) == 2, f"a closed folder: {said}")
    folder = os.path.dirname(doors["engine.sock"])
    places = [engine.root, os.path.dirname(folder), folder]
    modes = {path: os.stat(path).st_mode & 0o7777 for path in [*places, *doors.values()]}
    for path in modes:
        os.chmod(path, 0o755 if path in places else 0o666)
    try:
        said = as_user(NOBODY, NOBODY, doors)
        for name in doors:
            first, rest = said.get(name, [None])[0], said.get(name, [None])[1:]
            proof.check(code(first) == "NOT_PERMITTED" and not any(rest), f"uid {NOBODY} at {name}: {said.get(name)}")
        # A member of the engine's group may look, and only that.
        said = as_user(NOBODY, os.getegid(), doors)
        proof.check(code(said["engine.sock"][0]) == "NOT_PERMITTED", f"the group at engine.sock: {said['engine.sock']}")
        looked = said["view.sock"]
        proof.check("welcome" in (looked[0] or {}) and looked[0]["welcome"]["_0"]["isReadOnly"], f"looking: {looked}")
        codes = [code(one) for one in looked if one and "result" in one]
        proof.check(codes == ["READ_ONLY"] * len(ORDERS), f"orders of a looker: {codes}")
        proof.check(any(one and "answer" in one for one in looked), f"a looker's question: {looked[-1]}")
    finally:
        for path, mode in modes.items():
            os.chmod(path, mode)


def versions(doors, proof):
    """Older and newer consoles, and messages of a newer one: told so, and the connection holds where it can."""
    def greet(**change):
        caller = Caller(doors["engine.sock"], hello={"hello": {"_0": {**HELLO["hello"]["_0"], **change}}})
        answer, after = caller.welcome, None if code(caller.welcome) is None else caller.read()
        caller.close()
        return answer, after

    for name, change in (("older", {"lowest": 0, "highest": 0}), ("newer", {"lowest": 3, "highest": 9}),
                         ("upside down", {"lowest": 9, "highest": -9})):
        answer, after = greet(**change)
        proof.check(code(answer) == "PROTOCOL_VERSION" and after is None, f"{name}: {answer} {after}")
    for name, change in (("a range", {"lowest": 0, "highest": 7}), ("fields of later", {"colour": "blue", "lowest": 1})):
        proof.check("welcome" in (greet(**change)[0] or {}), f"{name}: {greet(**change)[0]}")
    answer, after = greet(stateFolder="/nowhere")
    proof.check(code(answer) == "OTHER_ENGINE" and after is None, f"another state folder: {answer}")
    caller = Caller(doors["engine.sock"])
    for message, kind, expected in (
            ({"tickle": {"id": "1"}}, "refused", "UNKNOWN_MESSAGE"),
            ({"order": {"id": "v1", "intent": {"fly": {}}}}, "result", "UNKNOWN_REQUEST"),
            ({"query": {"id": "v2", "query": {"dream": {}}}}, "answer", "UNKNOWN_REQUEST")):
        answer = caller.reply(message, kind)
        proof.check(code(answer) == expected, f"{message}: {answer}")
    proof.check(caller.reply({"ping": {}}, "pong") is not None, "not attached any more after a newer message")
    caller.close()


def main():
    options = options_of(argparse.ArgumentParser(description=__doc__.split("\n")[0]))
    if os.geteuid() != 0:
        raise SystemExit("this proof makes children of other users: run it as root")
    frames = options.count or (10_000 if options.long else 1_000)
    clients = max(10, frames // 10)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    proof, rng, words = Proof("link"), random.Random(options.seed), []
    with workspace() as root:
        engine = Engine(options.binary, root)
        folder = os.path.join(root, "state", "holdfast")
        doors = {name: os.path.join(folder, name) for name in ("engine.sock", "view.sock")}
        process = engine.run()
        try:
            if not proof.check(until(lambda: engine.state() is not None, 20), "the engine did not start"):
                return proof.end("no engine")
            engine.call("job", "run", "works", "--wait")
            before = engine.call("audit", "--json").out
            proof.check(before.count('"number"') >= 1, f"no audit log: {before[:200]}")
            # Code and pages that the first of everything needs are no growth.
            with Attached(doors["engine.sock"], process.pid):
                fuzz(doors, Proof("warm"), random.Random(0), 100)
                versions(doors, Proof("warm"))
            for what, act, number in (("frames", fuzz, frames), ("clients", bad_clients, clients)):
                with Attached(doors["engine.sock"], process.pid) as other:
                    said = act(doors, proof, rng, number)
                words.append(f"{said}: {other.judge(proof, what)}")
                print(f"link: {words[-1]}", flush=True)
            strangers(engine, doors, proof)
            versions(doors, proof)
            proof.check(process.poll() is None, f"the engine ended with {process.returncode}")
            after = engine.call("audit", "--json").out
            proof.check(after == before, f"something was done: {after[:300]}")
            state = engine.state() or {}
            proof.check(bool(state.get("jobs")), "no state any more")
        finally:
            engine.destroy()
            process.kill()
            process.wait()
    return proof.end("; ".join(words))


if __name__ == "__main__":
    raise SystemExit(main())
