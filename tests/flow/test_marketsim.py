# SPDX-License-Identifier: MIT
"""marketsim, judged by an independent reading of what it sends (loopback only).

The simulator is the yardstick of every other flow test, so its own truth is checked here against
its document by a reader that shares nothing with it: json, decimal, sockets.
This file is about the program, its transport and its largest provider; test_marketsim_providers.py
is about the others.
"""
import gzip
import http.client
import json
import re
import socket
import subprocess
import time
import zlib
from decimal import Decimal

import pytest

from lib.patience import PATIENCE_S, until
from lib.sim import BINARY, LIST, as_read, canonical, check_price_events, single_prices

METERS = {
    "prompt": ("input_token", ""), "completion": ("output_token", ""),
    "input_cache_read": ("cached_input_token", ""), "input_cache_write": ("cache_write_token", ""),
    "input_cache_write_1h": ("cache_write_token", "[1h]"), "request": ("request", ""),
    "image": ("input_image", ""), "image_token": ("input_image_token", ""),
    "image_output": ("output_image_token", ""), "audio": ("input_audio_token", ""),
    "audio_output": ("output_audio_token", ""), "input_audio_cache": ("cached_audio_token", ""),
    "internal_reasoning": ("reasoning_token", ""), "web_search": ("web_search", ""),
}


# --- an independent reader ---

def read_price(text):
    if text == "-1":
        return "dynamic", None
    return ("free", "0") if Decimal(text) == 0 else ("priced", canonical(text))


def terms(override):
    found = []
    if "min_prompt_tokens" in override:
        found.append(f"[>{override['min_prompt_tokens']}]")
    if "utc_start" in override:
        clock = ["%02d:%02d" % divmod(override[k], 100) for k in ("utc_start", "utc_end")]
        found.append(f"[{clock[0]}-{clock[1]}Z]")
    return found


def read_prices(row):
    prices = {}
    for entry in [row["pricing"], *row["pricing"].get("overrides", [])]:
        for key, text in entry.items():
            if key in ("overrides", "min_prompt_tokens", "utc_start", "utc_end"):
                continue
            meter, tag = METERS[key]
            if key == "image" and text == "0" and \
                    "image" not in row["architecture"]["input_modalities"]:
                continue
            condition = "".join(sorted(terms(entry) + ([tag] if tag else [])))
            assert (meter, condition) not in prices
            prices[meter, condition] = read_price(text)
    return prices


def read_row(row):
    expires = row["expiration_date"]
    if expires == "2098-12-31":
        expires = None
    parameters = row["supported_parameters"]
    return {
        "id": row["id"], "name": row["name"], "context_length": row["context_length"],
        "max_output_tokens": row["top_provider"]["max_completion_tokens"],
        "modality": row["architecture"]["modality"],
        "capabilities": {
            "function_calling": "tools" in parameters,
            "vision": "image" in row["architecture"]["input_modalities"],
            "reasoning": "reasoning" in parameters,
            "structured_outputs": "structured_outputs" in parameters,
            "audio_input": "audio" in row["architecture"]["input_modalities"],
            "audio_output": "audio" in row["architecture"]["output_modalities"],
            "image_generation": "image" in row["architecture"]["output_modalities"],
        },
        "quantization": None, "replaced_by": None,
        "deprecated_at": expires and expires + "T00:00:00.000Z",
        "prices": read_prices(row),
    }


def assert_truthful(sim):
    document = sim.document()
    assert document["total_count"] == len(document["data"])
    assert document["links"] == {"next": None}
    read = sorted((read_row(row) for row in document["data"]), key=lambda m: m["id"].encode())
    assert read == as_read(sim.truth())


# --- program ---

def test_says_where_it_listens_and_ends_cleanly(sim):
    assert sim.line == f"marketsim: listening on http://127.0.0.1:{sim.port}\n"
    assert sim.stop() == 0


