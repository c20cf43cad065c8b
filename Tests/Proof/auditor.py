#!/usr/bin/env python3
"""Judges a mirror from outside: source, target and index, with b3sum or sha256sum and nothing of the engine.

As a command:  auditor.py --source DIR --target DIR --index FILE [--hash blake3] [--fan-out 2,2] [--crashed] [--json]
prints one line of counts; exit status 0 when nothing was found, 1 otherwise.

`--crashed` judges what a kill or a power cut left behind, before any restart: unfinished work is allowed then,
a wrong "done" is not.
"""
import argparse
import hashlib
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile

# Stored numbers of the states, as the index file has them.
PENDING, CLAIMED, COPYING, PLACED, VERIFIED = 0, 1, 2, 3, 4
SOURCE_MISSING, SOURCE_CORRUPT, CORRUPT, UNREADABLE, LOST, BLOCKED = 5, 6, 7, 8, 9, 10
SAFE = (PLACED, VERIFIED)
OPEN = (PENDING, CLAIMED, COPYING, LOST)

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
HEX64 = re.compile(r"[0-9a-f]{64}\Z")
OUR_TEMPORARY = re.compile(r"\.tmp-[0-9a-f]{16}-[0-9a-f]+\Z")
TOOLS = {"blake3": ["b3sum", "--num-threads", "1"], "sha256": ["sha256sum"]}

# What can be found, in the order in which it is printed.
CLASSES = ("wrongly_marked", "lost", "unsettled", "refused", "unreported", "unadopted", "bad_names", "misplaced",
           "wrong_rows", "tallies", "regressed", "temporaries", "foreign", "source_touched", "marker", "index")


class Verdict:
    """Findings by class, and counts that are no findings."""

    def __init__(self):
        self.found = {name: [] for name in CLASSES}
        self.counts = {}

    def add(self, name, what):
        self.found[name].append(what)

    @property
    def clean(self):
        return not any(self.found.values())

    def classes(self):
        return [name for name in CLASSES if self.found[name]]

    def line(self):
        head = ", ".join(f"{value} {name}" for name, value in self.counts.items())
        tail = ", ".join(f"{len(self.found[name])} {name}" for name in CLASSES)
        return f"{head}; {tail}"

    def details(self, limit=5):
        return [f"{name}: {what}" for name in CLASSES for what in self.found[name][:limit]]


