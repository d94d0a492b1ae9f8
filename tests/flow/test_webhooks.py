"""Webhooks: one signed notice per provider and sync, tried again as the schedule says, never lost.

The receiver verifies by itself (lib/receiver.py); time is turned by ASSAY_NOW.
"""
import datetime
import json
import threading
import time

import pytest

from lib import truth
from lib.assay import START, SYNC
from lib.database import stamp
from lib.patience import PATIENCE_S
from lib.receiver import PATH, SECRET, Receiver

both_stores = pytest.mark.stores("sqlite", "postgres")
S, M, H = 1, 60, 3600
# After the nth attempt failed; the tenth is the last (Standard Webhooks, "retry schedule").
WAITS = (5 * S, 5 * M, 30 * M, 2 * H, 5 * H, 10 * H, 14 * H, 20 * H, 24 * H)


@pytest.fixture
def receivers():
    started = []

    def start(**how):
        started.append(Receiver(**how))
        return started[-1]

    yield start
    for receiver in started:
        receiver.stop()


@pytest.fixture
def receiver(receivers):
    return receivers()


@pytest.fixture
def told(desk, receiver):
    """A desk that tells the receiver."""
    desk.settings.update(receiver.settings())
    return desk


def outbox(desk):
    """(attempts, done, why given up) of each webhook notice."""
    return [(n, done is not None, why) for n, done, why in truth.select(
        desk.database, "SELECT attempts, done_at, given_up FROM outbox WHERE kind = 'webhook'"
        " ORDER BY id")]


def changes(desk):
    """As `changes --json` shows them, out of the table."""
    names = ("id", "at", "provider", "model", "kind", "field", "old", "new", "ratio", "tags")
    rows = truth.select(
        desk.database, "SELECT c.id, c.at, p.slug, c.model, c.kind, c.field, c.old, c.new, c.ratio,"
        " c.tags FROM changes c JOIN providers p ON p.id = c.provider_id ORDER BY c.id")
    return [dict(zip(names, (i, stamp(at), *rest[:-1], json.loads(rest[-1] or "[]"))))
            for i, at, *rest in rows]


def announce(desk, after_s=0, expect=0, **env):
    """`after_s`: behind the latest sync; what is told of each attempt."""
    at = START + datetime.timedelta(hours=desk.hour, seconds=after_s)
    run = desk.run("announce", "--once", "--json",
                   ASSAY_NOW=at.isoformat(timespec="milliseconds").replace("+00:00", "Z"), **env)
    assert run.code == expect, run
    return [json.loads(line) for line in run.out.splitlines()]


@both_stores
def test_one_notice_however_much_changed(start_market, start_assay, receiver):
    """300 changes: one event with a summary, signed, no upstream and no proxy between."""
    market = start_market(scale=250)
    desk = start_assay(market, **receiver.settings(), http_proxy="http://127.0.0.1:1")
    desk.sync()
    desk.sync()
    assert receiver.take() == []  # a baseline is no news, nor is nothing
    market.post("reprice", n=300)
    desk.sync()
    post, = receiver.take()
    wanted = changes(desk)
    assert len(wanted) == 300
    event = post.event
    prev, now = [row[0] for row in truth.select(desk.database, "SELECT hash FROM snapshots"
                                                               " ORDER BY id")]
    assert event.pop("data") == {"provider": "openrouter", "hash": now, "prev_hash": prev,
                                 "total": 300, "summary": {"price": 300}, "changes": wanted[:100]}
    assert event == {"specversion": "1.0", "id": post.id, "source": "urn:assay:market",
                     "type": "assay.provider.changed", "subject": "openrouter",
                     "time": desk.now(), "datacontenttype": "application/json"}
    assert post.headers["Content-Type"] == "application/cloudevents+json"
    assert int(post.timestamp) * 1000 == desk.now_ms()
    assert outbox(desk) == [(1, True, None)]
    assert tuple(truth.one(desk.database, "SELECT first_change, last_change FROM outbox")) == (
        wanted[0]["id"], wanted[-1]["id"])
    assert truth.select(desk.database, "SELECT attempt, status, error FROM deliveries") == [
        (1, 204, None)]
    # Several providers are several notices, a new one is none.
    desk.settings.update(desk.keys("cerebras"), ASSAY_WEBHOOK_SECRET="plain text, no base64 in it", http_proxy="")
    receiver.key = b"plain text, no base64 in it"
    market.post("touch")
    desk.sync(providers=("cerebras",))
    market.post("reprice", provider="cerebras", n=2)
    desk.sync(providers=("cerebras",))
    post, = receiver.take()
    assert (post.event["subject"], post.event["data"]["total"]) == ("cerebras", 2)


