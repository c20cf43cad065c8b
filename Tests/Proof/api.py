#!/usr/bin/env python3
"""Calls every route of the API that is in its own description, with good, bad and hostile values.

    Tests/Proof/api.py --url 127.0.0.1:9464 --token-file FILE [--count N] [--seed N] [--schemathesis PROGRAM]

Holds: no answer of 500 or above, every status and every body as described, nothing accepted without the token. The
engine that answers should be one for tests: what is asked with the token is done. Without a token file
nothing is asked with a token and the engine stays as it was.
"""

import argparse
import http.client
import json
import random
import re
import subprocess
import sys
import tempfile
import urllib.parse

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
            connection.putrequest(method, path, skip_host=False, skip_accept_encoding=True)
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="127.0.0.1:9464")
    parser.add_argument("--token-file")
    parser.add_argument("--count", type=int, default=30, help="calls of each route")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--schemathesis", help="the program of that name, run as well when given")
    options = parser.parse_args()
    token = open(options.token_file).read().strip() if options.token_file else None
    api = Api(options.url, token)
    fuzzer = Fuzzer(api, random.Random(options.seed))
    fuzzer.run(options.count)
    if options.schemathesis:
        fuzzer.cases += 1
        # The stream has no end, and the long poll sleeps as long as it is told.
        command = [options.schemathesis, "run", options.url + "/v1/openapi.json", "--url", options.url,
                   "--exclude-path", "/v1/events/stream", "--exclude-path", "/v1/events",
                   "--max-examples", str(options.count), "--seed", str(options.seed), "--no-color"]
        if token:
            command += ["-H", "Authorization: Bearer " + token]
        # It leaves files where it runs.
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            fuzzer.fail("schemathesis:\n" + done.stdout)
    if fuzzer.cases < 100:
        fuzzer.fail("almost nothing was asked")
    print(f"PROOF api cases={fuzzer.cases} failed={fuzzer.failed}")
    return 1 if fuzzer.failed else 0


if __name__ == "__main__":
    sys.exit(main())