@pytest.mark.parametrize("options, named", [
    (["--sede", "1"], "--sede"), (["--seed"], "--seed"), (["--scale", "many"], "--scale"),
    (["--total", "many"], "--total"), (["--rows", "groq"], "--rows"),
    (["--rows", "nobody=3"], "--rows"), (["--rows", "groq=many"], "--rows"),
    (["--listen", "here"], "--listen"), (["--replay", "/nonexistent"], "--replay"),
    (["--latency-ms=-1"], "--latency-ms"), (["stray"], "stray"),
])
def test_wrong_options_are_named(options, named):
    done = subprocess.run([BINARY, *options], capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 2 and named in done.stderr


def test_unknown_places(sim):
    for method, target, status in [("GET", "/nowhere.test/x", 404), ("GET", "/sim/nothing", 404),
                                   ("GET", "/sim/advance", 405), ("DELETE", LIST, 405),
                                   ("POST", "/sim/fault?provider=openrouter&kind=odd", 400),
                                   ("POST", "/sim/reprice?provider=nobody", 400),
                                   ("POST", "/sim/advance?steps=x", 400)]:
        reply, body = sim.ask(method, target)
        assert reply.status == status and "error" in json.loads(body)


def test_requests_are_bounded(sim):
    with socket.create_connection(("127.0.0.1", sim.port), timeout=PATIENCE_S) as s:
        s.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 70000)
        assert b" 431 " in s.recv(4096).split(b"\r\n")[0]
    with socket.create_connection(("127.0.0.1", sim.port), timeout=PATIENCE_S) as s:
        s.sendall(b"POST /sim/ HTTP/1.1\r\nContent-Length: 67108865\r\n\r\n")
        assert b" 413 " in s.recv(4096).split(b"\r\n")[0]


# --- document and truth ---

def test_document_tells_the_truth(start):
    for seed in ("1", "2", "3"):
        assert_truthful(start("--seed", seed, "--scale", "400"))


def test_small_market_shows_every_quirk(sim):
    rows = sim.document()["data"]
    text = sim.ask("GET", LIST)[1].decode()
    prices = [p for r in rows for p in r["pricing"].values() if isinstance(p, str)]
    overrides = [o for r in rows for o in r["pricing"].get("overrides", [])]
    assert {k for r in rows for k in r["pricing"]} == {*METERS, "overrides"}
    assert any(len(r["pricing"].get("overrides", [])) == 2 and
               all("min_prompt_tokens" in o for o in r["pricing"]["overrides"]) for r in rows)
    assert any(o.get("utc_start", 0) > o.get("utc_end", 0) for o in overrides)
    assert any("utc_start" in o and "min_prompt_tokens" in o for o in overrides)
    assert prices.count("-0") == 1 and "-1" in prices and "0" in prices
    assert max(len(p.partition(".")[2]) for p in prices) == 23
    assert max(len(p.replace(".", "").lstrip("0")) for p in prices) == 18
    assert any(re.fullmatch(r"0\.\d*?0{6,}[1-9]", p.lstrip("0") and p) for p in prices)
    assert not any("e" in p.lower() for p in prices)
    assert any(r["expiration_date"] == "2098-12-31" for r in rows)
    assert any((r["expiration_date"] or "2098") < "2098" for r in rows)
    assert any(r["id"].startswith("~") and r["alias_target"]["slug"] for r in rows)
    assert any(r["id"].endswith(":batch") for r in rows) and \
        any(r["id"].endswith(":free") for r in rows)
    assert any(r["top_provider"]["max_completion_tokens"] is None for r in rows)
    assert {"", None} <= {r["hugging_face_id"] for r in rows}
    assert any(r["context_length"] is None for r in rows)
    assert any(r["pricing"].get("image") == "0" and
               "image" not in r["architecture"]["input_modalities"] for r in rows)
    assert "\\u" in text and not text.isascii()
    assert {"benchmarks" in r for r in rows} == {True, False}
    assert {"reasoning" in r for r in rows} == {True, False}
    assert len({r["id"] for r in rows}) == len(rows) == 60


def test_a_seed_names_a_history(start):
    def history(seed):
        sim = start("--seed", seed)
        events = sim.post("advance", steps=5)
        sim.post("shuffle", provider="openrouter")
        return events, sim.ask("GET", LIST)[1]
    assert history("7") == history("7")
    assert history("7") != history("8")


def test_large_market(start):
    sim = start("--scale", "20000")
    plain = sim.ask("GET", LIST)[1]
    packed = sim.ask("GET", LIST, {"Accept-Encoding": "gzip"})[1]
    assert 24e6 < len(plain) < 26e6
    assert zlib.decompress(packed, 31) == plain
    assert len({row["id"] for row in json.loads(plain)["data"]}) == 20000


# --- motion ---

def test_advance_does_what_it_says(sim):
    kinds = set()
    for tick in range(1, 41):
        before = {m["id"]: m for m in sim.truth()}
        answer = sim.post("advance", provider="openrouter")
        after, events = {m["id"]: m for m in sim.truth()}, answer["events"]
        assert answer["tick"] == tick
        named = {kind: {e["model"] for e in events if e["kind"] == kind}
                 for kind in ("added", "removed", "returned", "price")}
        assert before.keys() - after.keys() == named["removed"]
        assert after.keys() - before.keys() == named["added"] | named["returned"]
        assert named["added"] and named["price"] and 1 <= len(named["removed"]) <= 5
        changed = {i for i in before.keys() & after.keys() if before[i] != after[i]}
        assert changed == {e["model"] for e in events} - set.union(
            named["added"], named["removed"], named["returned"])
        check_price_events(before, after, events)
        kinds |= {e["kind"] for e in events}
    assert kinds == {"added", "removed", "returned", "price", "context", "capability", "renamed",
                     "deprecated"}
    assert_truthful(sim)


