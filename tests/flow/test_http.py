"""HTTP as an honest client knows it: forms of one answer, methods, parameters, waiting, streams, the end.

The server is the service's own with toy routes (tests/unit/webtool.c).
"""
import gzip
import http.client
import json
import threading
import time

import pytest

from lib.patience import PATIENCE_S, until
from lib.webtool import head, read_all, read_reply


@pytest.fixture(scope="module")
def web(start_webtool):
    return start_webtool()


# ---- routes and methods

@pytest.mark.parametrize("path, piece", [
    ("/things/stats", None), ("/things/7", "7"), ("/things/a%2Fb", "a/b"), ("/things/a%20b+c", "a b+c"),
    ("/things/Stats", "Stats"), ("/rest/a", "a"), ("/rest/a/b%2Fc/d", "a/b/c/d"), ("/rest/a/", "a/"),
    ("/things/%e2%98%83", "☃"),
])
def test_a_path_finds_its_route(web, path, piece):
    status, _, body = web.ask(path)
    assert status == 200
    assert json.loads(body)["piece"] == piece
    assert json.loads(body)["path"] == path


@pytest.mark.parametrize("path", ["/none", "/things", "/things/", "/things/7/8", "/rest", "/rest/", "/Echo", "//echo",
                                  "/echo/"])
def test_a_path_that_nobody_has(web, path):
    status, _, body = web.ask(path)
    assert (status, json.loads(body)) == (404, {"detail": "Not Found"})


def test_methods(web):
    for path, allow in (("/echo", "GET, HEAD, POST, OPTIONS"), ("/things/7", "GET, HEAD, PATCH, OPTIONS"),
                        ("/publish", "POST, OPTIONS"), ("/things/stats", "GET, HEAD, OPTIONS")):
        status, headers, body = web.ask(path, "OPTIONS")
        assert (status, headers["Allow"], body) == (204, allow, b"")
        for method in ("DELETE", "PUT", "TRACE"):
            status, headers, _ = web.ask(path, method)
            assert (status, headers["Allow"]) == (405, allow), method
    assert web.ask("/none", "OPTIONS")[0] == 404
    assert web.ask("/publish")[0] == 405


def test_head_is_get_without_its_body(web):
    for path in ("/echo?q=a", "/big?n=5000", "/pieces?n=3", "/none"):
        got = web.ask(path)
        headed = web.ask(path, "HEAD")
        assert headed[0] == got[0] and headed[2] == b""
        for headers in (got[1], headed[1]):
            del headers["Date"]
        assert list(headed[1].items()) == list(got[1].items())
    assert web.ask("/events", "HEAD")[0] == 200
    assert json.loads(web.ask("/streams")[2]) == 0


# ---- parameters

def test_parameters_are_decoded(web):
    body = json.loads(web.ask("/echo?q=a+b%2Bc%26&n=3&dry_run=True&colour=red&providers=a,b&providers=c&&")[2])
    assert [body[k] for k in ("q", "n", "dry_run", "colour")] == ["a b+c&", "3", "True", "red"]
    assert json.loads(web.ask("/echo?since=2026-08-22&q=")[2])["q"] == ""


@pytest.mark.parametrize("query, words", [
    ("x=1", ["'x'", "q, n, dry_run, since, colour, providers"]), ("Q=1", ["'Q'"]), ("n=", ["n", "0 to 1000"]),
    ("n=1001", ["0 to 1000"]), ("n=-1", ["0 to 1000"]), ("n=1.5", ["whole"]), ("n=1%20", ["whole"]),
    ("n=99999999999999999999", ["whole"]), ("n=1&n=1", ["n", "more than once"]),
    ("dry_run=maybe", ["dry_run", "true or false"]), ("since=yesterday", ["since", "RFC 3339 time"]),
    ("colour=blue", ["colour", "red, green"]), ("q=" + "a" * 21, ["q", "20 characters"]),
    ("providers=" + "a" * 101, ["providers", "100"]),
])
def test_a_parameter_that_is_wrong_is_named(web, query, words):
    status, _, body = web.ask(f"/echo?{query}")
    assert status == 422
    sentence = json.loads(body)["detail"].replace("such as 2026", "RFC 3339 time 2026").replace(" x ", " 'x' ")
    for word in words:
        assert word.strip("'") in sentence, sentence


