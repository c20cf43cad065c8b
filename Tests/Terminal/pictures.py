#!/usr/bin/env python3
"""Takes the pictures of the README and of Docs from the running demo.

For each size a demo runs in tmux; its screens are drawn by the program itself as SVG (SIGUSR1), and held against
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

SCREENS = {"dashboard": "1", "copy": "2", "log": "8"}
SIZES = [(80, 24), (160, 48)]


class Terminal:
    """A demo in a tmux of its own."""

    def __init__(self, binary, columns, rows, folder):
        self.socket = f"holdfast-pictures-{os.getpid()}"
        self.folder = folder
        environment = dict(os.environ, LANG="C.UTF-8", LC_ALL="C.UTF-8")
        self.tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), "-c", str(folder),
            "env", "TERM=xterm-256color", str(binary), "demo", "--blobs", "6000", "--seconds", "90",
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
    passed = failed = 0
    for columns, rows in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            terminal = Terminal(binary, columns, rows, pathlib.Path(folder))
            try:
                ready = terminal.wait_for("copying", 60)
                time.sleep(12)
                for screen, key in SCREENS.items():
                    terminal.press(key)
                    good = ready and take(terminal, f"{screen}-{columns}x{rows}", options.out.resolve(), options.check)
                    passed, failed = passed + good, failed + (not good)
                    # The word that a picture was written stands for six seconds.
                    time.sleep(7)
            finally:
                terminal.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
