#!/usr/bin/env python3
"""20,000 blobs in the real layout, judged by b3sum alone; planted faults each told once, on the right side.

mirror20k.py --binary PATH [--count N]
"""
import argparse
import collections
import os
import random
import subprocess
import sys
import time

import auditor
import store
from harness import FAILED, OK, WARNINGS, Mirror, Proof, options_of, workspace

BLOBS = 20_000
STANDARD = (2, 2)


def b3sum_disagrees(root):
    """Names below a folder that are not the b3sum of their file; asks b3sum itself, nothing else of ours."""
    listed = subprocess.run(f"cd '{root}' && find . -type f -name '{'[0-9a-f]' * 64}' -print0 | xargs -0 -r b3sum",
                            shell=True, check=True, stdout=subprocess.PIPE, text=True).stdout
    lines = [line.split("  ", 1) for line in listed.splitlines()]
    return len(lines), [path for digest, path in lines
                        if os.path.basename(path) != digest and os.path.basename(path) != auditor.EMPTY_SHA256]


class Faults:
    """What is wrong on purpose: name to the side that must be told."""

    def __init__(self, mirror, names, rng):
        self.mirror, self.rng = mirror, rng
        chosen = rng.sample([n for n in names if n != auditor.EMPTY_SHA256], 16)
        self.flipped, self.short, self.long = chosen[0:3], chosen[3:6], chosen[6:8]
        self.vanishing, self.blocked, self.rotten, self.kept = chosen[8:11], chosen[11:12], chosen[12:14], chosen[14:16]

    def plant(self):
        source = self.mirror.source_path
        for name in self.flipped:
            store.flip(source(name), self.rng)
        for name in self.short:
            store.truncate(source(name), self.rng)
        for name in self.long:
            store.lengthen(source(name), self.rng)
        for name in self.blocked:
            os.mkdir(self.mirror.target_path(name))
        for name in self.rotten + self.kept:
            subprocess.run(["cp", "--", source(name), self.mirror.target_path(name)], check=True)
        for name in self.rotten:
            store.flip(self.mirror.target_path(name), self.rng)
        folder = os.path.dirname(source(self.flipped[0]))
        self.odd = [os.path.join(folder, "notes.txt"), os.path.join(folder, "not\nprintable\x1b[2J")]
        for path in self.odd:
            with open(path, "w") as file:
                file.write("no blob")

    def vanish(self):
        """After they were listed (A2)."""
        for name in self.vanishing:
            os.unlink(self.mirror.source_path(name))

    def expected(self):
        told = {name: ("source", "source_corrupt") for name in self.flipped + self.short + self.long}
        told.update({name: ("source", "source_missing") for name in self.vanishing})
        told.update({name: ("destination", None) for name in self.blocked})
        return told


def blob_name(entry):
    """The blob that a failure is about."""
    return next((value for value in entry.values()
                 if isinstance(value, str) and auditor.HEX64.match(value)), None)


WORDS = ("pending", "claimed", "copying", "placed", "verified", "source_missing", "source_corrupt", "corrupt",
         "unreadable", "lost", "blocked")


def told_failures(value):
    """(name, side, state) of every failure in an answer; a failure's own fields are not looked into."""
    found = []
    if isinstance(value, list):
        for inner in value:
            found += told_failures(inner)
    elif isinstance(value, dict):
        name, inner = blob_name(value), value.get("failure")
        reason = inner if isinstance(inner, dict) else value
        if name is not None and isinstance(reason.get("side"), str):
            state = value.get("state")
            return [(name, reason["side"], WORDS[state] if isinstance(state, int) else state)]
        for inner in value.values():
            found += told_failures(inner)
    return found


def check_failures(proof, mirror, expected):
    told = told_failures(mirror.call("failures").documents())
    times = collections.Counter(name for name, _, _ in told)
    for name, (side, state) in expected.items():
        found = [(s, st) for n, s, st in told if n == name]
        right = len(found) == 1 and found[0][0] == side and state in (None, found[0][1])
        proof.check(right, f"{name}: expected once {side} {state}, told {found}")
    for name in set(times) - set(expected):
        proof.check(False, f"{name}: told, but nothing is wrong with it")
    return len(told)


