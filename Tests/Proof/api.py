#!/usr/bin/env python3
"""Calls every route of the API that is in its own description, with good, bad and hostile values.

    Tests/Proof/api.py --binary PATH [--count N] [--long] [--seed N]
    Tests/Proof/api.py --url URL --token-file FILE [--count N] [--seed N]

Holds: no answer of 500 or above, every status and every body as described, nothing accepted without the token.
With --binary it starts an engine of its own, which schemathesis, promtool and a real Prometheus look at as well. They
are required when HOLDFAST_REQUIRE_ALL is 1, and told as not there otherwise. With --url the engine that answers should
be one for tests: what is asked with the token is done. Without a token file nothing is asked with a token.
"""

import argparse
import http.client
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

from engine import JOBS, Engine
from harness import until, workspace

HOSTILE = ["", "%00", "..%2f..%2fetc", "%ff%fe", "a" * 300, "-1", "9" * 40, "null", "%F0%9F%92%BE", "'\"<>", "1e999", "%"]


class Api:
    def __init__(self, url, token):
        parts = urllib.parse.urlsplit(url)
        self.host, self.port, self.token = parts.hostname, parts.port, token
        status, _, body = self.call("GET", "/v1/openapi.json")
        if status != 200:
            sys.exit(f"no description: {status}")
        self.root = json.loads(body)

    def call(self, method, path, body=None, headers=None, with_token=False):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=70)
        headers = dict(headers or {})
        if with_token and self.token:
            headers["Authorization"] = "Bearer " + self.token
        if body is not None and "Content-Type" not in headers:
            headers["Content-Type"] = "application/json"
        try:
            connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            data = body.encode("utf-8", "surrogatepass") if body is not None else b""
            if data or method == "POST":
                connection.putheader("Content-Length", str(len(data)))
            connection.endheaders(data)
            answer = connection.getresponse()
            kind = (answer.getheader("Content-Type") or "").split(";")[0]
            # A stream has no end: its first bytes are enough.
            text = answer.read1(200) if kind == "text/event-stream" else answer.read()
            return answer.status, kind, text
        finally:
            connection.close()


class Checker:
    """The part of JSON Schema that the description uses; a word it does not know is a failure of its own."""

    KNOWN = {"type", "format", "minimum", "maximum", "enum", "items", "anyOf", "$ref", "properties", "required",
             "additionalProperties", "description", "pattern", "maxLength"}
    TYPES = {"string": str, "boolean": bool, "array": list, "object": dict, "null": type(None)}

    def __init__(self, root):
        self.root = root

    def resolve(self, node):
        while "$ref" in node:
            target = self.root
            for part in node["$ref"].split("/")[1:]:
                target = target[part]
            node = target
        return node

    def problems(self, value, schema, where="$"):
        schema = self.resolve(schema)
        unknown = set(schema) - self.KNOWN
        if unknown:
            return [f"{where}: the description says {unknown}"]
        if "anyOf" in schema:
            tries = [self.problems(value, one, where) for one in schema["anyOf"]]
            return [] if any(not one for one in tries) else tries[0]
        kind = schema["type"]
        if kind in ("integer", "number"):
            fits = isinstance(value, int if kind == "integer" else (int, float)) and not isinstance(value, bool)
        else:
            fits = isinstance(value, self.TYPES[kind])
        if not fits:
            return [f"{where}: {value!r} is no {kind}"]
        return getattr(self, "check_" + kind, lambda *_: [])(value, schema, where)

    def check_integer(self, value, schema, where):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        return [] if low <= value <= high else [f"{where}: {value} is not within {low} to {high}"]

    check_number = check_integer

    def check_string(self, value, schema, where):
        found = []
        if "enum" in schema and value not in schema["enum"]:
            found.append(f"{where}: {value!r} is none of {schema['enum']}")
        if "pattern" in schema and not re.search(schema["pattern"], value):
            found.append(f"{where}: {value!r} does not match {schema['pattern']}")
        if len(value) > schema.get("maxLength", len(value)):
            found.append(f"{where}: too long")
        if schema.get("format") == "date-time" and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value):
            found.append(f"{where}: {value!r} is no time")
        return found

    def check_array(self, value, schema, where):
        return [p for i, one in enumerate(value) for p in self.problems(one, schema["items"], f"{where}[{i}]")]

    def check_object(self, value, schema, where):
        if "properties" not in schema:
            return []
        found = [f"{where}: {name} is missing" for name in schema.get("required", []) if name not in value]
        for name, one in value.items():
            if name not in schema["properties"]:
                found.append(f"{where}: {name} is not described")
            else:
                found += self.problems(one, schema["properties"][name], f"{where}.{name}")
        return found


