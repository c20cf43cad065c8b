#!/usr/bin/env python3
"""kill -9 at every kill point and at random times; after each the auditor, a plain restart, and the auditor again.

kills.py --binary PATH [--count N] [--long] [--seed N]
Nothing wrong may be marked even before the restart; the restart must need no person and end in a clean mirror.
"""
import argparse
import os
import random
import shutil
import sys
import time

from harness import OK, WARNINGS, Mirror, Proof, finish, kill, options_of, replace_tree, workspace
from store import flip

POINTS = ("K1", "K2", "K3", "K4", "K5", "K6", "K7", "K9", "K10", "K11")
WHOLE, SHARE = 1000, 100
BLOBS, BEFORE = 60, 20
BOUND = 10.0


class Cycles:
    """One mirror put back to its beginning before every kill."""

    def __init__(self, mirror, proof, rng):
        self.mirror, self.proof, self.rng = mirror, proof, rng
        self.most = {point: BLOBS for point in POINTS}
        self.hits = {point: 0 for point in (*POINTS, "random")}
        self.lost = self.wrong = self.manual = self.twice = 0
        self.slowest = 0.0
        self.prepare()

    def prepare(self):
        """A template: a third mirrored already, one damaged blob, files that are not ours, in some cycles orphans."""
        mirror = self.mirror
        mirror.make(BEFORE, seed=1)
        mirror.enrol()
        photos = os.path.join(mirror.target, "photos")
        os.makedirs(photos)
        for path in (os.path.join(photos, "a.jpg"), os.path.join(mirror.target, ".tmp-not-ours")):
            with open(path, "wb") as file:
                file.write(b"somebody else's")
        self.foreign, self.rotten = mirror.foreign(), []
        answer = mirror.call("run")
        if answer.status not in (OK, WARNINGS):
            raise SystemExit(f"the first run failed, nothing can be proved: {answer.brief()}")
        names = mirror.make(BLOBS - BEFORE, seed=2, empty=False)
        flip(mirror.source_path(names[3]), self.rng)
        self.orphans = names[5:8]
        self.truth, self.before = mirror.truth(), mirror.rows()
        for folder in (mirror.target, mirror.state):
            replace_tree(folder, folder + ".template")
        began = time.monotonic()
        answer = mirror.call("run")
        if answer.status != WARNINGS:
            raise SystemExit(f"a run with one damaged blob must exit 3: {answer.brief()}")
        self.whole = time.monotonic() - began
        self.judge("without a kill", False)

    def restore(self):
        for folder in (self.mirror.target, self.mirror.state):
            replace_tree(folder + ".template", folder)
        self.rotten = []
        for name in self.orphans if self.rng.random() < 0.3 else ():
            shutil.copyfile(self.mirror.source_path(name), self.mirror.target_path(name))
            if self.rng.random() < 0.5:
                flip(self.mirror.target_path(name), self.rng)
                self.rotten.append(name)
        self.foreign = self.mirror.foreign()

    def judge(self, when, crashed):
        verdict = self.mirror.audit(crashed=crashed, truth=self.truth, before=self.before, foreign=self.foreign,
                                    excused=self.rotten if crashed else ())
        self.wrong += len(verdict.found["wrongly_marked"])
        self.lost += len(verdict.found["lost"]) + len(verdict.found["unsettled"]) + len(verdict.found["regressed"])
        return self.proof.require(verdict.clean, f"{when}: {verdict.details()}")

    def kill_at(self, point):
        """True when it died there. A hit number the run never reached is not a cycle; the next is drawn smaller."""
        hit = self.rng.randint(1, self.most[point])
        answer = self.mirror.call("run", HOLDFAST_FAILPOINT=f"{point}:kill:{hit}")
        if answer.status == -9:
            return f"{point} hit {hit}"
        self.most[point] = max(1, hit - 1)
        return None

    def kill_somewhen(self):
        """The moment when it died, or None when it had ended by then."""
        process = self.mirror.start("run")
        after = self.rng.uniform(0, self.whole)
        time.sleep(after)
        kill(process)
        return f"after {after * 1000:.0f} ms" if finish(process).status == -9 else None

    def settle(self, when):
        """Audit, restart (killed once more in one of five), audit."""
        self.judge(f"{when}, before the restart", True)
        if self.rng.random() < 0.2:
            again = self.kill_somewhen()
            self.twice += again is not None
            self.judge(f"{when}, then {again}", True)
        began = time.monotonic()
        answer = self.mirror.call("run", timeout=60)
        self.slowest = max(self.slowest, time.monotonic() - began)
        if answer.status not in (OK, WARNINGS):
            self.manual += 1
            self.proof.require(False, f"{when}: restart: {answer.brief()}")
        self.judge(f"{when}, after the restart", False)

    def cycle(self, point):
        misses = 0
        while misses < 12:
            self.restore()
            when = self.kill_somewhen() if point == "random" else self.kill_at(point)
            if when is not None:
                self.hits[point] += 1
                self.proof.cases += 1
                self.settle(when)
                return
            misses += 1
        self.proof.require(False, f"{point} was never reached")


def main():
    options = options_of(argparse.ArgumentParser(description=__doc__.split("\n")[0]))
    count = options.count or (WHOLE if options.long else SHARE)
    proof = Proof("kills")
    with workspace() as root:
        cycles = Cycles(Mirror(options.binary, root), proof, random.Random(options.seed))
        floor = max(5, count // 20)
        plan = [point for point in POINTS for _ in range(floor)]
        plan += ["random"] * max(floor, count - len(plan))
        cycles.rng.shuffle(plan)
        for point in plan:
            if cycles.proof.failures and len(cycles.proof.failures) > 20:
                print("kills: too many failures, stopped")
                break
            cycles.cycle(point)
        proof.require(cycles.slowest < BOUND, f"a restart took {cycles.slowest:.1f} s")
        hits = ", ".join(f"{point} {number}" for point, number in cycles.hits.items())
    return proof.end(f"{proof.cases} kills ({hits}; {cycles.twice} killed again while restarting): {cycles.lost} lost, "
                     f"{cycles.wrong} wrongly marked, {cycles.manual} manual steps; slowest restart "
                     f"{cycles.slowest:.2f} s")


if __name__ == "__main__":
    sys.exit(main())
