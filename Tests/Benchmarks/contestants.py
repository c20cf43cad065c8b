"""Who copies the corpus, and how each is asked to.

Every contestant has the folders of the corpus made for it, because an enrolled target has them too, and is timed until
`sync` of the target's file system has returned. A contestant's own index or repository is prepared before the clock.
"""

import random
import shutil
import subprocess
from pathlib import Path

from measure import Cost, Failed, run, with_sync


class Contestant:
    """One way to copy the corpus. `program` must be installed; `version` is asked for the table's head."""

    name = ""
    program = ""
    version = ("--version",)

    def __init__(self, corpus, place):
        self.corpus = corpus
        self.place = Path(place)
        self.target = self.place / "by-hash"

    def missing(self):
        """The program that is not there, or None."""
        return None if shutil.which(self.program) else self.program

    def described(self):
        answer = subprocess.run([self.program, *self.version], capture_output=True, text=True)
        words = (answer.stdout or answer.stderr).strip().splitlines()
        return words[0] if words else self.program

    def prepare(self):
        """Before the clock."""
        self.corpus.make_folders(self.target)

    def copy(self):
        """The timed part; returns its Cost."""
        raise NotImplementedError

    def expected(self):
        """What must lie in `target` afterwards: blobs and bytes, or None if it is not a tree of blobs."""
        return self.corpus.count, self.corpus.bytes


class RsyncEach(Contestant):
    """One rsync for each blob, on a sample, scaled to all blobs."""

    program = "rsync"

    def __init__(self, corpus, place, sample):
        super().__init__(corpus, place)
        self.paths = corpus.sample(sample)
        self.name = f"rsync per blob ({len(self.paths)}, scaled)"

    def copy(self):
        costs = [
            run(["rsync", "-a", "--checksum", self.corpus.store / path, (self.target / path).parent])
            for path in self.paths
        ]
        whole = with_sync(self.target, *costs)
        scale = self.corpus.count / len(self.paths)
        return Cost(whole.wall * scale, whole.cpu * scale, whole.peak)

    def expected(self):
        return len(self.paths), sum((self.corpus.store / path).stat().st_size for path in self.paths)


class RsyncTree(Contestant):
    name = "rsync -a --checksum"
    program = "rsync"

    def copy(self):
        return with_sync(
            self.target, run(["rsync", "-a", "--checksum", f"{self.corpus.store}/", f"{self.target}/"]))


class Copy(Contestant):
    name = "cp -a, sync"
    program = "cp"

    def copy(self):
        return with_sync(self.target, run(["cp", "-a", f"{self.corpus.store}/.", f"{self.target}/"]))


class Rclone(Contestant):
    name = "rclone --checksum, 4 transfers"
    program = "rclone"
    version = ("version",)

    def copy(self):
        own = {"XDG_CONFIG_HOME": str(self.place / "rclone"), "XDG_CACHE_HOME": str(self.place / "rclone")}
        command = ["rclone", "copy", "--checksum", "--transfers", "4", self.corpus.store, self.target]
        return with_sync(self.target, run(command, own))


class Restic(Contestant):
    name = "restic backup"
    program = "restic"
    version = ("version",)

    def prepare(self):
        self.place.mkdir(parents=True)
        self.key = self.place / "password"
        self.key.write_text("for this benchmark only\n")
        run(self.command("init"))

    def command(self, *words):
        place = self.place
        return ["restic", "-q", "-r", place / "repository", "--cache-dir", place / "cache",
                "--password-file", self.key, *words]

    def copy(self):
        return with_sync(self.place, run(self.command("backup", self.corpus.store)))

    def expected(self):
        return None


class Dd(Contestant):
    """As many bytes as the corpus has, in one file: what the disk can do at all."""

    name = "dd conv=fsync"
    program = "dd"

    def prepare(self):
        self.place.mkdir(parents=True)

    def copy(self):
        return run(["dd", "if=/dev/zero", f"of={self.place / 'zeros'}", "bs=1M", "iflag=count_bytes",
                    f"count={self.corpus.bytes}", "conv=fsync"])

    def expected(self):
        return None


class DdCopy(Dd):
    """The same bytes read from one file and written to another: what a disk can do that has to give them as well."""

    name = "dd of one file as large, conv=fsync"

    def prepare(self):
        super().prepare()
        self.source = self.corpus.store.parent / "one-file"
        if not self.source.exists():
            run(["dd", "if=/dev/urandom", f"of={self.source}", "bs=1M", "iflag=count_bytes",
                 f"count={self.corpus.bytes}", "conv=fsync"])

    def copy(self):
        return run(["dd", f"if={self.source}", f"of={self.place / 'copy'}", "bs=1M", "conv=fsync"])


class Holdfast(Contestant):
    """Ours. Enrolling comes before the clock; `run` then finds the blobs by itself unless `scanned`."""

    def __init__(self, corpus, place, program, read_back, scanned=False, workers=8):
        super().__init__(corpus, place)
        self.program = str(program)
        self.read_back = read_back
        self.scanned = scanned
        self.workers = workers
        self.name = f"holdfast, read_back {read_back}" + (", scanned before" if scanned else "")
        self.scan_cost = None

    def prepare(self):
        self.place.mkdir(parents=True)
        self.settings = self.place / "holdfast.toml"
        self.settings.write_text(
            f'[mirror.bench]\nsource = "{self.corpus.store}"\ntarget = "{self.place}"\nhash = "blake3"\n'
            f'workers = {self.workers}\nbatch = 1000\nread_back = "{self.read_back}"\n')
        self.state = self.place.with_name(self.place.name + "-state")
        shutil.rmtree(self.state, ignore_errors=True)
        self.state.mkdir()
        self.mirror("enrol")
        if self.scanned:
            self.scan_cost = self.mirror("scan")

    def mirror(self, action):
        # Status 3 is "done with warnings", such as a target on the source's own file system.
        return run([self.program, "mirror", action, "bench", "--config", self.settings],
                   {"XDG_STATE_HOME": str(self.state)}, allowed=(0, 3))

    def copy(self):
        return with_sync(self.target, self.mirror("run"))


def judge(contestant, seed, contents):
    """Raises Failed unless everything is there; of ours, b3sum reads a sample of blobs too."""
    expected = contestant.expected()
    if expected is None:
        return
    found = contents(contestant.target)
    if found != expected:
        raise Failed(f"{contestant.name}: {found} blobs and bytes arrived, not {expected}")
    if isinstance(contestant, Holdfast):
        paths = random.Random(seed).sample(contestant.corpus.sample(contestant.corpus.count),
                                           min(500, contestant.corpus.count))
        answer = subprocess.run(["b3sum", "--no-names", *paths], cwd=contestant.target, capture_output=True, text=True)
        if answer.stdout.split() != [Path(path).name for path in paths]:
            raise Failed(f"{contestant.name}: b3sum does not agree with the names")
