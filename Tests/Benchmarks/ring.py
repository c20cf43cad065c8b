#!/usr/bin/env python3
"""How fast the ring between source and drive is by itself, and what it costs.

    swift build -c release --product benchmark
    Tests/Benchmarks/ring.py

One thread copies 20 GB in, another copies them out, through 1 GiB in blocks of 1 MiB, five times; prints medians as a
Markdown table. Nothing is installed. It means something only on a machine with two processors and nothing else to do.

Exit status: 0, 1 if a target was missed, 2 if something needed is missing.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median

from measure import machine

HOME = Path(__file__).resolve().parents[2]


def once(options):
    answer = subprocess.run(
        [options.benchmark, "ring", str(options.ring << 20), str(options.block << 10), str(options.total * 10**9)],
        capture_output=True, text=True, check=True)
    return dict(line.split(maxsplit=1) for line in answer.stdout.splitlines())


def main():
    parser = argparse.ArgumentParser(description="Measures the ring by itself.")
    parser.add_argument("--benchmark", default=HOME / ".build/release/benchmark")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ring", type=int, default=1024, help="MiB")
    parser.add_argument("--block", type=int, default=1024, help="KiB")
    parser.add_argument("--total", type=int, default=20, help="GB")
    options = parser.parse_args()
    if shutil.which(str(options.benchmark)) is None:
        print(f"{options.benchmark} is missing", file=sys.stderr)
        return 2
    rounds = [once(options) for _ in range(options.rounds)]
    middle = {name: median(float(found[name]) for found in rounds) for name in rounds[0] if name != "pages"}
    print(f"{machine(HOME)}; {options.rounds} rounds, pages {rounds[0]['pages']}\n")
    print("| | median | must be | |\n|---|---|---|---|")
    fast, cheap = middle["gb_per_second"] >= 2, middle["calls_percent"] < 5
    print(f"| GB/s in and out | {middle['gb_per_second']:.2f} | at least 2 | {'pass' if fast else 'FAIL'} |")
    print(f"| time in the ring's calls, % | {middle['calls_percent']:.2f} | under 5 | {'pass' if cheap else 'FAIL'} |")
    print(f"| source asleep, % | {middle['source_slept_percent']:.1f} | | |")
    print(f"| drive's thread asleep, % | {middle['drive_slept_percent']:.1f} | | |")
    return 0 if fast and cheap else 1


if __name__ == "__main__":
    sys.exit(main())
