#!/usr/bin/env python3
"""Random trees written to small cartridges, over 1 to 20 volumes, with the end of a tape at every block; each is
restored by our reader and by GNU tar alone, and compared.

tape_sets.py --binary PATH [--count N] [--long] [--seed N]
PATH is the program TapeProbe, or one beside it. `rsync -aHAXSn` must find nothing to do in what GNU tar restored (compressed and encrypted
archives: cat, the decoder from the tape's own label, the unpacker, tar). The probe compares every entry by itself.
"""
import argparse
import collections
import json
import os
import random
import shutil
import subprocess
import sys

from harness import Proof, options_of, probe_of, workspace

WHOLE, SHARE = 5000, 100
BLOCKS = (1024, 2048, 4096, 10240)
FORMS = (("none", False),) * 6 + (("gzip", False), ("zstd", False), ("lz4", False), ("none", True), ("zstd", True))
UNPACK = {"none": ["cat"], "gzip": ["gzip", "-dc"], "zstd": ["zstd", "-dc"], "lz4": ["lz4", "-dc"]}
TAR = ["--xattrs", "--xattrs-include=*", "--acls", "--numeric-owner", "--delay-directory-restore",
       "--warning=no-timestamp", "--warning=no-unknown-keyword"]
# All cartridges but the last may be too small for a single part: this many are begun in vain at most.
MOST_VOLUMES = 20
KEY = "HOLDFAST KEY 1"


class Tree:
    """A random tree: names, sizes, links, sparse files, attributes, modes and times."""

    def __init__(self, path, rng):
        self.path, self.rng, self.files, self.folders = path, rng, [], [b""]
        os.makedirs(path)
        for _ in range(rng.randrange(0, 4)):
            self.folder()
        for _ in range(rng.randrange(1, 18)):
            self.entry()
        for place, folders, files in os.walk(os.fsencode(path), topdown=False):
            for name in (*files, *folders):
                self.stamp(os.path.join(place, name))
        self.stamp(os.fsencode(path))

    def name(self):
        rng = self.rng
        kind = rng.random()
        if kind < 0.6:
            name = b"f%d" % rng.randrange(10**6)
        elif kind < 0.75:
            name = bytes(rng.choice(b"abcdefgh -_") for _ in range(rng.randrange(90, 255)))
        elif kind < 0.9:
            name = bytes(rng.choice([*range(1, 47), *range(48, 256)]) for _ in range(rng.randrange(1, 40)))
        else:
            name = "Grüße ".encode() + b"%d" % rng.randrange(10**6)
        name = rng.choice(self.folders) + name
        full = os.path.join(os.fsencode(self.path), name)
        return (name, full) if name.strip(b"./ ") and not os.path.lexists(full) else self.name()

    def folder(self):
        name, full = self.name()
        os.mkdir(full)
        self.folders.append(name + b"/")

    def entry(self):
        rng = self.rng
        name, full = self.name()
        kind = rng.random()
        if kind < 0.1:
            os.symlink(bytes(rng.choice(b"abc/.") for _ in range(rng.randrange(1, 200))), full)
        elif kind < 0.2 and self.files:
            os.link(rng.choice(self.files), full, follow_symlinks=False)
        elif kind < 0.23:
            os.mkfifo(full)
        else:
            self.data(full, kind < 0.4)
            self.files.append(full)

    def data(self, full, is_sparse):
        rng = self.rng
        with open(full, "wb") as file:
            if is_sparse:
                for _ in range(rng.randrange(0, 4)):
                    file.seek(rng.randrange(0, 64) * 4096)
                    file.write(rng.randbytes(rng.randrange(1, 6000)))
                file.truncate(rng.randrange(0, 80) * 4096 + rng.choice((0, 17)))
            else:
                file.write(rng.randbytes(rng.choice((0, 1, 511, 512, 513, rng.randrange(30000), rng.randrange(90000)))))
        for number in range(rng.choice((0, 0, 0, 1, 3))):
            os.setxattr(full, b"user.%d%%=x" % number, rng.randbytes(rng.randrange(0, 300)))

    def stamp(self, full):
        rng = self.rng
        if not os.path.islink(full):
            os.chmod(full, rng.choice((0o644, 0o755, 0o700, 0o444, 0o4755, 0o1777)))
        os.chown(full, rng.randrange(3000), rng.randrange(3000), follow_symlinks=False)
        when = rng.choice((rng.randrange(2**30, 2**31), rng.randrange(0, 10), 2**33)) * 10**9 + rng.randrange(10**9)
        os.utime(full, ns=(when, when), follow_symlinks=False)


