#!/usr/bin/env python3
"""Checks the checker (L18): damages a good mirror in every known way; the auditor must find each, by its right class,
and must find nothing in as many undamaged ones.

auditor_check.py [--count N]
"""
import argparse
import json
import os
import random
import shutil
import sqlite3
import sys

import auditor
import store
from harness import Proof, workspace

FAN_OUT = (1, 1)
FOREIGN = "photos/notes.txt"
UUID = "0123456789abcdef0123456789abcdef"


class Bench:
    """A source, a target and an index that agree, made without the engine."""

    def __init__(self, root, seed):
        self.root, self.rng = root, random.Random(seed)
        self.source, self.target = os.path.join(root, "source"), os.path.join(root, "target")
        self.index = os.path.join(root, "m.sqlite")
        self.names = store.make(self.source, 12, seed, fan_out=FAN_OUT, largest=20_000)
        shutil.copytree(self.source, os.path.join(self.target, "by-hash"))
        os.makedirs(os.path.join(self.target, ".holdfast", "quarantine"))
        os.makedirs(os.path.join(self.target, "photos"))
        self.write(os.path.join(self.target, FOREIGN), b"mine")
        self.write(self.marker, json.dumps({"uuid": UUID, "generation": 1}).encode())
        self.sql("CREATE TABLE volumes(id INTEGER PRIMARY KEY, uuid TEXT)")
        self.sql("CREATE TABLE blobs(volume INTEGER, blob BLOB, size INTEGER, state INTEGER, attempts INTEGER,"
                 " run TEXT, proved_at INTEGER, PRIMARY KEY(volume, blob)) WITHOUT ROWID")
        self.sql("INSERT INTO volumes VALUES(1, ?)", UUID)
        self.sql("CREATE TABLE tallies(volume INTEGER, state INTEGER, count INTEGER, bytes INTEGER)")
        for name in self.names:
            size = os.path.getsize(self.at(name))
            self.sql("INSERT INTO blobs VALUES(1, ?, ?, ?, 0, NULL, NULL)", bytes.fromhex(name), size,
                     self.rng.choice(auditor.SAFE))
        self.tally()
        self.foreign = auditor.foreign_files(self.target, FAN_OUT)
        self.times = auditor.times(self.source)

    marker = property(lambda self: os.path.join(self.target, ".holdfast", "volume.json"))

    @staticmethod
    def write(path, data):
        with open(path, "wb") as file:
            file.write(data)

    def sql(self, statement, *values):
        connection = sqlite3.connect(self.index)
        with connection:
            connection.execute(statement, values)
        connection.close()

    def at(self, name, root=None):
        return store.blob_path(root or os.path.join(self.target, "by-hash"), name, FAN_OUT)

    def pick(self):
        return self.rng.choice([name for name in self.names if name != auditor.EMPTY_SHA256])

    def state(self, name, state):
        self.sql("UPDATE blobs SET state = ? WHERE blob = ?", state, bytes.fromhex(name))

    def tally(self):
        self.sql("DELETE FROM tallies")
        self.sql("INSERT INTO tallies SELECT volume, state, count(*), sum(size) FROM blobs GROUP BY volume, state")

    def judge(self, crashed=False, before=None):
        return auditor.audit(self.source, self.target, self.index, "blake3", FAN_OUT, crashed, foreign=self.foreign,
                             source_times=self.times, before=before)


def swap(b):
    one, two = b.rng.sample([name for name in b.names if name != auditor.EMPTY_SHA256], 2)
    os.rename(b.at(one), b.at(one) + "x")
    os.rename(b.at(two), b.at(one))
    os.rename(b.at(one) + "x", b.at(two))


def move_bucket(b):
    name = b.pick()
    other = os.path.join(b.target, "by-hash", "f" if name[0] != "f" else "0", "0")
    os.rename(b.at(name), os.path.join(other, name))


def symlink(b):
    name = b.pick()
    os.unlink(b.at(name))
    os.symlink(b.at(name, b.source), b.at(name))


def half_copied(b):
    """A name with wrong bytes that nobody marked: allowed to nobody, not even in a crash."""
    name = b.pick()
    b.state(name, auditor.COPYING)
    os.truncate(b.at(name), 0)


def extra(b):
    name = format(b.rng.getrandbits(256), "064x")
    b.write(b.at(name), b"not what the name says")


def marked_early(b):
    name = b.pick()
    os.unlink(b.at(name))


def wrong_name_in_row(b):
    name = b.pick()
    b.sql("UPDATE blobs SET blob = ? WHERE blob = ?", b.rng.randbytes(32), bytes.fromhex(name))


def damage_index(b):
    with open(b.index, "r+b") as file:
        file.seek(100)
        file.write(b.rng.randbytes(200))


def corrupt_source_marked_missing(b):
    name = b.pick()
    store.flip(b.at(name, b.source), b.rng)
    os.unlink(b.at(name))
    b.state(name, auditor.SOURCE_MISSING)
    b.times = auditor.times(b.source)


