#!/usr/bin/env python3
"""The engine under a service manager: the units hold, the manager is told the truth, the machine does not sleep.

units.py --binary PATH
"""
import argparse
import contextlib
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import time

from engine import Engine
from harness import OK, Proof, finish, options_of, until, workspace

HOLD = """
[job.holds]
kind = "command"
command = ["/bin/sleep", "600"]

[job.waits]
kind = "command"
command = ["/bin/sleep", "600"]
"""


class Manager:
    """The end of the socket at which a service manager listens, and what it heard from whom."""

    def __init__(self, name):
        self.name, self.heard = name, []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind("\0" + name[1:] if name.startswith("@") else name)

    def listen(self, seconds=0.0, until_key=None):
        """Takes what comes until a key comes or the time is over."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            if not select.select([self.socket], [], [], max(0.0, left))[0]:
                return None
            data, extra, _, _ = self.socket.recvmsg(65536, socket.CMSG_SPACE(12))
            pid = struct.unpack("3i", extra[0][2][:12])[0] if extra else 0
            words = dict(line.split("=", 1) for line in data.decode().split("\n") if line)
            self.heard.append((time.monotonic(), pid, words))
            if until_key in words:
                return words

    def times(self, key, since=0.0):
        return [at for at, _, words in self.heard if key in words and at >= since]

    def close(self):
        self.socket.close()
        if not self.name.startswith("@"):
            os.unlink(self.name)


@contextlib.contextmanager
def served(engine, manager, command=(), **extra):
    """An engine that says READY to this manager; killed if it is still there."""
    log = open(os.path.join(engine.root, "engine.out"), "ab")
    process = subprocess.Popen([*command, engine.binary, "engine", "run", "--config", engine.config],
                               stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                               env=engine.environment(NOTIFY_SOCKET=manager.name, **extra))
    try:
        yield process, manager.listen(30, "READY")
    finally:
        engine.destroy()
        process.wait(20)
        log.close()


def events(engine):
    return (engine.state() or {}).get("recentEvents", [])


def jobs(engine):
    return sorted(job["name"] for job in (engine.state() or {}).get("jobs", []))


def verify_units(binary, root, proof):
    """systemd itself finds nothing to say about either unit."""
    for words in ((), ("--system",)):
        unit = subprocess.run([binary, "engine", "install", *words], stdout=subprocess.PIPE, text=True, check=False)
        folder = os.path.join(root, "unit" + "".join(words))
        os.makedirs(folder)
        path = os.path.join(folder, "holdfast.service")
        with open(path, "w") as file:
            file.write(unit.stdout)
        os.makedirs(os.path.join(root, "xdg"), mode=0o700, exist_ok=True)
        verdict = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", *(() if words else ("--user",)), path], text=True,
            env=dict(os.environ, XDG_RUNTIME_DIR=os.path.join(root, "xdg")), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False)
        said = [line for line in verdict.stdout.splitlines() if "holdfast" in line]
        proof.check(unit.returncode == OK and verdict.returncode == 0 and not said, f"{words}: {verdict.stdout}")
        # The judge is not blind.
        with open(path, "a") as file:
            file.write("[Service]\nWatchdogSec=often\nNoSuchKey=1\n")
        blind = subprocess.run(["systemd-analyze", "verify", "--man=no", *(() if words else ("--user",)), path],
                               env=dict(os.environ, XDG_RUNTIME_DIR=os.path.join(root, "xdg")), text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        proof.require("NoSuchKey" in blind.stdout and "often" in blind.stdout, "a wrong unit passed")
        proof.check("Environment=" not in unit.stdout, f"{words}: the unit sets variables that a shell has not")
    return unit.stdout


def write_units(binary, root, proof):
    """--write puts the same bytes where systemd looks."""
    home = os.path.join(root, "home")
    for extra, where in (({"HOME": home}, "/.config/systemd/user"),
                         ({"HOME": home, "XDG_CONFIG_HOME": home + "/c"}, "/c/systemd/user")):
        env = {"PATH": os.environ["PATH"], **extra}
        said = subprocess.run([binary, "engine", "install", "--write"], env=env, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        printed = subprocess.run([binary, "engine", "install"], env=env, text=True, stdout=subprocess.PIPE, check=False)
        path = home + where + "/holdfast.service"
        there = os.path.exists(path) and open(path).read() == printed.stdout
        proof.check(said.returncode == OK and there and "daemon-reload" in said.stdout, f"{path}: {said.stdout}")


def folders_of_root(binary, root, unit, proof):
    """What the root unit makes is what engine and commands use when no variable says otherwise."""
    names = {key: re.search(rf"^{key}=(\S+)$", unit, re.M) for key in ("StateDirectory", "RuntimeDirectory")}
    proof.check(all(found and found[1] == "holdfast" for found in names.values()), f"the unit's folders: {names}")
    if os.geteuid() != 0:
        print("units: not root, so its folders are not tried")
        return
    # A mount namespace of its own: nothing of it is seen outside.
    script = """
        set -e
        for d in etc var/lib run; do mkdir -p "$ROOT/over/$d/up" "$ROOT/over/$d/work"
          mount -t overlay -o "lowerdir=/$d,upperdir=$ROOT/over/$d/up,workdir=$ROOT/over/$d/work" overlay /$d; done
        mkdir -p /var/lib/holdfast /run/holdfast /etc/holdfast
        mount -t tmpfs -o mode=0700 state /var/lib/holdfast
        mount -t tmpfs -o mode=0750 runtime /run/holdfast
        mount -t tmpfs -o mode=0755 settings /etc/holdfast
        printf '[job.works]\\nkind = "command"\\ncommand = ["/bin/true"]\\n' > /etc/holdfast/holdfast.toml
        "$BINARY" engine run & pid=$!
        for i in $(seq 200); do ls /run/holdfast | grep -q . && break; sleep 0.1; done
        "$BINARY" status --json; echo "status=$?"
        ls -l /run/holdfast; ls /var/lib/holdfast; stat -c '%a %n' /run/holdfast
        kill -TERM $pid; wait $pid; echo "end=$?"
    """
    env = {"PATH": os.environ["PATH"], "BINARY": binary, "ROOT": root, "SWIFT_BACKTRACE": "enable=no"}
    done = subprocess.run(["unshare", "--mount", "--propagation", "private", "bash", "-c", script], env=env, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=90,
                          check=False)
    proof.check("status=0" in done.stdout and "end=0" in done.stdout, f"root without variables: {done.stdout[-500:]}")
    proof.require("750 /run/holdfast" in done.stdout and "catalog" in done.stdout, f"its folders: {done.stdout[-500:]}")


def told(engine, proof):
    """READY when it answers, a status for people, STOPPING at the end, and status 0; by path and by abstract name."""
    for name in (os.path.join(engine.root, "notify"), f"@holdfast-proof-{os.getpid()}"):
        manager = Manager(name)
        with served(engine, manager) as (process, ready):
            answer = engine.call("status", "--json", timeout=20)
            proof.check(ready is not None and answer.status == OK, f"{name}: READY and then {answer.brief()}")
            proof.check(bool(ready and ready.get("STATUS")), f"{name}: no STATUS: {ready}")
            proof.check(all(pid == process.pid for _, pid, _ in manager.heard), f"{name}: not from the main process")
            manager.listen(1.5)
            proof.check(not manager.times("WATCHDOG"), f"{name}: a watchdog beat that nobody asked for")
            process.send_signal(signal.SIGTERM)
            stopping = manager.listen(20, "STOPPING")
            proof.check(stopping is not None and process.wait(30) == 0, f"{name}: {stopping}, {process.poll()}")
        proof.check(len(manager.times("READY")) == len(manager.times("STOPPING")) == 1, f"{name}: {manager.heard}")
        manager.close()


def stopped_by_order(engine, proof):
    """`engine stop` is told to the manager too, and is no failure."""
    manager = Manager(os.path.join(engine.root, "notify"))
    with served(engine, manager) as (process, _):
        engine.call("engine", "stop")
        proof.check(manager.listen(20, "STOPPING") is not None and process.wait(30) == 0, "engine stop untold")
    manager.close()


def nobody_there(engine, proof):
    """A manager that is gone, or a socket's name that cannot be, keeps no engine from working."""
    for name in (os.path.join(engine.root, "nowhere"), "@" + "x" * 200, "relative", ""):
        process = engine.run(NOTIFY_SOCKET=name, WATCHDOG_USEC="200000")
        proof.check(until(lambda: engine.state() is not None, 20, 0.2), f"{name[:20]!r}: no engine")
        process.send_signal(signal.SIGTERM)
        proof.require(process.wait(30) == 0, f"{name[:20]!r}: exit {process.poll()}")


