#!/usr/bin/env python3
"""The errno sweep's second layer: the real program under strace, which makes a chosen system call fail.

errno_inject.py --binary PATH [--count N] [--long] [--seed N]
Each run fails one call of one kind, once or for good. Afterwards: nothing wrongly marked; whatever failure was reported
bears the side whose call failed; a plain run (with `requeue` where blobs had been given up) ends in a clean mirror.
"""
import argparse
import collections
import os
import random
import signal
import sys

import calls
from harness import (FAILED, OK, TERMINATED, WARNINGS, Mirror, Proof, finish, kill, options_of, reasons, replace_tree,
                     workspace)

WHOLE, SHARE = 200, 40
BLOBS, BEFORE = 30, 10
# What may fail, and as what. Reads of the source and the loader's own calls are told apart by the path afterwards.
KINDS = {
    "syncfs": ("EIO", "ENOSPC"), "fsync": ("EIO", "ENOSPC"), "fdatasync": ("EIO", "ENOSPC"),
    "renameat2": ("EIO", "ENOSPC", "EROFS", "ENOTCONN"), "linkat": ("EIO", "ENOSPC"),
    "write": ("EIO", "ENOSPC", "EDQUOT", "ESTALE"), "pwrite64": ("EIO", "ENOSPC", "EDQUOT"),
    "openat2": ("EIO", "EMFILE", "ENOMEM", "EROFS", "ESTALE", "ENXIO"), "read": ("EIO", "ENODEV"),
    "pread64": ("EIO",), "fallocate": ("ENOSPC", "EIO"), "getdents64": ("EIO", "ESTALE"), "unlinkat": ("EIO", "EROFS"),
    "statx": ("EIO", "ENOTCONN"), "ftruncate": ("EIO",), "utimensat": ("EIO",), "close": ("EIO", "ENOSPC"),
}
STUCK = 12.0
ENDS = (OK, FAILED, WARNINGS, TERMINATED)