def test_characters_are_counted_not_bytes(web):
    assert web.ask("/echo?q=" + "%e2%98%83" * 20)[0] == 200
    assert web.ask("/echo?q=" + "%e2%98%83" * 21)[0] == 422


def test_a_route_without_parameters_takes_none(web):
    status, _, body = web.ask("/things/stats?limit=1")
    assert status == 422 and "none" in json.loads(body)["detail"]


def test_bodies(web):
    def post(body, **headers):
        return web.ask("/echo", "POST", body=body, **headers)[0]

    assert post({"a": 1}) == 200
    assert post(None) == 200
    assert post(b"{}", Content_Type="application/json; charset=utf-8") == 200
    assert post(b"{}", Content_Type="APPLICATION/JSON") == 200
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx", "multipart/form-data"):
        assert post(b"{}", Content_Type=kind) == 415
    large = b"[" + b" " * 500000 + b"]"
    status, _, body = web.ask("/echo", "POST", body=large, Content_Type="application/json")
    assert (status, json.loads(body)["body"]) == (200, len(large))
    with_expect = web.ask("/echo", "POST", body=large, Content_Type="application/json", Expect="100-continue")
    assert with_expect[0] == 200


# ---- forms of one answer

@pytest.mark.parametrize("accept, packed", [
    ("gzip", True), ("GZIP", True), ("deflate, gzip;q=0.5", True), ("*", True), ("br, *;q=0.1", True), ("x-gzip", True),
    (None, False), ("identity", False), ("gzip;q=0", False), ("gzip;Q=0", False), ("gzip; q=0.000", False), ("gzip;q=0, *", False),
    ("deflate", False), ("*;q=0", False), ("", False),
])
def test_gzip_by_agreement(web, accept, packed):
    headers = {} if accept is None else {"Accept_Encoding": accept}
    status, said, body = web.ask("/pieces?n=500", **headers)
    assert status == 200
    assert said["Vary"] == "Accept-Encoding"
    assert said["Content-Encoding"] == ("gzip" if packed else None)
    assert said["ETag"] == ('"tag-1-gz"' if packed else '"tag-1"')
    assert (gzip.decompress(body) if packed else body) == b"first, second" * 500
    assert int(said["Content-Length"]) == len(body)
    small = web.ask("/pieces?n=1", **headers)
    assert (small[1]["Content-Encoding"], small[2]) == (None, b"first, second")


@pytest.mark.parametrize("given, fresh", [
    ('"tag-1"', True), ('W/"tag-1"', True), ('"tag-1-gz"', True), ('"a", "tag-1"', True), ("*", True),
    ('"tag-2"', False), ("tag-1", False), ('"tag-1', False), ('""', False), ("", False), ('"tag-1-gz-gz"', False),
])
def test_who_has_it_already_gets_304(web, given, fresh):
    status, headers, body = web.ask("/pieces?n=500", If_None_Match=given)
    assert status == (304 if fresh else 200)
    assert headers["ETag"] == '"tag-1"'
    assert bool(body) != fresh
    assert headers["Cache-Control"] == "no-cache"


def test_304_names_the_form_that_the_client_has(web):
    _, headers, _ = web.ask("/pieces?n=500", If_None_Match='"tag-1-gz"', Accept_Encoding="gzip")
    assert headers["ETag"] == '"tag-1-gz"'


def test_304_leaves_its_connection_in_order(web):
    asks = head("/pieces?n=9", 'If-None-Match: "tag-1"')
    said = web.raw(asks * 3 + head("/pieces?n=1", "Connection: close"))
    heads = said.split(b"\r\n\r\n")
    assert [h.split()[1] for h in heads[:4]] == [b"304", b"304", b"304", b"200"]
    assert heads[4:] == [b"first, second"]


def test_head_of_a_stream_says_no_length(web):
    with web.connect() as s:
        s.sendall(head("/events", method="HEAD"))
        said = read_all(s)
    assert said.startswith(b"HTTP/1.1 200 ") and said.endswith(b"\r\n\r\n") and said.count(b"\r\n\r\n") == 1
    assert b"content-length" not in said.lower()


def test_links_lead_to_the_pages_around(web):
    _, headers, _ = web.ask("/pieces?n=3&offset=20&colour=a%26b")
    links = dict(reversed(part.split("; ")) for part in headers["Link"].split(", "))
    assert links == {'rel="next"': "</pieces?n=3&colour=a%26b&limit=10&offset=30>",
                     'rel="prev"': "</pieces?n=3&colour=a%26b&limit=10&offset=10>",
                     'rel="first"': "</pieces?n=3&colour=a%26b&limit=10&offset=0>"}
    assert headers["X-Total-Count"] == "100"