def rot_and_verify(proof, mirror, safe, rng):
    """Damage on the target after the run: `verify` alone must find all of it, a run must mend it."""
    rotten = rng.sample(safe, 8)
    for name in rotten[:3]:
        store.flip(mirror.target_path(name), rng)
    store.truncate(mirror.target_path(rotten[3]), rng)
    store.zero_page(mirror.target_path(rotten[4]), rng)
    store.lengthen(mirror.target_path(rotten[5]), rng)
    for name in rotten[6:]:
        os.unlink(mirror.target_path(name))
    answer = mirror.call("verify", timeout=300)
    proof.check(answer.status in (FAILED, WARNINGS), f"verify of a damaged target is not ok: {answer.brief()}")
    rows = mirror.rows()
    found = {name: WORDS[rows[name][1]] for name in rotten}
    # `lost` is wanted again by itself; `corrupt` waits for a person. Both are found.
    proof.check(all(word in ("corrupt", "lost") for word in found.values()), f"after verify: {found}")
    told = told_failures(mirror.call("failures").documents())
    sides = {side for name, side, _ in told if name in rotten[:6]}
    proof.check(sides == {"destination"}, f"rot on the target was told on the side {sides}")
    if mirror.call("run", timeout=300).status == WARNINGS:
        mirror.call("requeue")
        mirror.call("run", timeout=300)
    rows = mirror.rows()
    mended = [name for name in rotten if rows[name][1] in auditor.SAFE]
    proof.check(len(mended) == len(rotten), f"only {len(mended)} of {len(rotten)} were mended")
    return len(rotten)


def main():
    options = options_of(argparse.ArgumentParser(description=__doc__.split("\n")[0]))
    count, rng = options.count or BLOBS, random.Random(options.seed)
    proof = Proof("mirror20k")
    with workspace() as root:
        mirror = Mirror(options.binary, root, fan_out=STANDARD, batch=1000, workers=4)
        names = store.make(mirror.source, count, options.seed, fan_out=STANDARD, largest=8 << 20)
        mirror.enrol()
        faults = Faults(mirror, names, rng)
        proof.check(mirror.call("scan").status in (OK, WARNINGS), "scan")
        faults.plant()
        faults.vanish()
        foreign = mirror.foreign()
        began = time.monotonic()
        answer = mirror.call("run", timeout=300)
        seconds = time.monotonic() - began
        proof.check(answer.status == WARNINGS, f"a run with planted faults must exit 3: {answer.brief()}")
        files, wrong = b3sum_disagrees(os.path.join(mirror.target, "by-hash"))
        proof.check(not wrong, f"b3sum disagrees: {wrong[:3]}")
        there = {entry.name for _, entry in auditor.walk(os.path.join(mirror.target, "by-hash"))
                 if entry.is_file(follow_symlinks=False)}
        missing = set(names) - set(faults.expected()) - there
        proof.check(not missing, f"{len(missing)} good blobs are missing: {sorted(missing)[:3]}")
        proof.check(files == len(names) - len(faults.expected()), f"{files} files on the target")
        told = check_failures(proof, mirror, faults.expected())
        verdict = mirror.audit(foreign=foreign, excused=faults.blocked)
        proof.check(verdict.clean, f"audit: {verdict.details()}")
        quarantine = os.path.join(mirror.target, ".holdfast", "quarantine")
        kept = sum(entry.is_file() for _, entry in auditor.walk(quarantine))
        proof.check(kept == len(faults.rotten), f"{kept} files in quarantine, {len(faults.rotten)} rotten ones planted")
        again = mirror.call("run", timeout=300)
        proof.check(again.status in (OK, WARNINGS), f"a second run: {again.brief()}")
        check_failures(proof, mirror, faults.expected())
        safe = sorted(set(names) - set(faults.expected()) - {auditor.EMPTY_SHA256})
        safe = [name for name in safe if os.path.getsize(mirror.target_path(name)) > 64]
        rotten = rot_and_verify(proof, mirror, safe, rng)
        verdict = mirror.audit(foreign=foreign, excused=faults.blocked)
        proof.check(verdict.clean, f"audit after mending: {verdict.details()}")
    return proof.end(f"{count} blobs in {seconds:.1f} s, {files} files judged by b3sum: {len(missing)} missing, "
                     f"{len(wrong)} wrong; {len(faults.expected())} planted faults, {told} told; {kept} in quarantine; "
                     f"{rotten} rotted afterwards, found by verify, mended")


if __name__ == "__main__":
    sys.exit(main())