class Fuzzer:
    def __init__(self, api, rng):
        self.api, self.rng, self.checker = api, rng, Checker(api.root)
        self.cases, self.failed = 0, 0

    def fail(self, words):
        self.failed += 1
        print("FAILED", words)

    def judge(self, method, path, operation, answer, label):
        self.cases += 1
        status, kind, body = answer
        name = f"{method} {path[:120]} ({label})"
        if status >= 500:
            return self.fail(f"{name}: {status} {body[:200]!r}")
        described = operation["responses"].get(str(status))
        if described is None:
            return self.fail(f"{name}: {status} is not described")
        content = self.checker.resolve(described)["content"].get(kind)
        if content is None:
            return self.fail(f"{name}: {status} with {kind} is not described")
        if kind == "application/json":
            for problem in self.checker.problems(json.loads(body), content["schema"])[:3]:
                self.fail(f"{name}: {problem}")

    def value(self, schema, good):
        schema = self.checker.resolve(schema)
        if "anyOf" in schema:
            schema = self.rng.choice(schema["anyOf"])
        if not good:
            return self.rng.choice([None, -1, 2 ** 70, 1.5, "", "\u0000", "x" * 2000, [], {}, True, "é\n\u202e"])
        kind = schema["type"]
        if kind in ("integer", "number"):
            return self.rng.choice([schema.get("minimum", 0), min(schema.get("maximum", 9), self.rng.randrange(1, 90))])
        if kind == "boolean":
            return self.rng.choice([True, False])
        if kind == "null":
            return None
        if "enum" in schema:
            return self.rng.choice(schema["enum"])
        if schema.get("format") == "date-time":
            return self.rng.choice(["2099-01-01T00:00:00Z", "1999-12-31T23:59:60.5-01:00"])
        length = {"^[0-9a-f]{16}$": 16, "^[0-9a-f]{64}$": 64}.get(schema.get("pattern"))
        if length:
            return "".join(self.rng.choice("0123456789abcdef") for _ in range(length))
        return self.rng.choice(["nightly", "dump", "yes", "a"])

    def target(self, path, parameters, good):
        for one in parameters:
            if one["in"] == "path":
                text = str(self.value(one["schema"], True)) if good else self.rng.choice(HOSTILE)
                path = path.replace("{" + one["name"] + "}", text)
        pairs = []
        for one in parameters:
            if one["in"] == "query" and self.rng.random() < 0.6:
                # Waiting is proved elsewhere.
                text = "0" if one["name"] == "wait" and good else str(self.value(one["schema"], True))
                pairs.append(one["name"] + "=" + (urllib.parse.quote(text) if good else self.rng.choice(HOSTILE)))
        if not good and self.rng.random() < 0.2:
            pairs.append("unknown=1")
        return re.sub(r"[\x00-\x20\x7f]", "", path + ("?" + "&".join(pairs) if pairs else ""))

    def body(self, operation, good):
        if "requestBody" not in operation:
            return None
        schema = self.checker.resolve(operation["requestBody"]["content"]["application/json"]["schema"])
        if not good and self.rng.random() < 0.3:
            return self.rng.choice(["{", "[]", "null", "\"x\"", "[" * 3000, "{\"a\":" * 2000, "\x00", "{\"x\":1}"])
        fields = {name: self.value(one, good) for name, one in schema["properties"].items()
                  if name in schema.get("required", []) or self.rng.random() < 0.5}
        return json.dumps(fields)

    def run(self, count):
        for path, methods in self.api.root["paths"].items():
            for method, operation in methods.items():
                for _ in range(count):
                    self.one(path, method.upper(), operation)
                self.wrong_method(path, methods)

    def one(self, path, method, operation):
        good = self.rng.random() < 0.5
        target, body = self.target(path, operation.get("parameters", []), good), self.body(operation, good)
        if method == "POST":
            status, kind, text = self.api.call(method, target, body)
            self.judge(method, target, operation, (status, kind, text), "no token")
            if status not in (400, 401, 403, 404):
                self.fail(f"{method} {target} without token: {status}")
            if not self.api.token:
                return
        answer = self.api.call(method, target, body, with_token=method == "POST")
        self.judge(method, target, operation, answer, "good" if good else "bad")

    def wrong_method(self, path, methods):
        self.cases += 1
        wrong = "PUT" if "get" in methods else "GET"
        path = re.sub(r"{(\w+)}", "1", path)
        status, _, _ = self.api.call(wrong, path)
        if status != 405:
            self.fail(f"{wrong} {path}: {status}, not 405")


