#!/usr/bin/env python3
"""Power cuts on ext4: target and index on images of their own, cut together and separately.

powercuts.py --binary PATH [--count N] [--long] [--seed N] [--omit barrier1|barrier2]
A cut is FS_IOC_SHUTDOWN without flushing the journal, at a kill point or at a random moment of a running program;
in a third of the cuts the journal commits just before, as its own timer may (names without their data).
`--omit` takes one barrier out and expects the auditor to find the damage: exit status 0 means it turned red.
"""
import argparse
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time

from harness import (OK, WARNINGS, Image, Mirror, Proof, copy_sparse, cut_power, finish, kill, options_of,
                     private_mounts, until, workspace)
from store import flip

POINTS = ("K1", "K2", "K3", "K4", "K5", "K6", "K7", "K9", "K10", "K11")
WHOLE, SHARE, RED_WITHIN = 200, 20, 12
BLOBS, BEFORE, MEGABYTES = 60, 20, 96
WAYS = ("both", "both", "target", "index")


class Bench:
    """A mirror whose target and state folder are mounted images, put back from templates before every cut."""

    def __init__(self, binary, root, proof, rng, extra):
        self.proof, self.rng, self.root, self.extra = proof, rng, root, extra
        self.images = {name: Image(os.path.join(root, f"{name}.img"), os.path.join(root, name), MEGABYTES)
                       for name in ("target", "state")}
        self.most = {point: BLOBS - BEFORE for point in POINTS}
        self.mirror = Mirror(binary, root)
        self.lost = self.wrong = self.manual = self.cuts = self.twice = 0
        self.ways = {way: 0 for way in ("both", "target", "index")}

    def prepare(self):
        """One third is mirrored and settled before; the rest is what the cut meets."""
        mirror = self.mirror
        for image in self.images.values():
            image.mount()
        mirror.make(BEFORE, seed=1, largest=1 << 17)
        mirror.enrol()
        answer = mirror.call("run")
        if answer.status not in (OK, WARNINGS):
            raise SystemExit(f"the first run failed, nothing can be proved: {answer.brief()}")
        names = mirror.make(BLOBS - BEFORE, seed=2, largest=1 << 17, empty=False)
        flip(mirror.source_path(names[3]), self.rng)
        self.truth, self.before = mirror.truth(), mirror.rows()
        self.down()
        for image in self.images.values():
            copy_sparse(image.path, image.path + ".template")
        self.up()
        began = time.monotonic()
        answer = mirror.call("run")
        self.whole = time.monotonic() - began
        if answer.status != WARNINGS:
            raise SystemExit(f"a run with one damaged blob must exit 3: {answer.brief()}")
        self.judge("without a cut", False)
        self.down()

    def up(self):
        for image in self.images.values():
            image.mount()

    def down(self):
        for image in self.images.values():
            image.detach()

    def restore(self):
        self.down()
        for image in self.images.values():
            copy_sparse(image.path + ".template", image.path)
        self.up()

    def judge(self, when, crashed):
        verdict = self.mirror.audit(crashed=crashed, truth=self.truth, before=self.before)
        self.wrong += len(verdict.found["wrongly_marked"]) + len(verdict.found["bad_names"])
        self.lost += len(verdict.found["lost"]) + len(verdict.found["unsettled"]) + len(verdict.found["regressed"])
        return self.proof.require(verdict.clean, f"{when}: {verdict.details()}")

    def cut(self, way, early):
        """The lights go out, for both in either order or for one; then the machine is back."""
        handles = {name: image.handle() for name, image in self.images.items()}
        if early:
            self.images["target"].commit_journal()
        names = {"both": ["target", "state"], "target": ["target"], "index": ["state"]}[way]
        self.rng.shuffle(names)
        for name in names:
            cut_power(handles[name])
        for handle in handles.values():
            os.close(handle)

    def run_and_cut(self, way, point=None, early=False):
        """One cut; returns what happened, or None when the run never came to that point."""
        if point is not None:
            hit = self.rng.randint(1, self.most[point])
            answer = self.mirror.call("run", HOLDFAST_FAILPOINT=f"{point}:kill:{hit}", **self.extra)
            if answer.status != -9:
                self.most[point] = max(1, hit - 1)
                return None
            self.cut(way, early)
            return f"{way} cut at {point} hit {hit}{', journal first' if early else ''}"
        process = self.mirror.start("run", **self.extra)
        after = self.rng.uniform(0, self.whole)
        time.sleep(after)
        self.cut(way, early)
        time.sleep(self.rng.choice((0, 0, 0.05)))
        kill(process)
        finish(process)
        return f"{way} cut after {after * 1000:.0f} ms{', journal first' if early else ''}"

    def cycle(self, way, point, early):
        for _ in range(12):
            self.restore()
            when = self.run_and_cut(way, point, early)
            if when is not None:
                break
        else:
            self.proof.require(False, f"{point} was never reached")
            return True
        self.cuts += 1
        self.ways[way] += 1
        self.proof.cases += 1
        self.down()
        self.up()
        if not self.judge(f"{when}, before the restart", True) and self.extra:
            return False
        if not self.extra and self.rng.random() < 0.25:
            when = f"{when}, then {self.run_and_cut(way, None, self.rng.random() < 0.5)}"
            self.twice += 1
            self.down()
            self.up()
            self.judge(f"{when}, before the restart", True)
        answer = self.mirror.call("run", timeout=60)
        if answer.status not in (OK, WARNINGS):
            self.manual += 1
            self.proof.require(False, f"{when}: restart: {answer.brief()}")
        return self.judge(f"{when}, after the restart", False)


    def swept(self):
        """A dead run's temporaries are durable; the restart sweeps them and settles their rows; power goes then.

        The temporaries come back if their removal was not durable before the rows forgot them.
        """
        self.restore()
        point = self.rng.choice(("K4", "K5"))
        self.proof.require(self.mirror.call("run", HOLDFAST_FAILPOINT=f"{point}:kill").status == -9, "not killed")
        self.images["target"].commit_journal()
        process = self.mirror.start("run")
        until(lambda: self.begun() == 0 or process.poll() is not None, seconds=10, step=0)
        self.cut("target", False)
        kill(process)
        finish(process)
        self.cuts += 1
        self.ways["target"] += 1
        self.proof.cases += 1
        self.down()
        self.up()
        when = f"{point}, then target cut when the rows were settled"
        self.judge(f"{when}, before the restart", True)
        answer = self.mirror.call("run", timeout=60)
        self.proof.require(answer.status in (OK, WARNINGS), f"{when}: {answer.brief()}")
        self.judge(f"{when}, after the restart", False)

    def begun(self):
        """Rows that a run has begun, read from a copy."""
        copy = os.path.join(self.root, "look.sqlite")
        for suffix in ("", "-wal"):
            shutil.copyfile(self.mirror.index + suffix, copy + suffix)
        connection = sqlite3.connect(copy)
        try:
            return connection.execute("SELECT count(*) FROM blobs WHERE state = 2").fetchone()[0]
        except sqlite3.DatabaseError:
            return None
        finally:
            connection.close()


