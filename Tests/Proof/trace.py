#!/usr/bin/env python3
"""A system-call trace of a whole mirror, from enrolling to verifying, held against the rules.

trace.py --binary PATH [--count BLOBS]
1. The source is only ever opened for reading, nothing in it is changed, and its times stay (on a strictatime mount).
2. On the target nothing is unlinked or renamed but our own temporaries and our own small files in `.holdfast/`;
   nothing is opened for writing but those; a name appears without replacing.
3. For every blob: data, barrier, name, barrier, read-back, index commit, in that order. The index is replayed from the
   traced writes: the moment a row says `placed` or `verified` is known exactly.
"""
import argparse
import bisect
import os
import re
import shutil
import sqlite3
import subprocess
import sys

import auditor
import calls
from harness import OK, WARNINGS, Mirror, Proof, options_of, private_mounts, workspace

WHOLE, SHARE = 600, 120


class Rules:
    """What a trace of one command may contain."""

    def __init__(self, mirror, proof, verb):
        self.mirror, self.proof, self.verb = mirror, proof, verb
        self.source_opens = 0

    def refuse(self, call, why):
        self.proof.require(False, f"{self.verb}: {why}: {call}")

    def hold(self, trace):
        for call in trace:
            if call.name in calls.HIDING:
                self.refuse(call, "work that a trace cannot see")
            if any(calls.below(path, self.mirror.source) for path in call.paths):
                self.source(call)
            if any(calls.below(path, self.mirror.target) for path in call.paths):
                self.target(call)

    def source(self, call):
        if call.name in calls.OPENS:
            self.source_opens += 1
            if calls.opens_for_writing(call):
                self.refuse(call, "source opened for writing")
        elif call.name in calls.REMOVES | calls.RENAMES | calls.LINKS | calls.CHANGES:
            self.refuse(call, "source changed")
        elif call.name in calls.WRITES and calls.below(call.paths[0], self.mirror.source):
            if call.name not in ("copy_file_range", "sendfile", "splice"):
                self.refuse(call, "source written")

    def ours(self, path):
        relative = os.path.relpath(path, self.mirror.target)
        return (relative.startswith(".holdfast/") or relative == ".holdfast"
                or auditor.OUR_TEMPORARY.match(os.path.basename(path)) is not None)

    def target(self, call):
        if call.name in calls.REMOVES:
            for path in call.paths:
                if not self.ours(path) and call.ok:
                    self.refuse(call, "not ours, unlinked")
        elif call.name in calls.RENAMES and call.ok:
            old, new = call.paths[:2]
            if not self.ours(old):
                self.refuse(call, "not ours, renamed")
            if not self.ours(new) and "RENAME_NOREPLACE" not in call.arguments:
                self.refuse(call, "a name that may replace another")
        elif call.name in calls.OPENS and call.ok and calls.opens_for_writing(call):
            unnamed = "O_TMPFILE" in call.arguments
            if not unnamed and not self.ours(call.paths[0]):
                self.refuse(call, "not ours, opened for writing")
            if not unnamed and calls.below(call.paths[0], os.path.join(self.mirror.target, "by-hash")) \
                    and "O_EXCL" not in call.arguments:
                self.refuse(call, "a temporary that may be another's")


