"""Hostile text in every path and every parameter of the service's real routes: nothing breaks, nothing is shown as
markup, nothing reaches SQL, headers or files."""
import re
import subprocess
import urllib.parse

import pytest

from lib.assay import Assay
from lib.market import Market
from lib.serving import KEY, Serving

SLUG = "openrouter"
MARK = "hostile9"
TEXTS = [
    f"' OR '1'='1' -- {MARK}",
    f"1; DROP TABLE models; -- {MARK}",
    f"\") UNION SELECT slug FROM providers -- {MARK}",
    f"<script>{MARK}</script>",
    f"\"><svg/onload={MARK}>&amp;]]>",
    f"\r\nX-Evil: {MARK}\r\n\r\n<html>",
    "../../../../etc/passwd",
    "%s%n%p" * 5,
    "\0", "\udcff", "☃" * 300, "-1", "0", "1e9", "9223372036854775807", "9223372036854775808", "NaN", "",
    " ", "*", "%", "_",
]
CLIENTS_FAULT = {400, 404, 405, 409, 413, 414, 415, 422, 503}
LEAKS = re.compile(rb"sqlite|syntax error|unrecognized token|CREATE TABLE|root:x:|/src/|stack", re.I)


@pytest.fixture(scope="module")
def served(assay, marketsim, tmp_path_factory):
    market = Market(marketsim)
    desk = Assay(assay, tmp_path_factory.mktemp("attacked"), market.url)
    desk.sync(providers=[SLUG])
    serving = Serving(desk).wait_ready()
    yield serving
    serving.stop()
    market.stop()


@pytest.fixture(scope="module")
def routes(assay):
    listed = subprocess.run([assay, "serve", "--routes"], capture_output=True, text=True, check=True).stdout
    return [line.split()[:2] for line in listed.splitlines()]


def quoted(text):
    return urllib.parse.quote(text.encode("utf-8", "surrogateescape"), safe="")


def ask(serving, method, target, body=None):
    """(status, headers, body); of a stream only the head."""
    connection = serving.connection()
    try:
        headers = {"Authorization": f"Bearer {KEY}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection.request(method, target, body=body, headers=headers)
        reply = connection.getresponse()
        stream = reply.getheader("Content-Type") == "text/event-stream"
        return reply.status, reply.headers, b"" if stream else reply.read()
    finally:
        connection.close()


def check(said, target, text):
    status, headers, body = said
    assert status == 200 or status in CLIENTS_FAULT, (status, target, body[:300])
    assert "X-Evil" not in headers, target
    assert headers["X-Content-Type-Options"] == "nosniff"
    if status != 200:
        assert headers["Content-Type"] == "application/json", target
        assert not LEAKS.search(body), (target, body[:300])
    if not headers["Content-Type"].startswith(("application/json", "text/csv")) and "<" in text:
        assert text.encode() not in body, target


def parameters(serving, method, pattern):
    """As the service itself names them to who sends one that there is not."""
    target = re.sub(r"\{.*?\}", "1", pattern)
    status, _, body = ask(serving, method, f"{target}?no_such=1")
    if status != 422:  # one of those that let it pass
        return ["no_such"]
    sentence = body.decode()
    found = re.search(r"there are: ([a-z_, ]+)", sentence)
    assert found or "there is none" in sentence, (pattern, sentence)
    return found[1].split(", ") if found else []


def tables(serving):
    return serving.desk.database.select(
        "SELECT (SELECT COUNT(*) FROM models), (SELECT COUNT(*) FROM providers), (SELECT COUNT(*) FROM changes),"
        " (SELECT COUNT(*) FROM overrides), (SELECT SUM(is_active) FROM models)")


def test_hostile_text_in_every_parameter(served, routes):
    before = tables(served)
    asked = 0
    for method, pattern in routes:
        if method != "GET":
            continue
        target = re.sub(r"\{.*?\}", "1", pattern)
        for name in parameters(served, method, pattern):
            for text in TEXTS:
                check(ask(served, method, f"{target}?{name}={quoted(text)}"), f"{target}?{name}", text)
                asked += 1
    assert asked > 400
    assert tables(served) == before
    assert ask(served, "GET", "/healthz")[0] == 200


def test_hostile_text_in_every_path(served, routes):
    before = tables(served)
    for method, pattern in routes:
        if "{" not in pattern:
            continue
        for text in TEXTS:
            target = re.sub(r"\{.*?\}", lambda _, text=text: quoted(text), pattern)
            body = b"{}" if method in ("POST", "PATCH") else None
            check(ask(served, method, target, body), f"{method} {target}", text)
    assert tables(served) == before


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"null", b"1", b'"x"', b"{}", b'{"nobody":1}', b'{"model_name":{}}', b"[" * 100000,
    b'{"a":' * 50000, b"\xff\xfe", b"{}" + b"\0", b'{"model_name":"\\ud800"}', b'{"context_length":1e999}',
    b'{"description":"' + b"x" * 900000 + b'"}',
], ids=lambda body: repr(body[:12]))
def test_hostile_bodies_of_edits(served, body):
    for path in ("/admin/models/1", "/admin/providers/1"):
        status, _, said = ask(served, "PATCH", path, body)
        assert status in CLIENTS_FAULT | {200}, (status, said[:300])
        assert not LEAKS.search(said) or status == 200
    assert ask(served, "GET", "/models/1")[0] == 200


def test_every_route_refuses_a_parameter_that_it_does_not_know(served, routes):
    """But those that programs ask who add some of their own."""
    for method, pattern in routes:
        target = re.sub(r"\{.*?\}", "1", pattern)
        passes = pattern.startswith(("/badge/", "/healthz", "/metrics", "/readyz", "/v1/"))
        assert (ask(served, method, f"{target}?no_such=1")[0] == 422) is not passes, (method, pattern)


def test_admin_routes_want_the_key_before_anything_else(served, routes):
    for method, pattern in routes:
        if not pattern.startswith("/admin/") or "/webhooks/" in pattern:
            continue
        target = re.sub(r"\{.*?\}", "1", pattern)
        reply = served.ask(f"{target}?no_such=1", method, body=b"{" if method != "GET" else None)
        # After ten wrong ones of an address it is told to wait; the right key never is.
        assert reply.status in (401, 429), pattern
    assert served.ask("/admin/jobs", key=True).status == 200
