#!/usr/bin/env python3
"""What the engine and its consoles cost, and how soon people see what happens.

    swift build -c release --product holdfast
    Tests/Benchmarks/engine.py --work /a/folder/on/the/disk/to/measure

prints one Markdown table with the targets: a console attached to a painted screen, an order's effect on every console
with five mirrors running, an idle engine, five mirrors beside 64 consoles of which one is stopped, and the list of
10,000 runs. Nothing is installed and no engine but its own is touched. Twelve minutes with the defaults; `--short`
takes two and proves only that all parts work.

Exit status: 0, 1 if a target was missed, 2 if something needed is missing.
"""

import argparse
import json
import math
import os
import selectors
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from field import Field
from link import Console
from measure import Failed, machine

HOME = Path(__file__).resolve().parents[2]
sys.path[1:1] = [str(HOME / "Tests/Proof"), str(HOME / "Tests/Terminal")]

import store  # noqa: E402
from ptydriver import Session  # noqa: E402

CONSOLES = 64
MIRRORS = 5
HISTORY = 10_000
PAGE = 400


def arguments():
    parser = argparse.ArgumentParser(description="Measures the engine and its consoles.")
    parser.add_argument("--work", default="/var/tmp/holdfast-benchmark-engine", help="folder for blobs and targets")
    parser.add_argument("--holdfast", default=HOME / ".build/release/holdfast", help="the release build to measure")
    parser.add_argument("--blobs", type=int, default=10_000, help="in the source, copied by each of the mirrors")
    parser.add_argument("--rounds", type=int, default=10, help="pairs of runs, with consoles and alone")
    parser.add_argument("--intents", type=int, default=200)
    parser.add_argument("--watchers", type=int, default=8, help="consoles that wait for each order's effect")
    parser.add_argument("--attaches", type=int, default=30)
    parser.add_argument("--idle", type=float, default=60, help="seconds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", default=[], choices=[part.__name__ for part in PARTS],
                        help="only this part; may be given again")
    parser.add_argument("--short", action="store_true", help="few rounds, for a look")
    parser.add_argument("--json", metavar="FILE", help="every single figure")
    options = parser.parse_args()
    if options.short:
        options.blobs, options.rounds, options.intents = 2000, 3, 40
        options.attaches, options.idle = 8, 15
    return options


class Figures:
    """Rows of the table."""

    def __init__(self):
        self.lines = ["| | measured | must be | |", "|---|---|---|---|"]
        self.missed = 0
        self.raw = {}

    def row(self, words, value, unit, bound=None, digits=1, more=""):
        verdict = "" if bound is None else "pass" if value < bound else "FAIL"
        self.missed += verdict == "FAIL"
        limit = "" if bound is None else f"under {bound:g} {unit}"
        self.lines.append(f"| {words} | {value:.{digits}f} {unit}{more} | {limit} | {verdict} |")
        print(self.lines[-1], file=sys.stderr, flush=True)

    def times(self, name, seconds):
        """Keeps single times; returns them in ms, sorted."""
        self.raw[name] = [second * 1000 for second in seconds]
        return sorted(self.raw[name])


def share(values, part):
    """The value that this part of sorted values does not exceed."""
    return values[max(0, math.ceil(len(values) * part) - 1)]


def spread(values):
    return f" ({values[0]:.0f} to {values[-1]:.0f})"


# A console, from exec to a painted screen.


def attach(options, figures):
    with Field(options.holdfast, options.work / "field", options.source) as field:
        field.start()
        took = [painted(field) for _ in range(options.attaches + 1)][1:]
        values = figures.times("attach", took)
        figures.row("console attached, exec to painted screen, median", median(values), "ms", 100, 0, spread(values))


