#!/usr/bin/env python3
"""kill -9 of the engine with jobs, a chain, a request and mail under way; the next start goes on alone.

engine_kills.py --binary PATH [--count N] [--long] [--seed N]
No job twice for one planned time, no request lost or asked twice, no message lost, no lock to free, the target whole.
"""
import argparse
import json
import os
import random
import signal
import time

from engine import Engine
from harness import OK, Proof, finish, options_of, until, workspace

WHOLE, SHARE = 1000, 40
POINTS = ("K1", "K2", "K3", "K4", "K5", "K6", "K7", "K9", "K10", "K11")
JOBS = """
[job.nightly]
kind = "mirror.run"
mirror = "cold"

[job.counted]
kind = "command"
command = ["/bin/sh", "{counter}"]

[job.after]
kind = "command"
command = ["/bin/true"]
after = ["counted"]

[job.fails]
kind = "command"
command = ["/bin/false"]
retries = 0

[channel.file]
kind = "command"
command = ["/bin/sh", "{sink}", "{id}"]

[alerts]
escalation = ["0s file"]
"""
START = 15.0


class Kills:
    def __init__(self, engine, proof, rng):
        self.engine, self.proof, self.rng = engine, proof, rng
        self.slowest = 0.0
        self.kills = 0

    def begin(self, **extra):
        """Starts the engine and waits until it answers; no hand is needed for that."""
        began = time.monotonic()
        process = self.engine.run(**extra)
        state = until(lambda: process.poll() is not None or self.engine.state(), START, 0.05)
        self.slowest = max(self.slowest, time.monotonic() - began)
        return process, state if isinstance(state, dict) else None

    def cycle(self, number):
        point = self.rng.choice(POINTS + ("random",) * 5)
        extra = {} if point == "random" else {"HOLDFAST_FAILPOINT": f"{point}:kill:{self.rng.randint(1, 8)}"}
        process, state = self.begin(**extra)
        if process.poll() is None and not self.proof.require(state is not None, f"{number}: the engine did not answer"):
            process.kill()
            process.wait()
            return
        if process.poll() is None:
            if self.rng.random() < 0.5:
                self.engine.mirror.make(3, seed=1000 + number, empty=False)
            for job in self.rng.sample(["nightly", "counted", "fails"], 2):
                self.engine.call("job", "run", job, timeout=20)
            time.sleep(self.rng.uniform(0, 0.5))
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        process.wait()
        self.kills += 1
        self.proof.cases += 1

    def settle(self):
        """The last start: everything comes to rest, and every account is right."""
        process, state = self.begin()
        if not self.proof.require(state is not None, "the last start does not answer"):
            process.kill()
            return
        self.engine.call("job", "run", "nightly", "--wait", timeout=120)
        rest = until(lambda: all(job["phase"] == {"idle": {}} for job in (self.engine.state() or {"jobs": [{"phase": 0}]})["jobs"]), 60, 0.2)
        self.proof.check(rest, "not every job came to rest")
        runs = self.engine.history(limit=20000)
        open_runs = [run for run in runs if not run.get("result")]
        self.proof.check(not open_runs, f"{len(open_runs)} runs never ended")
        ids = [run["run"] for run in runs]
        self.proof.check(len(ids) == len(set(ids)), "a run is in the history twice")
        begun = open(self.engine.counted).read().split()
        self.proof.check(len(begun) == len(set(begun)), "a command ran twice under one run")
        known = set(ids)
        self.proof.check(set(begun) <= known, f"{len(set(begun) - known)} commands ran without a record")
        state = self.engine.state()
        subjects = [request["subject"] for request in state["requests"]]
        self.proof.check(len(subjects) == len(set(subjects)), "a request was asked twice")
        told = until(lambda: self.engine.state()["delivery"]["waiting"] == 0, 90, 0.5)
        self.proof.check(told, f"messages stay unsent: {self.engine.state()['delivery']}")
        verdict = self.engine.mirror.audit(truth=self.engine.mirror.truth())
        self.proof.check(verdict.clean, f"the target: {verdict.details()}")
        self.proof.check(self.engine.call("engine", "stop").status == OK, "the engine does not stop")
        process.wait(20)


def scripts(root):
    """A command that counts itself, and a sink of messages."""
    paths = {}
    for name in ("counter", "sink"):
        paths[name] = os.path.join(root, name + ".sh")
        with open(paths[name], "w") as file:
            word = "$HOLDFAST_RUN" if name == "counter" else "$1"
            file.write(f'echo "{word}" >> {os.path.join(root, name + ".txt")}\n')
        open(os.path.join(root, name + ".txt"), "w").close()
    return paths


def main():
    options = options_of(argparse.ArgumentParser(description=__doc__.split("\n")[0]))
    count = options.count or (WHOLE if options.long else SHARE)
    proof = Proof("engine_kills")
    with workspace() as root:
        paths = scripts(root)
        text = JOBS.replace("{counter}", paths["counter"]).replace("{sink}", paths["sink"])
        engine = Engine(options.binary, root, more=text, blobs=30)
        engine.counted = os.path.join(root, "counter.txt")
        try:
            kills = Kills(engine, proof, random.Random(options.seed))
            for number in range(count):
                kills.cycle(number)
                if len(proof.failures) > 20:
                    print("engine_kills: too many failures, stopped")
                    break
            kills.settle()
            told = open(os.path.join(root, "sink.txt")).read().split()
            proof.check(bool(told), "no message was delivered")
        finally:
            engine.destroy()
    return proof.end(f"{kills.kills} kills, slowest start {kills.slowest:.1f} s, {len(told)} messages")


if __name__ == "__main__":
    raise SystemExit(main())
