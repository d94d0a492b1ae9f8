"""/events: each change once, in the order of commits, whoever wrote it and whoever was restarted meanwhile.

The client follows the HTML standard and knows nothing of ours (lib/eventsource.py); the truth is table changes.
"""
import json
import pathlib
import sqlite3

import pytest

from lib.database import stamp
from lib.eventsource import EventSource, Parser
from lib.patience import PATIENCE_S, until
from lib.serving import Serving

MEMBERS = ("id", "at", "provider", "model", "kind", "field", "old", "new", "ratio", "tags")
TWO = ("openrouter", "deepinfra")


def test_the_client_reads_as_the_standard_says():
    """Else it could not judge: examples of the standard, cut in pieces everywhere."""
    text = (b"\xef\xbb\xbf: this is a test stream\n\ndata: some text\n\ndata: another message\rdata: with two lines\r\n"
            b"\nevent: add\r\ndata: 73857293\r\n\r\nid: 7\n\nretry: 50\nretry: x\nid\ndata\n\ndata\ndata\n\ndata:test\n\n"
            b"id: 9\ndata:  lost, for its block does not end\n")
    want = [("message", "some text", ""), ("message", "another message\nwith two lines", ""),
            ("add", "73857293", ""), ("message", "", ""), ("message", "\n", ""), ("message", "test", "")]
    for size in (1, 2, 3, 7, len(text)):
        parser = Parser()
        got = [e for at in range(0, len(text), size) for e in parser.feed(text[at:at + size])]
        assert [(e.kind, e.data, e.last_id) for e in got] == want
        assert parser.retry_ms == 50 and parser.last_id == "" and parser.comments == [" this is a test stream"]


class Place:
    def __init__(self, desk, market, **settings):
        self.desk, self.market, self.database, self.settings = desk, market, desk.database, settings
        for provider in TWO:
            desk.sync(providers=provider)
        self.advance()
        self.serving = Serving(desk, **settings)

    def advance(self):
        """The market moves on, and syncs of other processes than the daemon find it."""
        for provider in TWO:
            self.market.post("advance", provider=provider, steps=1)
            self.desk.sync(providers=provider)

    def flood(self, n):
        """So many changes in one commit."""
        self.database.operate(
            "INSERT INTO changes (at, provider_id, model, kind, field, old, new)"
            " SELECT a.at, a.provider_id, a.model, 'renamed', 'model_name', 'a', 'b'"
            f" FROM changes a CROSS JOIN changes b CROSS JOIN (SELECT 1 FROM models LIMIT 30) c LIMIT {n}")

    def rows(self):
        return [{**dict(zip(MEMBERS, (i, stamp(at), *rest[:-1]))), "tags": json.loads(rest[-1] or "[]")}
                for i, at, *rest in self.database.select(
                    "SELECT c.id, c.at, p.slug, c.model, c.kind, c.field, c.old, c.new, c.ratio, c.tags"
                    " FROM changes c JOIN providers p ON p.id = c.provider_id ORDER BY c.id")]

    def newest(self):
        return self.database.one("SELECT max(id) FROM changes")

    def open(self, path="/events", last_id=""):
        source = EventSource(self.serving.address, path, last_id)
        assert source.status == 200
        return source.wait(lambda s: s.parser.comments)

    def restart(self, end):
        getattr(self.serving, end)()
        self.serving = Serving(self.desk, **self.settings)


@pytest.fixture
def place(market, start_assay):
    made = Place(start_assay(market), market)
    yield made
    made.serving.kill()


def seen_to(newest):
    return lambda source: source.events and int(source.events[-1].last_id) >= newest


def check_events(source, rows):
    assert {e.kind for e in source.events} <= {"change"}
    assert [e.json() for e in source.events] == rows
    assert source.ids() == [r["id"] for r in rows]


def no_reader_holds(place):
    """Nobody's snapshot stands between a writer and the end of the log."""
    if place.database.kind == "sqlite":
        db = sqlite3.connect(place.database, timeout=PATIENCE_S)
        try:
            assert db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
        finally:
            db.close()
    else:  # who reads just now is gone a moment later
        held = transactions(place)

        def are_gone():
            held.intersection_update(transactions(place))
            return not held

        until(are_gone, lambda: held)


def transactions(place):
    """Of others: (process, since when)."""
    return set(place.database.select(
        "SELECT pid, xact_start::text FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"))


@pytest.mark.stores("sqlite", "postgres")
def test_each_change_comes_once_across_restarts(place):
    begin = place.newest()
    everything, some = place.open(), place.open("/events?provider=deepinfra&kind=price,missing")
    assert everything.headers["Content-Type"] == "text/event-stream"
    assert everything.headers["Cache-Control"] == "no-cache"
    assert everything.parser.retry_ms == 5000 and everything.parser.comments[0] == " hello"
    assert everything.parser.last_id == str(begin)  # who is cut off now misses nothing either
    for _ in range(2):
        place.advance()
    everything.wait(seen_to(place.newest()))
    no_reader_holds(place)
    check_events(everything, [r for r in place.rows() if r["id"] > begin])
    # Cut off; the daemon ends in order, or is killed; changes come while nobody listens.
    for end in ("stop", "kill"):
        last = everything.close()
        place.restart(end)
        place.advance()
        again = place.open(last_id=last)
        place.advance()
        again.wait(seen_to(place.newest()))
        everything.events += again.events
        everything.parser = again.parser
        everything.close = again.close
        check_events(everything, [r for r in place.rows() if r["id"] > begin])
    # The one that filters had been cut off by the first restart.
    mine = [r for r in place.rows() if r["id"] > begin and r["provider"] == "deepinfra"
            and r["kind"] in ("price", "missing")]
    rest = place.open("/events?provider=deepinfra&kind=price,missing&after=0", last_id=some.parser.last_id)
    rest.wait(lambda s: len(some.events) + len(s.events) >= len(mine))
    some.events += rest.events
    check_events(some, mine)
    assert len(mine) > 3


