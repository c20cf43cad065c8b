#!/usr/bin/env python3
"""Numbered cases that are better proved from outside: real mounts, real full disks, real signals.

cases.py --binary PATH [--only A10,B21]
Each prints its number. The cases themselves are in volume_cases.py and instance_cases.py.
"""
import argparse
import os
import sys
import time
import traceback

from harness import (OK, WARNINGS, Image, Mirror, Proof, kill, options_of, private_mounts, until, workspace)

SLOW = "1 MiB/s"


class Bench:
    """A mirror onto an image of its own, enrolled, with some blobs and a file that is not ours."""

    def __init__(self, binary, root, proof, number, blobs=300, megabytes=96, enrol=True):
        self.root, self.proof, self.number = os.path.join(root, number), proof, number
        os.makedirs(self.root)
        self.binary, self.images, self.processes = binary, [], []
        self.image = self.new_image("target", megabytes)
        self.image.mount()
        self.mirror = Mirror(binary, self.root, workers=2)
        self.mirror.make(blobs, largest=1 << 18)
        with open(os.path.join(self.mirror.target, "not-ours.txt"), "w") as file:
            file.write("somebody else's")
        if enrol:
            self.mirror.enrol()
        self.foreign = self.mirror.foreign()

    def new_image(self, name, megabytes=96):
        image = Image(os.path.join(self.root, name + ".img"), os.path.join(self.root, "target"), megabytes)
        self.images.append(image)
        return image

    def check(self, holds, what):
        return self.proof.require(holds, f"{self.number}: {what}")

    def refused(self, answer, side="destination"):
        """Ended by itself, as failed, with the right side, without having written a blob."""
        self.check(answer.status == 1, f"must be refused with status 1: {answer.brief()}")
        sides = {reason["side"] for reason in self.reasons(answer)}
        self.check(sides <= {side} and sides, f"must be told on the side {side}, was {sides}: {answer.brief()}")

    @staticmethod
    def reasons(answer):
        from harness import reasons
        return reasons(answer.documents())

    def start_slowly(self, files=30, **env):
        """A run that takes some seconds, caught when some files are there."""
        self.mirror.configure(rate_limit=SLOW)
        process = self.mirror.start("run", **env)
        self.processes.append(process)
        self.mirror.settings.pop("rate_limit")
        moving = until(lambda: self.files() >= files or process.poll() is not None)
        self.check(moving and process.poll() is None, "the run ended before it could be disturbed")
        return process

    def full_speed(self):
        self.mirror.configure()

    def files(self):
        found = 0
        for folder, _, names in os.walk(os.path.join(self.mirror.target, "by-hash")):
            found += sum(len(name) == 64 for name in names)
        return found

    def runs_clean(self, why, **more):
        """A plain run ends well, and the auditor finds nothing."""
        self.full_speed()
        answer = self.mirror.call("run")
        self.check(answer.status in (OK, WARNINGS), f"{why}: {answer.brief()}")
        self.clean(why, **more)
        return answer

    def clean(self, why, **more):
        verdict = self.mirror.audit(foreign=self.foreign, **more)
        self.check(verdict.clean, f"{why}: {verdict.details()}")

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                kill(process)
                process.wait()
        for image in self.images:
            image.detach()


def run(table, options, proof, root):
    chosen = options.only.split(",") if options.only else list(table)
    for number in chosen:
        began, before = time.monotonic(), len(proof.failures)
        bench = None
        try:
            case, more = table[number]
            bench = Bench(options.binary, root, proof, number, **more)
            case(bench)
        except (Exception, SystemExit) as error:
            proof.require(False, f"{number}: {error!r} {traceback.format_exc().splitlines()[-3:]}")
        finally:
            if bench is not None:
                bench.close()
        proof.cases += 1
        good = len(proof.failures) == before
        title = (case.__doc__ or "").splitlines()[0]
        print(f"{number} {'ok  ' if good else 'FAIL'} {title} ({time.monotonic() - began:.1f} s)", flush=True)


def main():
    import instance_cases
    import volume_cases
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", help="numbers, with commas")
    options = options_of(parser)
    private_mounts()
    proof, table = Proof("cases"), {**volume_cases.TABLE, **instance_cases.TABLE}
    with workspace() as root:
        run(table, options, proof, root)
    return proof.end(f"{proof.cases} numbered cases from outside")


if __name__ == "__main__":
    sys.exit(main())
