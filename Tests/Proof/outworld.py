"""The world that an engine speaks to: a mail server with TLS and log-in, and web hooks that behave badly on purpose."""
import base64
import contextlib
import email
import email.policy
import http.server
import json
import os
import socket
import socketserver
import ssl
import subprocess
import threading
import time


def certificate(folder):
    """A certificate for this machine by openssl, trusted by whoever is given its file."""
    paths = os.path.join(folder, "mail.pem"), os.path.join(folder, "mail.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", paths[0], "-keyout", paths[1]],
                   check=True, stderr=subprocess.DEVNULL)
    return paths


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, address):
        """A client that is killed in the middle is what is proved here."""

    def begin(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self.server_address[1]


class Mail:
    """What one receiver was told: when, under which Message-ID, and the text."""

    def __init__(self, sender, receivers, raw):
        self.at, self.sender, self.receivers, self.raw = time.monotonic(), sender, receivers, raw
        parsed = email.message_from_bytes(raw, policy=email.policy.default)
        self.id, self.subject = parsed["Message-ID"], str(parsed["Subject"] or "")
        self.text = parsed.get_content()
        self.defects = [str(defect) for defect in parsed.defects]


class MailServer(Server):
    """RFC 5321 with STARTTLS and AUTH PLAIN; nothing is taken without both.

    `rules` maps a receiver to what befalls its mails: "hold" takes the text and withholds the last answer, "starve"
    takes a part of the text and stops reading; "refuse N" answers 451 to the first N, repeating what it was told.
    """

    def __init__(self, folder, user, password):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.certificate, key = certificate(folder)
        self.context.load_cert_chain(self.certificate, key)
        self.user, self.password = user, password
        self.rules, self.lock, self.taken, self.under_way, self.faults = {}, threading.Lock(), [], {}, []
        self.release = threading.Event()

    def to(self, receiver):
        with self.lock:
            return [mail for mail in self.taken if receiver in mail.receivers]


class Conversation(socketserver.StreamRequestHandler):
    timeout = 60

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")
        self.wfile.flush()

    def handle(self):
        self.secure = self.known = False
        self.sender, self.receivers, self.proof = None, [], ""
        self.say("220 localhost ESMTP")
        while line := self.rfile.readline(2000):
            word, _, rest = line.decode("ascii", "replace").strip().partition(" ")
            step = getattr(self, "on_" + word.lower(), None)
            if word.upper() == "QUIT":
                return self.say("221 bye")
            step(rest) if step else self.say("500 what?")

    def on_ehlo(self, _):
        lines = ["localhost", "8BITMIME"] + (["AUTH PLAIN LOGIN"] if self.secure else ["STARTTLS"])
        for line in lines[:-1]:
            self.say("250-" + line)
        self.say("250 " + lines[-1])

    def on_starttls(self, _):
        self.say("220 go on")
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb")
        self.secure = True

    def on_auth(self, rest):
        method, _, proof = rest.partition(" ")
        wanted = base64.b64encode(f"\0{self.server.user}\0{self.server.password}".encode()).decode()
        self.proof = proof
        if not self.secure:
            self.server.faults.append("a log-in without TLS")
        self.known = self.secure and method.upper() == "PLAIN" and proof == wanted
        self.say("235 welcome" if self.known else "535 who are you?")

    def on_mail(self, rest):
        if not self.known:
            self.server.faults.append("a mail without log-in")
            return self.say("530 log in first")
        self.sender, self.receivers = rest, []
        self.say("250 ok")

    def on_rcpt(self, rest):
        receiver = rest.partition("<")[2].partition(">")[0]
        rule = self.server.rules.get(receiver, "")
        if rule.startswith("refuse ") and rule != "refuse 0":
            self.server.rules[receiver] = f"refuse {int(rule.split()[1]) - 1}"
            # A server that repeats what it should not; the words go to a log.
            return self.say(f"451 later, {self.server.user} {self.server.password} {self.proof}")
        self.receivers.append(receiver)
        self.say("250 ok")

    def on_data(self, _):
        rules = {self.server.rules.get(receiver, "") for receiver in self.receivers}
        self.say("354 go on")
        if "starve" in rules:
            self.rfile.readline()
            return self.wait("starve")
        raw = b""
        while (line := self.rfile.readline()) and line != b".\r\n":
            raw += line[1:] if line.startswith(b".") else line
        if not line:
            return
        with self.server.lock:
            self.server.taken.append(Mail(self.sender, self.receivers, raw))
        if "hold" in rules:
            self.wait("hold")
        self.say("250 taken")

    def wait(self, rule):
        with self.server.lock:
            self.server.under_way[rule] = self.server.under_way.get(rule, 0) + 1
        self.server.release.wait(60)


class Hook:
    """One call of a web hook."""

    def __init__(self, path, headers, body, status):
        self.at, self.path, self.headers, self.body, self.status = time.monotonic(), path, headers, body, status
        self.id = headers.get("X-Holdfast-Message")

    def document(self):
        with contextlib.suppress(ValueError):
            return json.loads(self.body)


class HookServer(Server):
    """Paths with a plan: each call takes the next step, the last one stays.

    A step is a status, ("retry", seconds) for 429 with Retry-After, ("to", url) for a redirection, "hang" for no answer
    as long as the caller waits, "trickle" for an answer that never ends.
    """

    def __init__(self, plans=None):
        super().__init__(("127.0.0.1", 0), HookConversation)
        self.plans, self.lock, self.calls, self.hanging = plans or {}, threading.Lock(), [], 0

    def to(self, path):
        with self.lock:
            return [call for call in self.calls if call.path == path]

    def answered(self, path):
        return [call for call in self.to(path) if call.status == 200]


class HookConversation(http.server.BaseHTTPRequestHandler):
    timeout = 60

    def log_message(self, *_):
        """Silent: what arrived is kept, not printed."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.server.lock:
            plan = self.server.plans.get(self.path, [200])
            step = plan[min(len([call for call in self.server.calls if call.path == self.path]), len(plan) - 1)]
            status = step if isinstance(step, int) else {"retry": 429, "to": 307}.get(step[0], 0)
            self.server.calls.append(Hook(self.path, dict(self.headers), body, status))
        if step in ("hang", "trickle"):
            return self.hang(step)
        # A server that repeats the token to whoever reads its errors.
        said = ("no: " + self.headers.get("Authorization", "")).encode() if status >= 300 else b"ok"
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", str(step[1]))
        if status == 307:
            self.send_header("Location", step[1])
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST

    def hang(self, step):
        with self.server.lock:
            self.server.hanging += 1
        self.connection.settimeout(0.2)
        end = time.monotonic() + 60
        with contextlib.suppress(OSError):
            if step == "trickle":
                self.connection.sendall(b"HTTP/1.1 200 OK\r\nX-Padding: ")
            while time.monotonic() < end:
                if step == "trickle":
                    self.connection.sendall(b"a")
                with contextlib.suppress(socket.timeout):
                    if not self.connection.recv(1):
                        break
        with self.server.lock:
            self.server.hanging -= 1
        self.close_connection = True
