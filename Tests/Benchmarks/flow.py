#!/usr/bin/env python3
"""How often a drive stops behind holdfast's ring, and behind mbuffer, buffer and dd, on the same trace.

    swift build -c release --product benchmark
    Tests/Benchmarks/flow.py --require-all

A source gives what traces/*.trace say, a pipe of programs buffers it, a drive process takes it as traces/*.drive say
and counts its stops. Time is shortened and rates are lowered alike for everybody: with `--time 10 --rate 10` a second
becomes a tenth, 300 MB/s become 30, and every buffer a hundredth.

    Tests/Benchmarks/flow.py --replay FILE --drive matching

counts the stops of a record of `seconds bytes` lines instead: when how many bytes came to the drive. `--record FOLDER`
writes such records. Nothing is installed. Debian packages of the peers: `mbuffer buffer pv`; a missing one is named and
left out, or ends the run with --require-all.

Exit status: 0, 1 if a target was missed or bytes were lost, 2 if something needed is missing.
"""

import argparse
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

from measure import machine

HOME = Path(__file__).resolve().parents[2]
TRACES = Path(__file__).resolve().parent / "traces"
BLOCK = 64 << 10


class Drive:
    """The model of a streaming drive: its buffer drains at the speed it chose; dry, the tape stops."""

    def __init__(self, text, shorter=1.0, slower=1.0):
        facts = {words[0]: [float(word) for word in words[1:]]
                 for words in (line.split("#")[0].split() for line in text.splitlines()) if words}
        self.speeds = [speed * 1e6 / slower for speed in facts["speeds"]]
        self.buffer = facts["buffer"][0] * 1e6 / slower / shorter
        self.stop_cost = facts["stop_cost"][0] / shorter
        self.start = facts["start_level"][0] * self.buffer
        self.second = 1.0 / shorter
        self.held = self.on_tape = self.speed = self.settling = self.arriving = self.since = 0.0
        self.stops = 0

    def nearest(self, rate):
        return max((speed for speed in self.speeds if speed <= rate), default=self.speeds[0])

    def advance(self, span, taken, ending=False):
        """`taken` bytes come, then `span` seconds pass."""
        self.held += taken
        self.arriving += (taken / span - self.arriving) * min(1, span / self.second)
        self.settling = max(0.0, self.settling - span)
        if not self.speed:
            if not self.settling and self.held and (ending or self.held >= self.start):
                self.speed = self.speeds[-1] if ending else self.nearest(self.arriving)
            return
        moved = min(self.held, self.speed * span)
        self.held -= moved
        self.on_tape += moved
        self.since += span
        if self.since >= self.second:
            self.since = 0.0
            self.speed = self.speeds[-1] if ending else self.nearest(
                self.arriving + (self.held - self.buffer / 2) / 4 / self.second)
        if self.held <= 0 and not ending:
            self.stops += 1
            self.speed = 0.0
            self.settling = self.stop_cost

    def finish(self):
        """Writes out what it holds; the seconds that takes."""
        return self.settling + self.held / self.speeds[-1]


def phases(name, options):
    for line in (TRACES / f"{name}.trace").read_text().splitlines():
        words = line.split("#")[0].split()
        if words:
            yield float(words[0]) / options.time, float(words[1]) * 1e6 / options.rate


def cut(found, seconds):
    """The phases of the first so many seconds."""
    for span, rate in found:
        if seconds <= 0:
            return
        yield min(span, seconds), rate
        seconds -= span


def source(found, pipe):
    """Writes what the phases give; while the pipe is full, they stand still."""
    chunk = bytes(BLOCK)
    for span, rate in found:
        left = int(span * rate)
        begun, waited = time.monotonic(), 0.0
        given = 0
        while given < left:
            due = begun + waited + given / rate
            now = time.monotonic()
            if now < due:
                time.sleep(due - now)
            before = time.monotonic()
            given += os.write(pipe, chunk[:min(BLOCK, left - given)])
            after = time.monotonic()
            if after - before > 0.005:
                waited += after - before
        rest = begun + waited + span - time.monotonic()
        if rest > 0:
            time.sleep(rest)
    os.close(pipe)


def sink(pipe, drive, record):
    """Takes what the drive has room for; returns bytes and the time of the last one on tape."""
    begun = last = time.monotonic()
    total = 0
    while True:
        room = int(drive.buffer - drive.held)
        taken = 0
        if room >= BLOCK:
            if select.select([pipe], [], [], 0.002)[0]:
                piece = os.read(pipe, min(room, 4 * BLOCK))
                if not piece:
                    break
                taken = len(piece)
        else:
            time.sleep(0.002)
        now = time.monotonic()
        drive.advance(max(now - last, 1e-6), taken)
        last = now
        total += taken
        if record and taken:
            record.write(f"{now - begun:.6f} {taken}\n")
    return total, time.monotonic() - begun + drive.finish()


def replay(path, drive):
    last = 0.0
    for line in Path(path).read_text().splitlines():
        at, taken = line.split()
        # In small steps, so that a long gap is a stop at its time.
        while float(at) - last > 0.01:
            drive.advance(0.01, 0)
            last += 0.01
        drive.advance(max(float(at) - last, 1e-6), int(taken))
        last = float(at)
    return last + drive.finish()


