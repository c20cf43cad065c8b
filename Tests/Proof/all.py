#!/usr/bin/env python3
"""Runs every proof against a built program; one line a proof, and a closing `N passed, N failed`.

all.py --binary PATH [--long] [--only kills,trace] [--jobs 2]
A proof that looked at no case has failed, and so has one that ended without saying how many it looked at.
"""
import argparse
import concurrent.futures
import os
import re
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ENDED = re.compile(r"^PROOF (\S+) cases=(\d+) failed=(\d+)$", re.M)
# Name, program and its words; the slow ones first, so that two lanes end together.
PROOFS = (
    ("engine_kills", "engine_kills.py", ()),
    ("engine_life", "engine_life.py", ()),
    ("kills", "kills.py", ()),
    ("cases", "cases.py", ()),
    ("errno_inject", "errno_inject.py", ()),
    ("powercuts", "powercuts.py", ()),
    ("mirror20k", "mirror20k.py", ()),
    ("trace", "trace.py", ()),
    ("tape_sets", "tape_sets.py", ()),
    ("tape_kills", "tape_kills.py", ()),
    ("tape_cuts", "tape_kills.py", ("--cuts",)),
    ("voice", "voice.py", ()),
    ("calendar_firings", "calendar_firings.py", ()),
    ("api", "api.py", ()),
    ("link", "link.py", ()),
    ("units", "units.py", ()),
    ("auditor_check", "auditor_check.py", ()),
    ("powercuts-without-barrier1", "powercuts.py", ("--omit", "barrier1")),
    ("powercuts-without-barrier2", "powercuts.py", ("--omit", "barrier2")),
)
# Seconds after which a proof hangs: the share that CI runs, and the whole count.
PATIENCE = {False: 480, True: 7200}


def run(name, program, words, options):
    began = time.monotonic()
    command = [sys.executable, os.path.join(HERE, program), "--binary", options.binary, *words]
    command += ["--long"] if options.long else []
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, errors="replace", start_new_session=True)
    try:
        out, _ = process.communicate(timeout=PATIENCE[options.long])
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGTERM)
        time.sleep(2)
        os.killpg(process.pid, signal.SIGKILL)
        out, _ = process.communicate()
        out += "did not end in time\n"
    ended = ENDED.findall(out)
    cases = sum(int(number) for _, number, _ in ended)
    passed = process.returncode == 0 and cases > 0 and all(failed == "0" for _, _, failed in ended)
    return name, passed, cases, out, time.monotonic() - began


def show(name, passed, cases, out, seconds):
    lines = [line for line in out.splitlines() if not line.startswith("PROOF ")]
    shown = lines if name == "cases" else lines[-1:]
    if not passed:
        shown = lines[-60:]
    for line in shown[:-1]:
        print("    " + line)
    last = shown[-1] if shown else "said nothing"
    print(f"{'ok  ' if passed else 'FAIL'} {name}: {last} [{cases} cases, {seconds:.0f} s]", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", required=True)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--only", help="names of proofs, with commas")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    options.binary = os.path.abspath(options.binary)
    if not os.access(options.binary, os.X_OK):
        raise SystemExit(f"{options.binary}: no such program")
    chosen = [proof for proof in PROOFS if not options.only or proof[0] in options.only.split(",")]
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as lanes:
        for result in concurrent.futures.as_completed([lanes.submit(run, *proof, options) for proof in chosen]):
            answer = result.result()
            show(*answer)
            passed, failed = passed + answer[1], failed + (not answer[1])
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
