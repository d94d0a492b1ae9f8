"""What hostile clients send, each beside the honest request that is served.

The server is the service's own with toy routes (tests/unit/webtool.c), so that limits can be small.
"""
import json
import pathlib
import re
import socket
import threading

import pytest

from lib.patience import PATIENCE_S, until
from lib.webtool import KEY, head, read_all, read_reply


@pytest.fixture(scope="module")
def web(start_webtool):
    return start_webtool()


def statuses(data):
    return [int(s) for s in re.findall(rb"HTTP/1\.1 (\d+) ", data)]


def detail(data):
    return json.loads(data.partition(b"\r\n\r\n")[2])["detail"]


# ---- one request, and no other

CLOSE = "Connection: close"
SECOND = head("/things/smuggled", CLOSE)


def test_an_honest_request_and_two_in_a_row_are_served(web):
    assert statuses(web.raw(head("/echo", CLOSE))) == [200]
    assert statuses(web.raw(head("/echo", "X-A: 1", "X-Empty:", "X-B:\tb  ") + SECOND)) == [200, 200]
    body = head("/echo", "Content-Length: 2", "Content-Type: application/json", method="POST") + b"{}"
    assert statuses(web.raw(body + SECOND)) == [200, 200]


GET = b"GET /echo HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize("request_, status", [
    # Which of them holds?  A proxy before us may say the other.
    (POST + b"Content-Length: 4\r\nContent-Length: 2\r\n\r\n{}  ", 400),
    (POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400),
    (POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
    (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n", 411),
    (POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 411),
    (POST + b"Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n", 411),
    (POST + b"Transfer-Encoding: xchunked\r\n\r\n", 411),
    (POST + b"Content-Length: +2\r\n\r\n{}", 400),
    (POST + b"Content-Length: 2, 2\r\n\r\n{}", 400),
    (POST + b"Content-Length: 0x2\r\n\r\n{}", 400),
    (POST + b"Content-Length: -2\r\n\r\n{}", 400),
    (POST + b"Content-Length: 2 2\r\n\r\n{}", 400),
    (POST + b"Content-Length:\r\n\r\n", 400),
    (b"GET /echo HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
    (b"GET /echo HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 400),
    (b"GET /echo HTTP/1.1\r\n\r\n", 400),
    # Where does a line, or the head, end?
    (b"GET /echo HTTP/1.1\nHost: localhost\r\n\r\n", 400),
    (b"GET /echo HTTP/1.1\r\nHost: localhost\nX-A: b\r\n\r\n", 400),
    (b"GET /echo HTTP/1.1\r\nHost: localhost\n\r\n", 400),
    (GET + b"\n", 400),
    (GET + b"X-A: b\n\n", 400),
    (GET + b"X-A: b\rX-B: c\r\n\r\n", 400),
    (GET + b"X-A: b\r\r\n\r\n", 400),
    # A line that goes on in the next.
    (GET + b"X-A: b\r\n c\r\n\r\n", 400),
    (POST + b"Content-Length: 2\r\n 0\r\n\r\n{}", 400),
    (GET + b"\tX-A: b\r\n\r\n", 400),
    # Text that ends where the library thinks it ends.
    (GET + b"X-A: b\0c\r\n\r\n", 400),
    (GET + b"X-A: b\0\0X-B: c\r\n\r\n", 400),
    (GET + b"X-A: b\0\r\n\r\n", 400),
    (GET + b"X\0-A: b\r\n\r\n", 400),
    (GET + b"\0X-A: b\r\n\r\n", 400),
    (b"GET /echo HTTP/1.1\0\r\nHost: localhost\r\n\r\n", 400),
    (b"GET /ec\0ho HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    # Names and values that are none.
    (GET + b"X-A : b\r\n\r\n", 400),
    (GET + b"X A: b\r\n\r\n", 400),
    (GET + b": b\r\n\r\n", 400),
    (GET + b"nothing\r\n\r\n", 400),
    (GET + b"X-A: \x01\r\n\r\n", 400),
    (GET + b"X-A: \x7f\r\n\r\n", 400),
    (GET + b"X(A): b\r\n\r\n", 400),
    # The request line.
    (b"GET http://localhost/echo HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (b"GET echo HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (b"GET * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (b"GET /echo?q=\xff HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (b"GET /echo?q=a\tb HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (b"BREW /echo HTTP/1.1\r\nHost: localhost\r\n\r\n", 501),
    (b"get /echo HTTP/1.1\r\nHost: localhost\r\n\r\n", 501),
    (b"CONNECT /echo HTTP/1.1\r\nHost: localhost\r\n\r\n", 501),
])
def test_what_two_readers_may_read_differently_is_refused_and_nothing_behind_it_is_served(
        web, request_, status):
    said = web.raw(request_ + SECOND)
    # The library says its own refusal of a Content-Length twice.
    assert set(statuses(said)) == {status}, said
    assert b"smuggled" not in said


@pytest.mark.parametrize("line", [
    b"GET  /echo HTTP/1.1", b"GET /echo  HTTP/1.1", b"GET /echo HTTP/1.1 ", b"GET /a b HTTP/1.1",
    b"GET /echo HTTP/2.0", b"GET /echo HTTP/1.2", b"GET /echo HTTP/0.9", b"GET /echo", b"GET", b"/", b"\x16\x03\x01",
    b"GET /echo HTTP/1.1.1", b"GET /echo http/1.1", b"GET /echo XTTP/1.1",
])
def test_a_request_line_that_is_none_gets_no_page(web, line):
    said = web.raw(line + b"\r\nHost: localhost\r\n\r\n" + SECOND)
    assert 200 not in statuses(said), said
    assert len(statuses(said)) <= 1


@pytest.mark.parametrize("name", ["Authorization", "Origin", "Content-Type", "Last-Event-ID", "Webhook-Id"])
def test_a_header_of_which_one_counts_may_not_come_twice(web, name):
    said = web.raw(head("/echo", f"{name}: a", f"{name.lower()}: b"))
    assert statuses(said) == [400]
    assert name.lower() in detail(said)
    assert statuses(web.raw(head("/echo", f"Accept: {name}", "Accept: b", CLOSE))) == [200]


# ---- sizes

def test_a_long_request_line(web):
    assert statuses(web.raw(head("/rest/" + "a" * 8000, CLOSE))) == [200]
    assert statuses(web.raw(head("/rest/" + "a" * 8192, CLOSE))) == [414]
    assert statuses(web.raw(head("/rest/" + "a" * 200000, CLOSE))) == [414]


def test_large_headers(web):
    assert statuses(web.raw(head("/echo", "X-A: " + "a" * 16000, CLOSE))) == [200]
    assert statuses(web.raw(head("/echo", "X-A: " + "a" * 16384, CLOSE))) == [431]
    assert statuses(web.raw(head("/echo", "X-A: " + "a" * 200000, CLOSE))) == [431]
    assert statuses(web.raw(head("/echo", *["X-A: b"] * 120, CLOSE))) == [200]
    assert statuses(web.raw(head("/echo", *["X-A: b"] * 500, CLOSE))) == [431]


def test_a_body_of_a_gigabyte_is_refused_before_it_comes(web):
    lines = ("Content-Type: application/json", CLOSE)
    fits = b"[" + b" " * ((1 << 20) - 2) + b"]"
    assert statuses(web.raw(head("/echo", f"Content-Length: {len(fits)}", *lines, method="POST") + fits)) == [200]
    for n in (len(fits) + 1, 1 << 30, 1 << 62, 10 ** 30):
        assert statuses(web.raw(head("/echo", f"Content-Length: {n}", *lines, method="POST")))[0] == 413
    asks = head("/echo", f"Content-Length: {1 << 30}", "Expect: 100-continue", *lines, method="POST")
    assert statuses(web.raw(asks)) == [413]


def test_who_sends_his_gigabyte_all_the_same_is_cut_off(web):
    with web.connect() as s:
        s.sendall(head("/echo", f"Content-Length: {1 << 30}", "Content-Type: application/json", method="POST"))
        sent = 0
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            while sent < 1 << 30:
                sent += s.send(b" " * 65536)
    assert sent < 64 << 20
    assert web.ask("/echo")[0] == 200


# ---- time

def test_headers_that_come_byte_by_byte_have_a_deadline(start_webtool):
    web = start_webtool(header_timeout_ms=2000, idle_timeout_ms=4000)
    with web.connect() as s:
        data = head("/echo")
        s.sendall(data)
        assert read_reply(s)[0] == 200
    with web.connect() as slow:
        stop = threading.Event()

        def drip():
            try:
                for byte in head("/echo", *["X-A: b"] * 200):
                    slow.sendall(bytes([byte]))
                    if stop.wait(0.05):
                        return
            except OSError:
                pass

        thread = threading.Thread(target=drip)
        thread.start()
        assert read_all(slow) == b""
        stop.set()
        thread.join()


def test_a_body_that_does_not_come_has_a_deadline(start_webtool):
    web = start_webtool(body_timeout_ms=400)
    with web.connect() as s:
        s.sendall(head("/echo", "Content-Length: 100", "Content-Type: application/json", method="POST") + b"{")
        assert statuses(read_all(s)) in ([], [408])


def is_held(s):
    """Whether the other side, a process of this machine, has its end of the connection open."""
    ends = tuple(f":{port:04X}" for port in (s.getpeername()[1], s.getsockname()[1]))
    rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any((row[1][-5:], row[2][-5:]) == ends and row[9] != "0" for row in rows)  # an inode: a descriptor


def test_a_client_that_asks_for_much_and_does_not_read_is_dropped(start_webtool):
    web = start_webtool(idle_timeout_ms=500)
    with web.connect() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        s.sendall(head("/big?n=30000000"))
        begin = s.recv(1)  # it was let in
        until(lambda: not is_held(s))
        assert len(begin + read_all(s)) < 30000000


def test_a_thousand_slow_sockets_of_one_address_do_not_keep_others_out(start_webtool):
    """The slow ones come from 127.0.0.2; of each address there are as many as the limit says."""
    web = start_webtool(connections=300, connections_peer=100, header_timeout_ms=2000)
    slow = []
    try:
        for _ in range(1000):
            s = web.connect("127.0.0.2")
            s.setblocking(False)
            try:
                s.send(b"GET /echo HTTP/1.1\r\nHost: lo")
            except OSError:
                pass
            slow.append(s)
        for _ in range(20):
            assert web.ask("/echo")[0] == 200
        for s in slow:
            s.settimeout(PATIENCE_S)
            assert read_all(s) == b""
    finally:
        for s in slow:
            s.close()
    assert web.ask("/echo", source="127.0.0.2")[0] == 200


def test_connections_in_all_are_limited_and_come_free_again(start_webtool):
    web = start_webtool(threads=1, connections=20, connections_peer=100, header_timeout_ms=1500)
    held = [web.connect() for _ in range(60)]
    assert web.ask("/echo")[0] == 200  # waits until the deadline frees one
    for s in held:
        s.close()


# ---- who asks

HOSTS = ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:1", "127.1.2.3", "[::1]", "[::1]:8000"]
STRANGERS = ["evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example",
             "10.0.0.1", "0.0.0.0", "[::2]", "[::1", "", "a b", "localhost:x", "localhost@evil.example",
             "localhost/evil", "2130706433", "0x7f.1", "localhost:99999", "xn--localhost", "localhost."]


@pytest.mark.parametrize("host", HOSTS)
def test_our_own_names_are_answered(web, host):
    assert statuses(web.raw(head("/echo", CLOSE, host=host))) == [200]


@pytest.mark.parametrize("host", STRANGERS)
def test_a_name_that_is_not_ours_is_not_answered(web, host):
    assert statuses(web.raw(head("/echo", CLOSE, host=host)))[0] in (400, 403)


def test_names_by_setting(start_webtool):
    web = start_webtool(hosts="assay.example, other.example")
    assert statuses(web.raw(head("/echo", CLOSE, host="Assay.example:443"))) == [200]
    assert statuses(web.raw(head("/echo", CLOSE, host="other.example"))) == [200]
    assert statuses(web.raw(head("/echo", CLOSE, host="third.example"))) == [403]
    anyone = start_webtool(hosts="*")
    assert statuses(anyone.raw(head("/echo", CLOSE, host="third.example"))) == [200]


def test_who_listens_on_more_than_loopback_is_called_by_any_address(start_webtool):
    web = start_webtool(listen="0.0.0.0:0")
    web.host = "127.0.0.1"
    assert statuses(web.raw(head("/echo", CLOSE, host="10.0.0.1:80"))) == [200]
    assert statuses(web.raw(head("/echo", CLOSE, host="evil.example"))) == [403]


@pytest.mark.parametrize("origin, ok", [
    (None, True), ("http://localhost", True), ("https://localhost", True), ("http://evil.example", False),
    ("null", False), ("", False), ("http://localhost:81", False), ("http://localhost.evil.example", False),
    ("localhost", False), ("http://evil.example/localhost", False), ("ftp://localhost", False),
])
def test_a_page_of_another_origin_changes_nothing(web, origin, ok):
    lines = [f"Origin: {origin}"] if origin is not None else []
    said = web.raw(head("/publish", "Content-Length: 0", CLOSE, *lines, method="POST"))
    assert statuses(said) == [204 if ok else 403]
    # Reading does no harm: the browser keeps the answer from the page (no CORS header).
    said = web.raw(head("/echo", CLOSE, *lines))
    assert statuses(said) == [200]
    assert b"Access-Control" not in said


def test_a_port_may_be_empty(web):
    assert statuses(web.raw(head("/echo", CLOSE, host="localhost:"))) == [200]


def test_http_1_0_may_leave_the_host_out(web):
    assert statuses(web.raw(head("/echo", version="HTTP/1.0", host=None))) == [200]
    assert statuses(web.raw(head("/echo", version="HTTP/1.0", host="evil.example"))) == [403]


# ---- the key

@pytest.mark.parametrize("value", [
    None, "", "Bearer", "Bearer ", f"Bearer {KEY}x", f"Bearer {KEY[:-1]}", f"Bearer x{KEY}", f"Bearer  {KEY} {KEY}",
    f"Basic {KEY}", KEY, f"Bearer{KEY}", f"Bearer {KEY.upper()}", "Bearer " + "a" * 15000, f'Bearer "{KEY}"',
    "Bearer %00", f"Bearer {KEY}, Bearer {KEY}", f"Token {KEY}", f"Bearer,{KEY}",
])
def test_a_key_that_is_not_the_key(start_webtool, web, value):
    lines = [f"Authorization: {value}"] if value is not None else []
    said = web.raw(head("/admin/thing", "Content-Length: 0", CLOSE, *lines, method="POST"))
    status = statuses(said)[0]
    assert status in (401, 429), said
    assert status == 429 or b"\r\nWWW-Authenticate: Bearer\r\n" in said
    assert KEY.encode() not in said


@pytest.mark.parametrize("value", [f"Bearer {KEY}", f"bearer {KEY}", f"BEARER   {KEY}  "])
def test_the_key(web, value):
    said = web.raw(head("/admin/thing", "Content-Length: 0", CLOSE, f"Authorization: {value}", method="POST"))
    assert statuses(said) == [200]


def test_the_key_twice_is_no_key(web):
    lines = [f"Authorization: Bearer {KEY}"] * 2
    assert statuses(web.raw(head("/admin/thing", "Content-Length: 0", *lines, method="POST"))) == [400]


def test_guessing_is_slowed_down_and_the_right_key_still_opens(start_webtool):
    web = start_webtool(admin_rate=3)
    seen = [web.ask("/admin/thing", "POST", key="guess") for _ in range(8)]
    assert [s for s, _, _ in seen] == [401] * 3 + [429] * 5
    waits = [int(h["Retry-After"]) for _, h, _ in seen[3:]]
    assert waits == sorted(waits) and waits[0] < waits[-1]
    assert web.ask("/admin/thing", "POST", key=True)[0] == 200
    assert web.ask("/admin/thing", "POST", key="guess", source="127.0.0.3")[0] == 401
    assert web.ask("/admin/thing", "POST", key=True, source="127.0.0.3")[0] == 200


def test_without_a_key_nobody_comes_in(start_webtool):
    web = start_webtool(key="")
    for key in (None, "", KEY):
        status, _, body = web.ask("/admin/thing", "POST", key=key)
        assert status == 503 and b"ADMIN_API_KEY" in body
    assert web.ask("/echo")[0] == 200


# ---- words

@pytest.mark.parametrize("path", ["/../../etc/passwd", "/things/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
                                  "/rest/..%2f..%2fetc%2fpasswd", "/rest/../../../etc/passwd", "//etc/passwd"])
def test_a_path_leads_nowhere_but_to_a_handler(web, path):
    said = web.raw(head(path, CLOSE))
    assert b"root:" not in said
    assert statuses(said)[0] in (200, 404)
    if statuses(said) == [200]:
        assert json.loads(said.partition(b"\r\n\r\n")[2])["path"] == path


@pytest.mark.parametrize("text", ["%00", "a%00b", "%ff", "%c0%80", "%ed%a0%80", "%", "%1", "%zz", "%%", "%u0041"])
def test_text_that_is_none_reaches_no_handler(web, text):
    assert statuses(web.raw(head(f"/things/{text}", CLOSE))) == [404]
    assert statuses(web.raw(head(f"/echo?q={text}", CLOSE))) == [422]
    assert statuses(web.raw(head(f"/echo?{text}=q", CLOSE))) == [422]


@pytest.mark.parametrize("text", ["%0d%0aX-Evil: 1", "%0aX-Evil:1", "%e2%98%83", "%3cscript%3e", "%22", "%3e", "%5c"])
def test_what_a_client_wrote_never_becomes_a_header_of_ours(web, text):
    text = text.replace(" ", "%20").replace(":", "%3a")
    said = web.raw(head(f"/pieces?n=1&offset=10&colour={text}", CLOSE))
    top = said.partition(b"\r\n\r\n")[0]
    assert statuses(said) == [200]
    assert b"\nX-Evil" not in top
    assert f"colour={text}".lower().encode() in top.lower()
    refused = web.raw(head(f"/echo?{text}=1", CLOSE))
    assert statuses(refused) == [422]
    assert b"<script>" not in refused or b"Content-Type: application/json" in refused
    assert b"\nX-Evil" not in refused


def test_every_error_is_json_that_no_browser_takes_for_a_page(web):
    for request_ in (head("/none", CLOSE), head("/echo?x=<b>".replace("<", "%3c"), CLOSE),
                     head("/echo", CLOSE, host="evil.example"), head("/echo", CLOSE, method="PATCH")):
        said = web.raw(request_)
        assert b"\r\nContent-Type: application/json\r\n" in said
        assert b"\r\nX-Content-Type-Options: nosniff\r\n" in said
        assert isinstance(detail(said), str)


def test_nothing_of_it_leaks(web):
    for _ in range(3):
        web.ask("/echo")
    before = web.descriptors()
    held = [web.connect() for _ in range(50)]
    for s in held:
        s.send(b"GET / HTT")
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        s.close()
    until(lambda: web.ask("/echo") and web.descriptors() <= before + 1)
