#!/usr/bin/env python3
"""What a console costs: bytes and processor time of a frame while a mirror runs, and its share while nothing happens.

    swift build -c release --product holdfast
    Tests/Benchmarks/console.py --work /a/folder/on/the/disk/to/measure

The console is the program's own, attached to an engine with one mirror, in a pseudo terminal of 160x48. Its rate is
limited, so that the run lasts as long as is looked at. What comes without a pause of 15 ms is one frame. Two and a half
minutes with the defaults.

Exit status: 0, 1 if a target was missed, 2 if something needed is missing.
"""

import argparse
import os
import selectors
import shutil
import sys
import time
from pathlib import Path

from engine import HOME, Figures
from field import TICK, Field
from link import Console
from measure import Failed, machine

import store
from ptydriver import Session

SCREENS = [("Dashboard", b"1"), ("Copy", b"2"), ("Log", b"8")]
PAUSE = 0.015


def arguments():
    parser = argparse.ArgumentParser(description="Measures a console.")
    parser.add_argument("--work", default="/var/tmp/holdfast-benchmark-console", help="folder for blobs and target")
    parser.add_argument("--holdfast", default=HOME / ".build/release/holdfast", help="the release build to measure")
    parser.add_argument("--blobs", type=int, default=10_000)
    parser.add_argument("--rate", type=int, default=100_000, help="bytes a second of the mirror")
    parser.add_argument("--seconds", type=float, default=30, help="each screen is looked at")
    return parser.parse_args()


def processor(session):
    words = Path(f"/proc/{session.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICK


def look(session, seconds):
    """Frames, bytes and processor seconds while that time goes by."""
    session.settle()
    ready = selectors.DefaultSelector()
    ready.register(session.master, selectors.EVENT_READ)
    used, begun = processor(session), time.monotonic()
    frames = size = 0
    last = -1.0
    while (left := begun + seconds - time.monotonic()) > 0:
        if ready.select(left):
            size += len(os.read(session.master, 1 << 16))
            now = time.monotonic()
            frames += now - last > PAUSE
            last = now
    return frames, size, processor(session) - used, time.monotonic() - begun


def busy(field, session, options, figures):
    console = Console(field.socket)
    field.begin(console)
    console.order({"limitMirror": {"name": "m1", "limits": {
        "workers": 4, "batch": 1000, "readBack": "none", "rate": options.rate}}})
    console.close()
    for name, key in SCREENS:
        session.send(key)
        frames, size, used, took = look(session, options.seconds)
        if not frames:
            raise Failed(f"{name}: nothing was drawn while a mirror ran")
        figures.row(f"{name}, a mirror at work: bytes a frame", size / frames, "bytes", 300, 0,
                    f", {frames / took:.1f} frames/s")
        figures.row(f"{name}, a mirror at work: processor a frame, states read and drawn", used / frames * 1000, "ms",
                    None, 2)
        figures.row(f"{name}, a mirror at work: processor", 100 * used / took, "% of a core", 1, 2)
    console = Console(field.socket)
    console.order({"stopMirror": {"name": "m1"}})
    field.finish(console, results=("interrupted",))
    console.close()


def idle(session, options, figures):
    session.send(b"1")
    time.sleep(3)
    frames, size, used, took = look(session, options.seconds)
    figures.row("nothing happens: processor", 100 * used / took, "% of a core", 0.3, 2,
                f", {frames / took:.1f} frames/s")


def main():
    options = arguments()
    options.work = Path(options.work).resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    figures = Figures()
    source = options.work / "source"
    try:
        store.make(source, options.blobs, fan_out=(2,))
        with Field(options.holdfast, options.work / "field", source, 1) as field:
            field.start()
            session = Session(field.command(), 160, 48,
                              {**field.environment, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"})
            try:
                session.wait_for(lambda: b"m1" in session.output)
                busy(field, session, options, figures)
                idle(session, options, figures)
                session.send(b"q")
                session.exit_status()
            finally:
                session.close()
    finally:
        shutil.rmtree(options.work, ignore_errors=True)
    print(f"{machine(options.work.parent)}; load {os.getloadavg()[1]:.1f}", end="\n\n")
    print("\n".join(figures.lines))
    return 1 if figures.missed else 0


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
