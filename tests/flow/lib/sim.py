# SPDX-License-Identifier: MIT
"""A marketsim of a test's own and the ways to talk to it, and an exact reading of decimals.

Binary: $MARKETSIM or build/marketsim.
"""
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
from decimal import Decimal

from lib.patience import PATIENCE_S

HERE = pathlib.Path(__file__).resolve().parent
BINARY = os.environ.get("MARKETSIM") or str(HERE / "../../../build/marketsim")
LIST = "/openrouter.ai/api/v1/models"


class Sim:
    """One running marketsim and the ways to talk to it."""

    def __init__(self, directory, *options):
        port_file = directory / "port"
        self.process = subprocess.Popen([BINARY, "--port-file", str(port_file), *options],
                                        stdout=subprocess.PIPE, text=True)
        self.line = self.process.stdout.readline()
        self.port = int(port_file.read_text())

    def ask(self, method, target, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        connection.request(method, target, headers=headers or {})
        reply = connection.getresponse()
        body = reply.read()
        connection.close()
        return reply, body

    def post(self, route, **parameters):
        query = "&".join(f"{k}={v}" for k, v in parameters.items())
        reply, body = self.ask("POST", f"/sim/{route}?{query}")
        assert reply.status == 200, body
        return json.loads(body)

    def fault(self, kind, provider="openrouter", **parameters):
        return self.post("fault", provider=provider, kind=kind, **parameters)

    def document(self):
        return json.loads(self.ask("GET", LIST)[1])

    def truth(self, slug="openrouter"):
        said = json.loads(self.ask("GET", f"/sim/truth?provider={slug}")[1])["providers"]
        assert list(said) == [slug]
        return said[slug]["models"]

    def raw(self, headers="", limit=1 << 26, target=LIST):
        """(bytes until the end of the connection, whether it was reset)"""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as s:
            s.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())
            got = b""
            try:
                while len(got) < limit:
                    piece = s.recv(65536)
                    if not piece:
                        return got, False
                    got += piece
            except ConnectionResetError:
                return got, True
            return got, False

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE_S)
        self.process.stdout.close()
        return code


def canonical(text):
    plain = format(Decimal(text), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def as_read(truth):
    """The truth with its prices as a dict (meter, condition) → (state, amount), and the currency
    behind them when it is not USD."""
    models = []
    for model in truth:
        prices = {(p["meter"], p["condition"]): (p["state"], p["amount"]) +
                  (() if p["currency"] == "USD" else (p["currency"],)) for p in model["prices"]}
        assert len(prices) == len(model["prices"])
        models.append({**model, "prices": prices})
    return models


def single_prices(truth):
    return {(m["id"], *key): value for m in as_read(truth) for key, value in m["prices"].items()}


def check_price_events(before, after, events):
    old, new = single_prices(before.values()), single_prices(after.values())
    expected = {k for k in new if k[0] in before and old.get(k) != new[k]}
    seen = set()
    for e in (e for e in events if e["kind"] == "price"):
        meter, bracket, rest = e["field"].partition("[")
        key = (e["model"], meter, bracket + rest)
        assert key not in seen
        assert e["new"] == new[key][1]
        assert e["old"] == (old[key][1] if key in old else "unpublished")
        seen.add(key)
    assert seen == expected