def watchdog(engine, proof):
    """Beats at half the time; none for another's process; none from an engine that stands still."""
    manager = Manager(os.path.join(engine.root, "notify"))
    with served(engine, manager, WATCHDOG_USEC="1000000", WATCHDOG_PID="1"):
        manager.listen(1.5)
        proof.check(not manager.times("WATCHDOG"), "beats that are another process's")
    with served(engine, manager, WATCHDOG_USEC="1000000") as (process, _):
        began = time.monotonic()
        manager.listen(5)
        beats = manager.times("WATCHDOG", began)
        gaps = [b - a for a, b in zip(beats, beats[1:])]
        proof.check(9 <= len(beats) <= 12 and max(gaps) < 0.9, f"{len(beats)} beats in 5 s, gaps {gaps}")
        process.send_signal(signal.SIGSTOP)
        manager.listen(0.3)
        stopped = time.monotonic()
        manager.listen(3)
        proof.check(not manager.times("WATCHDOG", stopped), "a stopped engine beats")
        process.send_signal(signal.SIGCONT)
        proof.check(manager.listen(3, "WATCHDOG") is not None, "an engine that goes on does not beat")
        process.send_signal(signal.SIGTERM)
        proof.require(process.wait(30) == 0, "the end under a watchdog")
    manager.close()
    return max(gaps, default=0)


