#!/usr/bin/env python3
"""Makes source stores as NTT's are: median 3 KB, three quarters under 10 KB, a few large, one empty blob.

As a command:  store.py DIR COUNT [--seed N] [--hash blake3] [--fan-out 2,2] [--largest BYTES]
The same seed makes the same store.
"""
import argparse
import math
import os
import random
import sys

from auditor import EMPTY_SHA256, bucket_path, digests

MEDIAN = 3_000
# ln(10 KB / 3 KB) over the third quartile of the normal distribution.
SIGMA = math.log(10 / 3) / 0.67449


def sizes(count, rng, largest):
    """Byte counts by the distribution above, at least 16 so that no two blobs are alike; the first one is large."""
    drawn = [min(largest, max(16, round(MEDIAN * math.exp(rng.gauss(0, SIGMA))))) for _ in range(count)]
    if drawn:
        drawn[0] = largest
    return drawn


def make(root, count, seed=1, hash_kind="blake3", fan_out=(2, 2), largest=1 << 20, empty=True):
    """Adds `count` blobs (one of them empty) to a store; returns their names, sorted."""
    rng = random.Random(seed)
    os.makedirs(root, exist_ok=True)
    for folder in buckets(fan_out) if math.prod(16 ** d for d in fan_out) <= 256 else ():
        os.makedirs(os.path.join(root, folder), exist_ok=True)
    pool = rng.randbytes(max(largest, 1 << 16) + 4096)
    staged = []
    for number, size in enumerate(sizes(count - 1 if empty else count, rng, largest)):
        start = rng.randrange(len(pool) - size + 1)
        path = os.path.join(root, f"new-{seed}-{number}")
        with open(path, "wb") as file:
            file.write(seed.to_bytes(8, "big") + number.to_bytes(8, "big") + pool[start:start + size - 16])
        staged.append(path)
    named = digests(staged, hash_kind)
    names = [place(root, path, named[path], fan_out) for path in staged]
    if empty:
        path = os.path.join(root, "new-empty")
        open(path, "wb").close()
        names.append(place(root, path, EMPTY_SHA256, fan_out))
    return sorted(names)


def buckets(fan_out):
    folders = [""]
    for digits in fan_out:
        folders = [os.path.join(f, format(n, f"0{digits}x")) for f in folders for n in range(16 ** digits)]
    return folders


def blob_path(root, name, fan_out):
    return os.path.join(root, bucket_path(name, fan_out), name)


def place(root, path, name, fan_out):
    final = blob_path(root, name, fan_out)
    os.makedirs(os.path.dirname(final), exist_ok=True)
    os.rename(path, final)
    return name


def flip(path, rng):
    """One bit, without changing size or modification time: what a medium does."""
    status = os.stat(path)
    with open(path, "r+b") as file:
        at = rng.randrange(status.st_size)
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << rng.randrange(8)]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def zero_page(path, rng):
    """A page of zeros, as a power cut leaves one."""
    size = os.path.getsize(path)
    with open(path, "r+b") as file:
        at = rng.randrange(max(1, size - 4096)) // 4096 * 4096
        file.seek(at)
        file.write(bytes(min(4096, size - at)))


def truncate(path, rng):
    os.truncate(path, rng.randrange(os.path.getsize(path)))


def lengthen(path, rng):
    with open(path, "ab") as file:
        file.write(rng.randbytes(1 + rng.randrange(100)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hash", choices=("blake3", "sha256"), default="blake3")
    parser.add_argument("--fan-out", default="2,2")
    parser.add_argument("--largest", type=int, default=1 << 20)
    options = parser.parse_args()
    fan_out = tuple(int(part) for part in options.fan_out.split(","))
    names = make(options.folder, options.count, options.seed, options.hash, fan_out, options.largest)
    print(f"{len(names)} blobs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