def test_pages_of_other_origins_read_by_setting(start_webtool, web):
    origin = "https://shown.example"
    named = start_webtool(cors=origin)
    _, headers, _ = named.ask("/echo", Origin=origin)
    assert headers["Access-Control-Allow-Origin"] == origin
    assert "Origin" in headers.get_all("Vary")
    _, headers, _ = named.ask("/echo", Origin="https://other.example")
    assert headers["Access-Control-Allow-Origin"] is None and "Origin" in headers.get_all("Vary")
    status, headers, _ = named.ask("/echo", "OPTIONS", Origin=origin, Access_Control_Request_Method="GET")
    assert status == 204 and "GET" in headers["Access-Control-Allow-Methods"]
    assert named.ask("/publish", "POST", Origin=origin)[0] == 204
    anyone = start_webtool(cors="*")
    assert anyone.ask("/echo", Origin="https://other.example")[1]["Access-Control-Allow-Origin"] == "*"
    assert anyone.ask("/publish", "POST", Origin="https://other.example")[0] == 403
    assert web.ask("/echo", Origin=origin)[1]["Access-Control-Allow-Origin"] is None


def test_an_answer_has_a_largest_size(start_webtool):
    web = start_webtool(reply_max=100000)
    assert len(web.ask("/big?n=100000")[2]) == 100000
    status, _, body = web.ask("/big?n=100001")
    assert status == 500 and "ASSAY_HTTP_REPLY_MAX_MIB" in json.loads(body)["detail"]
    assert web.ask("/pieces?n=10000")[0] == 500


# ---- connections

def test_a_connection_serves_many_requests(web):
    with web.connect() as s:
        for i in range(50):
            s.sendall(head(f"/things/{i}"))
            status, headers, body = read_reply(s)
            assert status == 200 and headers["Connection"] is None
            assert json.loads(body)["piece"] == str(i)
        s.sendall(head("/none"))
        assert read_reply(s)[0] == 404
        s.sendall(head("/echo", "Connection: close"))
        assert b"200 OK" in read_all(s)


def test_requests_that_come_at_once_are_answered_in_order(web):
    with web.connect() as s:
        s.sendall(b"".join(head(f"/things/{i}") for i in range(20)))
        replies = http.client.HTTPResponse
        data = b""
        while data.count(b'"piece"') < 20:
            data += s.recv(65536)
    places = [data.index(f'"piece":"{i}"'.encode()) for i in range(20)]
    assert places == sorted(places) and replies


def test_an_idle_connection_is_closed(start_webtool):
    web = start_webtool(idle_timeout_ms=1500)
    with web.connect() as s:
        s.sendall(head("/echo"))
        assert read_reply(s)[0] == 200
        assert read_all(s) == b""


def test_a_client_that_goes_away_while_it_waits_harms_nobody(web):
    for _ in range(20):
        with web.connect() as s:
            s.sendall(head("/wait?ms=200"))
    assert web.ask("/wait?ms=300")[0] == 200
    assert web.ask("/echo")[0] == 200


def test_answers_that_take_their_time_keep_nobody_else_waiting(start_webtool):
    web = start_webtool(threads=1)
    said = []

    def wait():
        said.append(web.ask("/wait?ms=800"))

    waiting = [threading.Thread(target=wait) for _ in range(20)]
    for t in waiting:
        t.start()
    while not said:
        assert web.ask("/echo")[0] == 200
    for t in waiting:
        t.join()
    assert [(s, json.loads(b)) for s, _, b in said] == [(200, {"waited": 800})] * 20


# ---- streams

def follow(web, n):
    s = web.connect()
    s.sendall(head(f"/events?n={n}"))
    return s


def wait_for_streams(web, n):
    until(lambda: json.loads(web.ask("/streams")[2]) == n)


def wait_for_promises(web, n):
    until(lambda: json.loads(web.ask("/promises")[2]) == n)