def test_reprice_changes_exactly_n(sim):
    before = single_prices(sim.truth())
    assert len(sim.post("reprice", provider="openrouter", n=17)["events"]) == 17
    after = single_prices(sim.truth())
    moved = [k for k in before if before[k] != after[k]]
    assert before.keys() == after.keys() and len(moved) == 17
    assert all(Decimal("0.5") < Decimal(after[k][1]) / Decimal(before[k][1]) < 2 for k in moved)
    assert_truthful(sim)


def test_remove_and_restore(sim):
    before = sim.truth()
    events = sim.post("remove", provider="openrouter", n=9)["events"]
    assert {m["id"] for m in before} - {m["id"] for m in sim.truth()} == \
        {e["model"] for e in events}
    assert sim.document()["total_count"] == 51
    assert len(sim.post("restore", provider="openrouter")["events"]) == 9
    assert sim.truth() == before


def test_shuffle_and_touch_leave_the_truth(sim):
    truth, rows = sim.truth(), sim.document()["data"]
    sim.post("shuffle", provider="openrouter")
    shuffled = sim.document()["data"]
    assert shuffled != rows and sorted(shuffled, key=str) == sorted(rows, key=str)
    sim.post("touch", provider="openrouter")
    touched = sim.document()["data"]
    different = [(a, b) for a, b in zip(shuffled, touched) if a != b]
    assert len(different) == 1
    assert {k for k in different[0][0] if different[0][0][k] != different[0][1][k]} == \
        {"description"}
    assert sim.truth() == truth


# --- transport ---

def test_keep_alive_head_and_pipelining(sim):
    connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=PATIENCE_S)
    for method in ("GET", "HEAD", "GET"):
        connection.request(method, LIST)
        reply = connection.getresponse()
        length = len(reply.read())
        assert length == (0 if method == "HEAD" else int(reply.headers["Content-Length"]))
    connection.close()
    with socket.create_connection(("127.0.0.1", sim.port), timeout=PATIENCE_S) as s:
        s.sendall(b"GET /sim/ HTTP/1.1\r\n\r\n" * 2 +
                  b"GET /x HTTP/1.1\r\nConnection: close\r\n\r\n")
        got = b"".join(iter(lambda: s.recv(65536), b""))
    assert got.count(b"HTTP/1.1 200 OK") == 2 and got.count(b"HTTP/1.1 404") == 1


def test_gzip_etag_and_chunked(sim):
    plain, body = sim.ask("GET", LIST)
    packed, squeezed = sim.ask("GET", LIST, {"Accept-Encoding": "br, gzip"})
    assert gzip.decompress(squeezed) == body and packed.headers["Content-Encoding"] == "gzip"
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert not plain.headers["ETag"].startswith("W/")
    tag = {"If-None-Match": plain.headers["ETag"]}
    again, nothing = sim.ask("GET", LIST, tag)
    assert (again.status, nothing) == (304, b"")
    sim.post("touch", provider="openrouter")
    assert sim.ask("GET", LIST, tag)[0].status == 200
    sim.post("config", provider="openrouter", etag=0, gzip=0, chunked=1)
    bare, body = sim.ask("GET", LIST, {"Accept-Encoding": "gzip", **tag})
    assert bare.status == 200 and bare.headers["ETag"] is None
    assert bare.headers["Content-Encoding"] is None
    assert bare.headers["Transfer-Encoding"] == "chunked" and json.loads(body)
    refused, _ = sim.ask("GET", LIST, {"Accept-Encoding": "gzip;q=0"})
    assert refused.headers["Content-Encoding"] is None


def test_latency(sim):
    sim.post("config", provider="openrouter", latency_ms=150)
    begin = time.monotonic()
    sim.document()
    assert time.monotonic() - begin > 0.14


