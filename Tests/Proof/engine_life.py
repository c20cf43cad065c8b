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

from engine import JOBS, Engine
from harness import (BUSY, INTERRUPTED, OK, WARNINGS, Proof, finish, kill, options_of, until,
                     workspace)
from link import Caller


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


def foreground(engine, proof):
    """With no engine the command's own serves the sockets: a second console sees its run, can end it, gets no second."""
    mirror = engine.mirror
    mirror.make(60, seed=99, largest=1 << 20, empty=False)
    mirror.configure(rate_limit="1 MiB/s")
    with open(engine.config, "a") as file:
        file.write(JOBS)
    process = engine.start("mirror", "run", "cold")

    def phase():
        state = engine.state()
        return state and state["copies"][0]["phase"]
    if not proof.check(until(lambda: "copying" in (phase() or {}), 20), "nobody sees the run of a command"):
        kill(process)
        return
    dry = engine.call("mirror", "run", "cold", "--dry-run")
    proof.check(dry.status == BUSY and str(process.pid) in dry.err, f"a dry run beside a run: {dry.brief()}")
    second = engine.call("mirror", "run", "cold")
    proof.check(second.status == BUSY and str(process.pid) in second.err, f"a second run: {second.brief()}")
    status = engine.call("status").out
    proof.check("copying" in status, f"status says {status[:300]}")
    proof.check(engine.call("engine", "stop").status == OK, "the command's engine did not take the stop")
    ended = finish(process, timeout=30)
    proof.check(ended.status == INTERRUPTED, f"the command after engine stop: {ended.brief()}")
    proof.check(engine.call("mirror", "run", "cold").status == OK, "the rest was not copied")
    verdict = mirror.audit(truth=mirror.truth())
    proof.check(verdict.clean, f"the target after a stopped command: {verdict.details()}")


def asked(engine, proof):
    """Enrolling and dry runs are orders to the engine that runs: validated, answered, in the audit log."""
    for words, key in ((["mirror", "enrol", "cold", "--fan-out", ",".join(map(str, engine.mirror.fan_out))], "wasKnown"),
                       (["mirror", "run", "cold", "--dry-run"], "wanted")):
        answer = engine.call(*words)
        proof.check(answer.status in (OK, WARNINGS) and answer.out.strip(), f"{' '.join(words)}: {answer.brief()}")
        answer = engine.call(*words, "--json")
        documents = answer.documents()
        proof.check(documents and key in documents[0], f"{' '.join(words)} --json: {answer.brief()}")
    refused = engine.call("mirror", "run", "nosuch", "--dry-run")
    proof.check(refused.status == 2, f"a dry run of no mirror: {refused.brief()}")
    audit = engine.call("audit").out
    for words in ("enrol: enrolment begun", "dry run: dry run begun"):
        proof.check(audit.count(words) >= 2, f"the audit log has {audit.count(words)} of {words!r}: {audit[:600]}")
    with open(engine.config) as file:
        kept = file.read()
    with open(engine.config, "w") as file:
        file.write(kept.replace(engine.mirror.target, engine.mirror.target + "-other"))
    refused = engine.call("mirror", "enrol", "cold")
    proof.check(refused.status == 2 and "reload" in refused.err, f"enrolling a target not read yet: {refused.brief()}")
    with open(engine.config, "w") as file:
        file.write(kept)


def elsewhere(engine, proof):
    """An engine whose sockets are where another login does not look is found by what it wrote into its state folder."""
    other = os.path.join(engine.root, "other-runtime")
    os.makedirs(other, exist_ok=True)
    for words in (["status"], ["engine", "status", "--json"], ["engine", "start"]):
        answer = engine.call(*words, XDG_RUNTIME_DIR=other)
        proof.check(answer.status == OK, f"{' '.join(words)} with another runtime folder: {answer.brief()}")
    proof.check(not os.listdir(other), f"something was made there: {os.listdir(other)}")


def full(engine, proof):
    """64 attached consoles keep no command out; the 65th console is told so."""
    path = os.path.join(engine.mirror.state, "holdfast", "engine.sock")
    callers = [Caller(path) for _ in range(64)]
    proof.check(all("welcome" in (caller.welcome or {}) for caller in callers), "64 consoles could not attach")
    status = engine.call("status")
    proof.check(status.status == OK, f"status beside 64 consoles: {status.brief()}")
    watch = engine.call("watch", timeout=20)
    proof.check(watch.status != OK and "consoles are attached" in watch.err, f"watch as the 65th: {watch.brief()}")
    for caller in callers:
        caller.close()


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
            asked(engine, proof)
            elsewhere(engine, proof)
            full(engine, proof)
            proof.check(engine.call("engine", "stop").status == OK, "engine stop")
            proof.check(until(lambda: not engine.processes(), 10), f"left behind: {engine.processes()}")
            status = engine.call("status")
            proof.check(status.status != OK and "engine start" in status.err, f"status without an engine: {status.brief()}")
            foreground(engine, proof)
            proof.check(until(lambda: not engine.processes(), 10), f"left behind: {engine.processes()}")
        finally:
            engine.destroy()
    return proof.end("consoles come and go, the engine stays")


if __name__ == "__main__":
    raise SystemExit(main())
