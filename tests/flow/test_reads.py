"""What the database tells over HTTP: changes, histories, comparisons, samples, the feed and the badges.

The truth is in the tables, read with other people's libraries; the feed is held against RFC 4287 by xmllint
and an XML parser, the badges by that parser and a table of widths.
"""
import json
import re
import subprocess
import time
import urllib.parse
import xml.etree.ElementTree as xml

import pytest

from lib.database import stamp
from lib.probing import probe, told as told_by
from lib.serving import Serving

MEMBERS = ("id", "at", "provider", "model", "kind", "field", "old", "new", "ratio", "tags")
HOSTILE = "x/<b onload=\"alert('1')\">&amp;\x01]]>"
ATOM = "{http://www.w3.org/2005/Atom}"
SVG = "{http://www.w3.org/2000/svg}"


def quoted(text):
    return urllib.parse.quote(text, safe="/")


def parsed(url):
    """What it means, in whichever spelling."""
    parts = urllib.parse.urlsplit(url)
    return parts.path, urllib.parse.parse_qsl(parts.query, strict_parsing=bool(parts.query))


def query(path, **parameters):
    return f"{path}?{urllib.parse.urlencode(parameters, doseq=True)}" if parameters else path


class Desk:
    """A database with a past, and the daemon that tells of it."""

    def __init__(self, desk, market):
        self.desk, self.database = desk, desk.database
        for provider in ("openrouter", "deepinfra"):
            desk.sync(providers=provider)
        for day in range(3):
            for provider in ("openrouter", "deepinfra"):
                market.post("advance", provider=provider, steps=1)
                if day == 1:
                    market.post("remove", provider=provider, n=3)
                desk.sync(providers=provider)
        keys = {**desk.keys(("deepinfra",)), "HF_TOKEN": None}
        self.samples = told_by(probe(desk, "--providers", "deepinfra", "--top", 6, "--json", **keys))
        for status, rate, ms in (("degraded", "0.8125", "912.345"), ("unknown", "NULL", "NULL")):
            self.database.operate(
                "INSERT INTO health_history (at, provider_id, model_id, status, success_rate, response_ms, reason)"
                f" SELECT s.first_at, m.provider_id, m.id, ?, {rate}, {ms}, 'of a test' FROM models m"
                " JOIN snapshots s ON s.provider_id = m.provider_id"
                " WHERE m.id IN (SELECT id FROM models ORDER BY id LIMIT 2) ORDER BY s.id", status)
        self.add_change(HOSTILE, "model_name", "<&>\x02", "]]>\"'")
        self.database.operate("INSERT INTO models (provider_id, model_name, provider_model_id) SELECT id, ?, ?"
                              " FROM providers WHERE slug = 'deepinfra'", HOSTILE, HOSTILE)
        self.serving = Serving(desk).wait_ready()
        self.get, self.ask = self.serving.get, self.serving.ask

    def add_change(self, model, field, old, new):
        self.database.operate(
            "INSERT INTO changes (at, provider_id, model, kind, field, old, new)"
            " SELECT at, provider_id, ?, 'renamed', ?, ?, ? FROM changes ORDER BY id DESC LIMIT 1",
            model, field, old, new)

    def refused(self, path, status=422):
        reply = self.ask(path)
        assert reply.status == status, (path, reply)
        return reply.json()["detail"]

    def changes(self):
        return [{**dict(zip(MEMBERS, (i, stamp(at), *rest[:-1]))), "tags": json.loads(rest[-1] or "[]")}
                for i, at, *rest in self.database.select(
                    "SELECT c.id, c.at, p.slug, c.model, c.kind, c.field, c.old, c.new, c.ratio, c.tags"
                    " FROM changes c JOIN providers p ON p.id = c.provider_id ORDER BY c.id")]


@pytest.fixture
def place(market, start_assay):
    made = Desk(start_assay(market), market)
    yield made
    made.serving.stop()


# ---- /changes