def test_requests_are_written_down(sim):
    sim.ask("GET", LIST + "?a=b", {"X-Key": "v"})
    sim.ask("HEAD", LIST)
    first, second = json.loads(sim.ask("GET", "/sim/requests?clear=1")[1])
    assert (first["method"], first["path"], first["query"]) == ("GET", LIST, "a=b")
    assert first["headers"]["x-key"] == "v" and first["status"] == 200
    assert first["bytes"] == len(sim.ask("GET", LIST)[1])
    assert (second["method"], second["bytes"]) == ("HEAD", 0)
    assert len(json.loads(sim.ask("GET", "/sim/requests")[1])) == 1
    for _ in range(3):
        sim.ask("HEAD", LIST)
    assert len(json.loads(sim.ask("GET", "/sim/requests")[1])) == 4


# --- faults ---

def test_status_with_retry_after_and_times(sim):
    sim.fault("status", status=429, retry_after=7, times=2)
    for _ in range(2):
        reply, body = sim.ask("GET", LIST)
        assert (reply.status, reply.headers["Retry-After"]) == (429, "7")
        assert json.loads(body)["error"]["code"] == 429
    assert sim.ask("GET", LIST)[0].status == 200


def test_fault_stays_until_cleared(sim):
    sim.fault("status")
    assert [sim.ask("GET", LIST)[0].status for _ in range(3)] == [503] * 3
    sim.fault("none")
    assert_truthful(sim)


def test_redirect_html_and_empty_body(sim):
    sim.fault("redirect", location="http://127.0.0.1:1/x%3Fy")
    reply, _ = sim.ask("GET", LIST)
    assert (reply.status, reply.headers["Location"]) == (302, "http://127.0.0.1:1/x?y")
    sim.fault("html")
    reply, body = sim.ask("GET", LIST)
    assert reply.status == 200 and reply.headers["Content-Type"].startswith("text/html")
    assert body.startswith(b"<!doctype html>")
    sim.fault("null_body")
    reply, body = sim.ask("GET", LIST)
    assert (reply.status, body, reply.headers["Content-Length"]) == (200, b"", "0")