def reload(engine, proof):
    """SIGHUP: told, done, and told; a bad file changes nothing and is named with its line."""
    manager = Manager(os.path.join(engine.root, "notify"))
    good = open(engine.config).read()
    # Where boot time is another than monotonic time, as after a suspend.
    apart = ["unshare", "--time", "--boottime", "86400", "--fork"] if os.geteuid() == 0 else []
    with served(engine, manager, apart):
        pid = manager.heard[0][1] if manager.heard else 0
        before = jobs(engine)
        with open(engine.config, "a") as file:
            file.write('\n[job.added]\nkind = "command"\ncommand = ["/bin/true"]\n')
        asked = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        os.kill(pid, signal.SIGHUP)
        reloading, ready = manager.listen(10, "RELOADING"), manager.listen(10, "READY")
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        proof.check(reloading is not None and ready is not None, f"a reload is told: {reloading}, {ready}")
        proof.check(asked <= int((reloading or {}).get("MONOTONIC_USEC", 0)) <= now, f"{asked} {reloading} {now}")
        proof.check(jobs(engine) == sorted([*before, "added"]), f"after a reload: {jobs(engine)}")
        for text in ('[job.added]\nkind = "command"\ncommand = "/bin/true"\n', "[job.\n", "[job.x]\nknid = 1\n", ""):
            bad = good + "\n" + text if text else ""
            with open(engine.config, "w") as file:
                file.write(bad)
            os.kill(pid, signal.SIGHUP)
            reloading, ready = manager.listen(10, "RELOADING"), manager.listen(10, "READY")
            proof.check(reloading is not None and ready is not None, f"{text!r}: {reloading}, {ready}")
            proof.check("old settings" in (ready or {}).get("STATUS", ""), f"{text!r}: the status is {ready}")
            with open(engine.config, "w") as file:
                file.write(good)  # Commands read it too.
            proof.check(jobs(engine) == sorted([*before, "added"]), f"{text!r} changed {jobs(engine)}")
            first = good.count("\n") + 2
            place = [rf"{re.escape(engine.config)}:{line}:\d+: " for line in range(first, first + 4)] if text else [
                re.escape(engine.config) + ": "]
            said = [event["message"] for event in events(engine) if event["code"] == "INTENT_REFUSED"]
            proof.check(bool(said) and any(re.search(p, said[-1]) for p in place), f"{text!r}: told as {said[-1:]}")
        os.kill(pid, signal.SIGHUP)
        manager.listen(10, "READY")
        proof.check(jobs(engine) == before, f"the good file again: {jobs(engine)}")
    manager.close()


STUB = """#!/bin/sh
echo "began $$ $*" >> "$(dirname "$0")/log"
trap 'echo "ended $$" >> "$(dirname "$0")/log"; exit 0' TERM
{body}
"""


def stub(engine, body):
    """A systemd-inhibit that writes down how it was called; the folder and its log."""
    folder = os.path.join(engine.root, "bin")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    path = os.path.join(folder, "systemd-inhibit")
    with open(path, "w") as file:
        file.write(STUB.format(body=body))
    os.chmod(path, 0o755)
    return folder, lambda: open(folder + "/log").read().splitlines() if os.path.exists(folder + "/log") else []


def phase(engine):
    """What the mirror does now, in one word."""
    copies = (engine.state() or {}).get("copies") or [{}]
    return next(iter(copies[0].get("phase") or [""]))


def mirror_bytes(engine):
    """Bytes below the source: what is there already costs a run no time, and little of it is."""
    return sum(os.path.getsize(os.path.join(folder, name))
               for folder, _, names in os.walk(engine.mirror.source) for name in names)


def slowly(engine, rate):
    """The mirror copies so many bytes a second from the engine's next start on."""
    with open(engine.config) as file:
        text = file.read()
    with open(engine.config, "w") as file:
        file.write(text.replace("[mirror.cold]\n", f'[mirror.cold]\nrate_limit = "{rate}"\n', 1))