@pytest.mark.stores("sqlite", "postgres")
def test_who_is_far_behind_and_a_flood(place):
    """More than is kept in memory, to several at once, each from a place of its own."""
    place.flood(3000)
    first = place.newest()
    sources = [place.open("/events?after=0"), place.open(f"/events?after={first - 1500}"), place.open(),
               place.open("/events?after=0&kind=added"), place.open(last_id=str(first + 10**9))]
    place.flood(2500)
    last = place.newest()
    for source in sources[:3]:
        source.wait(seen_to(last))
    sources[4].wait(seen_to(last))
    rows = place.rows()
    assert len(rows) > 5500
    check_events(sources[0], rows)
    check_events(sources[1], [r for r in rows if r["id"] > first - 1500])
    check_events(sources[2], [r for r in rows if r["id"] > first])
    added = [r for r in rows if r["kind"] == "added"]
    check_events(sources[3].wait(lambda s: len(s.events) >= len(added)), added)
    check_events(sources[4], [r for r in rows if r["id"] > first])  # that id was of another database


def test_what_is_no_stream(place):
    for path in ("/events?kind=nope", "/events?provider=nope", "/events?after=-1", "/events?after=x",
                 "/events?untold=1"):
        assert place.serving.ask(path).status == 422, path
    for last in ("x", "-1", "1e3", "9" * 40):
        reply = place.serving.ask("/events", Last_Event_ID=last)
        assert reply.status == 422 and "Last-Event-ID" in reply.json()["detail"]
    head = place.serving.ask("/events", method="HEAD")
    assert head.status == 200 and head.body == b""


def test_a_silent_stream_beats(place):
    """And moves the id of who has seen nothing, so that he does not begin at the beginning again."""
    silent = place.open("/events?kind=corrected")
    assert silent.parser.last_id == str(place.newest())
    place.advance()
    silent.wait(lambda s: s.parser.last_id == str(place.newest()))
    assert silent.events == [] and " beat" in silent.parser.comments
    assert silent.close() == str(place.newest())


# ---- many at once

CROWD = 100  # ASSAY_HTTP_STREAMS
LISTENS, NOBODYS = "0A", "0"  # a state, and the inode of a connection that was closed, in /proc/net/tcp


class Crowd:
    """So many listeners as there may be, of one place."""

    def __init__(self, place):
        self.place, self.sources = place, []

    def held(self):
        """Connections of clients that the daemon has open."""
        port = f":{int(self.place.serving.address.rpartition(':')[2]):04X}"
        rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(row[1].endswith(port) and row[3] != LISTENS and row[9] != NOBODYS for row in rows)

    def join(self, n):
        """A place is free a moment after who had it is gone."""
        address = self.place.serving.address
        for _ in range(n):
            source = self.place.serving.until(lambda: (s := EventSource(address, "/events")).status == 200 and s)
            self.sources.append(source.wait(lambda s: s.parser.comments))

    def leave(self, n):
        """As closed windows do, without a word: noticed when something is said to them, twice at most."""
        for source in self.sources[:n]:
            source.close()
        del self.sources[:n]
        for _ in range(2):
            self.sync()
        self.place.serving.until(lambda: self.held() <= len(self.sources))

    def sync(self):
        """A move of the market, found by the daemon itself while the others listen."""
        for provider in TWO:
            self.place.market.post("advance", provider=provider, steps=1)
            reply = self.place.serving.ask(f"/admin/model-sync/provider/{provider}", "POST", key=True)
            assert reply.status == 200, reply

    def hears(self, begin):
        newest = self.place.newest()
        rows = [r for r in self.place.rows() if begin < r["id"] <= newest]
        assert rows
        for source in self.sources:
            source.wait(seen_to(newest))
            check_events(source, rows)
            source.events = []


@pytest.mark.stores("sqlite", "postgres")
def test_a_hundred_listen_while_syncs_run(market, start_assay):
    """Each hears of each change once; whoever goes leaves nothing behind, and his place is free."""
    desk = start_assay(market, **start_assay(market).keys(TWO))
    place = Place(desk, market, ASSAY_HTTP_CONNECTIONS_PER_ADDRESS=3 * CROWD, ASSAY_WATCH_SECONDS=1)
    crowd = Crowd(place)
    try:
        for joining in (CROWD, CROWD // 2, CROWD // 2):
            begin = place.newest()
            crowd.join(joining)
            refused = place.serving.ask("/events")
            assert refused.status == 503 and refused.headers["Retry-After"], refused
            crowd.sync()
            crowd.hears(begin)
            begin = place.newest()
            crowd.leave(CROWD // 2)
            crowd.hears(begin)
        crowd.leave(CROWD // 2)
        no_reader_holds(place)
    finally:
        place.serving.kill()