def digests(paths, kind):
    """Path to digest, in bulk. A path that cannot be read has no entry."""
    result = {}
    for start in range(0, len(paths), 2000):
        part = paths[start:start + 2000]
        done = subprocess.run(TOOLS[kind] + ["--"] + part, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for line in done.stdout.decode("utf-8", "surrogateescape").splitlines():
            digest, _, path = line.partition("  ")
            result[path] = digest
    return result


def bucket_path(name, fan_out):
    parts, at = [], 0
    for digits in fan_out:
        parts.append(name[at:at + digits])
        at += digits
    return "/".join(parts)


class Tree:
    """A by-hash folder: blobs by name, and all that is none."""

    def __init__(self, root, kind, fan_out):
        self.root, self.good, self.sizes, self.misplaced, self.temporaries = root, {}, {}, [], []
        paths = {}
        for path, entry in walk(root):
            if entry.is_dir(follow_symlinks=False) and not HEX64.match(entry.name):
                continue
            if HEX64.match(entry.name):
                if os.path.dirname(path) != bucket_path(entry.name, fan_out):
                    self.misplaced.append(path)
                    continue
                if entry.is_file(follow_symlinks=False):
                    self.sizes[entry.name] = entry.stat(follow_symlinks=False).st_size
                    paths[os.path.join(root, path)] = entry.name
                else:
                    self.sizes[entry.name], self.good[entry.name] = -1, False
            elif OUR_TEMPORARY.match(entry.name):
                self.temporaries.append(path)
        found = digests(list(paths), kind)
        for path, name in paths.items():
            empty = name == EMPTY_SHA256 and self.sizes[name] == 0
            self.good[name] = empty or found.get(path) == name


def walk(root, prefix=""):
    """Every entry below a folder with its relative path; a folder that vanishes meanwhile is empty."""
    try:
        with os.scandir(os.path.join(root, prefix)) as entries:
            listed = list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in listed:
        path = prefix + "/" + entry.name if prefix else entry.name
        yield path, entry
        if entry.is_dir(follow_symlinks=False):
            yield from walk(root, path)


def fingerprint(path):
    """What must stay as it is of a file that is not ours: kind, mode, owner, size, times, inode, bytes."""
    status = os.lstat(path)
    known = [stat.S_IFMT(status.st_mode), status.st_mode, status.st_uid, status.st_ino]
    if stat.S_ISLNK(status.st_mode):
        return known + [os.readlink(path)]
    if stat.S_ISREG(status.st_mode):
        with open(path, "rb") as file:
            known += [status.st_size, status.st_mtime_ns, hashlib.sha256(file.read()).hexdigest()]
    return known


def foreign_files(target, fan_out):
    """Path to fingerprint of everything on the target that is neither a blob nor ours."""
    result = {}
    for path, entry in walk(target):
        parts = path.split("/")
        if parts[0] in (".holdfast", "lost+found"):
            continue
        if parts[0] == "by-hash":
            folder, is_dir = parts[1:], entry.is_dir(follow_symlinks=False)
            shape = all(len(a) == b and re.match(r"[0-9a-f]+\Z", a) for a, b in zip(folder, fan_out))
            if is_dir and shape and len(folder) <= len(fan_out):
                continue
            if HEX64.match(entry.name) or OUR_TEMPORARY.match(entry.name):
                continue
        result[path] = fingerprint(os.path.join(target, path))
    return result


def times(root):
    """Path to (access, modification, change time, size, inode) of everything below a folder, and of itself."""
    paths = [root] + [os.path.join(root, path) for path, _ in walk(root)]
    result = {}
    for path in paths:
        status = os.lstat(path)
        result[path] = (status.st_atime_ns, status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
    return result


class Index:
    """The rows of a copy of the index file, so that looking never repairs what a crash left."""

    def __init__(self, path, verdict):
        self.rows, self.uuids, self.exists = {}, {}, os.path.exists(path)
        if not self.exists:
            return
        with tempfile.TemporaryDirectory(prefix="holdfast-audit-") as folder:
            copy = os.path.join(folder, "index.sqlite")
            for suffix in ("", "-wal"):
                if os.path.exists(path + suffix):
                    shutil.copyfile(path + suffix, copy + suffix)
            try:
                self.read(copy, verdict)
            except sqlite3.DatabaseError as error:
                verdict.add("index", str(error))

    def read(self, path, verdict):
        connection = sqlite3.connect(path)
        try:
            answer = connection.execute("PRAGMA integrity_check").fetchall()
            if answer != [("ok",)]:
                verdict.add("index", str(answer[0][0]))
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not {"blobs", "volumes"} <= tables:
                return
            self.uuids = dict(connection.execute("SELECT id, uuid FROM volumes"))
            for volume, blob, size, state in connection.execute("SELECT volume, blob, size, state FROM blobs"):
                self.take(volume, blob, size, state, verdict)
            if "tallies" in tables:
                self.count(connection, verdict)
        finally:
            connection.close()

    @staticmethod
    def count(connection, verdict):
        """What the index says it holds against what it holds (N12)."""
        kept = connection.execute("SELECT volume, state, count, bytes FROM tallies WHERE count <> 0 OR bytes <> 0")
        held = connection.execute("SELECT volume, state, count(*), sum(size) FROM blobs GROUP BY volume, state")
        kept, held = set(kept), set(held)
        for volume, state, count, size in kept ^ held:
            whose = "kept" if (volume, state, count, size) in kept else "held"
            verdict.add("tallies", f"{whose}: volume {volume} state {state}: {count} blobs, {size} bytes")

    def take(self, volume, blob, size, state, verdict):
        if not isinstance(blob, bytes) or len(blob) != 32:
            verdict.add("wrong_rows", f"name {blob!r}")
        elif state not in range(11) or not isinstance(size, int) or size < 0:
            verdict.add("wrong_rows", f"{blob.hex()} state {state!r} size {size!r}")
        else:
            self.rows.setdefault(volume, {})[blob.hex()] = (size, state)

    def of(self, uuid):
        """The rows of the volume with that uuid; of the only volume when the marker is unreadable."""
        for volume, known in self.uuids.items():
            if text(known) == uuid:
                return self.rows.get(volume, {})
        return next(iter(self.rows.values()), {}) if len(self.rows) == 1 else {}


def text(value):
    return value.hex() if isinstance(value, bytes) else str(value)


def find_uuid(value):
    """The uuid in the marker, at whatever depth it is kept."""
    if isinstance(value, dict):
        if isinstance(value.get("uuid"), str):
            return value["uuid"]
        for inner in value.values():
            if (found := find_uuid(inner)) is not None:
                return found
    return None


def read_marker(target, index, verdict):
    path = os.path.join(target, ".holdfast", "volume.json")
    try:
        with open(path, "rb") as file:
            uuid = find_uuid(json.loads(file.read()))
    except (OSError, ValueError) as error:
        verdict.add("marker", f"volume.json: {error}")
        return None
    if uuid is None:
        verdict.add("marker", "volume.json has no uuid")
    elif index.uuids and uuid not in [text(known) for known in index.uuids.values()]:
        verdict.add("marker", f"volume.json has uuid {uuid}, the index does not")
    return uuid


def audit(source, target, index, hash_kind="blake3", fan_out=(2, 2), crashed=False, truth=None, foreign=None,
          source_times=None, before=None, excused=()):
    """One verdict.

    `truth`: a Tree of the source read earlier, when the source cannot have changed. `foreign`, `source_times`: what
    `foreign_files` and `times` said before. `before`: rows {name: (size, state)} that the index had before a crash.
    `excused`: names whose copy the test itself made impossible; they must not be marked, and need not be safe.
    """
    verdict = Verdict()
    truth = truth or Tree(source, hash_kind, fan_out)
    copy = Tree(os.path.join(target, "by-hash"), hash_kind, fan_out)
    known = Index(index, verdict)
    if not known.exists:
        verdict.add("index", "no index file")
    rows = known.of(read_marker(target, known, verdict))
    judge_rows(rows, copy, verdict)
    for name, good in copy.good.items():
        if not good and name not in excused and rows.get(name, (0, None))[1] not in SAFE:
            verdict.add("bad_names", name)
    verdict.found["misplaced"] += copy.misplaced
    if not crashed:
        judge_finished(rows, truth, copy, excused, verdict)
    judge_past(rows, truth, before or {}, verdict)
    compare("foreign", foreign, lambda: foreign_files(target, fan_out), verdict)
    compare("source_touched", source_times, lambda: times(source), verdict)
    verdict.counts = {
        "source blobs": len(truth.sizes), "rows": len(rows),
        "safe": sum(state in SAFE for _, state in rows.values()), "files": len(copy.sizes)}
    return verdict


def judge_rows(rows, copy, verdict):
    for name, (size, state) in rows.items():
        if state not in SAFE:
            continue
        if name not in copy.good:
            verdict.add("wrongly_marked", f"{name} state {state}: missing")
        elif not copy.good[name]:
            verdict.add("wrongly_marked", f"{name} state {state}: {copy.sizes[name]} wrong bytes")
        elif copy.sizes[name] != size:
            verdict.add("wrong_rows", f"{name}: {size} bytes in the index, {copy.sizes[name]} on the target")


def judge_finished(rows, truth, copy, excused, verdict):
    for name, good in truth.good.items():
        state = rows.get(name, (0, None))[1]
        if state is None:
            verdict.add("lost", f"{name}: in the source, not in the index")
        elif state in OPEN:
            verdict.add("unsettled", f"{name} state {state}")
        elif good and state not in SAFE and name not in excused:
            verdict.add("refused", f"{name} state {state}, but the source is good")
        elif not good and state not in SAFE and state != SOURCE_CORRUPT:
            verdict.add("unreported", f"{name} state {state}, but the source is corrupt")
    for name, (_, state) in rows.items():
        if name not in truth.good and state in OPEN:
            verdict.add("unsettled", f"{name} state {state}, not in the source")
    for name, good in copy.good.items():
        if good and name in truth.good and rows.get(name, (0, None))[1] not in SAFE:
            verdict.add("unadopted", name)
    verdict.found["temporaries"] += copy.temporaries


def judge_past(rows, truth, before, verdict):
    for name, (_, state) in before.items():
        if name not in rows:
            verdict.add("lost", f"{name}: its row is gone")
        elif state in SAFE and rows[name][1] not in SAFE:
            verdict.add("regressed", f"{name}: was safe, is {rows[name][1]}")


def compare(name, before, now, verdict):
    if before is None:
        return
    after = now()
    for path in sorted(set(before) | set(after)):
        if before.get(path) != after.get(path):
            verdict.add(name, f"{path!r}: {before.get(path)} -> {after.get(path)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--source", required=True)
    parser.add_argument("--target", required=True)
    parser.add_argument("--index", required=True)
    parser.add_argument("--hash", choices=sorted(TOOLS), default="blake3")
    parser.add_argument("--fan-out", default="2,2")
    parser.add_argument("--crashed", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    fan_out = tuple(int(part) for part in options.fan_out.split(","))
    verdict = audit(options.source, options.target, options.index, options.hash, fan_out, options.crashed)
    if options.json:
        print(json.dumps({"counts": verdict.counts, "found": verdict.found}))
    else:
        print(verdict.line())
        print("\n".join(verdict.details()), end="\n" if not verdict.clean else "")
    return 0 if verdict.clean else 1


if __name__ == "__main__":
    sys.exit(main())
