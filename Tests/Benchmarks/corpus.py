"""The corpus: a store of blobs as the NTT survey found them, the same on every machine.

Sizes are log-normal with a median of 16 KiB and a mean of 200 KiB, cut off at 64 MiB, so that a few large blobs hold
most of the bytes. Contents are random, so nobody gains by compression or deduplication. Each blob lies under the hex
digits of its BLAKE3 hash: by-hash/aa/bb/<64 digits>.
"""

import json
import math
import os
import random
import shutil
import subprocess
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

MEDIAN = 16 * 1024
MEAN = 200 * 1024
LARGEST = 64 * 1024 * 1024
# The mean of a log-normal distribution is median * exp(sigma^2 / 2).
SIGMA = math.sqrt(2 * math.log(MEAN / MEDIAN))


def sizes(count, seed):
    """The sizes of the blobs, in bytes."""
    numbers = random.Random(seed)
    return [max(1, min(LARGEST, round(MEDIAN * math.exp(numbers.gauss(0, SIGMA))))) for _ in range(count)]


def _write(task):
    folder, seed, first, counts = task
    for offset, count in enumerate(counts):
        numbers = random.Random(seed * 1_000_003 + first + offset)
        (folder / str(first + offset)).write_bytes(numbers.randbytes(count))


def _name(folder, store, names):
    answer = subprocess.run(["b3sum", *names], cwd=folder, check=True, capture_output=True, text=True).stdout
    for line in answer.splitlines():
        digits, name = line.split()
        home = store / digits[:2] / digits[2:4]
        home.mkdir(parents=True, exist_ok=True)
        os.rename(folder / name, home / digits)


class Corpus:
    """A finished store: `store` is the by-hash folder."""

    def __init__(self, root, count, seed):
        self.root = Path(root)
        self.store = self.root / "by-hash"
        self.count = count
        self.seed = seed
        self.bytes = sum(sizes(count, seed))

    def make(self):
        """Makes the store unless it is there already; a half-made one is made again."""
        mark = self.root / "corpus.json"
        wanted = {"count": self.count, "seed": self.seed, "bytes": self.bytes}
        if mark.exists() and json.loads(mark.read_text()) == wanted:
            return
        shutil.rmtree(self.root, ignore_errors=True)
        unnamed = self.root / "unnamed"
        unnamed.mkdir(parents=True)
        tasks = [
            (unnamed, self.seed, first, sizes(self.count, self.seed)[first:first + 100])
            for first in range(0, self.count, 100)
        ]
        with ProcessPoolExecutor() as pool:
            list(pool.map(_write, tasks))
        names = sorted(os.listdir(unnamed))
        for first in range(0, len(names), 1000):
            _name(unnamed, self.store, names[first:first + 1000])
        unnamed.rmdir()
        os.sync()
        mark.write_text(json.dumps(wanted))

    def sample(self, count):
        """Some blobs, as paths relative to the store, the same ones each time."""
        every = sorted(str(path.relative_to(self.store)) for path in self.store.glob("*/*/*"))
        return random.Random(self.seed).sample(every, min(count, len(every)))

    def make_folders(self, target):
        """The folders of the store, empty: every contestant finds them made, as an enrolled target has them."""
        for folder in self.store.glob("*/*"):
            (target / folder.relative_to(self.store)).mkdir(parents=True)


def contents(folder):
    """How many blobs, and how many bytes, lie in a copy."""
    count = total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            if len(name) == 64:
                count += 1
                total += os.lstat(os.path.join(path, name)).st_size
    return count, total