class Sets:
    def __init__(self, binary, root, proof, rng):
        self.binary, self.root, self.proof, self.rng = binary, root, proof, rng
        self.spans, self.begins, self.forms = collections.Counter(), collections.Counter(), collections.Counter()
        self.key = os.path.join(root, "key")
        self.entries = self.stream = 0

    def one(self, number):
        seed = self.rng.randrange(2**62)
        rng = random.Random(seed)
        folder = os.path.join(self.root, "set")
        shutil.rmtree(folder, ignore_errors=True)
        tree = os.path.join(folder, "t")
        os.makedirs(folder)
        Tree(tree, rng)
        block, (compression, is_sealed) = rng.choice(BLOCKS), FORMS[number % len(FORMS)]
        what = f"set {number} (seed {seed}, block {block}, {compression}{', encrypted' if is_sealed else ''})"
        rooms = self.rooms(number, tree, block, rng)
        words = [self.binary, "set", folder, tree, str(block), compression, self.key if is_sealed else "-",
                 ",".join(map(str, rooms))]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=120, env={**os.environ, "SWIFT_BACKTRACE": "enable=no"})
        if not self.proof.check(done.returncode == 0, f"{what}, rooms {rooms}: {done.stdout[-400:]}"):
            return
        found = json.loads(done.stdout)
        self.spans[len(found["parts"])] += 1
        self.begins.update(found["begins"])
        self.forms[compression + (" encrypted" if is_sealed else "")] += 1
        self.entries += found["entries"]
        self.stream += found["stream"]
        self.restore(folder, tree, block, compression, is_sealed, found["parts"], what)

    def rooms(self, number, tree, block, rng):
        """Blocks for each cartridge: the first ends at every block in turn, the others anywhere."""
        size = sum(os.lstat(os.path.join(place, name)).st_blocks * 512 + 1024
                   for place, folders, files in os.walk(tree) for name in (*files, *folders))
        blocks = size // block + 6
        spans = rng.choice((1, 2, 2, 3, rng.randrange(4, MOST_VOLUMES + 1)))
        head = 2048 // block + 1
        each = head + max(2, blocks // spans)
        first = (number if number % 2 else rng.randrange(blocks + 8)) % (blocks + 8)
        if spans > 3:
            first = each
        return [first, *(rng.randrange(head + 1, each + 1) for _ in range(spans - 1)), blocks * 4 + 400]

    def restore(self, folder, tree, block, compression, is_sealed, parts, what):
        out = os.path.join(folder, "out")
        os.makedirs(out)
        if compression == "none" and not is_sealed:
            mode = "-xpM" if len(parts) > 1 else "-xp"
            words = ["tar", mode, "-b", str(block // 512), *TAR, "-C", out, *(w for part in parts for w in ("-f", part))]
            done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            status, said = done.returncode, done.stdout
        else:
            status, said = self.by_cat(folder, out, compression, is_sealed, parts)
        if not self.proof.require(status == 0, f"{what}: tar: {said[-400:]}"):
            return
        done = subprocess.run(["rsync", "-aHAXSni", "--delete", tree + "/", out + tree + "/"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.proof.require(done.returncode == 0 and not done.stdout.strip(), f"{what}: rsync: {done.stdout[-400:]}")

    def by_cat(self, folder, out, compression, is_sealed, parts):
        """What the text on the tape says: cat, the decoder, the unpacker, tar."""
        steps = [["cat", *parts]]
        if is_sealed:
            label = os.path.join(os.path.dirname(parts[0]), "0000")
            subprocess.run(["tar", "-xf", label, "-C", folder, "holdfast-decrypt.py"], check=True)
            steps.append([sys.executable, os.path.join(folder, "holdfast-decrypt.py"), self.key])
        steps += [UNPACK[compression], ["tar", "-xp", *TAR, "-C", out, "-f", "-"]]
        running, before = [], subprocess.DEVNULL
        for step in steps:
            process = subprocess.Popen(step, stdin=before, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if before is not subprocess.DEVNULL:
                before.close()
            running.append(process)
            before = process.stdout
        said = running[-1].communicate()[0]
        return max(abs(process.wait()) for process in running), said


def make_key(path, rng):
    """A paper key, by its description in TapeFormat.md."""
    import hashlib
    letters, key = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", rng.randbytes(32)
    lines = [KEY, "id " + hashlib.sha256(b"holdfast key id 1" + key).hexdigest()[:16]]
    for line in range(4):
        part = key[8 * line:8 * line + 8]
        part += hashlib.sha256(KEY.encode() + bytes([line + 1]) + part).digest()[:2]
        bits = int.from_bytes(part, "big")
        lines.append(f"{line + 1} " + "".join(letters[bits >> shift & 31] for shift in range(75, -1, -5)))
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")


def place():
    """In memory where files there may have attributes of users."""
    with workspace() as root:
        probe = os.path.join(root, "probe")
        open(probe, "w").close()
        try:
            os.setxattr(probe, "user.probe", b"1")
            return None
        except OSError:
            return "/var/tmp"


def main():
    options = options_of(argparse.ArgumentParser(description=__doc__.split("\n")[0]))
    if os.geteuid() != 0:
        raise SystemExit("this proof gives files to other owners: run it as root")
    proof = Proof("tape_sets")
    with workspace(place()) as root:
        sets = Sets(probe_of(options), root, proof, random.Random(options.seed))
        make_key(sets.key, random.Random(options.seed))
        for number in range(options.count or (WHOLE if options.long else SHARE)):
            sets.one(number)
            if len(proof.failures) > 20:
                print("tape_sets: too many failures, stopped")
                break
    spans = ", ".join(f"{parts}: {count}" for parts, count in sorted(sets.spans.items()))
    begins = ", ".join(f"{word} {count}" for word, count in sorted(sets.begins.items()))
    forms = ", ".join(f"{word} {count}" for word, count in sorted(sets.forms.items()))
    return proof.end(f"{proof.cases} sets, {sets.entries} entries, {sets.stream >> 20} MiB; parts {spans}; sets with a "
                     f"tape file of {begins}; {forms}")


if __name__ == "__main__":
    sys.exit(main())