def contestants(options, drive, total):
    """Name -> commands, each reading the one before it."""
    ring = int(options.buffer * 1e9 / options.time / options.rate)
    size, half = f"{ring // 1024}k", f"{ring // 2048}k"
    quiet = ["mbuffer", "-q", "-s", str(BLOCK)]
    ours = [str(options.benchmark), "pipe"]
    facts = [str(int(number)) for number in (ring, BLOCK, drive.buffer, total, *drive.speeds)]
    slow = str(int(250e6 / options.rate))
    return {
        "dd": [["dd", f"bs={BLOCK}", "status=none"]],
        "buffer -p 75": [["buffer", "-s", str(BLOCK), "-m", size, "-p", "75"]],
        "mbuffer -P 0": [[*quiet, "-m", size]],
        "mbuffer -P 40": [[*quiet, "-m", size, "-P", "40"]],
        "mbuffer -P 80": [[*quiet, "-m", size, "-P", "80"]],
        "two mbuffers": [[*quiet, "-m", half, "-P", "80"], [*quiet, "-m", half, "-P", "20"]],
        "mbuffer, pv, mbuffer": [[*quiet, "-m", half, "-P", "40"], ["pv", "-q", "-L", slow],
                                 [*quiet, "-m", half, "-P", "20"]],
        "holdfast, paced": [[*ours, "paced", *facts]],
        "holdfast, adaptive": [[*ours, "adaptive", *facts]],
        "holdfast, watermark(80, 20)": [[*ours, "watermark(80, 20)", *facts]],
    }


def compete(name, commands, found, drive, record):
    """Bytes, seconds."""
    read, write = os.pipe()
    giver = os.fork()
    if giver == 0:
        os.close(read)
        try:
            source(found, write)
        finally:
            os._exit(0)
    os.close(write)
    children = []
    for command in commands:
        child = subprocess.Popen(command, stdin=read, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        os.close(read)
        read = os.dup(child.stdout.fileno())
        child.stdout.close()
        children.append(child)
    answer = sink(read, drive, record)
    os.close(read)
    os.waitpid(giver, 0)
    if any(child.wait() for child in children):
        print(f"{name}: a program failed", file=sys.stderr)
    return answer


def main():
    parser = argparse.ArgumentParser(description="Counts a drive's stops behind holdfast and its peers.")
    parser.add_argument("--benchmark", default=HOME / ".build/release/benchmark")
    parser.add_argument("--trace", action="append", default=[], help="default: mean200, mean290 and mean330")
    parser.add_argument("--drive", default="matching")
    parser.add_argument("--buffer", type=float, default=24, help="GB, before scaling")
    parser.add_argument("--time", type=float, default=10)
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--seconds", type=float, default=1e9, help="of each trace, before scaling")
    parser.add_argument("--only", action="append", default=[], metavar="WORD")
    parser.add_argument("--require-all", action="store_true", help="a missing peer ends the run")
    parser.add_argument("--record", metavar="FOLDER")
    parser.add_argument("--replay", metavar="FILE")
    options = parser.parse_args()
    text = (TRACES / f"{options.drive}.drive").read_text()
    if options.replay:
        drive = Drive(text, options.time, options.rate)
        seconds = replay(options.replay, drive)
        print(f"{drive.stops} stops, {seconds * options.time:.0f} s")
        return 0
    wrong = 0
    print(machine(HOME))
    for trace in options.trace or ["mean200", "mean290", "mean330"]:
        wrong += measure(options, trace, text)
    return 1 if wrong else 0


def measure(options, trace, text):
    """One table; returns what went wrong."""
    found = list(cut(phases(trace, options), options.seconds / options.time))
    total = sum(int(span * rate) for span, rate in found)
    figures, wrong = {}, 0
    print(f"\n{trace}, {options.drive} drive, {options.buffer:g} GB, time 1:{options.time:g}, rates 1:{options.rate:g}")
    print("\n| | stops | total s |\n|---|---|---|")
    for name, commands in contestants(options, Drive(text, options.time, options.rate), total).items():
        if options.only and not any(word in name for word in options.only):
            continue
        missing = next((command[0] for command in commands if shutil.which(command[0]) is None), None)
        if missing:
            print(f"left out: {name}, because {missing} is not installed", file=sys.stderr)
            if options.require_all:
                sys.exit(2)
            continue
        drive = Drive(text, options.time, options.rate)
        record = None
        if options.record:
            safe = "".join(letter if letter.isalnum() else "-" for letter in name)
            record = open(Path(options.record) / f"{trace}-{safe}.bytes", "w")
        taken, seconds = compete(name, commands, found, drive, record)
        if record:
            record.close()
        figures[name] = (drive.stops, seconds * options.time)
        print(f"| {name} | {drive.stops} | {seconds * options.time:.0f} |", flush=True)
        if taken != total:
            wrong += 1
            print(f"{name}: {taken} bytes arrived, not {total}", file=sys.stderr)
    return wrong + judge(figures)


def judge(figures):
    """Paced: fewest stops of all, and at most 2 % over the quickest peer."""
    ours = figures.get("holdfast, paced")
    peers = [figure for name, figure in figures.items() if not name.startswith("holdfast")]
    if not ours or not peers:
        return 0
    ratio = ours[1] / min(seconds for _, seconds in peers)
    fewest = min(stops for stops, _ in peers)
    print(f"\npaced: {ours[0]} stops, fewest of a peer {fewest}; {ratio:.3f} of the quickest peer's time")
    return int(ours[0] > fewest) + int(ratio > 1.02)


if __name__ == "__main__":
    sys.exit(main())