def file_of_own_kept(b):
    name = b.pick()
    b.write(os.path.join(os.path.dirname(b.at(name)), f".tmp-{b.rng.getrandbits(64):016x}-{name[:8]}"), b"left")


# What is done, and the classes one of which must be found.
FAULTS = {
    "bit flip": (lambda b: store.flip(b.at(b.pick()), b.rng), "wrongly_marked"),
    "truncated": (lambda b: store.truncate(b.at(b.pick()), b.rng), "wrongly_marked"),
    "zeroed page": (lambda b: store.zero_page(b.at(b.pick()), b.rng), "wrongly_marked"),
    "bytes appended": (lambda b: store.lengthen(b.at(b.pick()), b.rng), "wrongly_marked"),
    "empty blob not empty": (lambda b: b.write(b.at(auditor.EMPTY_SHA256), b"x"), "wrongly_marked"),
    "swapped files": (swap, "wrongly_marked"),
    "missing": (marked_early, "wrongly_marked"),
    "a link instead of a file": (symlink, "wrongly_marked"),
    "in the wrong folder": (move_bucket, "misplaced"),
    "extra name with wrong bytes": (extra, "bad_names"),
    "name before its data": (half_copied, "bad_names"),
    "row of another name": (wrong_name_in_row, "wrongly_marked"),
    "row gone": (lambda b: b.sql("DELETE FROM blobs WHERE blob = ?", bytes.fromhex(b.pick())), "lost"),
    "row with a wrong size": (lambda b: b.sql("UPDATE blobs SET size = size + 1 WHERE blob = ?",
                                              bytes.fromhex(b.pick())), "wrong_rows"),
    "row with a state that does not exist": (lambda b: b.state(b.pick(), 11), "wrong_rows"),
    "row with a short name": (lambda b: b.sql("UPDATE blobs SET blob = x'00' WHERE blob = ?",
                                              bytes.fromhex(b.pick())), "wrong_rows"),
    "left pending": (lambda b: b.state(b.pick(), auditor.PENDING), "unsettled"),
    "left copying": (lambda b: b.state(b.pick(), auditor.COPYING), "unsettled"),
    "good blob called corrupt": (lambda b: b.state(b.pick(), auditor.SOURCE_CORRUPT), "refused"),
    "good copy not adopted": (lambda b: b.state(b.pick(), auditor.BLOCKED), "unadopted"),
    "corrupt source called missing": (corrupt_source_marked_missing, "unreported"),
    "tally too small": (lambda b: b.sql("UPDATE tallies SET count = count - 1"), "tallies"),
    "tally of bytes wrong": (lambda b: b.sql("UPDATE tallies SET bytes = bytes + 1"), "tallies"),
    "temporary left": (file_of_own_kept, "temporaries"),
    "foreign file changed": (lambda b: b.write(os.path.join(b.target, FOREIGN), b"ours"), "foreign"),
    "foreign file gone": (lambda b: os.unlink(os.path.join(b.target, FOREIGN)), "foreign"),
    "foreign file new": (lambda b: b.write(os.path.join(b.target, "by-hash", "litter"), b""), "foreign"),
    "source read with its time": (lambda b: os.utime(b.at(b.pick(), b.source)), "source_touched"),
    "source file gone": (lambda b: os.unlink(b.at(b.pick(), b.source)), "source_touched"),
    "marker torn": (lambda b: os.truncate(b.marker, 10), "marker"),
    "marker gone": (lambda b: os.unlink(b.marker), "marker"),
    "marker of another volume": (lambda b: b.write(b.marker, b'{"uuid": "f"}'), "marker"),
    "index damaged": (damage_index, "index"),
    "index gone": (lambda b: os.unlink(b.index), "index"),
}
# Faults that must be found before any restart too.
AT_ONCE = {"wrongly_marked", "bad_names", "misplaced", "wrong_rows", "tallies", "foreign", "source_touched", "marker",
           "index"}


# Damage to a single file that must be found as nothing else.
OF_ONE_CLASS = {"bit flip", "truncated", "zeroed page", "missing", "extra name with wrong bytes", "temporary left",
                "foreign file changed", "row with a wrong size", "source read with its time"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--binary", help="not used: the engine has no part in this")
    options = parser.parse_args()
    count = 1000 if options.long else options.count
    proof = Proof("auditor_check")
    with workspace() as root:
        for number in range(count):
            name, (harm, expected) = list(FAULTS.items())[number % len(FAULTS)]
            bench = Bench(os.path.join(root, str(number)), number + 1)
            crashed = expected in AT_ONCE and bench.rng.random() < 0.5
            quiet = bench.judge(crashed)
            proof.check(quiet.clean, f"false alarm {number}: {quiet.details()}")
            harm(bench)
            verdict = bench.judge(crashed)
            right = expected in verdict.classes() and (expected == "tallies" or name not in OF_ONE_CLASS
                                                       or verdict.classes() in ([expected], [expected, "tallies"]))
            proof.check(right, f"{name}: expected {expected}, found {verdict.classes()}")
            shutil.rmtree(bench.root)
    return proof.end(f"{count} faults found, {count} clean mirrors without a false alarm")


if __name__ == "__main__":
    sys.exit(main())