class Bench:
    def __init__(self, binary, root, proof, rng):
        self.proof, self.rng, self.root = proof, rng, root
        self.mirror = Mirror(binary, root, batch=5, workers=2, retries=2)
        self.log = os.path.join(root, "strace.log")
        self.silenced = 0
        self.by_kind, self.sides, self.outcomes = (collections.Counter() for _ in range(3))
        self.prepare()

    def prepare(self):
        mirror = self.mirror
        mirror.make(BEFORE, seed=1, largest=1 << 16)
        mirror.enrol()
        answer = mirror.call("run")
        if answer.status not in (OK, WARNINGS):
            raise SystemExit(f"the first run failed, nothing can be proved: {answer.brief()}")
        mirror.make(BLOBS - BEFORE, seed=2, largest=1 << 16, empty=False)
        self.truth, self.before = mirror.truth(), mirror.rows()
        for folder in (mirror.target, mirror.state):
            replace_tree(folder, folder + ".template")
        mirror.call("run", before=calls.strace(self.log, calls=set(KINDS)))
        trace = calls.read(self.log)
        self.most = {kind: self.per_thread(trace, kind) for kind in KINDS}
        self.restore()

    @staticmethod
    def per_thread(trace, kind):
        """strace counts in each thread: the most calls of a kind that any thread makes."""
        return max(collections.Counter(call.pid for call in trace if call.name == kind).values(), default=0)

    def restore(self):
        for folder in (self.mirror.target, self.mirror.state):
            replace_tree(folder + ".template", folder)

    def side(self, path):
        mirror = self.mirror
        for root, side in ((mirror.source, "source"), (mirror.target, "destination"), (mirror.state, "catalog")):
            if calls.below(path, root):
                return side
        return None

    def one(self, kind):
        """One run with one injection; false when the call it was meant for was never made."""
        self.restore()
        number, sticky = self.rng.randint(1, self.most[kind]), self.rng.random() < 0.3
        error = self.rng.choice(KINDS[kind])
        what = f"{kind} {number}{'+' if sticky else ''} {error}"
        tracing = calls.strace(self.log, "-e", f"inject={kind}:error={error}:when={number}{'+' if sticky else ''}",
                               calls={kind})
        process = self.mirror.start("run", before=tracing)
        answer = finish_or_stop(process)
        injected = [call for call in calls.read(self.log) if call.injected]
        sides = {self.side(path) for call in injected for path in call.paths[:1]}
        if not sides - {None}:
            return False
        self.by_kind[kind] += 1
        self.proof.cases += 1
        self.sides.update(sides - {None})
        self.outcomes[answer.status] += 1
        # The bell of an event loop: the kernel knows no such answer there, and a bell that never rings is a hang. How
        # such a run ends says nothing of files; what it leaves is judged like all others.
        silenced = answer.status not in ENDS and any(
            "[eventfd]" in path for call in injected for _, path in call.descriptors)
        self.silenced += silenced
        self.judge(what, sides, answer, silenced)
        return True

    def judge(self, what, sides, answer, silenced):
        require = self.proof.require
        require(silenced or answer.status in ENDS, f"{what}: {answer.brief()}")
        verdict = self.mirror.audit(crashed=True, truth=self.truth, before=self.before)
        require(verdict.clean, f"{what}, afterwards: {verdict.details()}")
        told = reasons(answer.documents()) + reasons(self.mirror.call("failures").documents())
        also = {"engine"} if sides & {None, "catalog"} else set()
        wrong = {reason["side"] for reason in told} - sides - also
        require(not wrong, f"{what}: the failing side was {sides}, reported {wrong}: {told[:1]}")
        if answer.status == FAILED and None not in sides:
            require(told or answer.err.strip(), f"{what}: failed without a reason")
        answer = self.mirror.call("run")
        if answer.status == WARNINGS or self.given_up():
            self.mirror.call("requeue")
            answer = self.mirror.call("run")
            self.outcomes["requeued"] += 1
        require(answer.status in (OK, WARNINGS), f"{what}, plain run: {answer.brief()}")
        verdict = self.mirror.audit(truth=self.truth, before=self.before)
        require(verdict.clean, f"{what}, after the plain run: {verdict.details()}")

    def given_up(self):
        return any(state > 4 for _, state in self.mirror.rows().values())


def finish_or_stop(process):
    """A run that waits for its volume is asked to stop; that it then does is part of the proof."""
    answer = None
    try:
        process.wait(STUCK)
    except Exception:
        kill(process, signal.SIGTERM)
        answer = finish(process, timeout=15)
    return answer or finish(process)


def main():
    options = options_of(argparse.ArgumentParser(description=__doc__.split("\n")[0]))
    count = options.count or (WHOLE if options.long else SHARE)
    proof, rng = Proof("errno_inject"), random.Random(options.seed)
    with workspace() as root:
        bench = Bench(options.binary, root, proof, rng)
        kinds = [kind for kind in KINDS if bench.most[kind]]
        tries = 0
        while proof.cases < count and tries < 6 * count and len(proof.failures) < 20:
            bench.one(kinds[tries % len(kinds)])
            tries += 1
        proof.require(proof.cases >= count or proof.failures, f"only {proof.cases} of {count} injections met a call")
        for kind in ("syncfs", "renameat2"):
            proof.require(bench.by_kind[kind] or bench.by_kind["linkat"], f"{kind} was never made to fail")
        proof.require(bench.by_kind["write"], "write was never made to fail")
        proof.require(10 * bench.silenced <= proof.cases, f"{bench.silenced} runs hung with a silenced event loop")
    return proof.end(f"{proof.cases} runs with a failing call "
                     f"({', '.join(f'{k} {n}' for k, n in bench.by_kind.items())}; sides "
                     f"{', '.join(f'{k} {n}' for k, n in bench.sides.items())}; ended "
                     f"{', '.join(f'{k}: {n}' for k, n in bench.outcomes.items())}): 0 wrongly marked, sides right; "
                     f"{bench.silenced} hung with a silenced event loop"
                     if not proof.failures else f"{len(proof.failures)} failures in {proof.cases} runs")


if __name__ == "__main__":
    sys.exit(main())