class Replay:
    """The index file as its writes made it: after each commit, which rows were safe."""

    def __init__(self, index, folder):
        self.index, self.copy = index, os.path.join(folder, "replay.sqlite")
        for suffix in ("", "-wal"):
            for old in (self.copy + suffix,):
                if os.path.exists(old):
                    os.unlink(old)
            if os.path.exists(index + suffix):
                shutil.copyfile(index + suffix, self.copy + suffix)
        self.began, self.commits, self.safe = None, [], self.states()

    def states(self):
        """Safe rows: name to state. Looked at in a second copy, since opening a write-ahead log changes it."""
        look = self.copy + ".look"
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists(look + suffix):
                os.unlink(look + suffix)
            if suffix != "-shm" and os.path.exists(self.copy + suffix):
                shutil.copyfile(self.copy + suffix, look + suffix)
        if not os.path.exists(look):
            return {}
        connection = sqlite3.connect(look)
        try:
            return {blob.hex(): state for blob, state in
                    connection.execute("SELECT blob, state FROM blobs WHERE state IN (3, 4)")}
        except sqlite3.OperationalError:
            return {}
        finally:
            connection.close()

    def take(self, call):
        """Applies a write; at each successful sync of the log, books what became safe by it."""
        suffix = next((s for s in ("-wal", "") if call.paths and call.paths[0] == self.index + s), None)
        if suffix is None or not call.ok:
            return
        path = self.copy + suffix
        if call.name in ("pwrite64", "write"):
            numbers = re.findall(r", (\d+)", re.sub(r'"[^"]*"', '""', call.arguments))
            if call.name != "pwrite64":
                raise SystemExit("the index was written without a position: the replay does not know that")
            with open(path, "r+b" if os.path.exists(path) else "w+b") as file:
                file.seek(int(numbers[-1]))
                file.write(call.data()[:call.result])
            self.began = self.began or call
        elif call.name == "ftruncate":
            with open(path, "r+b" if os.path.exists(path) else "w+b") as file:
                file.truncate(int(re.findall(r", (\d+)", call.arguments)[-1]))
        elif call.name in ("fsync", "fdatasync") and suffix == "-wal" and self.began is not None:
            now = self.states()
            fresh = {name: state for name, state in now.items() if self.safe.get(name, 0) < state}
            self.commits.append((self.began, call, fresh))
            self.safe, self.began = now, None


class Blob:
    """When the steps of one blob happened; the numbers are lines of the trace."""

    def __init__(self):
        self.written = self.named = self.read_back = None


class Order:
    """Data, then name, then directory, then index, for every blob that became safe in a run."""

    def __init__(self, mirror, proof, replay):
        self.mirror, self.proof, self.replay = mirror, proof, replay
        self.by_hash = os.path.join(mirror.target, "by-hash")
        self.blobs, self.barriers, self.files, self.written, self.direct = {}, [], {}, {}, {}

    def blob(self, name):
        return self.blobs.setdefault(name, Blob())

    def take(self, call):
        path = call.paths[0] if call.paths else ""
        if call.name in calls.OPENS and call.ok:
            self.files[call.result] = (path, call)
        elif call.name in calls.WRITES and calls.below(path, self.by_hash) and call.ok:
            key = self.key(call.descriptors[0][0], path)
            self.written[key] = max(self.written.get(key, 0), call.exit)
        elif call.name in calls.READS and calls.below(path, self.by_hash) and call.ok:
            opened = self.files.get(int(call.descriptors[0][0]))
            if opened and "O_DIRECT" in opened[1].arguments.replace("O_DIRECTORY", ""):
                self.blob(os.path.basename(path)).read_back = call
        elif call.name == "syncfs" and calls.below(path, self.mirror.target) and call.result == 0:
            self.barriers.append((call.entry, call.exit))
        elif call.name in calls.RENAMES | calls.LINKS and call.ok and auditor.HEX64.match(call.paths[-1][-64:]):
            if calls.below(call.paths[-1], self.by_hash):
                self.name(call)

    def key(self, descriptor, path):
        """What a descriptor stands for: the temporary's name, or the open call of an unnamed file."""
        return path if auditor.OUR_TEMPORARY.match(os.path.basename(path)) else ("fd", self.opened(descriptor))

    def opened(self, descriptor):
        known = self.files.get(int(descriptor))
        return known[1].entry if known else None

    def name(self, call):
        blob = self.blob(os.path.basename(call.paths[-1]))
        blob.named = call
        through = re.search(r"/proc/(?:self|\d+)/fd/(\d+)", call.paths[0])
        if through:
            key = ("fd", self.opened(through.group(1)))
        elif "AT_EMPTY_PATH" in call.arguments:
            key = self.key(*call.descriptors[0])
        else:
            key = call.paths[0]
        blob.written = self.written.get(key)

    def barrier(self, after, before):
        """The first barrier that began after one moment, if it had ended before the other."""
        at = bisect.bisect_right(self.barriers, (after, 1 << 62))
        ends = [end for _, end in self.barriers[at:at + 8] if end < before]
        return min(ends) if ends else None

    def judge(self):
        self.barriers.sort()
        for began, synced, fresh in self.replay.commits:
            for name, state in fresh.items():
                problem = self.problem(name, state, began)
                self.proof.check(problem is None, f"{name}: {problem} (index written by line {began.entry})")

    def problem(self, name, state, commit):
        blob = self.blobs.get(name)
        if blob is None or blob.named is None:
            return "in the index as safe, never named in this trace"
        empty = name == auditor.EMPTY_SHA256
        if blob.written is None and not empty:
            return "named, but its data were never written"
        if not empty and self.barrier(blob.written, blob.named.entry) is None:
            return "no barrier between data and name"
        placed = self.barrier(blob.named.exit, commit.entry)
        if placed is None:
            return "no barrier between name and index"
        if state == auditor.VERIFIED:
            if blob.read_back is None:
                return "verified, but never read past the cache"
            if not placed < blob.read_back.entry or not blob.read_back.exit < commit.entry:
                return "verified, but read outside barrier and commit"
        return None


