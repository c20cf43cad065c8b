#!/usr/bin/env python3
"""Takes the pictures of the README and of Docs from the running demo, and from a console attached to an engine.

For each size a console runs in tmux; its screens are drawn by the program itself as SVG (SIGUSR1), and held against
what tmux shows: the text must be equal, cell for cell. With --check nothing is kept, only compared.

    Tests/Terminal/pictures.py --binary .build/release/holdfast [--out Docs/Pictures] [--check]
"""

import argparse
import html
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from attached import AttachedEngine

SCREENS = {"dashboard": "1", "copy": "2", "log": "8"}
ATTACHED = {"jobs": ["7", "G"], "alerts": ["9"], "request": ["1", "!"]}
SIZES = [(80, 24), (160, 48)]

JOBS = """
[job.dump-orders]
kind = "command"
command = ["/bin/sh", "-c", "echo 1284 tables; sleep 1"]
schedule = "*-*-* 01:30"

[job.index-orders]
kind = "command"
command = ["/bin/echo", "indexed"]
after = ["dump-orders"]

[job.report]
kind = "command"
command = ["/bin/sh", "-c", "echo the report has no page 2 >&2; exit 3"]
retries = 0
schedule = "Mon..Sun 07:00"

[job.tell-watcher]
kind = "command"
command = ["/bin/sh", "-c", "while :; do date; sleep 5; done"]

[job.check-copies]
kind = "mirror.verify"
mirror = "cold"
schedule = "*-*-* 02:10"

[job.nightly]
kind = "mirror.run"
mirror = "cold"
schedule = "*-*-* 02:00"
persistent = true

[set.blobs]
jobs = ["nightly"]
newest_verified_within = "26h"
restore_within = "2h"
priority = "critical"

[set.orders]
jobs = ["dump-orders"]
newest_verified_within = "4h"
"""


class Terminal:
    """A console in a tmux of its own."""

    def __init__(self, command, columns, rows, folder, **places):
        self.socket = f"holdfast-pictures-{os.getpid()}"
        self.folder = folder
        environment = dict(os.environ, LANG="C.UTF-8", LC_ALL="C.UTF-8", **places)
        self.tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), "-c", str(folder),
            "env", "TERM=xterm-256color", *command,
            environment=environment)

    def tmux(self, *arguments, environment=None):
        return subprocess.run(
            ["tmux", "-L", self.socket, *arguments], capture_output=True, text=True, env=environment, check=False).stdout

    def press(self, key):
        self.tmux("send-keys", key)
        time.sleep(0.7)

    def lines(self):
        shown = self.tmux("capture-pane", "-p").split("\n")
        return [line.rstrip() for line in shown]

    def wait_for(self, words, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if any(words in line for line in self.lines()):
                return True
            time.sleep(0.3)
        return False

    def picture(self):
        """The SVG the program writes, or None."""
        target = self.folder / "holdfast-screen.svg"
        target.unlink(missing_ok=True)
        pid = self.tmux("display-message", "-p", "#{pane_pid}").strip()
        subprocess.run(["kill", "-USR1", pid], check=False)
        end = time.monotonic() + 5
        while time.monotonic() < end:
            if target.exists() and target.read_text().rstrip().endswith("</svg>"):
                return target.read_text()
            time.sleep(0.05)
        return None

    def close(self):
        self.tmux("kill-server")


def text_of(svg):
    """The rows of an SVG picture: one text element each."""
    rows = re.findall(r"<text [^>]*>(.*?)</text>", svg, re.S)
    return [html.unescape(re.sub(r"<[^>]+>", "", row)).rstrip() for row in rows]


def same(shown, drawn):
    """Rows without text have no element: compare what is there, in order."""
    return [line for line in shown if line] == [line for line in drawn if line]


def take(terminal, name, out, check):
    """One picture whose text equals the screen; the data may change in between, so a few tries are allowed."""
    shown = drawn = []
    for attempt in range(12):
        if attempt:
            time.sleep(7)
        before = terminal.lines()
        svg = terminal.picture()
        after = terminal.lines()
        if svg is None:
            continue
        drawn = text_of(svg)
        for shown in (before, after):
            if same(shown, drawn):
                if not check:
                    out.mkdir(parents=True, exist_ok=True)
                    (out / f"{name}.svg").write_text(svg)
                return True
    print(f"{name}: picture and screen differ")
    for left, right in zip(shown, drawn):
        if left != right:
            print("  screen  ", left, "\n  picture ", right)
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=".build/release/holdfast")
    parser.add_argument("--out", default="Docs/Pictures", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    binary = pathlib.Path(options.binary).resolve()
    if not shutil.which("tmux"):
        print("tmux is missing\n0 passed, 1 failed")
        return 1
    results = []
    for columns, rows in SIZES:
        results += demo(binary, columns, rows, options) + attached(binary, columns, rows, options)
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


def demo(binary, columns, rows, options):
    """Whether each picture of the demo is what its screen shows."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(binary), "demo", "--blobs", "6000", "--seconds", "90"]
        terminal = Terminal(command, columns, rows, pathlib.Path(folder))
        try:
            ready = terminal.wait_for("copying", 60)
            time.sleep(12)
            keys = {screen: [key] for screen, key in SCREENS.items()}
            return walk(terminal, keys, (columns, rows), options, ready)
        finally:
            terminal.close()


def attached(binary, columns, rows, options):
    """The same of a console whose engine has work, a failed job and a request."""
    with tempfile.TemporaryDirectory() as folder, AttachedEngine(str(binary), settings=JOBS) as running:
        running.lose_target()
        command = [str(binary), *running.arguments]
        terminal = Terminal(command, columns, rows, pathlib.Path(folder), **running.places)
        try:
            ready = terminal.wait_for("waiting", 30)
            return walk(terminal, ATTACHED, (columns, rows), options, ready)
        finally:
            terminal.close()


def walk(terminal, screens, size, options, ready):
    results = []
    for screen, keys in screens.items():
        for key in keys:
            terminal.press(key)
        name = f"{screen}-{size[0]}x{size[1]}"
        results.append(ready and take(terminal, name, options.out.resolve(), options.check))
        # The word that a picture was written stands for six seconds.
        time.sleep(7)
    return results


if __name__ == "__main__":
    sys.exit(main())