def test_streams_come_as_things_happen_and_cost_nothing_between(start_webtool):
    web = start_webtool(streams_max=10)
    listeners = [follow(web, 3) for _ in range(10)]
    wait_for_streams(web, 10)
    for _ in range(2):
        assert web.ask("/publish", "POST")[0] == 204
    for s in listeners:
        data = b""
        while b"data: 2\n\n" not in data:
            data += s.recv(65536)
        assert b"Content-Type: text/event-stream" in data and b"data: 3" not in data
    spent = web.cpu_s()
    time.sleep(1.5)
    assert web.cpu_s() - spent < 0.3  # a reader that is asked again and again takes all of a core
    status, headers, body = web.ask("/events?n=1")
    assert status == 503 and headers["Retry-After"] and "ASSAY_HTTP_STREAMS" in json.loads(body)["detail"]
    assert json.loads(web.ask("/streams")[2]) == 10
    web.ask("/publish", "POST")
    for s in listeners:
        assert read_end(s).endswith(b"data: 3\n\n\r\n0\r\n\r\n")
        s.close()
    wait_for_streams(web, 0)


def read_end(s):
    data = b""
    while not data.endswith(b"\r\n0\r\n\r\n"):
        data += s.recv(65536)
    return data


def test_a_listener_that_is_gone_is_noticed_when_something_happens(start_webtool):
    web = start_webtool()
    gone = [follow(web, 1000) for _ in range(5)]
    stays = follow(web, 1000)
    wait_for_streams(web, 6)
    for s in gone:
        s.close()

    def are_noticed():
        web.ask("/publish", "POST")
        return json.loads(web.ask("/streams")[2]) <= 1

    until(are_noticed)
    stays.close()


# ---- the end

def test_what_is_being_answered_is_answered_before_the_end(start_webtool):
    web = start_webtool(grace_ms=PATIENCE_S * 1000)
    said = []
    waiting = threading.Thread(target=lambda: said.append(web.ask("/last?ms=600")))
    waiting.start()
    listener = follow(web, 5)
    idle = web.connect()
    idle.sendall(head("/echo"))
    read_reply(idle)
    wait_for_streams(web, 1)
    wait_for_promises(web, 1)
    assert web.stop() == "kept 0"
    waiting.join()
    assert said[0][0] == 200 and said[0][1]["Connection"] == "close"
    assert read_all(idle) == b""
    assert read_all(listener).endswith(b"0\r\n\r\n")


def test_promises_that_nobody_keeps_end_with_503(start_webtool):
    web = start_webtool(grace_ms=100)
    said = []
    waiting = [threading.Thread(target=lambda: said.append(web.ask("/never"))) for _ in range(3)]
    for t in waiting:
        t.start()
    slow = web.connect()
    slow.sendall(b"GET /ec")
    wait_for_promises(web, 3)
    assert web.stop() == "kept 3" + " 127.0.0.1" * 3  # whoever works for them still knows whom
    for t in waiting:
        t.join()
    assert [s for s, _, _ in said] == [503] * 3
    assert "stopping" in json.loads(said[0][2])["detail"]
    assert read_all(slow) == b""


def test_who_asks_after_the_others_were_given_up_is_given_up_too(start_webtool):
    """The head of a request was begun in time, and comes to its end in the last moment."""
    web = start_webtool(grace_ms=100)
    first, late = web.connect(), web.connect()
    first.sendall(head("/never"))
    late.sendall(head("/never")[:-2])
    wait_for_promises(web, 1)
    web.process.stdin.close()
    assert read_reply(first)[0] == 503
    late.sendall(b"\r\n")  # in vain or not: it does not keep the server from ending
    said = web.process.stdout.read().decode().strip()
    assert web.process.wait(20) == 0 and said.startswith("kept "), said
    assert read_all(late)[:12] in (b"HTTP/1.1 503", b"")


def test_a_port_that_is_taken_is_a_sentence(build_dir, start_webtool, web):
    import subprocess

    def fails(listen):
        done = subprocess.run([build_dir / "tests/webtool", f"listen={listen}"], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == 1
        return done.stderr

    assert "Address already in use" in fails(web.address)
    for wrong in ("8000", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:65536", "[::1:80", "", ":", ":x", "nowhere.invalid:80"):
        assert "listen on" in fails(wrong)
    assert start_webtool(listen="[::1]:0").ask("/echo")[0] == 200
    assert start_webtool(listen="localhost:0").ask("/echo")[0] == 200
    any_port = start_webtool(listen=":0")
    assert any_port.address.startswith("127.0.0.1:") and any_port.ask("/echo")[0] == 200
