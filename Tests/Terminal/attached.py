"""An engine of one's own for terminal proofs of the attached console: settings with a mirror and jobs, running."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Proof"))
from engine import Engine  # noqa: E402

# Names and words as a foreign program might give them, and a run that is always at work.
JOBS = r"""
[job.nightly]
kind = "mirror.run"
mirror = "cold"
schedule = "*-*-* 02:00"

[job.dump]
kind = "command"
command = ["/bin/sh", "-c", "echo dumping; sleep 1; echo done"]
schedule = "*-*-* 01:00"

[job.after-dump]
kind = "command"
command = ["/bin/echo", "chained"]
after = ["dump"]

[job.fails]
kind = "command"
command = ["/bin/sh", "-c", "printf 'no \\033[2Jspace\\n' >&2; exit 3"]
retries = 0
schedule = "*-*-* 02:30"

[job.foreign]
kind = "command"
command = ["/usr/bin/printf", "\\033[2J\\033]0;owned\\007\\n\\342\\200\\256evil\\342\\200\\213\\n\\233 31m\\377\\376\\ttab\\rover\\n"]

[job.watch]
kind = "command"
command = ["/bin/sh", "-c", "while :; do date; sleep 1; done"]

[set.blobs]
jobs = ["nightly"]
newest_verified_within = "26h"
restore_within = "2h"
priority = "critical"
"""


class AttachedEngine:
    """Runs from `with` to its end: one job failed, one at work, and a request open whose volume is away."""

    def __init__(self, binary, blobs=300, largest=1 << 16, settings=JOBS):
        self.jobs = [name for name in re.findall(r"^\[job\.(.+)\]$", settings, re.M) if name != "nightly"]
        self.root = tempfile.mkdtemp(prefix="holdfast-terminal-")
        try:
            self.engine = Engine(os.path.abspath(binary), self.root, more=settings, blobs=blobs)
        except BaseException:
            shutil.rmtree(self.root, ignore_errors=True)
            raise
        self.engine.mirror.make(blobs, seed=2, largest=largest)
        self.arguments = ["--config", self.engine.config]
        self.places = {key: value for key, value in self.engine.environment().items() if key.startswith("XDG_")}

    def __enter__(self):
        try:
            self.process = self.engine.run()
            self.wait_for(lambda: self.engine.state() is not None, "the engine to answer")
            self.order("job", "run", "nightly", "--wait")
            for job in self.jobs:
                self.order("job", "run", job)
            self.wait_for(self.has_failed, "a failed job")
        except BaseException:
            self.__exit__()
            raise
        return self

    def order(self, *words):
        answer = self.engine.call(*words)
        if answer.status != 0:
            raise SystemExit(f"{' '.join(words)}: {answer.brief()}")

    def has_failed(self):
        runs = [job.get("lastRun") for job in (self.engine.state() or {}).get("jobs", [])]
        return any(run and run.get("result") == "failed" for run in runs)

    def lose_target(self):
        """Takes the target away in a run that has work to do; returns when the request is open."""
        self.engine.mirror.make(80, seed=3, largest=1 << 16, empty=False)
        os.rename(self.engine.mirror.target, self.engine.mirror.target + ".away")
        self.order("job", "run", "nightly")
        self.wait_for(lambda: (self.engine.state() or {}).get("requests"), "a request")

    def return_target(self):
        os.rename(self.engine.mirror.target + ".away", self.engine.mirror.target)

    def orders(self):
        """How many orders the audit log has."""
        documents = self.engine.call("audit", "--json").documents()
        return len(documents[0]) if documents and isinstance(documents[0], list) else len(documents)

    def is_alive(self):
        return self.process.poll() is None and self.engine.state() is not None

    @staticmethod
    def wait_for(condition, what, seconds=30):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise SystemExit(f"waited {seconds} s for {what}")
            time.sleep(0.1)

    def __exit__(self, *_):
        self.engine.call("engine", "stop")
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.engine.destroy()
        shutil.rmtree(self.root, ignore_errors=True)
