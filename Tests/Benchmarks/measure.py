"""Runs a program and says what it cost."""

import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass
class Cost:
    """Of one program with its children: seconds by the clock, seconds of processor, largest resident set in MiB."""

    wall: float
    cpu: float
    peak: float


class Failed(Exception):
    """A program did not do its work, so its time means nothing."""


class Caches:
    """Empties the page cache; where that is not allowed it says so once and all runs are warm."""

    def __init__(self):
        self.cold = True

    def drop(self):
        os.sync()
        try:
            with open("/proc/sys/vm/drop_caches", "w") as switch:
                switch.write("3\n")
        except OSError as error:
            if self.cold:
                print(f"note: caches stay warm, /proc/sys/vm/drop_caches: {error.strerror}", file=sys.stderr)
            self.cold = False


def floor():
    """Peaks up to this many MiB cannot be told apart: a child counts what this program had when it was split off."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(command, environment=None, folder=None, allowed=(0,)):
    """Runs `command` and returns its cost; raises Failed for any exit status not in `allowed`."""
    begun = time.monotonic()
    child = subprocess.Popen(
        [str(word) for word in command], cwd=folder, env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in allowed:
        words = errors.decode(errors="replace").strip()[-500:]
        raise Failed(f"{command[0]} ended with {child.returncode}: {words}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def together(costs):
    """The cost of programs that ran one after another."""
    costs = list(costs)
    return Cost(sum(c.wall for c in costs), sum(c.cpu for c in costs), max(c.peak for c in costs))


def with_sync(target, *costs):
    """The cost until the file system of `target` has written everything."""
    begun = time.monotonic()
    subprocess.run(["sync", "-f", str(target)], check=True)
    whole = together(costs)
    whole.wall += time.monotonic() - begun
    return whole


def machine(folder):
    """One line about the machine, for the table's head."""
    model = "unknown processor"
    memory = "?"
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
    with open("/proc/meminfo") as info:
        memory = f"{int(info.readline().split()[1]) / 2**20:.0f} GiB"
    kind = subprocess.run(
        ["df", "--output=fstype", str(folder)], capture_output=True, text=True).stdout.split()[-1]
    release = os.uname().release
    return f"{model}, {os.cpu_count()} processors, {memory}, Linux {release}, {kind}"
