"""An engine with some mirrors, made afresh for a measurement and gone afterwards."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from link import Console
from measure import Failed

JOBS = """
[job.nightly]
kind = "mirror.run"
mirror = "m1"
schedule = "*-*-* 02:00"

[job.fails]
kind = "command"
command = ["/bin/false"]
retries = 0
"""
# Folders of the store: one level of two digits.
FAN_OUT = "2"
TICK = os.sysconf("SC_CLK_TCK")


class Field:
    """Settings, state folder and targets under `root`; the engine begins with `start`."""

    def __init__(self, binary, root, source, mirrors=5, workers=4):
        self.binary, self.root = str(binary), Path(root)
        self.names = [f"m{number + 1}" for number in range(mirrors)]
        shutil.rmtree(self.root, ignore_errors=True)
        (self.root / "state").mkdir(parents=True)
        self.config = self.root / "holdfast.toml"
        text = ""
        for name in self.names:
            (self.root / name).mkdir()
            text += (f'[mirror.{name}]\nsource = "{source}"\ntarget = "{self.root / name}"\nhash = "blake3"\n'
                     f'workers = {workers}\nread_back = "none"\nkeep_free = "1MiB"\n\n')
        self.config.write_text(text + JOBS)
        self.process = None
        for name in self.names:
            self.call("mirror", "enrol", name, "--fan-out", FAN_OUT)

    socket = property(lambda self: self.root / "state" / "holdfast" / "engine.sock")
    catalog = property(lambda self: self.root / "state" / "holdfast" / "catalog.sqlite")

    @property
    def environment(self):
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("HOLDFAST_", "XDG_"))}
        folder = str(self.root / "state")
        return {**kept, "XDG_STATE_HOME": folder, "XDG_RUNTIME_DIR": folder, "XDG_CONFIG_HOME": folder,
                "SWIFT_BACKTRACE": "enable=no"}

    def command(self, *words):
        return [self.binary, *words, "--config", str(self.config)]

    def call(self, *words):
        done = subprocess.run(self.command(*words), env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace")
        if done.returncode not in (0, 3):
            raise Failed(f"{' '.join(words)} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
        return done.stdout

    def start(self):
        with open(self.root / "engine.out", "ab") as log:
            self.process = subprocess.Popen(self.command("engine", "run"), env=self.environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            try:
                console = Console(self.socket, watch=False)
                console.close()
                return self
            except OSError:
                time.sleep(0.01)
        raise Failed("the engine does not answer: " + (self.root / "engine.out").read_text()[-300:])

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def close(self):
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # What the kernel says of the engine.

    def cpu(self):
        """Seconds of processor so far."""
        words = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / TICK

    def memory(self, field="VmRSS"):
        """MiB resident now, or with `VmHWM` at most so far."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024
        raise Failed(f"the kernel does not say {field}")

    # Runs of the mirrors.

    def begin(self, console):
        for name in self.names:
            console.order({"runMirror": {"name": name, "overrides": {"dryRun": False}}})

    def ended(self, console, results=("ok", "ok_with_warnings")):
        """Of every mirror that has ended its run, when it began and ended, in seconds."""
        spans = []
        for name in self.names:
            for run in console.ask({"runs": {"mirror": name, "limit": 1}}):
                if run.get("endedAt"):
                    if run["result"] not in results:
                        raise Failed(f"the run of {name} ended as {run['result']}")
                    spans.append((moment(run["startedAt"]), moment(run["endedAt"])))
        return spans

    def finish(self, console, within=600, **results):
        """Waits until all have ended; returns the seconds from the first beginning to the last end."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            spans = self.ended(console, **results)
            if len(spans) == len(self.names):
                return max(last for _, last in spans) - min(first for first, _ in spans)
            time.sleep(0.1)
        raise Failed("the mirrors do not end")


def moment(time_on_the_wire):
    """Seconds of a wall time as the wire has it."""
    value = time_on_the_wire
    return (value["milliseconds"] if isinstance(value, dict) else value) / 1000

