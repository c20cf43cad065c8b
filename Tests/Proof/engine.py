"""An engine under proof: its settings, its commands, its processes."""
import contextlib
import json
import os
import signal
import subprocess
import time

from harness import Mirror, finish

JOBS = """
[job.nightly]
kind = "mirror.run"
mirror = "cold"
schedule = "*-*-* 02:00"
persistent = true

[job.works]
kind = "command"
command = ["/bin/true"]

[job.second]
kind = "command"
command = ["/bin/echo", "chained"]
after = ["works"]

[job.fails]
kind = "command"
command = ["/bin/false"]
retries = 0
"""


class Engine:
    def __init__(self, binary, root, more=JOBS, blobs=40):
        self.binary, self.root = binary, root
        self.mirror = Mirror(binary, root)
        self.mirror.make(blobs, seed=1)
        self.mirror.enrol()
        self.config = self.mirror.config
        self.seen = None
        with open(self.config, "a") as file:
            file.write(more)

    def environment(self, **extra):
        return self.mirror.environment(extra)

    def start(self, *words, **extra):
        return subprocess.Popen([self.binary, *words, "--config", self.config], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment(**extra),
                                start_new_session=True, text=True, errors="replace")

    def call(self, *words, timeout=60, **extra):
        return finish(self.start(*words, **extra), time.monotonic(), timeout)

    def run(self, **extra):
        """The engine in the foreground of a process group of its own."""
        log = open(os.path.join(self.root, "engine.out"), "ab")
        return subprocess.Popen([self.binary, "engine", "run", "--config", self.config], stdin=subprocess.DEVNULL,
                                stdout=log, stderr=log, env=self.environment(**extra), start_new_session=True)

    def state(self):
        answer = self.call("status", "--json", timeout=20)
        documents = answer.documents() if answer.status == 0 else []
        return documents[0] if documents else None

    def job(self, name):
        return next((job for job in (self.state() or {}).get("jobs", []) if job["name"] == name), None)

    def last(self, name, after=None):
        """The newest run that ended, if it is another than `after`."""
        job = self.job(name)
        run = job and job.get("lastRun")
        return run if run and run.get("result") and run["run"] != after else None

    def history(self, name=None, limit=2000):
        answer = self.call("job", "history", *([name] if name else []), "--json", "--limit", str(limit))
        documents = answer.documents()
        return documents[0] if documents else []

    def processes(self):
        """Every process of this engine, by what its command line names."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
                if self.config.encode() in words and b"run" in words:
                    found.append(int(pid))
        return found

    def destroy(self):
        for pid in self.processes():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
