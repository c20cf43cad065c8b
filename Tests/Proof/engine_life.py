#!/usr/bin/env python3
"""The engine outlives its consoles: started, watched, left, asked, stopped, through the binary alone.

engine_life.py --binary PATH
"""
import argparse
import json
import os
import pty
import signal
import subprocess
import time

from engine import Engine
from harness import OK, WARNINGS, Mirror, Proof, options_of, until, workspace


def console(engine):
    """A console in a pty of its own; its master end and its process."""
    master, slave = pty.openpty()
    environment = engine.environment(TERM="xterm-256color", LINES="24", COLUMNS="80")
    process = subprocess.Popen([engine.binary, "--config", engine.config], stdin=slave, stdout=slave, stderr=slave,
                               env=environment, start_new_session=True)
    os.close(slave)
    return master, process


def closing(engine, proof):
    """Whatever happens to a terminal, the run in the engine goes on to its end."""
    for how in ("hang up", "kill -9", "q"):
        engine.mirror.make(40, seed=hash(how) & 0xffff, largest=1 << 20, empty=False)
        master, process = console(engine)
        if not proof.check(until(lambda: engine.state() is not None, 20), f"{how}: no engine was started"):
            return
        proof.require(engine.call("job", "run", "nightly").status == OK, f"{how}: the job did not begin")
        if how == "hang up":
            os.close(master)
        elif how == "kill -9":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            time.sleep(0.7)
            os.write(master, b"q")
        ended = until(lambda: engine.last("nightly", after=engine.seen), 60)
        proof.require(ended and ended["result"] in ("ok", "ok_with_warnings"), f"{how}: the run ended as {ended}")
        engine.seen = ended["run"] if ended else engine.seen
        if how != "hang up":
            os.close(master)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            proof.require(False, f"{how}: the console stayed")
            process.kill()
    verdict = engine.mirror.audit(truth=engine.mirror.truth())
    proof.check(verdict.clean, f"the target after three consoles: {verdict.details()}")


def commands(engine, proof):
    """Every command that looks, and what scripts need of those that change."""
    for words in (["status"], ["status", "--json"], ["engine", "status", "--json"], ["job", "list"],
                  ["job", "list", "--json"], ["job", "show", "nightly"], ["job", "history"],
                  ["job", "history", "nightly", "--json"], ["job", "log", "nightly"], ["requests", "--all"],
                  ["alerts"], ["audit"], ["audit", "--json"], ["schedule", "next"], ["config", "check"],
                  ["config", "show"], ["schedule", "export", "--as", "systemd"], ["schedule", "export", "--as", "cron"],
                  ["schedule", "export", "--as", "airflow"], ["schedule", "export", "--as", "kubernetes"]):
        answer = engine.call(*words)
        proof.check(answer.status == OK and answer.out.strip(), f"{' '.join(words)}: {answer.brief()}")
        if "--json" in words:
            proof.require(bool(answer.documents()), f"{' '.join(words)}: no JSON")
        if "airflow" in words:
            compile(answer.out, "airflow.py", "exec")
    for words, status in ((["job", "run", "fails", "--wait"], 1), (["job", "run", "works", "--wait"], 0),
                          (["job", "run", "nosuch"], 2), (["answer", "99", "yes"], 1),
                          (["job", "disable", "works"], 0), (["job", "enable", "works"], 0),
                          (["maintenance", "1h"], 0), (["maintenance", "off"], 0), (["engine", "drain"], 0),
                          (["engine", "drain", "--off"], 0)):
        answer = engine.call(*words)
        proof.check(answer.status == status or (status == 1 and answer.status == 2), f"{' '.join(words)}: {answer.brief()}")


def chain(engine, proof):
    """A chain runs in order, its end waits for its beginning, and the log of each run is kept."""
    before = engine.last("second")
    engine.call("job", "run", "works", "--wait")
    ended = until(lambda: engine.last("second", after=before and before["run"]), 30)
    proof.check(ended and ended["result"] == "ok", f"second after works: {ended}")
    log = engine.call("job", "log", "second")
    proof.check("/bin/echo" in log.out and "chained" in log.out, f"the log of a run: {log.brief()}")


def volume_away(engine, proof):
    """The target goes: one request, one alert; it comes back: the run ends well by itself."""
    mirror = engine.mirror
    mirror.make(30, seed=77, largest=1 << 20, empty=False)
    away = mirror.target + ".away"
    os.rename(mirror.target, away)
    engine.call("job", "run", "nightly")
    asked = until(lambda: (engine.state() or {}).get("requests"), 30)
    proof.check(bool(asked), "no request for the volume was raised")
    if asked:
        proof.require(len(asked) == 1, f"{len(asked)} requests for one volume")
        text = engine.call("requests").out
        proof.check("answer" in text and f"#{asked[0]['number']}" in text, f"requests says {text[:300]}")
        proof.check(engine.call("answer", str(asked[0]["number"]), "nonsense").status != 0, "any word was taken")
    os.rename(away, mirror.target)
    before = engine.seen
    ended = until(lambda: engine.last("nightly", after=before), 60)
    if not ended:
        engine.call("job", "run", "nightly", "--wait", timeout=90)
        ended = engine.last("nightly", after=before)
    proof.check(until(lambda: not (engine.state() or {"requests": 1})["requests"], 30), "the request stayed open")
    engine.seen = ended["run"] if ended else before
    verdict = mirror.audit(truth=mirror.truth())
    proof.check(verdict.clean, f"the target after it was away: {verdict.details()}")


def main():
    options = options_of(argparse.ArgumentParser(description=__doc__.split("\n")[0]))
    proof = Proof("engine_life")
    with workspace() as root:
        engine = Engine(options.binary, root)
        try:
            closing(engine, proof)
            commands(engine, proof)
            chain(engine, proof)
            volume_away(engine, proof)
            proof.check(engine.call("engine", "stop").status == OK, "engine stop")
            proof.check(until(lambda: not engine.processes(), 10), f"left behind: {engine.processes()}")
            status = engine.call("status")
            proof.check(status.status != OK and "engine start" in status.err, f"status without an engine: {status.brief()}")
        finally:
            engine.destroy()
    return proof.end("consoles come and go, the engine stays")


if __name__ == "__main__":
    raise SystemExit(main())
