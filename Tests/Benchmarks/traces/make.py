#!/usr/bin/env python3
"""Makes the traces beside this file: what a bursty source could give, one phase a line.

    Tests/Benchmarks/traces/make.py

Each line is `seconds MB/s`. Phases last 2 to 40 seconds; rates lie between 0 and 511 MB/s, as disks gave them to the
backup that these traces stand for. A trace is fixed by its seed and scaled to its mean, so the files never change
unless this program does. A trace is named by its mean; `dip` ones have one long silence in the middle, `slow` ones lie
below what any drive here can stream; in `calm` ones nothing lasts long, so that a small buffer can hold every dip.
"""

import random
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SECONDS = 1200
FASTEST = 511.0

TRACES = {
    # name: (seed, mean in MB/s, longest silence in s put into the middle)
    "slow120": (1, 120, 0),
    "slow160": (2, 160, 0),
    "mean190": (3, 190, 0),
    "mean200": (4, 200, 0),
    "mean240": (5, 240, 0),
    "mean270": (6, 270, 0),
    "mean290": (7, 290, 0),
    "mean330": (8, 330, 0),
    "mean390": (9, 390, 0),
    "dip40": (10, 260, 40),
    "dip150": (11, 260, 150),
    "calm200": (12, 200, 0),
    "calm260": (13, 260, 0),
    "calm320": (14, 320, 0),
}


def phases(dice, calm):
    """Random phases: one in eight gives nothing, half are slow, the rest are fast. Calm ones are a fifth as long."""
    left = float(SECONDS)
    while left > 0:
        longest = 4 if calm else 20 if dice.random() < 0.8 else 40
        seconds = min(left, round(dice.uniform(0.5 if calm else 2, longest), 1))
        kind = dice.random()
        rate = 0.0 if kind < 0.125 else dice.uniform(40, 250) if kind < 0.6 else dice.uniform(250, FASTEST)
        yield seconds, rate
        left = round(left - seconds, 1)


def to_mean(found, mean):
    """Scales the rates until their mean is right, none above the fastest."""
    for _ in range(200):
        now = sum(s * r for s, r in found) / sum(s for s, _ in found)
        found = [(s, min(FASTEST, r * mean / now)) for s, r in found]
    return found


def make(name, seed, mean, silence):
    found = to_mean(list(phases(random.Random(seed), name.startswith("calm"))), mean)
    if silence:
        found.insert(len(found) // 2, (float(silence), 0.0))
    lines = [f"# {name}: seed {seed}, mean {mean} MB/s" + (f" beside {silence} s of silence" if silence else "")]
    lines += [f"{seconds:.1f} {rate:.1f}" for seconds, rate in found]
    (HERE / f"{name}.trace").write_text("\n".join(lines) + "\n")


def main():
    for name, facts in TRACES.items():
        make(name, *facts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
