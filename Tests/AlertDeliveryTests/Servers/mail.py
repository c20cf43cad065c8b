"""A mail server on loopback that does as its plan says, and tells on standard output what it saw.

The plan is one JSON object: `tls` (none, starttls, implicit), `cert`, `key`, `auth` (methods offered), `password`,
`replies` (a verb's answers in turn, the last one for ever; HANG, DRIP and CLOSE are deeds), `offer` (STARTTLS or not),
`handshake` (a deed in the middle of it: HANG, DRIP, CLOSE, PLAIN, JUNK, OLD), `inject` (seconds after the answer to
STARTTLS that plain text comes).
"""
import base64
import email
import email.policy
import json
import os
import socket
import ssl
import sys
import threading
import time

plan = json.loads(sys.argv[1])
counts, lock = {}, threading.Lock()


def say(**fact):
    with lock:
        print(json.dumps(fact), flush=True)


def planned(verb, usual):
    answers = plan.get("replies", {}).get(verb)
    if not answers:
        return usual
    with lock:
        number = counts.get(verb, 0)
        counts[verb] = number + 1
    return answers[min(number, len(answers) - 1)]


class Conversation:
    def __init__(self, connection):
        self.connection, self.tls = connection, False

    def wrap(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(plan["cert"], plan["key"])
        if plan.get("handshake") == "OLD":
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        elif "handshake" in plan:
            self.spoil(context, plan["handshake"])
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.tls = True

    def spoil(self, context, deed):
        """Begins a handshake as it should be and goes wrong in the middle."""
        heard, said = ssl.MemoryBIO(), ssl.MemoryBIO()
        heard.write(self.connection.recv(65536))
        try:
            context.wrap_bio(heard, said, server_side=True).do_handshake()
        except ssl.SSLWantReadError:
            pass
        flight = said.read()
        say(event="hello", defects=len(flight))
        if deed == "DRIP":
            for byte in flight:
                self.connection.sendall(bytes([byte]))
                time.sleep(0.05)
        half = flight[:len(flight) // 2]
        self.connection.sendall({
            "HANG": half, "CLOSE": half, "PLAIN": b"250 hello\r\n", "JUNK": half + os.urandom(2000)}[deed])
        while deed != "CLOSE" and self.connection.recv(4096):
            pass
        raise EOFError

    def line(self):
        line = b""
        while not line.endswith(b"\n"):
            byte = self.connection.recv(1)
            if not byte:
                raise EOFError
            line += byte
        return line

    def answer(self, verb, usual, heard=""):
        text = planned(verb, usual).replace("ECHO", heard)
        if text == "HANG":
            while self.connection.recv(4096):
                pass
            raise EOFError
        if text == "DRIP":
            while True:
                self.connection.sendall(b"2")
                time.sleep(0.05)
        if text == "CLOSE":
            raise EOFError
        self.connection.sendall(text.encode("latin-1") + b"\r\n")
        return text

    def hold(self):
        if plan.get("tls") == "implicit":
            self.wrap()
        self.answer("GREETING", "220 test")
        sender, receivers, user = "", [], ""
        while True:
            line = self.line().decode("latin-1").rstrip("\r\n")
            verb = line.split(" ")[0].upper()
            say(event="line", verb=verb, tls=self.tls)
            if verb == "EHLO":
                lines = ["test"]
                if plan.get("tls") == "starttls" and plan.get("offer", True) and not self.tls:
                    lines.append("STARTTLS")
                if plan.get("auth"):
                    lines.append("AUTH " + plan["auth"])
                usual = "\r\n".join("250-" + each for each in lines) + "\r\n250 8BITMIME"
                self.answer("EHLO", usual)
            elif verb == "STARTTLS":
                self.answer("STARTTLS", "220 go")
                if "inject" in plan:
                    time.sleep(plan["inject"])
                    self.connection.sendall(b"250 injected\r\n")
                self.wrap()
            elif verb == "AUTH":
                good, user = self.log_in(line)
                self.answer("AUTH", "235 welcome" if good else "535 wrong", line)
            elif verb == "MAIL":
                sender, receivers = line, []
                self.answer("MAIL", "250 ok")
            elif verb == "RCPT":
                if self.answer("RCPT", "250 ok").startswith("250"):
                    receivers.append(line)
            elif verb == "DATA":
                if self.answer("DATA", "354 go").startswith("354"):
                    self.take(sender, receivers, user)
            elif verb == "QUIT":
                self.answer("QUIT", "221 bye")
                return
            else:
                self.answer("OTHER", "500 what")

    def log_in(self, line):
        if line.upper().startswith("AUTH PLAIN "):
            _, user, password = base64.b64decode(line[11:]).decode().split("\0")
        else:
            self.connection.sendall(b"334 VXNlcm5hbWU6\r\n")
            user = base64.b64decode(self.line()).decode()
            self.connection.sendall(b"334 UGFzc3dvcmQ6\r\n")
            password = base64.b64decode(self.line()).decode()
        return password == plan.get("password"), user

    def take(self, sender, receivers, user):
        lines = []
        while (line := self.line()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        raw = b"".join(lines)
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        answer = planned("DATA_END", "250 kept")
        say(
            event="mail", kept=answer.startswith("250"), sender=sender, receivers=receivers, user=user, tls=self.tls,
            subject=str(mail["Subject"]), id=str(mail["Message-ID"]), headers=sorted(mail.keys()),
            body=mail.get_content().replace("\r\n", "\n"), longest=max(map(len, raw.split(b"\r\n"))), defects=len(mail.defects),
            bare=raw.replace(b"\r\n", b"").count(b"\n"), ascii=raw.isascii(), date=str(mail["Date"].datetime))
        plan.setdefault("replies", {})["NOW"] = [answer]
        self.answer("NOW", answer)


def serve(connection):
    try:
        Conversation(connection).hold()
    except (EOFError, OSError, ssl.SSLError):
        pass
    finally:
        say(event="end")
        connection.close()


listener = socket.create_server(("127.0.0.1", 0))
say(event="port", port=listener.getsockname()[1])
# It ends with whoever started it.
threading.Thread(target=lambda: (sys.stdin.read(), __import__("os")._exit(0)), daemon=True).start()
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
