"""Who asks the service during a soak: clients of the public routes at an even rate, readers of /events,
and somebody with the key.  Everything that is not as it should be goes into `wrong`, as one line.
"""
import array
import base64
import hashlib
import hmac
import json
import random
import re
import socket
import threading
import time
import urllib.parse

REQUESTS_A_CONNECTION = 200  # then another one: descriptors come and go
STREAM_S = 7
PATIENCE_S = 60


class Notebook:
    """What happened, from all threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.statuses, self.wrong, self.worst_s = {}, [], 0.0
        self.pages = [{}]  # one a row of the series: what each route took, if it did what it is there for

    def note(self, what, status, took_s=0.0, asked_for=()):
        """`asked_for`: statuses of 500 and more that this one was out for."""
        with self.lock:
            key = (what, status)
            self.statuses[key] = self.statuses.get(key, 0) + 1
            self.worst_s = max(self.worst_s, took_s)
            if took_s and status < 400:
                self.pages[-1].setdefault(what, array.array("f")).append(took_s)
            if status >= 500 and status not in asked_for:
                self.wrong.append(f"{what}: {status}")

    def fault(self, what):
        with self.lock:
            self.wrong.append(what)

    def turn_page(self):
        """The one that is full."""
        with self.lock:
            self.pages.append({})
            return self.pages[-2]

    def requests(self):
        with self.lock:
            return sum(self.statuses.values())


class Actor(threading.Thread):
    """Runs step() until it is to end; what it raises is a fault of the soak."""

    def __init__(self, name, notebook):
        super().__init__(name=name, daemon=True)
        self.notebook, self.ending = notebook, threading.Event()

    def run(self):
        try:
            while not self.ending.is_set():
                self.step()
        except Exception as error:  # pylint: disable=broad-except
            self.notebook.fault(f"{self.name}: {type(error).__name__}: {error}")
        self.close()

    def close(self):
        pass


class Connection:
    """One kept-alive connection, as cheap as Python allows: at 200 requests a second urllib would
    measure itself."""

    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb", 1 << 16)
        self.address = address

    def send(self, method, target, headers=()):
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self.address}", *headers, "", ""]
        self.socket.sendall("\r\n".join(lines).encode())

    def line(self):
        line = self.file.readline(1 << 16)
        if not line.endswith(b"\r\n"):
            raise ConnectionError(f"closed in the midst: {line[:100]!r}")
        return line[:-2]

    def head(self):
        """(status, {name: value})"""
        status = int(self.line().split(b" ", 2)[1])
        headers = {}
        while line := self.line():
            name, _, value = line.partition(b":")
            headers[name.lower()] = value.strip()
        return status, headers

    def pieces(self):
        """Of a body in chunks."""
        while n := int(self.line(), 16):
            piece = self.file.read(n + 2)
            if len(piece) != n + 2 or not piece.endswith(b"\r\n"):
                raise ConnectionError("closed in a chunk")
            yield piece[:-2]
        if self.line():
            raise ConnectionError("more behind the last chunk")

    def ask(self, method, target, headers=()):
        """(status, headers), the body read to its end."""
        self.send(method, target, headers)
        status, said = self.head()
        if method == "HEAD" or status == 304:
            return status, said
        if said.get(b"transfer-encoding") == b"chunked":
            for _ in self.pieces():
                pass
        else:
            length = int(said[b"content-length"])
            if len(self.file.read(length)) != length:
                raise ConnectionError("closed in the body")
        return status, said

    def close(self):
        self.file.close()
        self.socket.close()


def targets_of(serving, rng):
    """Every public route with what is really there, some of it wrong on purpose: (weight, target)."""
    models = serving.get("/models?limit=200")
    slugs = [p["slug"] for p in serving.get("/providers")]
    some = rng.sample(models, min(len(models), 20))
    named = [m["canonical_id"] for m in models if m["canonical_id"]]
    pages = [f"/models?limit=100&offset={offset}" for offset in range(0, 400, 50)]
    mix = [(6, page) for page in pages]
    mix += [(2, f"/models?provider_slug={slug}") for slug in slugs]
    mix += [(1, f"/models/{m['id']}") for m in some]
    mix += [(1, f"/models/{m['id']}/history") for m in some[:5]]
    mix += [(1, f"/models/{m['id']}/health/history") for m in some[:5]]
    mix += [(1, f"/models/provider/{slug}") for slug in slugs[:8]]
    mix += [(1, f"/providers/slug/{slug}") for slug in slugs[:8]]
    mix += [(1, f"/models/search?q={word}") for word in ("a", "27b", "nano", "%C3%BC")]
    mix += [(1, f"/compare/{urllib.parse.quote(name)}") for name in rng.sample(named, min(4, len(named)))]
    badge = f"/badge/{some[0]['provider']['slug']}/{urllib.parse.quote(some[0]['model_id'])}"
    mix += [(1, f"{badge}/uptime.svg"), (1, f"{badge}/latency.svg")]
    mix += [(4, target) for target in (
        "/models/stats", "/providers", "/providers/stats", "/healthz", "/readyz", "/metrics",
        "/changes?limit=50", "/changes?kind=price", "/samples?limit=20", "/v1/models",
        "/changes.atom", "/openapi.json")]
    mix += [(1, f"/exports/{name}") for name in (
        "litellm.json", "models.dev.json", "openai.json", "models.csv", "models.json")]
    # Wrong, each in another way: a 4xx and no more.
    mix += [(1, target) for target in (
        "/models?limit=0", "/models?nothing=1", "/models/999999999", "/nowhere", "/models/%00",
        "/compare/nothing/like/it", "/changes?since=yesterday", "/../etc/passwd",
        "/models?provider_slug='%20OR%201=1")]
    return mix


def route_of(target):
    """As in the table of routes, nearly."""
    path = re.sub(r"/\d+(?=/|$)", "/ID", target.partition("?")[0])
    return re.sub(r"^/(models/provider|providers/slug|compare|badge)/.*?(/[a-z]+\.svg)?$", r"/\1/…\2", path)


class Client(Actor):
    """One of those who share the rate; never asks for what would end in a 5xx."""

    def __init__(self, number, notebook, serving, mix, rate, seed):
        super().__init__(f"client {number}", notebook)
        self.address, self.rng = serving.address, random.Random(f"{seed} {number}")
        self.weights, self.targets = zip(*mix)
        self.every_s, self.due = 1 / rate, time.monotonic()
        self.connection, self.left = None, 0
        self.tags = {}

    def step(self):
        self.due += self.every_s
        wait = self.due - time.monotonic()
        if wait > 0 and self.ending.wait(wait):
            return
        if not self.left:
            self.close()
            self.connection, self.left = Connection(self.address), REQUESTS_A_CONNECTION
        self.left -= 1
        target = self.rng.choices(self.targets, self.weights)[0]
        method = "HEAD" if self.rng.random() < 0.02 else "GET"
        headers = []
        if target in self.tags and self.rng.random() < 0.5:
            headers.append(f"If-None-Match: {self.tags[target]}")
        if self.rng.random() < 0.2:
            headers.append("Accept-Encoding: gzip")
        begun = time.monotonic()
        try:
            status, said = self.connection.ask(method, target, headers)
        except OSError as error:
            raise ConnectionError(f"{method} {target} {headers} as {REQUESTS_A_CONNECTION - self.left} of its "
                                  f"connection: {error}") from error
        if said.get(b"connection", b"").lower() == b"close":
            self.left = 0
        self.notebook.note(f"{method} {route_of(target)}", status, time.monotonic() - begun)
        if b"etag" in said:
            self.tags[target] = said[b"etag"].decode()

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class Reader(Actor):
    """Follows /events, is cut off or goes away, and comes back for what it missed."""

    def __init__(self, number, notebook, serving):
        super().__init__(f"reader {number}", notebook)
        self.address, self.last, self.seen = serving.address, None, 0

    def step(self):
        connection = Connection(self.address)
        connection.send("GET", "/events", [f"Last-Event-ID: {self.last}"] if self.last else [])
        status, _ = connection.head()
        self.notebook.note("GET /events", status)
        until, text = time.monotonic() + STREAM_S, b""
        for piece in connection.pieces():  # the beat ends each wait
            text += piece
            *events, text = text.split(b"\n\n")
            for event in events:
                self.take(event)
            if time.monotonic() > until or self.ending.is_set():
                break
        connection.close()

    def take(self, event):
        found = re.search(rb"^id: (\d+)$", event, re.MULTILINE)
        if not found:
            return
        if b"\ndata: " in event:  # else it moves the client's place and is no event
            if self.last and int(found[1]) <= self.last:
                self.notebook.fault(f"{self.name}: event {found[1].decode()} after {self.last}")
            self.seen += 1
        self.last = int(found[1])


class Operator(Actor):
    """Syncs by hand, begins jobs and cancels them, edits, sends signed webhooks."""

    def __init__(self, notebook, serving, weather, secret, every_s, seed):
        super().__init__("operator", notebook)
        self.serving, self.weather, self.secret = serving, weather, secret
        self.every_s, self.rng = every_s, random.Random(f"{seed} operator")
        self.models = [m["id"] for m in serving.get("/models?limit=50")]

    def ask(self, what, path, asked_for=(), **how):
        begun = time.monotonic()
        reply = self.serving.ask(path, **{"key": True, **how})
        self.notebook.note(what, reply.status, time.monotonic() - begun, asked_for)
        return reply

    def sync(self):
        slug = self.rng.choice(self.weather.slugs)
        since = time.monotonic()
        reply = self.serving.ask(f"/admin/model-sync/provider/{slug}", method="POST", key=True)
        # What a provider does wrong is 502, and asked for where the weather is bad there.
        bad = self.weather.was_bad(slug, since)
        self.notebook.note("POST sync", reply.status, 0, (502,) if bad else ())
        if reply.status == 502 and not bad:
            self.notebook.fault(f"sync of {slug} without a fault: {reply.body[:300]!r}")

    def job(self):
        reply = self.ask("POST all, async", "/admin/model-sync/all?async=true&dry_run=true", method="POST")
        if reply.status != 202:
            return
        path = reply.headers["Location"] or f"/admin/jobs/{reply.json()['id']}"
        self.ask("GET job", path)
        if self.rng.random() < 0.5:
            self.ask("DELETE job", path, method="DELETE")

    def edit(self):
        model = self.rng.choice(self.models)
        words = "deactivate", "activate"
        for word in words:
            self.ask(f"POST {word}", f"/admin/models/{model}/{word}", method="POST")

    def look(self):
        for path in ("/admin/model-sync/status", "/admin/model-sync/history", "/admin/jobs", "/admin/audit",
                     "/admin/model-sync/providers"):
            self.ask(f"GET {path}", path)

    def webhook(self):
        body = json.dumps({"at": time.time()}).encode()
        name, now = f"msg_{self.rng.getrandbits(64):x}", str(int(time.time()))
        signed = hmac.new(base64.b64decode(self.secret.removeprefix("whsec_")),
                          f"{name}.{now}.".encode() + body, hashlib.sha256).digest()
        self.ask("POST webhook", f"/admin/webhooks/{self.rng.choice(self.weather.slugs)}",
                 method="POST", body=body, key=None, Content_Type="application/json",
                 webhook_id=name, webhook_timestamp=now,
                 webhook_signature="v1," + base64.b64encode(signed).decode())

    def stranger(self):
        self.ask("GET without a key", "/admin/jobs", key="not-the-key-of-this-service")

    def step(self):
        self.rng.choice((self.sync, self.sync, self.job, self.edit, self.look, self.webhook,
                         self.stranger))()
        self.ending.wait(self.every_s)
