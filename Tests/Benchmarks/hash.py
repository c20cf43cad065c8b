#!/usr/bin/env python3
"""How quickly blobs are hashed, beside `b3sum --num-threads 1` and `sha256sum`.

    swift build -c release --product benchmark
    Tests/Benchmarks/hash.py

hashes a file of 1 GiB, in the page cache, four times by each program in turn, and prints medians as a Markdown table.
Each BLAKE3 is measured twice: on the file mapped into memory, as b3sum does by itself, and read (`--no-mmap`), as a
copier must. SHA-256 is read by both.
Hashes must agree. Nothing is installed; b3sum must be there.

Exit status: 0, 1 if the target was missed or a hash was wrong, 2 if something needed is missing.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import machine, run
from report import Targets, table

HOME = Path(__file__).resolve().parents[2]


# BLAKE3 is given the file several times, so that starting the program (15 ms for ours) does not count as hashing.
TIMES = 4


def contestants(benchmark, file):
    files = [file] * TIMES
    return {
        "b3sum, 1 thread": ["b3sum", "--num-threads", "1", *files],
        "b3sum, 1 thread, reading": ["b3sum", "--num-threads", "1", "--no-mmap", *files],
        "holdfast, BLAKE3": [benchmark, "hash-mapped", "blake3", *files],
        "holdfast, BLAKE3, reading": [benchmark, "hash", "blake3", *files],
        "sha256sum, once": ["sha256sum", file],
        "holdfast, SHA-256, once": [benchmark, "hash", "sha256", file],
    }


def agree(every):
    """Whether the programs of one hash say the same."""
    said = {name: subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[0]
            for name, command in every.items()}
    blake3 = {digits for name, digits in said.items() if "b3sum" in name or "BLAKE3" in name}
    sha256 = {digits for name, digits in said.items() if "sha256" in name or "SHA-256" in name}
    return len(blake3) == 1 and len(sha256) == 1


def main():
    parser = argparse.ArgumentParser(description="Measures hashing beside b3sum.")
    parser.add_argument("--benchmark", default=HOME / ".build/release/benchmark")
    parser.add_argument("--work", default="/var/tmp", help="folder for the file of 1 GiB")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    for program in ("b3sum", "sha256sum", str(options.benchmark)):
        if shutil.which(program) is None:
            print(f"{program} is missing", file=sys.stderr)
            return 2
    with tempfile.TemporaryDirectory(dir=options.work) as folder:
        file = Path(folder) / "blob"
        with open(file, "wb") as blob:
            for piece in range(64):
                blob.write(random.Random(piece).randbytes(2**24))
        os.sync()
        every = contestants(str(options.benchmark), str(file))
        if not agree(every):
            print("the hashes differ", file=sys.stderr)
            return 1
        costs = {name: [] for name in every}
        for _ in range(options.rounds):
            for name, command in every.items():
                costs[name].append(run(command))
        print(f"{machine(folder)}; {TIMES} x 1 GiB, warm cache, {options.rounds} rounds\n")
    print("\n".join(table(costs, digits=2)), end="\n\n")
    found = Targets(costs)
    found.at_least("b3sum to ours, both mapping", "b3sum, 1 thread", "holdfast, BLAKE3", 0.9)
    found.at_least("b3sum to ours, both reading", "b3sum, 1 thread, reading", "holdfast, BLAKE3, reading", 0.9)
    found.at_least("sha256sum to ours", "sha256sum, once", "holdfast, SHA-256, once", 0.9)
    print("\n".join(found.lines))
    return 1 if found.missed else 0


if __name__ == "__main__":
    sys.exit(main())
