#!/usr/bin/env python3
"""How quickly a mirror is made, beside what else could make it, on the same disk in the same run.

    swift build -c release
    Tests/Benchmarks/mirror.py --work /a/folder/on/the/disk/to/measure

makes a corpus of 20,000 blobs (about 4 GB, see corpus.py), lets every contestant copy it in each of five rounds, each
from a cold cache and until the target is synced, and prints two Markdown tables: medians, and ratios against the
targets. It needs free space of three times the corpus and, for the cold cache, root. Source and target lie on one disk, unless
--corpus names a folder on another.

Nothing is installed. b3sum must be there, because the corpus is named by it; a missing peer is named and left out,
or ends the run with --require-all. Peers: rsync, cp, rclone, restic, dd.

Exit status: 0, 1 if a target was missed or a copy was wrong, 2 if something needed is missing.
"""

import argparse
import json
import os
import shutil
import sys
from dataclasses import asdict
from pathlib import Path

import contestants
from corpus import Corpus, contents
from measure import Caches, Failed, machine
from report import Targets, table

HOME = Path(__file__).resolve().parents[2]


def arguments():
    parser = argparse.ArgumentParser(description="Measures holdfast mirror beside its peers.")
    parser.add_argument("--work", default="/var/tmp/holdfast-benchmark", help="folder for corpus and copies")
    parser.add_argument("--corpus", help="folder for the corpus alone, on another disk or in memory")
    parser.add_argument("--holdfast", default=HOME / ".build/release/holdfast", help="the release build to measure")
    parser.add_argument("--blobs", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--per-blob", type=int, default=500, help="blobs for one rsync each, scaled to all")
    parser.add_argument("--workers", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", default=[], metavar="WORD",
                        help="only contestants whose name contains this; may be given again")
    parser.add_argument("--only-peers", action="store_true", help="leave out holdfast itself")
    parser.add_argument("--require-all", action="store_true", help="a missing peer ends the run")
    parser.add_argument("--keep", action="store_true", help="keep the corpus for the next run")
    parser.add_argument("--json", metavar="FILE", help="every round's figures")
    return parser.parse_args()


def field(options, corpus, place):
    """All who are to compete."""
    peers = [
        contestants.RsyncEach(corpus, place / "rsync-each", options.per_blob),
        contestants.RsyncTree(corpus, place / "rsync-tree"),
        contestants.Copy(corpus, place / "cp"),
        contestants.Rclone(corpus, place / "rclone"),
        contestants.Restic(corpus, place / "restic"),
        contestants.Dd(corpus, place / "dd"),
        contestants.DdCopy(corpus, place / "dd-copy"),
    ]
    ours = [
        contestants.Holdfast(corpus, place / "none", options.holdfast, "none", workers=options.workers),
        contestants.Holdfast(corpus, place / "direct", options.holdfast, "direct", workers=options.workers),
        contestants.Holdfast(corpus, place / "scanned", options.holdfast, "none", True, options.workers),
    ]
    every = peers if options.only_peers else peers + ours
    return [one for one in every if not options.only or any(word in one.name for word in options.only)]


def present(options, every):
    """Those whose program is there."""
    found = []
    for one in every:
        missing = one.missing()
        if missing is None:
            found.append(one)
        else:
            print(f"left out: {one.name}, because {missing} is not installed", file=sys.stderr)
            if options.require_all:
                sys.exit(2)
    return found


def compete(one, caches):
    """One contestant's turn: prepare, empty the caches, copy, look at the copy, tidy up."""
    shutil.rmtree(one.place, ignore_errors=True)
    try:
        one.prepare()
        caches.drop()
        cost = one.copy()
        contestants.judge(one, one.corpus.seed, contents)
        return cost
    finally:
        shutil.rmtree(one.place, ignore_errors=True)
        shutil.rmtree(one.place.with_name(one.place.name + "-state"), ignore_errors=True)


def targets(costs, every, is_one_disk):
    each = next((one.name for one in every if isinstance(one, contestants.RsyncEach)), "")
    none, direct = "holdfast, read_back none", "holdfast, read_back direct"
    rsync, copy = contestants.RsyncTree.name, contestants.Copy.name
    found = Targets(costs)
    found.at_least("one rsync per blob, to ours", each, none, 100)
    found.at_least("rsync -a --checksum, to ours", rsync, none, 1.8)
    found.at_least("cp -a and sync, to ours", copy, none, 1.4)
    found.at_least("rclone, to ours", contestants.Rclone.name, none, 2)
    found.at_least("restic, to ours", contestants.Restic.name, none, 3.5)
    # A disk that gives the bytes as well moves twice as many: there it is held to dd that copies one file.
    limit = contestants.DdCopy if is_one_disk else contestants.Dd
    found.at_most(f"ours to {limit.name}", none, limit.name, 1.3)
    found.at_least("cp -a and sync, to ours with direct read-back", copy, direct, 1)
    found.at_least("rsync -a --checksum, to ours with direct read-back", rsync, direct, 1.35)
    found.at_most("our processor time to that of rsync", none, rsync, 1, "cpu")
    found.peak("our peak memory", none, 64)
    found.peak("our peak memory with direct read-back", direct, 64)
    return found


def main():
    options = arguments()
    if shutil.which("b3sum") is None:
        sys.exit("b3sum is not installed (Debian: b3sum); the corpus is named by it")
    work = Path(options.work).resolve()
    work.mkdir(parents=True, exist_ok=True)
    corpus = Corpus(Path(options.corpus or work / "corpus").resolve(), options.blobs, options.seed)
    free = shutil.disk_usage(work).free
    if free < 3.5 * corpus.bytes + 2**30:
        print(f"{work} has {free / 1e9:.1f} GB free, {3.5 * corpus.bytes / 1e9 + 1:.1f} are needed", file=sys.stderr)
        sys.exit(2)
    print(f"making {corpus.count} blobs, {corpus.bytes / 1e9:.2f} GB ...", file=sys.stderr)
    corpus.make()
    place = work / "copies"
    every = present(options, field(options, corpus, place))
    caches = Caches()
    costs = {}
    wrong = 0
    for number in range(options.rounds):
        # Each round begins with another contestant, so that nobody always follows the same one.
        turn = number % max(1, len(every))
        for one in every[turn:] + every[:turn]:
            try:
                cost = compete(one, caches)
            except Failed as failure:
                wrong += 1
                print(f"round {number + 1}: {one.name}: {failure}", file=sys.stderr)
                continue
            costs.setdefault(one.name, []).append(cost)
            print(f"round {number + 1}: {one.name}: {cost.wall:.1f} s, {cost.cpu:.1f} s CPU, {cost.peak:.0f} MiB",
                  file=sys.stderr)
            scan = getattr(one, "scan_cost", None)
            if scan is not None:
                costs.setdefault("holdfast, the scan alone (caches as they were)", []).append(scan)
    missed = print_report(options, work, corpus, every, caches, costs)
    if not options.keep:
        shutil.rmtree(corpus.root)
    return wrong + missed


def print_report(options, work, corpus, every, caches, costs):
    """Prints both tables; returns how many targets were missed."""
    print(f"{machine(work)}; {'cold' if caches.cold else 'WARM'} cache; "
          f"{corpus.count} blobs, {corpus.bytes / 1e9:.2f} GB, seed {corpus.seed}, {options.rounds} rounds")
    versions = {one.program: one.described() for one in every}
    print("; ".join(versions.values()), end="\n\n")
    names = [one.name for one in every if one.name in costs] + [n for n in costs if "scan alone" in n]
    print("\n".join(table({name: costs[name] for name in names})), end="\n\n")
    found = targets(costs, every, os.stat(corpus.store).st_dev == os.stat(work).st_dev)
    print("\n".join(found.lines))
    if options.json:
        Path(options.json).write_text(json.dumps(
            {"machine": machine(work), "blobs": corpus.count, "bytes": corpus.bytes, "cold": caches.cold,
             "rounds": {name: [asdict(cost) for cost in rounds] for name, rounds in costs.items()}}, indent=1))
    return found.missed


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(1 if main() else 0)