def test_what_ripens_is_told(market, told, receiver):
    """A removal that waiting confirmed moves no state: a webhook, with the rest of it, but no hook."""
    told.settings["ASSAY_EXEC_ON_CHANGE"] = "echo x >> told"
    told.sync()
    market.post("remove", n=1)
    told.sync()
    told.sync()
    told.hour += 80
    told.sync()
    said = [post.event["data"] for post in receiver.take()]
    assert [data["summary"] for data in said] == [{"missing": 1}, {"removed": 1}]
    assert [data["hash"] == data["prev_hash"] for data in said] == [False, True]
    assert said[1]["changes"] == changes(told)[-1:]
    assert (told.home / "told").read_text() == "x\n" * 2  # the first state, and the one without it


def test_a_correction_is_no_news(market, told, receiver, root, tmp_path):
    """Our own, of a unit: alone it sends nothing; beside a move only the move is told."""
    told.sync()
    descriptor = json.loads((root / "providers/openrouter.json").read_text())
    price = next(p for p in descriptor["lists"][0]["prices"] if p["meter"] == "output_token")
    price["unit"] = "USD per 1K tokens"
    (tmp_path / "openrouter.json").write_text(json.dumps(descriptor))
    told.sync(ASSAY_PROVIDERS_DIR=tmp_path)
    assert [c["kind"] for c in changes(told)] == ["corrected"]
    assert (receiver.take(), outbox(told)) == ([], [])
    market.post("reprice", n=1)
    told.sync()  # and back to the descriptor that we have
    data = receiver.take()[0].event["data"]
    assert data["summary"] == {"price": 1} and data["changes"] == changes(told)[-1:]
    states = [row[0] for row in truth.select(told.database, "SELECT hash FROM snapshots ORDER BY id")]
    assert len(states) == 4 and [data["prev_hash"], data["hash"]] == states[-2:]


@both_stores
def test_the_schedule(market, told, receiver):
    """Ten attempts, each exactly when it is due, the same id and bytes; then it is given up."""
    receiver.answer = 500
    told.sync()
    market.post("reprice", n=1)
    told.sync()  # the sync is well all the same, and has made the first attempt
    first, = receiver.take()
    gone = 0
    for n, wait in enumerate(WAITS, 2):
        assert announce(told, gone + wait - 0.001) == []
        gone += wait
        attempt, = announce(told, gone, expect=1)
        post, = receiver.take()
        assert (post.id, post.body) == (first.id, first.body)
        assert int(post.timestamp) == int(first.timestamp) + gone
        assert (attempt["notice"], attempt["attempt"], attempt["status"]) == (first.id, n, 500)
        assert attempt["outcome"] == ("given up" if n == 10 else "failed")
    assert announce(told, gone * 10) == []
    (attempts, done, why), = outbox(told)
    assert (attempts, done) == (10, True) and "10 attempts" in why and "500" in why
    rows = truth.select(told.database, "SELECT attempt, status FROM deliveries ORDER BY id")
    assert rows == [(n, 500) for n in range(1, 11)]


@both_stores
def test_it_is_taken_at_last(market, told, receiver):
    """500, then asked to wait, then taken: once, and what came meanwhile is not held up."""
    told.sync()
    market.post("reprice", n=1)
    receiver.answers = [500, 204]
    told.sync()
    market.post("reprice", n=1)
    told.sync(ASSAY_NOW=told.now().replace("00:00.000", "00:02.000"))  # too early for the first
    told.hour -= 1
    first, second = receiver.take()
    assert first.id != second.id
    receiver.answers = [(503, {"Retry-After": "40"})]
    assert announce(told, 5, expect=1)[0]["due"].endswith(":05:05.000Z")  # 5 min are later than 40 s
    again, = receiver.take()
    assert again.id == first.id
    assert [a["outcome"] for a in announce(told, 305)] == ["delivered"]
    assert [post.id for post in receiver.take()] == [first.id]
    assert announce(told, 10 * H) == []
    assert [row[0] for row in outbox(told)] == [3, 1]


def due_after(market, told, receiver, answer):
    """Seconds after which the second attempt is due when the first is answered so."""
    truth.operate(told.database, "UPDATE outbox SET done_at = at WHERE done_at IS NULL")
    market.post("reprice", n=1)
    receiver.answers = [answer]
    told.sync()
    assert len(receiver.take()) == 1
    return (truth.one(told.database, "SELECT max(due_at) FROM outbox WHERE done_at IS NULL")
            - told.now_ms()) / 1000


def test_what_counts_as_taken(market, told, receivers, receiver):
    """Any 2xx; not a redirect, which is not followed; Retry-After up to 60 s, when it is later."""
    elsewhere = receivers()
    told.sync()
    assert due_after(market, told, receiver, (302, {"Location": elsewhere.url})) == 5
    assert elsewhere.posts == []
    error = truth.one(told.database, "SELECT error FROM deliveries")
    assert "redirect" in error and PATH not in error
    assert due_after(market, told, receiver, (503, {"Retry-After": "40"})) == 40
    assert due_after(market, told, receiver, (429, {"Retry-After": "3"})) == 5
    assert due_after(market, told, receiver, (503, {"Retry-After": "61"})) == 5
    assert due_after(market, told, receiver, 404) == 5
    assert due_after(market, told, receiver, lambda handler: handler.connection.close()) == 5
    for status in (200, 202, 299):
        market.post("reprice", n=1)
        receiver.answer = status
        told.sync()
    assert all(done for _, done, _ in outbox(told))


