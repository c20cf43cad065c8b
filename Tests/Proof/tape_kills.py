#!/usr/bin/env python3
"""kill -9 and power cuts while tapes are labelled, written and spanned; after each the judge, and a restart alone.

tape_kills.py --binary PATH [--cuts] [--count N] [--long] [--seed N]
PATH is the program TapeProbe, or one beside it. With --cuts power goes, catalog and cartridges on images of their own.
No archive counts as complete that GNU tar cannot restore, none that did is lost, no tape file that was ended changes
ever again, and no wrong label is written.
"""
import argparse
import collections
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import time

from harness import Image, Proof, cut_power, kill, options_of, private_mounts, probe_of, workspace
from tape_sets import TAR, UNPACK, Tree, place

# T1 to T3 label, T4 ends a part, T5 an archive, T6 and T7 a full volume.
POINTS = ("T1", "T2", "T3", "T4", "T5", "T6", "T7")
WHOLE, SHARE = {False: 500, True: 100}, {False: 25, True: 6}
BLOCK, CARTRIDGES, ARCHIVES = 2048, 6, 12
FORMS = ("none", "none", "gzip")


class Bench:
    def __init__(self, binary, root, proof, rng, cuts):
        self.binary, self.root, self.proof, self.rng, self.cuts = binary, root, proof, rng, cuts
        self.places = {name: os.path.join(root, name) for name in ("catalog", "cartridges")}
        self.images, self.handles = {}, {}
        self.tree = os.path.join(root, "t")
        Tree(self.tree, random.Random(5))
        with open(os.path.join(self.tree, "large"), "wb") as file:
            file.write(random.Random(6).randbytes(60000))
        self.when = collections.Counter()
        self.restored = self.complete = self.adopted = self.libraries = 0
        if cuts:
            for name, path in self.places.items():
                self.images[name] = Image(path + ".img", path)
        else:
            for path in self.places.values():
                os.makedirs(path)
        self.up()
        self.fresh()

    library = property(lambda self: os.path.join(self.places["cartridges"], "library"))
    state = property(lambda self: os.path.join(self.places["catalog"], "state"))

    def up(self):
        for name, image in self.images.items():
            image.mount()
            self.handles[name] = image.handle()

    def down(self):
        for handle in self.handles.values():
            os.close(handle)
        self.handles = {}
        for image in self.images.values():
            image.unmount()

    def fresh(self):
        """Blank cartridges of several sizes; archives of the tree take one or two of them, or more."""
        for path in (self.library, self.state):
            shutil.rmtree(path, ignore_errors=True)
        os.makedirs(self.state)
        rooms = ",".join(str(self.rng.randrange(20, 120)) for _ in range(CARTRIDGES))
        subprocess.run([self.binary, "make", self.library, str(BLOCK), rooms], check=True)
        subprocess.run(["sync", "-f", self.library], check=True)
        self.frozen, self.seen = {}, set()
        self.form = self.rng.choice(FORMS)
        self.libraries += 1

    def start(self, archives=ARCHIVES, **env):
        return subprocess.Popen(
            [self.binary, "keep", self.library, self.state, str(BLOCK), self.tree, self.form, str(archives)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, "SWIFT_BACKTRACE": "enable=no", **env})

    def interrupt(self):
        """Starts a writer and takes its life, or its power; says when."""
        if not self.cuts and self.rng.random() < 0.5:
            point, hit = self.rng.choice(POINTS), self.rng.randrange(1, 5)
            process = self.start(HOLDFAST_FAILPOINT=f"{point}:kill:{hit}")
            out = process.communicate(timeout=120)[0]
            self.when[point if process.returncode == -9 else "not reached"] += 1
            return f"killed at {point} hit {hit}", out, process.returncode
        process = self.start()
        # Disks take their time for each synchronous filemark.
        delay = self.rng.random() ** 2 * (4 if self.cuts else 0.8)
        time.sleep(0.02 + delay)
        way = "random"
        if self.cuts:
            way = self.rng.choice(("both", "catalog", "cartridges"))
            if self.rng.random() < 0.33:
                for image in self.images.values():
                    image.commit_journal()
            for name in self.rng.sample(sorted(self.handles), 2):
                if way in ("both", name):
                    cut_power(self.handles[name])
            time.sleep(0.01 * self.rng.random())
        kill(process)
        out = process.communicate()[0]
        self.when[way if process.returncode == -9 or self.cuts else "not reached"] += 1
        if self.cuts:
            self.down()
            self.up()
        return f"{way} after {delay:.3f} s", out, process.returncode

    def cycle(self, number):
        when, out, status = self.interrupt()
        when = f"{when} (library {self.libraries}, {self.form})"
        # A writer that came to its end by itself is judged like all others, and is no kill.
        self.proof.cases += self.cuts or status == -9
        bad = [line for line in out.decode(errors="replace").splitlines() if line.startswith(("failed", "usage"))]
        # A writer whose power is gone may say so.
        if bad and not self.cuts:
            self.proof.require(False, f"{when}: {bad[0][:400]}")
        self.adopted += out.count(b"adopted")
        self.look(when)
        if self.rng.random() < 0.4:
            process = self.start(archives=1)
            out = process.communicate(timeout=120)[0]
            self.adopted += out.count(b"adopted")
            self.proof.require(process.returncode == 0 and b"settled" in out, f"{when}, restart: {out[-400:]}")
            self.look(f"{when}, after the restart")
        if self.is_full() or number % 20 == 19:
            self.fresh()

    def journal(self):
        lines = []
        path = os.path.join(self.state, "journal")
        if os.path.exists(path):
            with open(path, "rb") as file:
                for line in file.read().split(b"\n"):
                    try:
                        lines.append(json.loads(line))
                    except ValueError:
                        continue
        return lines

    def is_full(self):
        lines = self.journal()
        volumes = {line["nonce"] for line in lines if line["what"] == "labelled"}
        ended = {line["nonce"] for line in lines if line["what"] == "ended"}
        return len(volumes) == CARTRIDGES and volumes <= ended

    def look(self, when):
        """The judge of this program, tape files that must never change, and GNU tar alone."""
        for line in self.journal():
            if line["what"] == "labelled":
                self.hold(when, line["label"], 0)
            elif line["what"] == "file" and line.get("part"):
                self.hold(when, line["part"]["label"], line["part"]["file"])
        done = subprocess.run([self.binary, "judge", self.library, self.state, str(BLOCK)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        if not self.proof.require(done.returncode == 0, f"{when}: {done.stdout[-400:]}"):
            return
        found = [line.split() for line in done.stdout.decode().splitlines() if line.startswith("archive ")]
        for _, name, *parts in found:
            if name not in self.seen:
                self.seen.add(name)
                self.complete += 1
                self.restore(when, name, parts)

    def path(self, label, number):
        return os.path.join(self.library, "cartridges", label, f"{int(number):04}")

    def hold(self, when, label, number):
        path = self.path(label, number)
        try:
            with open(path, "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
        except OSError as error:
            digest = str(error)
            self.proof.require(False, f"{when}: {path} is gone: {error}")
        former = self.frozen.setdefault(path, digest)
        self.proof.require(former == digest, f"{when}: {path} was ended, and was written to again")

    def restore(self, when, name, parts):
        out = os.path.join(self.root, "out")
        shutil.rmtree(out, ignore_errors=True)
        os.makedirs(out)
        paths = [self.path(*part.split("/")) for part in parts]
        if self.form == "none":
            mode = "-xpM" if len(paths) > 1 else "-xp"
            words = ["tar", mode, "-b", str(BLOCK // 512), *TAR, "-C", out, *(w for path in paths for w in ("-f", path))]
            done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        else:
            packed = b"".join(open(path, "rb").read() for path in paths)
            plain = subprocess.run(UNPACK[self.form], input=packed, stdout=subprocess.PIPE, check=True).stdout
            done = subprocess.run(["tar", "-xp", *TAR, "-C", out, "-f", "-"], input=plain, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
        if not self.proof.require(done.returncode == 0, f"{when}: {name}: tar: {done.stdout[-400:]}"):
            return
        done = subprocess.run(["rsync", "-aHAXSni", "--delete", self.tree + "/", out + self.tree + "/"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.proof.require(done.returncode == 0 and not done.stdout.strip(), f"{when}: {name}: {done.stdout[-400:]}")
        self.restored += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cuts", action="store_true", help="power cuts instead of kills")
    options = options_of(parser)
    if options.cuts:
        private_mounts()
    name = "tape_cuts" if options.cuts else "tape_kills"
    proof = Proof(name)
    with workspace(place()) as root:
        bench = Bench(probe_of(options), root, proof, random.Random(options.seed), options.cuts)
        try:
            count = options.count or (WHOLE if options.long else SHARE)[options.cuts]
            for number in range(4 * count):
                if proof.cases == count:
                    break
                bench.cycle(number)
                if len(proof.failures) > 20:
                    print(f"{name}: too many failures, stopped")
                    break
            proof.require(proof.cases == count or proof.failures, f"{proof.cases} took place of {count}")
        finally:
            bench.down()
            for image in bench.images.values():
                image.detach()
    when = ", ".join(f"{word} {count}" for word, count in sorted(bench.when.items()))
    return proof.end(f"{proof.cases} ({when}); {bench.complete} archives complete, {bench.adopted} of them taken over "
                     f"from tape, {bench.restored} restored by GNU tar; {bench.libraries} libraries")


if __name__ == "__main__":
    sys.exit(main())