def whole(bench, count):
    """Half at kill points, half at random moments."""
    points = POINTS
    for number in range(count):
        point = points[number // 2 % len(points)] if number % 2 else None
        bench.cycle(WAYS[number // 2 % len(WAYS)], point, bench.rng.random() < 0.33)
        if len(bench.proof.failures) > 20:
            print("powercuts: too many failures, stopped")
            break
    for _ in range(max(2, count // 10)):
        bench.swept()
    for image in bench.images.values():
        image.detach()
        done = subprocess.run(["e2fsck", "-f", "-n", image.path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        bench.proof.require(done.returncode == 0, f"e2fsck of {os.path.basename(image.path)}: {done.returncode}")
    ways = ", ".join(f"{way} {number}" for way, number in bench.ways.items())
    return bench.proof.end(f"{bench.cuts} power cuts ({ways}; {bench.twice} cut again while restarting): "
                           f"{bench.lost} lost, {bench.wrong} wrongly marked or named, {bench.manual} manual steps")


def without(bench, barrier):
    """Cuts where that barrier alone stands between the data and the damage; green means that the test is blind."""
    print(f"powercuts: {barrier} is out; failures are expected now")
    for number in range(RED_WITHIN):
        if barrier == "barrier1":
            red = not bench.cycle("both", "K6", True)
        else:
            red = not bench.cycle("target", bench.rng.choice(("K9", "K11")), False)
        if red:
            print(f"{barrier} out: red as it must be (cut {number + 1})")
            print(f"PROOF powercuts-without-{barrier} cases={bench.cuts} failed=0")
            return 0
    print(f"{barrier} out: GREEN after {RED_WITHIN} cuts: this test is blind")
    print(f"PROOF powercuts-without-{barrier} cases={bench.cuts} failed=1")
    return 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--omit", choices=("barrier1", "barrier2"))
    options = options_of(parser)
    private_mounts()
    extra = {"HOLDFAST_OMIT": options.omit} if options.omit else {}
    with workspace() as root:
        bench = Bench(options.binary, root, Proof("powercuts"), random.Random(options.seed), extra)
        try:
            bench.prepare()
            if options.omit:
                return without(bench, options.omit)
            return whole(bench, options.count or (WHOLE if options.long else SHARE))
        finally:
            bench.down()


if __name__ == "__main__":
    sys.exit(main())