class Drip:
    """200 at once, and a body that never ends: `sent` bytes until the other one hangs up."""

    def __init__(self):
        self.sent, self.over = 0, threading.Event()

    def __call__(self, handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"1\r\nx\r\n")
                self.sent += 1
                time.sleep(0.05)
        except OSError:
            self.over.set()


def test_an_endless_body_is_not_read(market, told, receiver):
    """The status is the answer: nobody waits for what follows, as long as an attempt may take (15 s)."""
    told.sync()
    market.post("reprice", n=1)
    body = Drip()
    receiver.answers = [body]
    told.sync()
    assert outbox(told) == [(1, True, None)]
    assert body.over.wait(PATIENCE_S) and body.sent < 10 / 0.05


@both_stores
def test_gone(market, told, receivers, receiver):
    """410: no more of it, what was owed besides is given up; another URL is told again."""
    told.sync()
    for answers in ([500], [500, 410]):  # the second time the older one comes first
        market.post("reprice", n=1)
        receiver.answers = answers
        told.sync()
    assert [(n, done) for n, done, _ in outbox(told)] == [(2, True), (1, True)]
    assert all("410" in why for _, _, why in outbox(told))
    assert len(receiver.take()) == 3
    market.post("reprice", n=1)
    run = told.sync()
    assert receiver.take() == [] and len(outbox(told)) == 2
    assert any("switched off" in line["msg"] for line in run.logs())
    other = receivers()
    market.post("reprice", n=1)
    told.sync(**other.settings())
    assert len(other.take()) == 1
    assert truth.select(told.database, "SELECT is_active FROM webhook_endpoints") == [(1,)]


def test_private_addresses_are_refused(market, told, receiver):
    """At connect, whatever the URL calls it; the notice waits, and is taken once it is allowed."""
    told.sync()
    port = receiver.url.split(":")[2]
    for host in ("127.0.0.1", "localhost", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "2130706433"):
        market.post("reprice", n=1)
        run = told.sync(ASSAY_WEBHOOK_ALLOW_PRIVATE=None, ASSAY_WEBHOOK_URL=f"http://{host}:{port}")
        error = truth.one(told.database, "SELECT error FROM deliveries ORDER BY id DESC LIMIT 1")
        assert "not public" in error, (host, error)
        assert run.code == 0
    assert receiver.take() == []
    assert len(announce(told, 24 * H)) == 6
    assert len({post.id for post in receiver.take()}) == 6


def test_settings_are_checked(start_assay, receiver, market):
    """Nothing goes out unsigned, and nothing is fetched by who could not tell of it."""
    desk = start_assay(market)
    for settings, words in (
            ({"ASSAY_WEBHOOK_SECRET": None}, "ASSAY_WEBHOOK_SECRET"),
            ({"ASSAY_WEBHOOK_SECRET": "whsec_***"}, "base64"),
            ({"ASSAY_WEBHOOK_SECRET": "whsec_aHVudGVyMg=="}, "24 to 64 bytes"),
            ({"ASSAY_WEBHOOK_URL": "ftp://example.org" + PATH}, "https://"),
            ({"ASSAY_WEBHOOK_URL": "https://me:hunter2-Zq9x@example.org" + PATH}, "WEBHOOK_URL"),
            ({"ASSAY_WEBHOOK_ALLOW_PRIVATE": "perhaps"}, "yes or no")):
        for command in (SYNC, ("announce", "--once")):
            run = desk.run(*command, **receiver.settings(**settings))
            assert run.code == 2 and words in run.err, run
            assert PATH not in run.err and "hunter2" not in run.err
    assert market.requests() == []


def test_no_secret_is_told(market, told, receiver):
    """Neither in the log at its loudest, nor in the database, nor by a hook's own output."""
    told.settings["LOG_LEVEL"] = "trace"
    told.sync()
    market.post("reprice", n=1)
    receiver.answers = [500]
    runs = [told.sync("--exec-on-change", "env; echo $ASSAY_WEBHOOK_SECRET"),
            told.run("announce", "--once"), told.run("check")]
    said = b"".join(run.raw_out + run.raw_err for run in runs)
    kept = b"".join(path.read_bytes() for path in told.home.glob("assay.db*"))
    assert b"ASSAY_WEBHOOK_SECRET=[MASKED]" in said
    for secret in (SECRET, SECRET[6:], PATH):
        assert secret.encode() not in said and secret.encode() not in kept
    assert truth.one(told.database, "SELECT url FROM webhook_endpoints") == receiver.url[:-len(PATH)]
