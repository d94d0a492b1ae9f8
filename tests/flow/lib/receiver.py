"""Who is told: an HTTP server that verifies what it gets by itself, by the Standard Webhooks
specification and nothing of ours, and answers as it is bidden.

And who stands between: a gate before the market that keeps a provider's lists waiting until it is opened.
"""
import base64
import hashlib
import hmac
import http.server
import json
import threading
import urllib.error
import urllib.request

from lib.patience import PATIENCE_S, until

SECRET_BYTES = bytes(range(7, 39))
SECRET = "whsec_" + base64.b64encode(SECRET_BYTES).decode()
PATH = "/hooks/T0EEN/k-9f2b7c41aa"  # as long as a key
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def signature(key, message_id, timestamp, body):
    text = message_id.encode() + b"." + timestamp.encode() + b"." + body
    return "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


class Post:
    """One request, as it came."""

    def __init__(self, handler, key):
        self.path, self.headers = handler.path, handler.headers
        self.body = handler.rfile.read(int(handler.headers["Content-Length"]))
        self.id = self.headers["webhook-id"]
        self.timestamp = self.headers["webhook-timestamp"]
        wanted = signature(key, self.id, self.timestamp, self.body)
        self.is_signed = hmac.compare_digest(self.headers["webhook-signature"], wanted)
        self.event = json.loads(self.body)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        receiver = self.server.receiver
        post = Post(self, receiver.key)
        with receiver.lock:
            receiver.posts.append(post)
            answer = receiver.answers.pop(0) if receiver.answers else receiver.answer
        if callable(answer):
            answer(self)
            self.close_connection = True
            return
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        pass


class Receiver:
    """`posts`: what came.  `answers`: the next ones, then `answer`: a status, (status, headers) or
    what is called with the handler."""

    def __init__(self, key=SECRET_BYTES):
        self.key, self.posts, self.answers, self.answer = key, [], [], 204
        self.lock = threading.Lock()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.receiver = self
        self.url = f"http://127.0.0.1:{self.server.server_port}{PATH}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def take(self):
        """What came since the last time; each is what the specification says."""
        with self.lock:
            posts, self.posts[:] = list(self.posts), []
        for post in posts:
            assert post.is_signed and post.event["id"] == post.id
        return posts

    def settings(self, **more):
        return {"ASSAY_WEBHOOK_URL": self.url, "ASSAY_WEBHOOK_SECRET": SECRET,
                "ASSAY_WEBHOOK_ALLOW_PRIVATE": "yes", **more}

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class GateHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.pass_on(None)

    def do_POST(self):
        self.pass_on(self.rfile.read(int(self.headers["Content-Length"])))

    def pass_on(self, data):
        gate = self.server.gate
        if self.path.startswith(f"/{gate.held}/"):
            gate.asked.set()
            until(gate.is_open)
        ask = urllib.request.Request(gate.market + self.path, data)
        for name in ("Authorization", "x-api-key", "If-None-Match", "Content-Type"):
            if self.headers[name]:
                ask.add_header(name, self.headers[name])
        try:
            answer = DIRECT.open(ask, timeout=PATIENCE_S)
        except urllib.error.HTTPError as failed:
            answer = failed
        with answer:
            body = answer.read()
        self.send_response(answer.status)
        for name in ("Content-Type", "ETag"):
            if answer.headers[name]:
                self.send_header(name, answer.headers[name])
        if answer.status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Gate:
    """`url` is what ASSAY_UPSTREAM is set to; what is asked of the host `held` waits while shut, and then
    `asked` is set.  Opened by hand, or by `key`, which is asked until it says yes."""

    def __init__(self, market, held, key=None):
        self.market, self.held, self.key = market.url, held, key
        self.asked, self.opened = threading.Event(), threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), GateHandler)
        self.server.daemon_threads = True
        self.server.gate = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def is_open(self):
        return self.opened.is_set() or (self.key and self.key())

    def stop(self):
        self.opened.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
