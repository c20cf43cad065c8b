"""A web server on loopback that answers in turn as its plan says, and tells on standard output what it saw.

The plan: `answers` (each with `status`, `headers`, `body`, `hang`: before or body), `cert` and `key` for TLS.
"""
import http.server
import json
import os
import ssl
import sys
import threading
import time

plan = json.loads(sys.argv[1])
lock, count = threading.Lock(), [0]


def say(**fact):
    with lock:
        print(json.dumps(fact), flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.reply()

    def do_POST(self):
        self.reply()

    def reply(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        with lock:
            number = count[0]
            count[0] += 1
        say(event="request", method=self.command, path=self.path, body=body,
            headers={name.lower(): value for name, value in self.headers.items()})
        answer = plan["answers"][min(number, len(plan["answers"]) - 1)]
        if answer.get("hang") == "before":
            time.sleep(60)
        text = answer.get("body", "").encode()
        self.send_response(answer.get("status", 200))
        for name, value in answer.get("headers", {}).items():
            self.send_header(name, value.replace("PORT", str(self.server.server_port)))
        self.send_header("Content-Length", str(len(text) + (1 if answer.get("hang") == "body" else 0)))
        self.end_headers()
        self.wfile.write(text)
        if answer.get("hang") == "body":
            time.sleep(60)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", 0), Handler)
if "cert" in plan:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(plan["cert"], plan["key"])
    server.socket = context.wrap_socket(server.socket, server_side=True)
say(event="port", port=server.server_port)
# It ends with whoever started it.
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
server.serve_forever()