def walk(place, path, way):
    """By the links alone: the pages as they come."""
    pages = []
    while path:
        reply = place.ask(path)
        assert reply.status == 200, reply
        pages.append(reply.json())
        link = re.fullmatch(rf'<([^>]*)>; rel="{way}"', reply.headers.get("Link") or "")
        path = link[1] if link else None
    return pages


def joined(pages, way):
    """In the order of the list, whichever way it was walked."""
    assert len(pages) > 1
    return [row for page in (pages if way == "next" else reversed(pages)) for row in page]


def check_changes(place):
    rows = place.changes()
    assert len(rows) > 20
    assert place.get("/changes?limit=1000") == rows
    assert place.get("/changes?limit=3") == rows[-3:]
    middle = rows[len(rows) // 2]
    assert place.get(query("/changes", since=middle["at"], limit=1000)) == [
        r for r in rows if r["at"] >= middle["at"]]
    assert place.get("/changes?limit=1000&provider=deepinfra") == [
        r for r in rows if r["provider"] == "deepinfra"]
    assert place.get("/changes?limit=1000&kind=price,missing&kind=added") == [
        r for r in rows if r["kind"] in ("price", "missing", "added")]
    assert place.get(query("/changes", limit=1000, model=middle["model"])) == [
        r for r in rows if r["model"] == middle["model"]]
    assert place.get("/changes?since=2030-01-01") == []
    assert place.get("/changes?provider=hug") == []  # an alias of one that was never synced
    prices = [r for r in rows if r["kind"] == "price"]
    for way, place_ in (("next", "after=0&"), ("next", "since=2000-01-01&"), ("prev", "")):
        pages = walk(place, f"/changes?{place_}limit=7&kind=price", way)
        assert joined(pages, way) == prices
    bounded = walk(place, query("/changes", since=middle["at"], before=rows[-1]["id"], limit=3), "prev")
    assert joined(bounded, "prev") == [r for r in rows[:-1] if r["at"] >= middle["at"]]
    assert "nope" in place.refused("/changes?provider=nope") and "openrouter" in place.refused(
        "/changes?provider=nope")
    assert "quantization" in place.refused("/changes?kind=price,nope")
    for bad in ("since=yesterday", "after=-1", "after=x", "before=1", "limit=0", "limit=1001", "untold=1"):
        place.refused(f"/changes?{bad}")


# ---- /models/{id}/history

def check_history(place):
    row = place.database.select(
        "SELECT m.id, p.slug, m.provider_model_id FROM models m JOIN providers p ON p.id = m.provider_id"
        " WHERE m.id IN (SELECT model_id FROM absences) AND m.id IN"
        " (SELECT model_id FROM prices WHERE seen_to IS NOT NULL) ORDER BY m.id")
    row = row or place.database.select(
        "SELECT m.id, p.slug, m.provider_model_id FROM models m JOIN providers p ON p.id = m.provider_id"
        " JOIN prices x ON x.model_id = m.id WHERE x.seen_to IS NOT NULL ORDER BY m.id")
    number, slug, name = row[0]
    said = place.get(f"/models/{number}/history")
    assert (said["id"], said["provider"], said["provider_model_id"]) == (number, slug, name)
    select = place.database.select

    def times(row, n):
        return (*map(stamp, row[:n]), *row[n:])

    columns = ("seen_from", "seen_to", "valid_from", "valid_to", "meter", "condition", "state", "amount",
               "currency", "raw", "unit", "source", "suspect")
    prices = {times(r, 4) for r in select(f"SELECT {', '.join(columns)} FROM prices WHERE model_id = ?", number)}
    assert {tuple(p[c] for c in columns) for p in said["prices"]} == prices and len(said["prices"]) > 1
    assert any(p["seen_to"] for p in said["prices"]) and any(not p["seen_to"] for p in said["prices"])
    columns = ("seen_from", "seen_to", "deprecated_at", "name", "context_length", "max_output_tokens",
               "modality", "capabilities", "quantization", "replaced_by")
    versions = {times(r, 3) for r in select(f"SELECT {', '.join(columns)} FROM model_versions"
                                            " WHERE model_id = ?", number)}
    assert {tuple(v["model_name" if c == "name" else c] for c in columns) for v in said["versions"]} == versions
    assert [c["id"] for c in said["changes"]] == [
        i for i, in select("SELECT c.id FROM changes c JOIN providers p ON p.id = c.provider_id"
                           " WHERE p.slug = ? AND c.model = ? ORDER BY c.id", slug, name)]
    rows = {r["id"]: r for r in place.changes()}
    assert said["changes"] == [rows[c["id"]] for c in said["changes"]]
    assert place.get(f"/models/{number}/history?limit=1")["changes"] == said["changes"][-1:]
    gone = select("SELECT DISTINCT model_id FROM absences")[0][0]
    absences = select("SELECT gone_from, gone_to, removed_at FROM absences WHERE model_id = ? ORDER BY gone_from",
                      gone)
    assert [tuple(a.values()) for a in place.get(f"/models/{gone}/history")["absences"]] == [
        times(a, 3) for a in absences]
    assert "999999" in place.refused("/models/999999/history", 404)
    for bad in ("0", "-1", "x", "9" * 30, "1%00"):
        assert place.ask(f"/models/{bad}/history").status in (400, 404, 422)


def check_health_history(place):
    rows = place.database.select(
        "SELECT model_id, at, status, reason, success_rate, response_ms FROM health_history"
        " WHERE model_id IS NOT NULL ORDER BY at DESC, id DESC")
    assert len(rows) > 8
    for number in {r[0] for r in rows}:
        said = place.get(f"/models/{number}/health/history")
        assert [(r["at"], r["health_status"], r["reason"]) for r in said] == [
            (stamp(at), status, reason) for m, at, status, reason, *_ in rows if m == number]
        for told, row in zip(said, (r for r in rows if r[0] == number)):
            for value, stored in ((told["success_rate"], row[4]), (told["average_response_time_ms"], row[5])):
                assert value is stored if stored is None else abs(value - stored) < 1e-3
    never = place.database.select("SELECT id FROM models WHERE id NOT IN"
                                  " (SELECT model_id FROM health_history WHERE model_id IS NOT NULL)")[0][0]
    assert place.get(f"/models/{never}/health/history") == []
    assert place.get(f"/models/{rows[0][0]}/health/history?since=2100-01-01") == []
    place.refused("/models/999999/health/history", 404)
    place.refused(f"/models/{never}/health/history?limit=0")


# ---- /compare, /samples

def check_compare(place):
    name, slug = place.database.select(
        "SELECT m.canonical_id, min(p.slug) FROM models m JOIN providers p ON p.id = m.provider_id"
        " WHERE m.canonical_id LIKE '%/%' GROUP BY m.canonical_id ORDER BY count(*) DESC, 1 LIMIT 1")[0]
    path = f"/compare/{quoted(name)}"
    for parameters in ({}, {"input_tokens": 1000, "output_tokens": 5}, {"providers": slug},
                       {"input_tokens": 1000}, {"input_tokens": 0, "output_tokens": 7}, {"output_tokens": 10 ** 15}):
        command = [f"--{key.replace('_', '-')}" if i == 0 else str(value)
                   for key, value in parameters.items() for i in (0, 1)]
        run = place.desk.run("compare", name, "--json", *command)
        assert run.code == 0, run
        assert place.get(query(path, **parameters)) == run.json()
    assert place.get(f"/compare/{urllib.parse.quote(name, safe='')}") == place.get(path)
    assert place.get(path)["canonical_id"] == name
    place.refused("/compare/nobody/sells-this", 404)
    place.refused(query(path, providers="nope"))
    place.refused(query(path, input_tokens="-1"))
    assert place.get(query(path, input_tokens=1000))["output_tokens"] == 0
    for nothing in ({"input_tokens": 0, "output_tokens": 0}, {"input_tokens": 0}):
        assert "input_tokens and output_tokens" in place.refused(query(path, **nothing))
        assert place.desk.run("compare", name, *(f"--{key.replace('_', '-')}=0" for key in nothing)).code == 2


def check_samples(place):
    said = place.get("/samples?limit=1000")
    ids = [i for i, in place.database.select("SELECT id FROM samples ORDER BY id")]
    assert sorted(s["id"] for s in said) == ids and len(ids) > 5
    assert [s["at"] for s in said] == sorted(s["at"] for s in said)

    def known(sample):  # whether it agrees with the others is known later
        return json.dumps({k: v for k, v in sample.items() if k not in ("id", "agrees")}, sort_keys=True)
    assert sorted(map(known, said)) == sorted(map(known, place.samples))
    assert place.get("/samples?limit=2") == said[-2:]
    one = said[0]
    assert place.get(query("/samples", provider=one["provider"], model=one["provider_model_id"])) == [
        s for s in said if (s["provider"], s["provider_model_id"]) == (one["provider"], one["provider_model_id"])]
    assert place.get(query("/samples", since=said[-1]["at"])) == [s for s in said if s["at"] >= said[-1]["at"]]
    assert place.get("/samples?since=2100-01-01") == []
    check_pages_of_samples(place, said)
    place.refused("/samples?provider=nope")
    place.refused("/samples?limit=1001")


def check_pages_of_samples(place, said):
    for choice in ({}, {"provider": said[0]["provider"]}, {"model": said[0]["provider_model_id"]}):
        fits = [s for s in said if all(s[{"model": "provider_model_id"}.get(k, k)] == v for k, v in choice.items())]
        for way, begin in (("next", {"after": 0}), ("next", {"since": "2000-01-01"}), ("prev", {})):
            pages = walk(place, query("/samples", limit=1 if choice else 2, **choice, **begin), way)
            assert [row for page in (pages if way == "next" else pages[::-1]) for row in page] == fits
    first, last = said[1]["id"], said[-1]["id"]
    assert place.get(f"/samples?after={first}&before={last}") == said[2:-1]
    # Ids are given in the order of commits, the list goes by when each began: those two differ in a database
    # that several fill.  And what grew old is gone: then all that is left lies behind it, and nothing before.
    old, new = said[0]["id"], said[3]["id"]
    later = place.database.instant(time.time_ns() // 1_000_000)
    place.database.operate("UPDATE samples SET started_at = ? WHERE id IN (?, ?)", later, old, said[1]["id"])
    turned = place.get("/samples?limit=1000")
    at = [s["id"] for s in turned].index(old)
    assert at > 0 and joined(walk(place, "/samples?limit=2", "prev"), "prev") == turned
    assert joined(walk(place, "/samples?limit=2&after=0", "next"), "next") == turned
    assert place.get(f"/samples?after={old}") == turned[at + 1:]
    place.database.operate("UPDATE ledger SET sample_id = NULL WHERE sample_id = ?", new)
    place.database.operate("DELETE FROM samples WHERE id = ?", new)
    left = [s for s in turned if s["id"] != new]
    assert place.get(f"/samples?after={new}") == left and place.get(f"/samples?before={new}") == []


# ---- the feed

def xml_text(text):
    """As XML can hold it."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "\ufffd", text)


def entries_of(feed):
    return feed.findall(f"{ATOM}entry")


def change_of(entry):
    return int(re.fullmatch(r"tag:assay\.invalid,2026:change/(\d+)/\d+", entry.findtext(f"{ATOM}id"))[1])


def read_feed(place, path, root):
    reply = place.ask(path)
    assert reply.status == 200 and reply.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--relaxng", root / "tests/schemas/atom.rng", "-"],
                          input=reply.body, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    feed = xml.fromstring(reply.body)
    # What the RFC says besides its grammar.
    assert feed.find(f"{ATOM}author/{ATOM}name").text
    selves = [link.get("href") for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert list(map(parsed, selves)) == [parsed(path)]
    ids = [e.findtext(f"{ATOM}id") for e in [feed, *entries_of(feed)]]
    assert len(set(ids)) == len(ids)
    for name in ids:  # RFC 4151
        assert re.fullmatch(r"tag:[a-z0-9.]+,\d{4}(-\d\d){0,2}:[A-Za-z0-9\-._~!$&'()*+,;=:@/?%]*", name), name
    return feed, reply


def check_feed(place, root):
    rows = {r["id"]: r for r in place.changes()}
    feed, reply = read_feed(place, "/changes.atom", root)
    newest = sorted(rows, reverse=True)[:50]
    assert [change_of(e) for e in entries_of(feed)] == newest
    assert feed.findtext(f"{ATOM}updated") == rows[newest[0]]["at"]
    for entry in entries_of(feed):
        row = rows[change_of(entry)]
        assert entry.findtext(f"{ATOM}updated") == entry.findtext(f"{ATOM}published") == row["at"]
        assert {c.get("term") for c in entry.findall(f"{ATOM}category")} == {row["kind"], row["provider"]}
        title, content = entry.findtext(f"{ATOM}title"), entry.findtext(f"{ATOM}content")
        assert row["provider"] in title and xml_text(row["model"] or "") in title
        for value in (row["old"], row["new"], row["ratio"], *row["tags"]):
            assert xml_text(value or "") in content, (row, content)
    assert any(rows[i]["model"] == HOSTILE for i in newest)
    # The same for who has it already, and for nobody else.
    tag = reply.headers["ETag"]
    assert place.ask("/changes.atom", If_None_Match=tag).status == 304
    assert place.ask("/changes.atom?limit=3", If_None_Match=tag).status == 200
    # By pages to the first change.
    read, path = [], "/changes.atom?limit=2&kind=price,added&provider=openrouter"
    names = set()
    while path:
        feed, _ = read_feed(place, path, root)
        read += map(change_of, entries_of(feed))
        names.add(feed.findtext(f"{ATOM}id"))
        path = next((link.get("href") for link in feed.findall(f"{ATOM}link") if link.get("rel") == "next"), None)
    assert read == [i for i in sorted(rows, reverse=True) if rows[i]["kind"] in ("price", "added")
                    and rows[i]["provider"] == "openrouter"]
    assert len(names) == 1  # pages are of one feed
    other, _ = read_feed(place, "/changes.atom?kind=price", root)
    assert other.findtext(f"{ATOM}id") not in names
    model = rows[newest[-1]]["model"]
    of_model, _ = read_feed(place, query("/changes.atom", model=model), root)
    assert [change_of(e) for e in entries_of(of_model)] == [
        i for i in sorted(rows, reverse=True) if rows[i]["model"] == model]
    empty, _ = read_feed(place, "/changes.atom?kind=corrected", root)
    assert entries_of(empty) == []
    for bad in ("before=1", "before=x", "limit=501", "kind=nope", "provider=nope", "page=2"):
        place.refused(f"/changes.atom?{bad}")


# ---- badges

# Advances of Verdana, thousandths of its size: what browsers take first.  The badge says widths of its own.
VERDANA = {**dict.fromkeys("0123456789", 636), **dict.fromkeys("bdgpq", 623), **dict.fromkeys("hnu", 633),
           **dict.fromkeys("kvxy", 592), **dict.fromkeys("ijl", 274), "a": 601, "c": 521, "e": 596, "f": 352,
           "m": 973, "o": 607, "r": 427, "s": 521, "t": 394, "w": 818, "z": 525, ".": 364, " ": 352, "%": 1076}


def luminance(colour):
    channels = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    return sum(weight * (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4)
               for weight, c in zip((0.2126, 0.7152, 0.0722), channels))


def badge(place, model, kind, provider="deepinfra"):
    """(value, colour behind it); the picture is checked on the way."""
    reply = place.ask(f"/badge/{provider}/{quoted(model)}/{kind}.svg")
    assert reply.status == 200, reply
    assert reply.headers["Content-Type"] == "image/svg+xml"
    assert re.fullmatch(r"max-age=\d{1,3}", reply.headers["Cache-Control"])
    picture = xml.fromstring(reply.body)
    assert picture.tag == f"{SVG}svg" and picture.get("role") == "img"
    boxes, texts = picture.findall(f".//{SVG}rect"), picture.findall(f".//{SVG}text")
    name, value = (t.text for t in texts)
    assert name == kind and picture.get("aria-label") == f"{kind}: {value}"
    assert picture.findtext(f"{SVG}title") == f"{xml_text(model)}: {kind} {value}"
    edge = 0
    for box, text in zip(boxes, texts, strict=True):  # side by side, each text within its box
        left, width = int(box.get("x")), int(box.get("width"))
        at, length = int(text.get("x")), int(text.get("textLength"))
        assert left == edge and left + 4 <= at and at + length <= left + width - 4
        assert length == pytest.approx(sum(VERDANA[c] for c in text.text) * 11 / 1000, rel=0.01, abs=2)
        assert 1.05 / (luminance(box.get("fill")) + 0.05) >= 4.5  # white is read on it
        edge = left + width
    assert int(picture.get("width")) == edge
    return value, boxes[1].get("fill")


def check_badges(place):
    models = [m for m, in place.database.select(
        "SELECT m.provider_model_id FROM models m JOIN providers p ON p.id = m.provider_id"
        " WHERE p.slug = 'deepinfra' AND m.is_active = true ORDER BY 1")]
    cases = {0.9999: "99.99 %", 0.999999: "99.99 %", 1: "100 %", 0.96: "96.00 %", 0.5: "50.00 %", 0: "0.00 %"}
    times = (812.4, 9999.4, 12345.6, 0.4, 1500, 5000)
    chosen = [m for m in models if "/" in m and m != HOSTILE][:len(cases)]
    for model, rate, ms in zip(chosen, cases, times, strict=True):
        place.database.operate("UPDATE models SET success_rate = ?, average_response_time_ms = ?,"
                               " health_status = 'degraded' WHERE provider_model_id = ?", rate, ms, model)
    place.serving.stop()
    place.serving.__init__(place.desk)
    place.serving.wait_ready()
    uptimes = [badge(place, m, "uptime") for m in chosen]
    assert [value for value, _ in uptimes] == list(cases.values())
    good, fair, bad = uptimes[0][1], uptimes[3][1], uptimes[4][1]
    assert [colour for _, colour in uptimes] == [good, good, good, fair, bad, bad]
    latencies = [badge(place, m, "latency") for m in chosen]
    assert [value for value, _ in latencies] == ["812 ms", "9999 ms", "12.3 s", "0 ms", "1500 ms", "5000 ms"]
    assert [colour for _, colour in latencies] == [good, bad, bad, good, fair, bad]
    value, unknown = badge(place, HOSTILE, "uptime")
    assert value == "unknown" and len({good, fair, bad, unknown}) == 4
    reply = place.ask(f"/badge/deepinfra/{urllib.parse.quote(chosen[0], safe='')}/uptime.svg")
    assert reply.body == place.ask(f"/badge/deepinfra/{chosen[0]}/uptime.svg").body
    tag = reply.headers["ETag"]
    assert place.ask(f"/badge/deepinfra/{chosen[0]}/uptime.svg", If_None_Match=tag).status == 304
    for path in ("/badge/deepinfra/no/such/uptime.svg", f"/badge/nope/{chosen[0]}/uptime.svg",
                 f"/badge/deepinfra/{chosen[0]}/price.svg", "/badge/deepinfra/uptime.svg"):
        place.refused(path, 404)


@pytest.mark.stores("sqlite", "postgres")
def test_what_the_database_tells(place, root):
    check_changes(place)
    check_history(place)
    check_health_history(place)
    check_compare(place)
    check_samples(place)
    check_feed(place, root)
    check_badges(place)
    assert not [e for e in place.serving.logs() if e["level"] >= 50]