def painted(field):
    """Seconds until the last byte of the first screen that shows every mirror has come."""
    begun = time.monotonic()
    session = Session(field.command(), 160, 48, {**field.environment, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"})
    try:
        ready = selectors.DefaultSelector()
        ready.register(session.master, selectors.EVENT_READ)
        shown = last = None
        while time.monotonic() - begun < 10:
            # A frame goes out in pieces of the terminal's buffer with hardly a pause between them.
            if not ready.select(5 if shown is None else 0.02):
                break
            session.output += os.read(session.master, 1 << 16)
            last = time.monotonic()
            if shown is None and all(name.encode() in session.output for name in field.names):
                shown = last
        if shown is None:
            raise Failed(f"no screen was painted: {bytes(session.output[-300:])!r}")
        session.send(b"q")
        session.exit_status()
        return last - begun
    finally:
        session.close()


# An order, from its sending to the last console that shows it.


def intents(options, figures):
    took, kinds, states = [], {}, []
    while len(took) < options.intents:
        with Field(options.holdfast, options.work / "field", options.source, MIRRORS) as field:
            field.start()
            consoles = [Console(field.socket) for _ in range(options.watchers)]
            alert = an_alert(consoles[0])
            field.begin(consoles[0])
            before = len(took)
            for number in range(before, options.intents):
                intent, mark, is_shown = order(number - before, alert)
                try:
                    seconds, size = effect(consoles, intent, mark, is_shown)
                except MirrorEnded:
                    break
                if running(consoles[0]) < MIRRORS:
                    break
                took.append(seconds)
                states.append(size)
                kinds.setdefault(next(iter(intent)), []).append(seconds)
                time.sleep(0.02)
            for console in consoles:
                console.close()
            if len(took) == before:
                raise Failed("the mirrors end before one order is given: more --blobs")
    values = figures.times("intents", took)
    for kind, seconds in kinds.items():
        figures.times("intents, " + kind, seconds)
    figures.row(f"order to its effect on {options.watchers} consoles, {MIRRORS} mirrors running, "
                f"{len(took)} orders, median", median(values), "ms", None, 0)
    figures.row("the same, 99th percentile", share(values, 0.99), "ms", 150, 0, spread(values))
    figures.row("a state with five mirrors running", median(states) / 1024, "KiB", 256, 0)


def an_alert(console):
    console.order({"runJob": {"name": "fails"}})
    return console.state(lambda state: state["alerts"])["alerts"][0]["id"]


class MirrorEnded(Exception):
    """The mirror ended in the moment before the order: the next field goes on."""


def order(number, alert):
    """An intent, the bytes by which a state tells of it, and whether they are to be there or gone."""
    if number % 4 == 1:
        return {"pauseMirror": {"name": "m1"}}, b'"phase":{"paused":{}}', True
    if number % 4 == 3:
        return {"resumeMirror": {"name": "m1"}}, b'"phase":{"paused":{}}', False
    return {"acknowledge": {"alert": alert, "note": f"n{number}."}}, f'"note":"n{number}."'.encode(), True


def effect(consoles, intent, mark, is_shown):
    """Seconds until every console has read a state with the mark (or without it), and that state's size."""
    ready = selectors.DefaultSelector()
    for console in consoles:
        drain(console)
        ready.register(console.socket, selectors.EVENT_READ, console)
    size = 0
    begun = time.monotonic()
    consoles[0].send(intent)
    while ready.get_map():
        found = ready.select(10)
        if not found or time.monotonic() - begun > 10:
            phases = [next(iter(copy["phase"])) for copy in json.loads(consoles[0].newest)["state"]["_0"]["copies"]]
            if "pauseMirror" in intent or "resumeMirror" in intent:
                names = [copy["name"] for copy in json.loads(consoles[0].newest)["state"]["_0"]["copies"]]
                if phases[names.index("m1")] == "finished":
                    raise MirrorEnded
            raise Failed(f"{intent} does not show on {len(ready.get_map())} consoles; the mirrors are {phases}")
        for key, _ in found:
            key.data.receive()
            while (frame := key.data.cut()) is not None:
                if frame.startswith(b'{"result"') and b'"NOT_RUNNING"' in frame:
                    raise MirrorEnded
                if frame.startswith(b'{"result"') and b'"refused"' in frame:
                    raise Failed(f"{intent}: {frame[:300]!r}")
                if frame.startswith(b'{"state"'):
                    key.data.newest = frame
                    if (mark in frame) == is_shown and key.fd in ready.get_map():
                        size = len(frame)
                        ready.unregister(key.fileobj)
    return time.monotonic() - begun, size


def drain(console):
    """Takes what has come already, so that no old state is read for a new one."""
    console.socket.setblocking(False)
    try:
        while True:
            console.receive()
            while console.cut() is not None:
                pass
    except BlockingIOError:
        pass
    finally:
        console.socket.settimeout(30)


def running(console):
    """Mirrors whose run goes on, in the newest state that was read."""
    copies = json.loads(console.newest)["state"]["_0"]["copies"]
    return sum(next(iter(copy["phase"])) not in ("idle", "finished") for copy in copies)


# An engine that has nothing to do.


def idle(options, figures):
    with Field(options.holdfast, options.work / "field", options.source) as field:
        field.start()
        time.sleep(5)
        figures.row("idle engine, processor", rest(field, options.idle), "% of a core", 0.2, 2)
        figures.row("idle engine, memory", field.memory(), "MiB", 60)
        console = Console(field.socket)
        with Readers(field.socket, 1):
            figures.row("idle engine with a console, processor", rest(field, options.idle / 2), "% of a core", None, 2)
        console.close()


def rest(field, seconds):
    """The share of a core that the engine takes meanwhile, in percent."""
    begun, before = time.monotonic(), field.cpu()
    time.sleep(seconds)
    return 100 * (field.cpu() - before) / (time.monotonic() - begun)


# Five mirrors beside 64 consoles, and alone.


class Readers:
    """Consoles in a process of their own that read what they are sent."""

    def __init__(self, socket, count, is_stopped=False):
        self.process = subprocess.Popen([sys.executable, str(HOME / "Tests/Benchmarks/link.py"), str(socket),
                                         str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.seen = []
        if self.process.stdout.readline() != "ready\n":
            raise Failed(f"{count} consoles cannot attach")
        if is_stopped:
            self.process.send_signal(signal.SIGSTOP)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGCONT)
        out, _ = self.process.communicate()
        self.seen = json.loads(out) if out else []


def consoles(options, figures):
    ratios, alone, beside, peaks = [], [], [], {True: [], False: []}
    cpu = {True: [], False: []}
    states = []
    for number in range(options.rounds):
        # Who goes first changes, so that nobody always follows the same one.
        pair = {}
        for is_watched in (number % 2 == 0, number % 2 == 1):
            pair[is_watched] = mirrors(options, is_watched, peaks, cpu, states)
        alone.append(pair[False])
        beside.append(pair[True])
        ratios.append(pair[True] / pair[False])
        print(f"pair {number + 1}: alone {pair[False]:.2f} s, with consoles {pair[True]:.2f} s, "
              f"{(ratios[-1] - 1) * 100:+.1f} %", file=sys.stderr, flush=True)
    figures.raw["pairs"] = [alone, beside]
    figures.row(f"{MIRRORS} mirrors alone, median of {options.rounds}", median(alone), "s", None, 2)
    figures.row(f"beside {CONSOLES} consoles, one of them stopped", median(beside), "s", None, 2)
    figures.row("slower by, median of the pairs", 100 * (median(ratios) - 1), "%", 5, 1,
                f" ({100 * (min(ratios) - 1):+.0f} to {100 * (max(ratios) - 1):+.0f})")
    figures.row("processor of the engine, more by", 100 * (median(cpu[True]) / median(cpu[False]) - 1), "%")
    figures.row("peak memory alone", max(peaks[False]), "MiB")
    # One state of at most 256 KiB waits for each.
    figures.row("peak memory with consoles, more by", max(peaks[True]) - max(peaks[False]), "MiB", 32)
    figures.row("states read by one console, median a second", median(states), "")


def mirrors(options, is_watched, peaks, cpu, states):
    with Field(options.holdfast, options.work / "field", options.source, MIRRORS) as field:
        field.start()
        os.sync()
        asking = Console(field.socket, watch=False)
        if not is_watched:
            return observed(field, asking, peaks[False], cpu[False])
        with Readers(field.socket, 1, is_stopped=True), Readers(field.socket, CONSOLES - 2) as readers:
            begun = time.monotonic()
            seconds = observed(field, asking, peaks[True], cpu[True])
            lasted = time.monotonic() - begun
        if any(is_cut for _, _, is_cut in readers.seen):
            raise Failed("a console that reads was cut off")
        states.append(median(count for count, _, _ in readers.seen) / lasted)
        return seconds


def observed(field, asking, peaks, cpu):
    before = field.cpu()
    field.begin(asking)
    seconds = field.finish(asking)
    peaks.append(field.memory("VmHWM"))
    cpu.append(field.cpu() - before)
    return seconds


# Ten thousand runs.


def history(options, figures):
    with Field(options.holdfast, options.work / "field", options.source) as field:
        field.start()
        field.stop()
        fill(field.catalog, HISTORY)
        field.start()
        console = Console(field.socket, watch=False)
        page = figures.times("history page", [timed(lambda: pages(console, PAGE)) for _ in range(20)])
        every = figures.times("history whole", [timed(lambda: pages(console, HISTORY)) for _ in range(5)])
        command = figures.times("history command", [timed(lambda: field.call("job", "history")) for _ in range(20)])
        whole = figures.times("history command whole", [
            timed(lambda: field.call("job", "history", "--limit", str(HISTORY))) for _ in range(3)])
        figures.row(f"of {HISTORY} runs, `job history`, exec to end, median", median(command), "ms", 50, 0,
                    spread(command))
        figures.row(f"of {HISTORY} runs, the newest {PAGE} over the socket", median(page), "ms", 50, 1)
        figures.row(f"all {HISTORY} runs over the socket", median(every), "ms", None, 0)
        figures.row(f"all {HISTORY} runs, `job history --limit {HISTORY}`", median(whole), "ms", None, 0)


def timed(body):
    begun = time.monotonic()
    body()
    return time.monotonic() - begun


def pages(console, wanted):
    before, found = None, 0
    while found < wanted:
        query = {"limit": PAGE}
        if before is not None:
            query["before"] = before
        page = console.ask({"jobRuns": query})
        if not page:
            raise Failed(f"{found} runs were listed, not {wanted}")
        found += len(page)
        before = page[-1]["startedAt"]


def fill(catalog, count):
    """Ended runs, one a minute up to now."""
    now = int(time.time() * 1000)
    with sqlite3.connect(catalog) as database:
        database.executemany(
            "INSERT INTO runs(run, job, kind, cause, planned_at, started_at, ended_at, attempt, result, failure, "
            "done_count, done_bytes, warnings) VALUES(?, 'nightly', 'mirror.run', 'schedule', ?, ?, ?, 1, 'ok', NULL, "
            "1000, 1000000, 0)",
            [(f"{number:016x}", at, at, at + 30_000)
             for number, at in ((n + 1, now - (count - n) * 60_000) for n in range(count))])
    database.close()


PARTS = [attach, intents, idle, consoles, history]


def main():
    options = arguments()
    options.holdfast = Path(options.holdfast).resolve()
    if not options.holdfast.exists():
        print(f"{options.holdfast} is missing: swift build -c release --product holdfast", file=sys.stderr)
        return 2
    options.work = Path(options.work).resolve()
    options.source = options.work / "source"
    shutil.rmtree(options.work, ignore_errors=True)
    options.work.mkdir(parents=True)
    figures = Figures()
    try:
        print(f"making {options.blobs} blobs ...", file=sys.stderr)
        store.make(options.source, options.blobs, options.seed, fan_out=(2,))
        for part in PARTS:
            if not options.only or part.__name__ in options.only:
                try:
                    part(options, figures)
                except Failed as failure:
                    figures.missed += 1
                    figures.lines.append(f"| {part.__name__} | not measured: {failure} | | FAIL |")
                    print(figures.lines[-1], file=sys.stderr)
        print(f"{machine(options.work)}; load {os.getloadavg()[1]:.1f}", end="\n\n")
    finally:
        shutil.rmtree(options.work, ignore_errors=True)
    print("\n".join(figures.lines))
    if options.json:
        Path(options.json).write_text(json.dumps(figures.raw, indent=1))
    return 1 if figures.missed else 0


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
