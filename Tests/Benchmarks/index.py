#!/usr/bin/env python3
"""What the blob index of a mirror costs at a million blobs.

    swift build -c release --product benchmark
    Tests/Benchmarks/index.py --blobs-per-second 2000

records a million blobs, then claims and settles them page by page as a run does, each page durable, and asks at 1, 50
and 99 % done how long a run that has just begun takes to find its first page. --blobs-per-second is what mirror.py
measured for `holdfast, read_back none` (blobs by wall seconds): index work may take a tenth of such a run.

Exit status: 0, 1 if a target was missed, 2 if something needed is missing.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import machine

HOME = Path(__file__).resolve().parents[2]


def main():
    parser = argparse.ArgumentParser(description="Measures the blob index.")
    parser.add_argument("--benchmark", default=HOME / ".build/release/benchmark")
    parser.add_argument("--work", default="/var/tmp", help="folder for the index")
    parser.add_argument("--blobs", type=int, default=1_000_000)
    parser.add_argument("--blobs-per-second", type=float, help="what a run copies, for the share of index work")
    options = parser.parse_args()
    if shutil.which(options.benchmark) is None:
        print(f"{options.benchmark} is missing: swift build -c release --product benchmark", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(dir=options.work) as folder:
        answer = subprocess.run(
            [options.benchmark, "index", f"{folder}/index.sqlite", str(options.blobs)],
            check=True, stdout=subprocess.PIPE, text=True)
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
        print(machine(folder), end="\n\n")
    found = {key: float(value) for key, value in (line.split() for line in answer.stdout.splitlines())}
    return 0 if report(found, options, size) else 1


def report(found, options, size):
    """Prints figures and targets; returns whether all were met."""
    rows = [("blobs", f"{found['blobs']:,.0f}"), ("index file", f"{size / 1e6:.0f} MB"),
            ("recorded", f"{found['record_rows_per_second']:,.0f} rows/s")]
    for step in ("claim", "settle"):
        rows.append((f"{step} 1,000 blobs, median and longest",
                     f"{found[step + '_median_ms']:.1f}, {found[step + '_longest_ms']:.1f} ms"))
    for percent in (1, 50, 99):
        rows.append((f"first page at {percent} % done, median",
                     f"{found[f'page_at_{percent}_percent_median_ms']:.2f} ms"))
    print("| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows), "", sep="\n")
    early, late = (found[f"page_at_{percent}_percent_median_ms"] for percent in (1, 99))
    # Half a millisecond is noise of the clock and of the machine, not growth.
    met = late <= max(1.25 * early, early + 0.5)
    print("| target | measured | must be | |", "|---|---|---|---|", sep="\n")
    print(f"| first page at 99 % done to 1 % | {late / early:.2f}x | at most 1.25x | {'pass' if met else 'FAIL'} |")
    if options.blobs_per_second is None:
        print("| share of index work in a run | not measured, no --blobs-per-second | at most 10 % | - |")
        return met
    work = found["claim_seconds"] + found["settle_seconds"] + found["record_seconds"]
    share = work / (found["blobs"] / options.blobs_per_second)
    print(f"| share of index work in a run | {100 * share:.1f} % | at most 10 % | {'pass' if share <= 0.1 else 'FAIL'} |")
    return met and share <= 0.1


if __name__ == "__main__":
    sys.exit(main())
