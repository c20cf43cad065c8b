"""Runs a program on a pseudo terminal. Python's standard library only."""
import argparse
import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time


class Session:
    """One program on one terminal: what it wrote, the terminal's modes, its end."""

    def __init__(self, command, columns, rows, environment, ignore_hup=False, cwd=None):
        self.master, self.slave = pty.openpty()
        self.resize(columns, rows, tell=False)
        self.before = termios.tcgetattr(self.slave)
        self.output = bytearray()
        slave = self.slave

        def own_terminal():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            if ignore_hup:
                signal.signal(signal.SIGHUP, signal.SIG_IGN)

        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, preexec_fn=own_terminal, cwd=cwd)

    def resize(self, columns, rows, tell=True):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def waiting(self):
        """Bytes typed and not read yet."""
        count = fcntl.ioctl(self.slave, termios.FIONREAD, struct.pack("i", 0))
        return struct.unpack("i", count)[0]

    def modes_kept(self):
        return termios.tcgetattr(self.slave) == self.before

    def send(self, data):
        """False when nobody reads for 5 s. Waits for room first, so that a key's bytes arrive together."""
        end = time.monotonic() + 5
        while self.waiting() > 2048 and time.monotonic() < end:
            self.pump(0.01)
        while data:
            _, writable, _ = select.select([], [self.master], [], 5)
            if not writable:
                return False
            data = data[os.write(self.master, data[:512]):]
            self.pump(0)
        return True

    def pump(self, seconds):
        """Reads for that long, or what is there already."""
        end = time.monotonic() + seconds
        while True:
            readable, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            if not readable:
                return
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return
            if not data:
                return
            self.output += data

    def wait_for(self, condition, seconds=10):
        """Reads until the condition holds; False when it does not in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return True
            self.pump(0.02)
        return condition()

    def settle(self, quiet=0.15, seconds=5):
        """Reads until nothing came for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            size = len(self.output)
            self.pump(quiet)
            if len(self.output) == size:
                return

    def exit_status(self, seconds=5):
        """The status, or None when it still runs."""
        self.wait_for(lambda: self.process.poll() is not None, seconds)
        self.pump(0.05)
        return self.process.poll()

    def leave(self, steps):
        """Types the keys that end the program; a question may sleep half a second before it takes an answer."""
        for index, keys in enumerate(steps.split(",")):
            if self.process.poll() is not None:
                return
            if index > 0:
                self.pump(0.7)
            self.send(keys.encode())

    def hang_up(self):
        os.close(self.master)
        self.master = -1
        os.close(self.slave)
        self.slave = -1

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for descriptor in (self.master, self.slave):
            if descriptor >= 0:
                os.close(descriptor)


class Count:
    """Passed and failed checks, each failure printed as it happens."""

    def __init__(self, name):
        self.name, self.passed, self.failed = name, 0, 0

    def check(self, holds, what):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {self.name}: {what}", flush=True)
        return holds

    def close(self):
        print(f"{self.name}: {self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed else 0)


def arguments(description, **extra):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--binary", required=True, help="program that opens the full screen")
    parser.add_argument("--args", default="", help="its arguments, separated by spaces")
    parser.add_argument("--quit", default="q", help="keys that end it, in steps parted by commas: q,y")
    parser.add_argument("--attached", action="store_true", help="the console attached to an engine that is started for it")
    for name, (default, text) in extra.items():
        parser.add_argument("--" + name, type=type(default), default=default, help=text)
    options = parser.parse_args()
    options.command = [os.path.abspath(options.binary)] + options.args.split()
    return options


@contextlib.contextmanager
def engine_for(options):
    """With --attached the engine that the program attaches to, with a request open; else None."""
    if not options.attached:
        yield None
        return
    from attached import AttachedEngine
    with AttachedEngine(options.binary) as running:
        running.lose_target()
        os.environ.update(running.places)
        options.command += running.arguments
        yield running


def environment(**changes):
    """This process's, without what decides on looks; None takes a variable out."""
    kept = {k: v for k, v in os.environ.items()
            if not k.startswith("LC_") and k not in ("LANG", "LANGUAGE", "TERM", "NO_COLOR", "LINES", "COLUMNS")}
    kept["SWIFT_BACKTRACE"] = "enable=no"
    kept.update({k: v for k, v in changes.items() if v is not None})
    return kept