TOKEN, METRICS_TOKEN = "canary-of-the-api", "canary-of-the-metrics"
ABSENT = "0" * 15 + "9"
# Every path that names something, with something that is not there.
NOT_THERE = [
    ("GET", "/v1/jobs/nobody", None), ("GET", "/v1/jobs/nobody/runs", None), ("GET", f"/v1/runs/{ABSENT}/log", None),
    ("GET", "/v1/requests/9999", None), ("GET", "/v1/mirrors/nobody", None),
    ("GET", "/v1/mirrors/nobody/failures", None), ("POST", "/v1/requests/9999/answer", {"word": "yes"}),
    ("POST", "/v1/requests/9999/claim", {}), ("POST", "/v1/requests/9999/postpone", {"seconds": 60}),
    ("POST", "/v1/alerts/9999/acknowledge", {"note": "x"}), ("POST", "/v1/alerts/9999/snooze", {"seconds": 60}),
    *[("POST", f"/v1/jobs/nobody/{verb}", {})
      for verb in ("run", "cancel", "pause", "resume", "enable", "disable", "skip")],
]
# Numbers at which arithmetic ends, each refused as malformed before anybody computes with it.
HUGE = ["1e308", "-1e308", "1e400", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e-400"]


class Listening(Engine):
    """An engine with the API and the metrics on a free port of loopback, and a port of the metrics alone."""

    def __init__(self, binary, root, is_apart=False):
        self.port, self.metrics_port = free_port(), free_port()
        self.secrets = {}
        for name, secret in (("api", TOKEN), ("metrics", METRICS_TOKEN)):
            self.secrets[name] = os.path.join(root, name + ".token")
            with open(os.open(self.secrets[name], os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
                file.write(secret + "\n")
        shared = f"""
[api]
listen = "127.0.0.1:{self.port}"
token = "file:{self.secrets['api']}"

[metrics]
listen = "127.0.0.1:{self.metrics_port if is_apart else self.port}"
"""
        shared += f"token = \"file:{self.secrets['metrics']}\"\n" if is_apart else ""
        super().__init__(binary, root, more=JOBS + shared)
        self.url = f"http:/" f"/127.0.0.1:{self.port}"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def answers(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


class Judge(Fuzzer):
    """What is asked of a real engine besides random values."""

    def expect(self, status, method, path, body=None, **more):
        self.cases += 1
        answer = self.api.call(method, path, None if body is None else json.dumps(body), **more)
        if answer[0] != status:
            self.fail(f"{method} {path} {body}: {answer[0]} {answer[2][:200]!r}, not {status}")
        return answer

    def plain(self):
        """The whole way of an order, and every name that is not there."""
        for method, path, body in NOT_THERE:
            self.expect(404, method, path, body, with_token=method == "POST")
            if method == "POST":
                self.expect(401, method, path, body)
                self.expect(401, method, path, body, headers={"Authorization": "Bearer " + TOKEN[:-1]})
                self.expect(401, method, path, body, headers={"Authorization": "Bearer " + METRICS_TOKEN})
        before = json.loads(self.expect(200, "GET", "/v1/audit?limit=500")[2])
        self.expect(401, "POST", "/v1/jobs/works/run", {})
        after = json.loads(self.expect(200, "GET", "/v1/audit?limit=500")[2])
        if before != after:
            self.fail("an order without the token is in the audit log")
        answer = self.expect(200, "POST", "/v1/jobs/works/run", {}, with_token=True)
        self.expect(200, "POST", "/v1/jobs/works/run", {}, with_token=True,
                    headers={"Idempotency-Key": json.loads(answer[2])["id"]})
        runs = until(lambda: json.loads(self.api.call("GET", "/v1/jobs/works/runs")[2]).get("runs"), 20)
        if not runs or len(runs) != 1:
            self.fail(f"one order sent twice made the runs {runs}")
        else:
            self.expect(200, "GET", f"/v1/runs/{runs[0]['run']}/log")
        self.expect(403, "GET", "/v1/state", headers={"Host": "evil.example"})

    def huge(self):
        """Raw numbers, since not every one survives a JSON writer."""
        for number in HUGE:
            for path, field in (("/v1/alerts/1/snooze", "seconds"), ("/v1/requests/1/postpone", "seconds"),
                                ("/v1/drain", "basis")):
                self.cases += 1
                status, _, body = self.api.call("POST", path, f'{{"{field}":{number}}}', with_token=True)
                if status != 400 and not (number == "1e-400" and status < 500):
                    self.fail(f"{path} with {number}: {status} {body[:100]!r}")
            for path in ("/v1/events?since=", "/v1/events?wait=", "/v1/schedule?days=", "/v1/jobs/works/runs?limit=",
                         "/v1/audit?before=", f"/v1/runs/{ABSENT}/log?offset="):
                self.cases += 1
                status, _, body = self.api.call("GET", path + urllib.parse.quote(number))
                if status not in (400, 200 if number == "1e-400" else 400):
                    self.fail(f"{path}{number}: {status} {body[:100]!r}")
        for run in ("..%2f..%2fetc%2fpasswd", "0", "g" * 16, "0" * 17, "%00" * 16):
            self.expect(400, "GET", f"/v1/runs/{run}/log")
        for until_time in ("9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "1969-12-31T23:59:59Z"):
            status = 200 if until_time[0] == "9" else 409
            self.expect(status, "POST", "/v1/maintenance", {"until": until_time}, with_token=True)
        self.expect(200, "POST", "/v1/maintenance", {"until": None}, with_token=True)


def tool(judge, name):
    """A program that only tests need; told when it is not there."""
    found = shutil.which(name)
    if not found:
        print(f"api: {name} is not there")
        if os.environ.get("HOLDFAST_REQUIRE_ALL") == "1":
            judge.fail(f"{name} is required and not there")
    return found


def schemathesis(judge, program, url, token, count, seed):
    judge.cases += 1
    # The stream has no end, and the long poll sleeps as long as it is told.
    command = [program, "run", url + "/v1/openapi.json", "--url", url, "--exclude-path", "/v1/events/stream",
               "--exclude-path", "/v1/events", "--max-examples", str(count), "--seed", str(seed), "--no-color"]
    # Whatever is asked without the token ends at the door: random values of it are enough.
    command += ["-H", "Authorization: Bearer " + token] if token else ["--phases", "fuzzing"]
    # It leaves files where it runs.
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    tested = re.search(r"(\d+) generated", done.stdout)
    print(f"api: schemathesis: {tested.group(0) if tested else done.stdout.strip().splitlines()[-1:]}")
    if done.returncode != 0:
        judge.fail("schemathesis:\n" + done.stdout[-6000:])


def metrics(judge, program):
    """Both formats, by Prometheus' own reader."""
    for accept in ("text/plain", "application/openmetrics-text"):
        status, kind, text = judge.api.call("GET", "/metrics", headers={"Accept": accept})
        judge.cases += 1
        if status != 200 or kind != accept or b"holdfast_" not in text:
            judge.fail(f"/metrics as {accept}: {status} {kind} {text[:100]!r}")
        elif accept == "text/plain" and program:
            done = subprocess.run([program, "check", "metrics"], input=text, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
            if done.returncode != 0 or done.stdout:
                judge.fail(f"promtool: {done.stdout.decode(errors='replace')[:2000]}")


def scrape(judge, program, engine, root):
    """A real Prometheus reads the metrics with their token, and finds what the engine says of itself."""
    judge.cases += 1
    config, port = os.path.join(root, "prometheus.yml"), free_port()
    with open(config, "w") as file:
        file.write(f"""
scrape_configs:
  - job_name: holdfast
    scrape_interval: 1s
    authorization: {{credentials_file: "{engine.secrets['metrics']}"}}
    static_configs: [{{targets: ["127.0.0.1:{engine.metrics_port}"]}}]
""")
    log = open(os.path.join(root, "prometheus.log"), "wb")
    process = subprocess.Popen([program, "--config.file", config, "--web.listen-address", f"127.0.0.1:{port}",
                                "--storage.tsdb.path", os.path.join(root, "prometheus")], stdout=log, stderr=log)

    def ask(query):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/api/v1/query?query=" + urllib.parse.quote(query))
            return json.loads(connection.getresponse().read())["data"]["result"]
        except (OSError, ValueError, KeyError):
            return []
        finally:
            connection.close()

    try:
        up = until(lambda: [one for one in ask("up") if one["value"][1] == "1"], 30, step=0.3)
        names = {one["metric"]["__name__"] for one in ask('{__name__=~"holdfast_.+"}')}
        print(f"api: Prometheus has {len(names)} series' names of the engine")
        if not up or len(names) < 5:
            judge.fail(f"Prometheus scraped nothing: {ask('up')} {sorted(names)}")
    finally:
        process.terminate()
        process.wait()


def apart(options, judge):
    """Metrics on a port of their own: their token reads them and does nothing else."""
    with workspace() as root:
        engine = Listening(options.binary, root, is_apart=True)
        process = engine.run()
        try:
            if not until(lambda: answers(engine.port) and answers(engine.metrics_port), 30):
                return judge.fail("the engine with two ports did not listen")
            other = Judge(Api(engine.url, TOKEN), random.Random(options.seed))
            other.expect(404, "GET", "/metrics")
            other.api.port = engine.metrics_port
            right = {"Authorization": "Bearer " + METRICS_TOKEN}
            other.expect(401, "GET", "/metrics")
            other.expect(401, "GET", "/metrics", with_token=True)
            other.expect(200, "GET", "/metrics", headers=right)
            other.expect(404, "GET", "/v1/state", headers=right)
            other.expect(404, "POST", "/v1/drain", {}, headers=right)
            other.expect(404, "POST", "/v1/drain", {}, with_token=True)
            prometheus = tool(other, "prometheus")
            if prometheus:
                scrape(other, prometheus, engine, root)
            judge.cases, judge.failed = judge.cases + other.cases, judge.failed + other.failed
        finally:
            engine.destroy()
            process.kill()
            process.wait()


def secrets(judge, root):
    """No token in anything that was written, but in its own file."""
    judge.cases += 1
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith(".token") or not os.path.isfile(path):
                continue
            with open(path, "rb") as file:
                if b"canary-of-the-" in file.read():
                    judge.fail(f"a token is in {os.path.relpath(path, root)}")


def own_engine(options):
    count = options.count or (300 if options.long else 30)
    with workspace() as root:
        engine = Listening(options.binary, root)
        process = engine.run()
        try:
            if not until(lambda: answers(engine.port), 30):
                print("FAILED the engine did not listen")
                return None
            judge = Judge(Api(engine.url, TOKEN), random.Random(options.seed))
            judge.plain()
            judge.huge()
            metrics(judge, tool(judge, "promtool"))
            judge.run(count)
            program = tool(judge, "schemathesis")
            if program:
                schemathesis(judge, program, engine.url, TOKEN, count, options.seed)
                schemathesis(judge, program, engine.url, None, max(3, count // 10), options.seed)
            if process.poll() is not None:
                judge.fail(f"the engine ended with {process.returncode}")
            metrics(judge, tool(judge, "promtool"))
            secrets(judge, root)
        finally:
            engine.destroy()
            process.kill()
            process.wait()
    apart(options, judge)
    return judge


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", help="starts an engine of its own with that program")
    parser.add_argument("--url", default="http:/" "/127.0.0.1:9464")
    parser.add_argument("--token-file")
    parser.add_argument("--count", type=int, help="calls of each route")
    parser.add_argument("--long", action="store_true", help="the whole count")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began = time.monotonic()
    if options.binary:
        options.binary = os.path.abspath(options.binary)
        judge = own_engine(options)
        if judge is None:
            print("PROOF api cases=0 failed=1")
            return 1
    else:
        token = open(options.token_file).read().strip() if options.token_file else None
        judge = Judge(Api(options.url, token), random.Random(options.seed))
        judge.run(options.count or 30)
    if judge.cases < 100:
        judge.fail("almost nothing was asked")
    print(f"api: every route as described ({time.monotonic() - began:.0f} s)")
    print(f"PROOF api cases={judge.cases} failed={judge.failed}")
    return 1 if judge.failed else 0


if __name__ == "__main__":
    sys.exit(main())