def awake(engine, proof):
    """While something writes, one systemd-inhibit holds; never longer, and its failure fails nothing else."""
    folder, log = stub(engine, "while :; do sleep 0.05; done")
    path = folder + ":" + os.environ["PATH"]
    # A run that is over before anybody has seen it begin needs no lock: this one lasts for seconds.
    engine.mirror.make(60, seed=9, largest=1 << 20, empty=False)
    slowly(engine, f"{mirror_bytes(engine) // 4}")
    process = engine.run(PATH=path)
    until(lambda: engine.state() is not None, 20, 0.2)
    time.sleep(0.5)
    proof.check(log() == [], f"an idle engine keeps the machine awake: {log()}")
    engine.call("job", "run", "holds")
    proof.check(until(lambda: len(log()) == 1, 10), f"a job that writes: {log()}")
    words = log()[0] if log() else ""
    proof.check(all(w in words for w in ("--what=sleep", "--mode=block", "--who=holdfast", "holds")), words)
    engine.call("job", "run", "waits")
    time.sleep(1)
    proof.check(len(log()) == 1, f"a second job needs no second lock: {log()}")
    engine.call("job", "cancel", "holds")
    until(lambda: (engine.job("holds") or {}).get("lastRun"), 20, 0.2)
    time.sleep(0.5)
    proof.check(len(log()) == 1, f"let go while the other still writes: {log()}")
    engine.call("job", "cancel", "waits")
    proof.check(until(lambda: len(log()) == 2 and log()[1].startswith("ended"), 20), f"when all has ended: {log()}")
    for words in (("mirror", "run", "cold"), ("job", "run", "nightly", "--wait")):
        # By hand, and by a job.
        before = len(log())
        with engine.start(*words) as run:
            held = until(lambda: run.poll() is not None or (phase(engine) == "copying" and len(log()) > before), 20)
            proof.check(held and run.poll() is None and log()[-1].startswith("began"), f"while {words} copies: {log()}")
            proof.require(finish(run).status == OK, f"{words}")
        proof.check(until(lambda: log()[-1].startswith("ended"), 10), f"after {words}: {log()}")
        # A source that is only read holds nothing: there may be more than one, one after the other.
        firsts = [line.split()[0] for line in log()]
        proof.check(firsts == ["began", "ended"] * (len(firsts) // 2), f"one lock at a time: {log()}")
        engine.mirror.make(60, seed=10, largest=1 << 20, empty=False)
    seen = len(log())
    engine.call("job", "run", "holds")
    until(lambda: len(log()) > seen, 10)
    process.send_signal(signal.SIGTERM)
    proof.check(process.wait(60) == 0 and log()[-1:] and log()[-1].startswith("ended"), f"at the engine's end: {log()}")
    killed_too(engine, proof, path, log)
    # One that fails at once, one that is not there.
    folder, log = stub(engine, "echo 'no bus here' >&2; exit 1")
    process = engine.run(PATH=path)
    until(lambda: engine.state() is not None, 20, 0.2)
    for _ in range(2):
        proof.require(engine.call("job", "run", "works", "--wait").status == OK, "a job without a lock")
    engine.call("job", "run", "holds")
    time.sleep(1.5)
    said = [event["message"] for event in events(engine) if event["code"] == "SLEEP_NOT_INHIBITED"]
    proof.check(len(said) == 1 and "no bus here" in said[0], f"a lock that is refused: {said}")
    proof.check(1 <= len(log()) <= 4, f"tried once for each writing: {log()}")
    process.send_signal(signal.SIGTERM)
    proof.require(process.wait(60) == 0, "the end after a refused lock")


def killed_too(engine, proof, path, log):
    """kill -9 of the engine lets the lock go by itself."""
    process = engine.run(PATH=path)
    until(lambda: engine.state() is not None, 20, 0.2)
    # The run that the end before interrupted may have begun again by itself.
    engine.call("job", "run", "holds")
    if not proof.require(until(lambda: log()[-1:] and log()[-1].startswith("began"), 10), f"no lock: {log()}"):
        process.kill()
        process.wait(10)
        return
    holder = int(log()[-1].split()[1])
    process.kill()
    process.wait(10)
    proof.check(log()[-1].startswith("began") and until(lambda: not os.path.exists(f"/proc/{holder}"), 5),
                f"the lock of a killed engine stays: {log()[-1:]}")


def main():
    options = options_of(argparse.ArgumentParser(description=__doc__.split("\n")[0]))
    proof = Proof("units")
    with workspace() as root:
        engine = Engine(options.binary, root, blobs=5)
        with open(engine.config, "a") as file:
            file.write(HOLD)
        try:
            unit = verify_units(options.binary, root, proof)
            write_units(options.binary, root, proof)
            folders_of_root(options.binary, root, unit, proof)
            told(engine, proof)
            stopped_by_order(engine, proof)
            nobody_there(engine, proof)
            gap = watchdog(engine, proof)
            reload(engine, proof)
            awake(engine, proof)
        finally:
            engine.destroy()
    return proof.end(f"the manager is told; widest gap of a 1 s watchdog {gap:.2f} s")


if __name__ == "__main__":
    raise SystemExit(main())