def traced(mirror, proof, verb, *more, folder):
    """Runs a command under strace and holds its trace against all rules."""
    log = os.path.join(folder, f"{verb}.strace")
    replay = Replay(mirror.index, folder)
    answer = mirror.call(verb, *more, before=calls.strace(log, content=1 << 17), timeout=300)
    proof.check(answer.status in (OK, WARNINGS), f"{verb} under strace: {answer.brief()}")
    trace = calls.read(log)
    rules, order = Rules(mirror, proof, verb), Order(mirror, proof, replay)
    rules.hold(trace)
    for call in trace:
        order.take(call)
    for call in sorted(trace, key=lambda call: call.exit):
        replay.take(call)
    order.judge()
    safe = {name for _, _, fresh in replay.commits for name in fresh}
    return len(trace), rules.source_opens, len(replay.commits), safe


def times_of(paths):
    result = {}
    for path in paths:
        status = os.lstat(path)
        result[path] = (status.st_atime_ns, status.st_mtime_ns, status.st_ctime_ns)
    return result


def main():
    options = options_of(argparse.ArgumentParser(description=__doc__.split("\n")[0]))
    private_mounts()
    proof = Proof("trace")
    count = options.count or (WHOLE if options.long else SHARE)
    with workspace() as root:
        source = os.path.join(root, "source")
        os.mkdir(source)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "strictatime", "none", source], check=True)
        try:
            mirror = Mirror(options.binary, root)
            mirror.make(count, largest=1 << 16)
            paths = [source] + [os.path.join(source, path) for path, _ in auditor.walk(source)]
            before, sums, safe = times_of(paths), [0, 0, 0], set()
            for verb in ("enrol", "scan", "run", "verify"):
                more = ("--fan-out", "1,1") if verb == "enrol" else ()
                *numbers, names = traced(mirror, proof, verb, *more, folder=root)
                sums = [a + b for a, b in zip(sums, numbers)]
                safe |= names
            after = times_of(paths)
            moved = sorted(path for path in paths if before[path] != after[path])
            proof.check(not moved, f"{len(moved)} of {len(paths)} source times moved, first {moved[:3]}")
            verdict = mirror.audit()
            proof.check(verdict.clean, f"audit: {verdict.details()}")
            proof.check(len(safe) == count, f"{len(safe)} of {count} blobs were seen to become safe")
        finally:
            subprocess.run(["umount", "-l", source], check=False)
    return proof.end(f"{sums[0]} calls, {sums[1]} source opens, {len(paths) - len(moved)} of {len(paths)} source times "
                     f"as before, {len(safe)} blobs data-name-directory-index in {sums[2]} index commits; "
                     f"{len(proof.failures)} rules broken")


if __name__ == "__main__":
    sys.exit(main())