def test_cut_documents(sim):
    whole = sim.ask("GET", LIST)[1]
    sim.fault("truncated")
    got, reset = sim.raw()
    head, _, body = got.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(whole)}".encode() in head
    assert body == whole[:len(whole) // 2] and not reset
    sim.fault("truncated_chunked")
    got, reset = sim.raw()
    assert b"Transfer-Encoding: chunked" in got and not got.endswith(b"0\r\n\r\n") and not reset
    sim.fault("invalid_json")
    reply, body = sim.ask("GET", LIST)
    assert int(reply.headers["Content-Length"]) == len(body) == len(whole) // 2
    with pytest.raises(ValueError):
        json.loads(body)


def test_resets(sim):
    sim.fault("reset")
    got, reset = sim.raw()
    assert reset and got.startswith(b"HTTP/1.1 200") and len(got) > 1000
    sim.fault("reset_early")
    assert sim.raw() == (b"", True)


def test_timeout_never_answers(sim):
    sim.fault("timeout")
    with socket.create_connection(("127.0.0.1", sim.port), timeout=0.3) as s:
        s.sendall(f"GET {LIST} HTTP/1.1\r\n\r\n".encode())
        until(lambda: json.loads(sim.ask("GET", "/sim/requests")[1]))
        with pytest.raises(socket.timeout):
            s.recv(1)
    assert json.loads(sim.ask("GET", "/sim/requests")[1])[-1]["status"] == 0


def test_slow_drip(sim):
    sim.fault("slow_drip")
    begin = time.monotonic()
    with socket.create_connection(("127.0.0.1", sim.port), timeout=PATIENCE_S) as s:
        s.sendall(f"GET {LIST} HTTP/1.1\r\n\r\n".encode())
        got = b""
        while not got.endswith(b'{"data":['):
            got += s.recv(1)
    assert b"Content-Length" in got and time.monotonic() - begin > 0.38


def test_bent_lists(sim):
    whole = sim.document()

    def bent(kind):
        sim.fault(kind)
        return sim.document()
    assert bent("empty_list") == {"data": [], "total_count": 0, "links": {"next": None}}
    half = bent("half_list")
    assert half["data"] == whole["data"][:30] and "total_count" not in half
    counted = bent("half_list_counted")
    assert counted["data"] == whole["data"][:30] and counted["total_count"] == 60
    paged = bent("next_page")
    assert paged["links"]["next"] and len(paged["data"]) == 30
    assert isinstance(bent("wrong_shape")["data"], dict)
    assert isinstance(bent("not_object"), str)


def test_oversize(sim):
    sim.fault("oversize")
    got, _ = sim.raw(limit=8 << 20)
    assert len(got) >= 8 << 20
    body = got.partition(b"\r\n\r\n")[2].partition(b"\r\n")[2]
    assert body.startswith(b"[0,0,0") and got.count(b"[") == 1
    assert sim.ask("GET", "/sim/")[0].status == 200


def test_gzip_faults(sim):
    sim.fault("gzip_bomb")
    reply, body = sim.ask("GET", LIST)
    assert reply.headers["Content-Encoding"] == "gzip" and len(body) < 4 << 20
    assert int.from_bytes(body[-4:], "little") == 1 << 31
    inflate = zlib.decompressobj(31)
    assert inflate.decompress(body, 32 << 20).count(b" ") == 32 << 20
    sim.fault("gzip_garbage")
    reply, body = sim.ask("GET", LIST)
    assert reply.headers["Content-Encoding"] == "gzip"
    with pytest.raises(zlib.error):
        zlib.decompress(body, 31)
    sim.fault("gzip_truncated")
    body = sim.ask("GET", LIST)[1]
    inflate = zlib.decompressobj(31)
    assert inflate.decompress(body).startswith(b'{"data":[{') and not inflate.eof


def test_hostile_parts(sim):
    honest = len(sim.truth())
    parts = sim.fault("hostile")["parts"]
    assert set(parts) == {"nul", "longstring", "depth", "dupkeys", "utf8", "digits", "exponent",
                          "word", "nullprice", "objectprice", "noid", "dupid"}
    assert len(sim.ask("GET", LIST)[1]) > 10 << 20

    def bad_rows(part):
        assert list(sim.fault("hostile", part=part)["parts"]) == [part]
        document = sim.document()
        assert document["total_count"] == len(document["data"])
        bad = document["data"][honest:]
        assert [r.get("id") for r in bad[:1]] == parts[part]
        return bad
    assert bad_rows("nul")[0]["id"] == "hostile/nul\0tail"
    assert len(bad_rows("longstring")[0]["name"]) == 10 << 20
    assert len(bad_rows("digits")[0]["pricing"]["prompt"]) == 10002
    assert bad_rows("exponent")[0]["pricing"]["prompt"] == "1e999999"
    assert bad_rows("word")[0]["pricing"]["prompt"] == "abc"
    assert bad_rows("nullprice")[0]["pricing"]["prompt"] is None
    assert isinstance(bad_rows("objectprice")[0]["pricing"]["prompt"], dict)
    assert "id" not in bad_rows("noid")[0]
    twins = bad_rows("dupid")
    assert len(twins) == 2 and twins[0]["pricing"] != twins[1]["pricing"]
    assert bad_rows("dupkeys")
    sim.fault("hostile", part="utf8")
    with pytest.raises(UnicodeDecodeError):
        sim.ask("GET", LIST)[1].decode()
    sim.fault("hostile", part="depth")
    assert b"[" * 100000 in sim.ask("GET", LIST)[1]
    assert sim.ask("POST", "/sim/fault?provider=openrouter&kind=hostile&part=no")[0].status == 400


# --- replay ---

@pytest.fixture
def recorded(tmp_path):
    root = tmp_path / "recorded"
    for name, text in {"openrouter.ai/api/v1/models": '{"data":[]}',
                       "api.one.test/v1/list@kind=text": '["by query"]',
                       "api.one.test/v1/list": '["bare"]'}.items():
        file = root / (name + ".json")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "secret.json").write_text('"secret"')
    (root / "api.one.test/link.json").symlink_to(tmp_path / "secret.json")
    return root


def test_replay(start, recorded):
    sim = start("--replay", str(recorded))
    assert sim.document() == {"data": []}
    assert sim.ask("GET", "/api.one.test/v1/list?kind=text")[1] == b'["by query"]'
    reply, body = sim.ask("GET", "/api.one.test/v1/list")
    assert body == b'["bare"]' and reply.headers["Content-Type"] == "application/json"
    assert sim.ask("GET", "/api.one.test/v1/list",
                   {"If-None-Match": reply.headers["ETag"]})[0].status == 304
    for target in ("/api.one.test/v1/list?kind=image", "/../secret", "/api.one.test/../../secret",
                   "/api.one.test/link", "/%2e%2e/secret", "/api.one.test/v1/list?/../../x"):
        assert sim.ask("GET", target)[0].status == 404
    sim.post("fault", provider="api.one.test", kind="status", status=500, times=1)
    assert sim.ask("GET", "/api.one.test/v1/list")[0].status == 500
    sim.fault("invalid_json", times=1)
    assert sim.ask("GET", LIST)[1] == b'{"dat'


def test_replay_is_switched_at_run_time(sim, recorded):
    sim.post("replay", dir=recorded)
    assert sim.document() == {"data": []}
    sim.post("replay")
    assert_truthful(sim)
    assert sim.ask("POST", "/sim/replay?dir=/nonexistent")[0].status == 400
