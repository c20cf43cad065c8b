#!/usr/bin/env python3
"""The engine's voice through real servers: told once, told again after a crash, told when all is well; never a secret.

voice.py --binary PATH [--count N] [--long] [--seed N]
"""
import argparse
import base64
import collections
import contextlib
import http.client
import os
import random
import re
import secrets
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

from engine import Engine
from harness import OK, Proof, kill, options_of, until, workspace
from outworld import HookServer, MailServer

WHOLE, SHARE = 30, 5
ALERTS = """
[alerts]
on = ["error", "completion", "recovery"]
gather = "1s"
"""
MAIL = """
[channel.{name}]
kind = "mail"
host = "localhost"
port = {port}
user = "{user}"
password = "file:{secret}"
from = "backup@example.org"
to = ["{to}"]
ca_file = "{ca}"
timeout = "20s"
"""
# The beginning of an address; written out it would look like one of somebody.
WEB = "http:/" "/"
HOOK = """
[channel.{name}]
kind = "webhook"
url = "{web}127.0.0.1:{port}/{name}"
token = "file:{secret}"
timeout = "{timeout}"
"""


class Canaries:
    """Secrets drawn anew for each proof, and every spelling under which one could get out."""

    def __init__(self, root):
        self.folder = os.path.join(root, "secrets")
        os.makedirs(self.folder, mode=0o700)
        self.values, self.paths = {}, {}

    def make(self, name):
        self.values[name] = "c4n/" + secrets.token_hex(9) + "+ry=%" + secrets.token_hex(4)
        self.paths[name] = os.path.join(self.folder, name)
        with open(os.open(self.paths[name], os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(self.values[name] + "\n")
        return self.paths[name]

    def needles(self):
        for name, value in self.values.items():
            raw = value.encode()
            yield name, raw
            yield name, urllib.parse.quote(value, safe="").encode()
            yield name, raw.hex().encode()
            yield name, raw[4:22]
            for offset in range(3):
                # Whole groups of three only: what stands before and after changes the rest.
                yield name, base64.b64encode(b"\0" * offset + raw)[4 if offset else 0:-4]

    def found(self, text):
        return sorted({name for name, needle in self.needles() if needle in text})


class Watch(threading.Thread):
    """Reads the command lines and environments of every process while the proof runs."""

    def __init__(self, canaries):
        super().__init__(daemon=True)
        self.canaries, self.looks, self.found, self.over = canaries, 0, set(), threading.Event()
        # Commands seen whose words name the secrets' files: children of the engine, looked at while they ran.
        self.children = 0
        self.start()

    def run(self):
        while not self.over.wait(0.05):
            for pid in filter(str.isdigit, os.listdir("/proc")):
                for name in ("cmdline", "environ"):
                    with contextlib.suppress(OSError), open(f"/proc/{pid}/{name}", "rb") as file:
                        text = file.read()
                        self.found.update((name, canary) for canary in self.canaries.found(text))
                        self.children += name == "cmdline" and text.startswith(b"/bin/sh\0-c\0cat ")
                        self.looks += 1


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def write_settings(engine, text):
    with open(engine.config, "a") as file:
        file.write(text)


def about(mails, *words):
    """Those whose subject or text has all these words, single or joined with others."""
    return [mail for mail in mails if all(word in mail.subject + mail.text for word in words)]


class Told:
    """One engine with every kind of channel, from its first alert to the search for secrets."""

    def __init__(self, options, proof, root):
        self.proof, self.root = proof, root
        self.canaries = Canaries(root)
        password, token = self.canaries.make("password"), self.canaries.make("token")
        ping, api = self.canaries.make("ping"), self.canaries.make("api")
        self.mail = MailServer(root, "operator", self.canaries.values["password"])
        self.mail.rules["echo@example.org"] = "refuse 1"
        self.elsewhere = HookServer()
        away = f"http:/" f"/127.0.0.1:{self.elsewhere.begin()}/stolen"
        self.hooks = HookServer({
            "/hang": ["hang", 200], "/fails": [500, 200], "/busy": [("retry", 40), 200], "/moved": [("to", away)],
            "/trickle": ["trickle", 200], "/patient": [("retry", 86400), 200]})
        self.mail_port, self.hook_port = self.mail.begin(), self.hooks.begin()
        self.flag, self.beat, self.web = (os.path.join(root, name) for name in ("flag", "beat", "web"))
        self.web_port = free_port()
        self.hook_names = ("hang", "fails", "busy", "moved", "trickle", "patient")
        # The next minute that is far enough away for the first start.
        at = time.gmtime(time.time() + 90)
        text = ALERTS + f'escalation = ["0s mail echo {" ".join(self.hook_names)}"]\n'
        for name, to in (("mail", "ops@example.org"), ("echo", "echo@example.org")):
            text += self.mail_channel(name, to)
        for name in self.hook_names:
            text += HOOK.format(web=WEB, name=name, port=self.hook_port, secret=token,
                                timeout="15s" if name in ("hang", "trickle") else "5s")
        text += f'\n[digest]\nat = "{at.tm_hour:02}:{at.tm_min:02}"\nzone = "UTC"\nchannels = ["mail"]\n'
        text += (f'\n[ping]\nurl = "{WEB}127.0.0.1:{self.hook_port}/alive/{{token}}"\ntoken = "file:{ping}"\n'
                 'every = "10s"\n')
        text += f'\n[metrics]\nlisten = "127.0.0.1:{self.web_port}"\n'
        text += f'\n[api]\nlisten = "127.0.0.1:{self.web_port}"\ntoken = "file:{api}"\n'
        text += self.jobs()
        self.engine = Engine(options.binary, root, more=text)

    def mail_channel(self, name, to):
        return MAIL.format(name=name, port=self.mail_port, user="operator", secret=self.canaries.paths["password"],
                           to=to, ca=self.mail.certificate)

    def jobs(self):
        leak = " ".join(self.canaries.paths.values())
        return f"""
[job.nightly]
kind = "mirror.run"
mirror = "cold"

[job.first]
kind = "command"
command = ["/bin/true"]

[job.follows]
kind = "mirror.run"
mirror = "cold"
after = ["first"]

[job.flaky]
kind = "command"
command = ["/usr/bin/test", "-e", "{self.flag}"]
retries = 0

[job.works]
kind = "command"
command = ["/bin/true"]

[job.leaks]
kind = "command"
command = ["/bin/sh", "-c", "cat {leak}; cat {leak} >&2; sleep 1; exit 1"]
retries = 0
"""

    def to_ops(self, *words):
        return about(self.mail.to("ops@example.org"), *words)

    def begin(self):
        self.watch = Watch(self.canaries)
        self.process = self.engine.run()
        if not self.proof.check(until(self.engine.state, 20, 0.1), "the engine does not answer"):
            return False
        self.following = {words: self.engine.start(*words) for words in (("watch", "--json"), ("watch",))}
        self.said = {}
        for words, process in self.following.items():
            def read(words=words, process=process):
                self.said[words] = process.stdout.read()
            threading.Thread(target=read, daemon=True).start()
        return True

    def told_once(self):
        """A failing job is told at once by mail, and once."""
        proof = self.proof
        began = time.monotonic()
        answer = self.engine.call("job", "run", "flaky", "--wait")
        proof.check(answer.status == 1, f"a failing job's status: {answer.brief()}")
        mails = until(lambda: self.to_ops("flaky", "JOB_FAILED"), 20, 0.05)
        if proof.check(bool(mails), "no mail of a failed job"):
            mail = mails[0]
            self.alert_at = mail.at - began
            proof.check("ERROR" in mail.subject and "flaky" in mail.subject and "do: " in mail.text and not mail.defects,
                        f"the alert's mail: {mail.subject!r} {mail.text!r} {mail.defects}")

    def untouched(self):
        """Jobs run as ever while two channels hang."""
        proof = self.proof
        hung = until(lambda: self.hooks.hanging >= 2, 10, 0.05)
        times = []
        for _ in range(5):
            began = time.monotonic()
            answer = self.engine.call("job", "run", "works", "--wait", timeout=20)
            times.append(time.monotonic() - began)
            proof.require(answer.status == OK, f"a job while channels hang: {answer.brief()}")
        still = self.hooks.hanging >= 2
        self.slowest = max(times)
        proof.check(hung and still and self.slowest < 5,
                    f"jobs beside channels that hang ({self.hooks.hanging}): {self.slowest:.2f} s")
        self.engine.call("job", "run", "leaks", "--wait")
        run = self.engine.last("leaks") or {}
        proof.check(run.get("result") == "failed", f"the job that prints secrets: {run}")

    def request(self):
        """The target taken away: told by mail, with the words to answer; an answer too early moves no deadline."""
        proof, mirror = self.proof, self.engine.mirror
        self.engine.call("job", "run", "nightly", "--wait")
        mirror.make(10, seed=7, empty=False)
        proof.check(self.present() == 1, f"a volume that is there: {self.present()}")
        os.rename(mirror.target, mirror.target + ".away")
        self.engine.call("job", "run", "first")
        asked = until(lambda: (self.engine.state() or {}).get("requests"), 20, 0.1)
        if proof.check(bool(asked), "no request for the target"):
            number = asked[0]["number"]
            mails = until(lambda: self.to_ops(f"request {number}:"), 20, 0.1)
            if proof.check(bool(mails), "no mail of the request"):
                text = mails[0].text
                lines = re.findall(rf"^holdfast answer {number} (\S+)", text, re.M)
                words = [answer["word"] for answer in asked[0]["answers"]]
                proof.check(words and lines == words and "why: job follows needs it: " in text,
                            f"the request's mail: {text!r}, wanted {words}")
                proof.check(re.search(rf"^where: {re.escape(mirror.target)}, at \S+Z \(.*, uuid [0-9a-f]{{32}}, ", text,
                                      re.M), f"where the volume was: {text!r}")
            proof.check(self.present() == 0, f"a volume that is away: {self.present()}")
            proof.check(self.engine.call("answer", str(number), "attached").status == OK, "the answer")
            anew = until(lambda: [one for one in (self.engine.state() or {}).get("requests", [])
                                  if one["number"] > number], 20, 0.1)
            proof.check(anew and asked[0].get("deadline") and anew[0].get("deadline") == asked[0]["deadline"]
                        and "not there yet" in anew[0]["why"], f"asked {asked}, and too early an answer: {anew}")
        os.rename(mirror.target + ".away", mirror.target)
        ended = until(lambda: self.engine.last("follows"), 60, 0.2)
        proof.check(ended and ended["result"] in ("ok", "ok_with_warnings"), f"the run after the request: {ended}")

    def present(self):
        """What /metrics says of the volume."""
        status, body = self.get("/metrics")
        found = re.search(rb"^holdfast_mirror_volume_present\{[^}]*\} (\d)", body, re.M)
        return int(found[1]) if status == 200 and found else (status, body[-300:])

    def recovered(self):
        open(self.flag, "w").close()
        answer = self.engine.call("job", "run", "flaky", "--wait")
        self.proof.check(answer.status == OK, f"the job that is well again: {answer.brief()}")
        self.well_at = time.monotonic()

    def reload(self):
        """A channel that came with a reload is spoken over, by the new settings."""
        with open(self.engine.config) as file:
            text = file.read()
        with open(self.engine.config, "w") as file:
            file.write(text.replace('["0s mail echo', '["0s late mail echo'))
        write_settings(self.engine, self.mail_channel("late", "late@example.org"))
        answer = self.engine.call("config", "reload")
        self.proof.check(answer.status == OK, f"config reload: {answer.brief()}")
        os.rename(self.flag, self.flag + ".away")
        self.engine.call("job", "run", "works", "--wait")
        told = until(lambda: about(self.mail.to("late@example.org"), "works"), 30, 0.1)
        self.proof.check(bool(told), "a channel that a reload brought was not spoken over")
        os.rename(self.flag + ".away", self.flag)

    def by_the_clock(self):
        """What takes its time: the answers to a second attempt, recovery, the digest, the signs of life."""
        proof = self.proof
        digest = until(lambda: [mail for mail in self.to_ops() if "daily report" in mail.subject], 150, 0.2)
        if proof.check(bool(digest), "no digest"):
            proof.check("ran" in digest[0].text.lower() and "works" in digest[0].text, f"the digest: {digest[0].text!r}")
        well = until(lambda: self.to_ops("well again", "flaky"), 130, 0.2)
        proof.check(bool(well), "recovery was not told")
        for name in ("hang", "fails", "busy", "trickle"):
            path = "/" + name
            done = until(lambda: [call for call in self.hooks.answered(path) if b"flaky" in call.body], 60, 0.2)
            proof.check(bool(done), f"{path}: never delivered")
            calls = self.hooks.to(path)
            first = calls[0] if calls else None
            again = [call for call in calls if first and call.id == first.id]
            proof.check(len(again) == 2 and again[0].body == again[1].body,
                        f"{path}: {len(again)} attempts of the first message, or not the same")
            answered = collections.Counter(call.id for call in self.hooks.answered(path))
            proof.check(not [one for one, count in answered.items() if count > 1], f"{path}: taken and sent again")
            proof.require(all(call.headers.get("Authorization") == "Bearer " + self.canaries.values["token"]
                              and call.document() for call in calls), f"{path}: without its token, or no JSON")
            if name == "busy" and len(again) == 2:
                waited = again[1].at - again[0].at
                proof.check(waited >= 40, f"Retry-After of 40 s: asked again after {waited:.1f} s")
        for path in ("/moved", "/patient"):
            # What only the other side puts right, or asked a day for, is not tried again while this proof lasts.
            tries = collections.Counter(call.id for call in self.hooks.to(path))
            proof.check(tries and max(tries.values()) == 1, f"{path}: tried {tries.most_common(2)}")
        proof.check(not self.elsewhere.calls, f"a redirection was followed {len(self.elsewhere.calls)} times")
        beats = [call for call in self.hooks.calls if call.path.startswith("/alive/")]
        wanted = "/alive/" + urllib.parse.quote(self.canaries.values["ping"], safe="")
        gaps = [later.at - sooner.at for sooner, later in zip(beats, beats[1:])]
        proof.check(len(beats) > 3 and all(call.path == wanted for call in beats) and max(gaps) < 20,
                    f"signs of life: {len(beats)}, with the token {sum(call.path == wanted for call in beats)}")

    def counted(self):
        """Nothing twice, nobody without TLS and log-in, one message a topic and occasion."""
        proof = self.proof
        ids = collections.Counter((mail.id, tuple(mail.receivers)) for mail in self.mail.taken)
        proof.check(ids and max(ids.values()) == 1, f"mails twice: {[one for one, count in ids.items() if count > 1]}")
        proof.check(not self.mail.faults, f"the mail server saw {self.mail.faults[:3]}")
        failed = self.to_ops("ERROR flaky:")
        proof.check(len(failed) == 1, f"the failed job was told {len(failed)} times: {[one.subject for one in failed]}")
        echo = about(self.mail.to("echo@example.org"), "ERROR flaky:")
        proof.check(len(echo) == 1, f"after a refused receiver told {len(echo)} times")
        digests = [mail for mail in self.to_ops() if "daily report" in mail.subject]
        proof.check(len(digests) == 1, f"{len(digests)} digests")
        for mail in self.mail.taken:
            proof.require(not self.canaries.found(mail.raw), f"a secret in a mail: {mail.subject}")
        for call in self.hooks.calls:
            proof.require(not self.canaries.found(call.body), f"a secret in a hook's body: {call.path}")

    # The search for secrets.

    def searched(self):
        proof, engine = self.proof, self.engine
        places = 0
        runs = [run["run"] for run in engine.history()]
        commands = [["status", "--json"], ["status"], ["config", "show"], ["config", "check"], ["audit", "--json"],
                    ["audit"], ["job", "history", "--json"], ["alerts", "--json"], ["alerts"], ["requests", "--all"],
                    ["doctor"], ["doctor", "--json"], ["engine", "status", "--json"], ["job", "show", "leaks"],
                    ["config", "explain", "channel.mail.password"], ["schedule", "export", "--as", "airflow"],
                    ["engine", "install"]]
        commands += [["job", "log", run] for run in runs]
        for words in commands:
            answer = engine.call(*words)
            found = self.canaries.found((answer.out + answer.err).encode())
            proof.check(not found, f"{' '.join(words)} shows {found}")
            proof.require((answer.out + answer.err).strip() or words[:2] == ["job", "log"], f"{words}: says nothing")
            places += 1
        leaked = engine.call("job", "log", "leaks").out
        proof.check("[secret]" in leaked, f"the log of a job that prints secrets: {leaked[-300:]!r}")
        for path in ("/metrics", "/v1/state", "/v1/jobs", "/v1/requests", "/v1/alerts", "/v1/events", "/v1/audit",
                     "/v1/jobs/leaks", "/v1/jobs/leaks/runs", "/v1/openapi.json", "/v1/mirrors", "/v1/sets",
                     *[f"/v1/runs/{run}/log" for run in runs[:20]]):
            status, body = self.get(path)
            proof.check(status == 200 and body and not self.canaries.found(body),
                        f"{path}: {status}, shows {self.canaries.found(body)}")
            places += 1
        for process in self.following.values():
            kill(process, signal.SIGTERM)
        until(lambda: len(self.said) == len(self.following), 10)
        for words, out in self.said.items():
            proof.check(len(out) > 100 and not self.canaries.found(out.encode()), f"{words}: {len(out)} bytes of output")
            places += 1
        files = self.files()
        for path, found in files:
            proof.check(not found, f"{os.path.relpath(path, self.root)} holds {found}")
        names = [os.path.basename(path) for path, _ in files]
        proof.check("catalog.sqlite" in names and "holdfast.jsonl" in names and "engine.out" in names,
                    f"the search missed a file: {names}")
        self.watch.over.set()
        self.watch.join(10)
        proof.check(self.watch.looks > 1000 and not self.watch.found, f"in /proc: {self.watch.found}")
        proof.check(self.watch.children > 0, "no child of the engine was seen in /proc")
        self.places = places + len(files)

    def files(self):
        """Every file below the workspace but the secrets themselves, the blobs and the server's key."""
        found = []
        for folder, names, files in os.walk(self.root):
            names[:] = [name for name in names if os.path.join(folder, name) not in
                        (self.canaries.folder, self.engine.mirror.source, self.engine.mirror.target)]
            for name in files:
                with contextlib.suppress(OSError), open(os.path.join(folder, name), "rb") as file:
                    found.append((file.name, self.canaries.found(file.read())))
        return found

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.web_port, timeout=20)
        try:
            connection.request("GET", path, headers={"Authorization": "Bearer " + self.canaries.values["api"]})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def run(self):
        try:
            if not self.begin():
                return
            for step in (self.told_once, self.untouched, self.request, self.recovered, self.reload, self.by_the_clock,
                         self.counted, self.searched):
                step()
            self.proof.check(self.engine.call("engine", "stop").status == OK, "the engine does not stop")
            for path, found in self.files():
                self.proof.require(not found, f"after the end {os.path.relpath(path, self.root)} holds {found}")
        except Exception as error:
            self.proof.check(False, f"told: {type(error).__name__}: {error}")
            raise
        finally:
            self.watch.over.set()
            for process in getattr(self, "following", {}).values():
                kill(process)
            self.engine.destroy()


class Killed:
    """kill -9 while messages are under way: each arrives, at most once more, and then under the same Message-ID."""

    def __init__(self, options, proof, root, count):
        self.proof, self.root, self.count, self.rng = proof, root, count, random.Random(options.seed)
        self.canaries = Canaries(root)
        password = self.canaries.make("password")
        self.mail = MailServer(root, "operator", self.canaries.values["password"])
        port = self.mail.begin()
        self.beat = os.path.join(root, "beat")
        self.receivers = {name: f"{name}@example.org" for name in ("hold", "starve", "plain")}
        self.mail.rules.update({self.receivers["hold"]: "hold", self.receivers["starve"]: "starve"})
        text = ALERTS + f'escalation = ["0s {" ".join(self.receivers)}"]\n'
        for name, to in self.receivers.items():
            text += MAIL.format(name=name, port=port, user="operator", secret=password, to=to, ca=self.mail.certificate)
        text += f'\n[ping]\nfile = "{self.beat}"\nevery = "10s"\n'
        for number in range(self.count + 3):
            text += f'\n[job.fails{number:03}]\nkind = "command"\ncommand = ["/bin/false"]\nretries = 0\n'
        self.engine = Engine(options.binary, root, more=text, blobs=2)
        # When each kill was over.
        self.kills, self.killed_at, self.names = 0, [], []

    def begin(self, **extra):
        self.process = self.engine.run(**extra)
        return until(lambda: self.process.poll() is not None or self.engine.state(), 20, 0.05)

    def fail(self):
        name = f"fails{len(self.names):03}"
        self.names.append(name)
        return self.engine.call("job", "run", name, timeout=20)

    def die(self):
        with contextlib.suppress(OSError):
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.killed_at.append(time.monotonic())
        self.kills += 1

    def in_the_text(self):
        """One server has taken the text and not said so, one reads no more, one mail is told already."""
        self.begin()
        self.fail()
        both = until(lambda: {"hold", "starve"} <= set(self.mail.under_way), 30, 0.02)
        self.proof.check(both, f"not under way: {self.mail.under_way}")
        # Taken, and known to be taken: not to be told once more.
        until(lambda: (self.engine.state() or {"delivery": {}})["delivery"].get("lastDeliveredAt"), 10, 0.02)
        self.die()
        self.mail.rules.clear()
        self.mail.release.set()

    def told_again(self):
        """What the kill left: all of it goes out before the next one, so that its copies can be counted."""
        self.begin()
        empty = until(lambda: (self.engine.state() or {"delivery": {"waiting": 1}})["delivery"]["waiting"] == 0, 120, 0.2)
        self.proof.check(empty, f"after a kill in the text: {(self.engine.state() or {}).get('delivery')}")
        self.die()

    def at_its_points(self):
        """Before a message is sent and after it, by the engine's own failpoints."""
        for point in ("outbox.begun", "outbox.sent"):
            self.begin(HOLDFAST_FAILPOINT=f"{point}:kill:1")
            self.fail()
            died = until(lambda: self.process.poll() is not None, 45, 0.05)
            self.proof.check(died, f"{point} was never reached")
            self.die()

    def at_random(self):
        for _ in range(self.count):
            self.begin()
            self.fail()
            time.sleep(self.rng.uniform(0, 2.5))
            self.die()

    def settle(self):
        proof = self.proof
        began = time.monotonic()
        if not proof.check(self.begin() and self.process.poll() is None, "the last start does not answer"):
            return
        known = {run["job"] for run in self.engine.history() if run.get("result") == "failed"}
        empty = until(lambda: (self.engine.state() or {"delivery": {"waiting": 1}})["delivery"]["waiting"] == 0, 240, 0.5)
        self.quiet = time.monotonic() - began
        proof.check(empty, f"messages stay unsent: {(self.engine.state() or {}).get('delivery')}")
        for name, receiver in self.receivers.items():
            mails = self.mail.to(receiver)
            for job in sorted(known):
                proof.check(about(mails, job), f"{job} was never told to {receiver}")
            for one in {mail.id for mail in mails}:
                copies = [mail for mail in mails if mail.id == one]
                # Once more only for a kill that came between the text and its 250. This server may read the text a
                # little after the kill; nobody tries again within a second.
                alone = [later for sooner, later in zip(copies, copies[1:])
                         if not any(sooner.at - 1 < at < later.at for at in self.killed_at)]
                proof.check(not alone, f"{receiver}: {one} once more without a kill, {len(copies)} in all")
                texts = {mail.raw for mail in copies}
                proof.check(len(texts) == 1, f"{receiver}: one Message-ID, {len(texts)} texts")
            # Told twice under two ids would be two troubles to whoever reads it.
            for job in sorted(known):
                heads = {mail.id for mail in mails if re.search(rf"ERROR {job}\b", mail.subject + mail.text)}
                proof.check(len(heads) <= 1, f"{job} reached {receiver} under {len(heads)} ids")
        first = self.names[0]
        hold, starve, plain = (about(self.mail.to(self.receivers[name]), first) for name in ("hold", "starve", "plain"))
        proof.check((len(hold), len(starve), len(plain)) == (2, 1, 1),
                    f"taken and unsaid {len(hold)}, half sent {len(starve)}, told {len(plain)}; wanted 2, 1, 1")
        self.copies = sum(count - 1 for count in collections.Counter(
            (mail.id, tuple(mail.receivers)) for mail in self.mail.taken).values())
        proof.check(self.told_failures(known), "a failed run is not in the history")
        self.sign_of_life()

    def told_failures(self, known):
        return len(known) >= 1 and known <= set(self.names)

    def sign_of_life(self):
        """The file of the dead man's switch is written anew while the engine lives, and no more after it."""
        proof = self.proof
        first = os.stat(self.beat).st_mtime if os.path.exists(self.beat) else 0
        proof.check(until(lambda: os.path.exists(self.beat) and os.stat(self.beat).st_mtime > first, 25, 0.2),
                    "no sign of life")
        self.die()
        last = os.stat(self.beat).st_mtime if os.path.exists(self.beat) else 0
        time.sleep(11)
        proof.check(os.path.exists(self.beat) and os.stat(self.beat).st_mtime == last, "a sign of life after death")

    def run(self):
        try:
            for step in (self.in_the_text, self.told_again, self.at_its_points, self.at_random, self.settle):
                step()
            for folder, _, files in os.walk(os.path.join(self.root, "state")):
                for name in files:
                    with contextlib.suppress(OSError), open(os.path.join(folder, name), "rb") as file:
                        self.proof.require(not self.canaries.found(file.read()), f"a secret in {name} after kills")
        except Exception as error:
            self.proof.check(False, f"killed: {type(error).__name__}: {error}")
            raise
        finally:
            self.engine.destroy()


def main():
    options = options_of(argparse.ArgumentParser(description=__doc__.split("\n")[0]))
    proof = Proof("voice")
    with workspace() as root:
        folders = [os.path.join(root, name) for name in ("told", "killed")]
        for folder in folders:
            os.makedirs(folder)
        told = Told(options, proof, folders[0])
        killed = Killed(options, proof, folders[1], options.count or (WHOLE if options.long else SHARE))
        lanes = [threading.Thread(target=one.run) for one in (told, killed)]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
        alert, slowest, places = (getattr(told, name, 0) for name in ("alert_at", "slowest", "places"))
        copies, quiet = getattr(killed, "copies", 0), getattr(killed, "quiet", 0)
    return proof.end(f"an alert's mail after {alert:.1f} s, jobs beside hanging channels {slowest:.2f} s at most, "
                     f"{killed.kills} kills, {copies} mails once more, all told after {quiet:.0f} s, "
                     f"no secret in {places} places")


if __name__ == "__main__":
    raise SystemExit(main())
