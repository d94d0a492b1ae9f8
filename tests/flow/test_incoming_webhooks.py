"""Webhooks that come in: signed by Standard Webhooks (worked out here by hand), taken once, not too often."""
import json
import threading
import time

import pytest

from lib.patience import PATIENCE_S
from lib.receiver import SECRET, SECRET_BYTES, Gate, signature
from lib.serving import Serving

WEBHOOKS = 2  # a minute, where so few matter
BODY = b'{"event": "models.published"}'


class Sender:
    def __init__(self, desk, **settings):
        self.desk = desk
        self.settings = {"ASSAY_INCOMING_SECRET": SECRET, **settings}
        self.serial = 0
        self.start()

    def start(self):
        self.daemon = Serving(self.desk, **self.settings).wait_ready()

    def restart(self):
        self.daemon.stop()
        self.start()

    def message(self, at=0, body=BODY, key=SECRET_BYTES, **instead):
        """Headers of a new message, `at` seconds from now; `instead`: some as they ought not to be."""
        self.serial += 1
        stamp = str(int(time.time()) + at)
        name = f"msg_{self.serial}"
        return {"webhook_id": name, "webhook_timestamp": stamp,
                "webhook_signature": signature(key, name, stamp, body), **instead}

    def named(self, name):
        """One whose id is signed, whatever it is."""
        made = self.message(webhook_id=name)
        made["webhook_signature"] = signature(SECRET_BYTES, name, made["webhook_timestamp"], BODY)
        return made

    def send(self, headers, slug="openrouter", body=BODY):
        return self.daemon.ask(f"/admin/webhooks/{slug}", "POST", body=body,
                               Content_Type="application/json", **headers)

    def check(self, headers, status, **how):
        reply = self.send(headers, **how)
        assert reply.status == status, reply
        return reply

    def runs(self):
        return self.desk.database.one("SELECT count(*) FROM sync_runs")

    def wait_for_runs(self, n):
        self.daemon.until(lambda: self.runs() >= n)


@pytest.fixture
def sender(desk):
    made = []

    def start(**settings):
        made.append(Sender(desk, **settings))
        return made[-1]

    yield start
    for one in made:
        one.daemon.stop()


def test_a_signed_message_triggers_that_sync(sender):
    s = sender()
    said = s.check(s.message(), 202).json()
    assert said["success"] is True and said["details"]["provider"] == "openrouter"
    s.wait_for_runs(1)
    assert s.desk.database.select(
        "SELECT p.slug, r.completeness FROM sync_runs r JOIN providers p ON p.id = r.provider_id") == [
            ("openrouter", "complete")]
    actor, action, object_ = s.desk.database.select(
        "SELECT actor, action, object FROM audit_log")[0]
    assert (actor, action, object_) == ("webhook", "webhook.sync", "openrouter")
    # While secrets are exchanged there are two signatures, one of which is ours.
    two = s.message()
    two["webhook_signature"] = f"v1,AAAA v2,BBBB {two['webhook_signature']}"
    s.check(two, 202)
    s.wait_for_runs(2)


def test_what_is_not_theirs_does_nothing(sender):
    s = sender()
    wrong = (
        s.message(key=b"another key"),
        s.message(body=BODY + b" "),
        s.message(at=-301),
        s.message(at=300 + PATIENCE_S),  # and it may be a while until it is sent
        s.message(webhook_timestamp="now"),
        s.message(webhook_timestamp="-1"),
        s.message(webhook_id="msg_other"),
        s.message(webhook_signature="v1,"),
        s.message(webhook_signature="v1," + "A" * 43 + "="),
        s.named("x" * 257),
        s.named("msg_\xe9"),
        {k: v for k, v in s.message().items() if k != "webhook_id"},
        {k: v for k, v in s.message().items() if k != "webhook_timestamp"},
        {k: v for k, v in s.message().items() if k != "webhook_signature"},
        {},
    )
    for headers in wrong:
        said = s.check(headers, 401).json()
        assert SECRET not in json.dumps(said)
    # The admin's key is no signature.
    reply = s.daemon.ask("/admin/webhooks/openrouter", "POST", body=BODY, key=True,
                         Content_Type="application/json")
    assert reply.status == 401
    s.check(s.message(), 404, slug="nobody")
    assert s.check(s.message(), 409, slug="together").json()["detail"].endswith(
        "API key not configured")
    # Old, and not too old.
    s.check(s.message(at=-150), 202)
    s.wait_for_runs(1)
    assert s.desk.database.one("SELECT count(*) FROM audit_log") == 1


@pytest.mark.stores("sqlite", "postgres")
def test_for_one_that_is_switched_off_it_is_refused_at_once(sender):
    """It is not taken: once the provider is on again, it may be sent again."""
    s = sender()
    s.check(s.message(), 202)
    s.wait_for_runs(1)
    s.daemon.until(lambda: s.daemon.get("/providers"))
    number, = (p["id"] for p in s.daemon.get("/providers"))
    assert s.daemon.ask(f"/admin/providers/{number}/deactivate", "POST", key=True).status == 200
    message = s.message()
    assert s.check(message, 409).json() == {"detail": "openrouter: deactivated"}
    assert s.daemon.ask(f"/admin/providers/{number}/activate", "POST", key=True).status == 200
    s.check(message, 202)
    s.wait_for_runs(2)


def test_a_message_is_a_wish_of_its_own(market, start_assay, gate):
    """What it tells of may be on no list that is being fetched by now: another job, and another fetch."""
    s = Sender(start_assay(gate))
    path = "/admin/model-sync/provider/openrouter?async=true"
    job = s.daemon.ask(path, "POST", key=True).json()["id"]
    s.daemon.until(lambda: s.daemon.get(f"/admin/jobs/{job}", key=True)["progress"]["running"])
    told = s.check(s.message(), 202).json()["details"]["job"]
    assert told != job
    gate.opened.set()
    s.wait_for_runs(2)
    s.daemon.stop()


def test_a_recorded_message_is_not_another_one(sender):
    """What is signed is "id.time.body": a dot in the id would let it be cut elsewhere, under a new id."""
    s = sender()
    now = str(int(time.time()))
    inner = now.encode() + b"." + BODY
    # Their message msg_1, whose body begins as ours would: recorded, and cut one dot later.
    recorded = s.message(body=inner)
    s.check(recorded, 202, body=inner)
    s.wait_for_runs(1)
    shifted = {**recorded, "webhook_id": f"{recorded['webhook_id']}.{recorded['webhook_timestamp']}",
               "webhook_timestamp": now}
    assert "webhook-id" in s.check(shifted, 401, body=BODY).json()["detail"]
    assert "webhook-id" in s.check(s.named("msg.1"), 401).json()["detail"]
    s.check(s.named("x" * 256), 202)
    s.wait_for_runs(2)


@pytest.mark.stores("sqlite", "postgres")
def test_a_recorded_message_is_taken_once(sender):
    s = sender()
    message = s.message()
    s.check(message, 202)
    s.wait_for_runs(1)
    assert s.check(message, 409).json() == {"detail": "this message was taken already"}
    s.check(message, 409, slug="venice")  # what it is sent to is not signed
    s.restart()
    s.check(message, 409)
    s.check(s.message(), 202)
    s.wait_for_runs(2)
    assert s.runs() == 2


def test_so_many_a_minute(sender):
    s = sender(ASSAY_HTTP_WEBHOOKS_PER_MINUTE="2")
    first = s.message()
    s.check(first, 202)
    s.check(first, 409)  # counts for nothing
    s.check(s.message(), 202)
    late = s.message()
    reply = s.check(late, 429)
    assert 1 <= int(reply.headers["Retry-After"]) <= 60
    s.check(s.message(key=b"another key"), 401)  # who may not is not told how often he might
    s.check(s.message(), 202, slug="venice")  # of each provider


def test_without_a_secret_there_are_none(sender):
    s = sender(ASSAY_INCOMING_SECRET=None)
    assert "ASSAY_INCOMING_SECRET" in s.check(s.message(), 503).json()["detail"]


# ---- while it stops

class Drained:
    """A daemon that is told to stop and waits for a sync whose list does not come."""

    def __init__(self, sender, gate):
        self.sender, self.gate, self.daemon = sender, gate, sender.daemon

    def begin(self):
        asked = self.daemon.ask("/admin/model-sync/provider/openrouter?async=true", "POST", key=True)
        job = asked.headers["Location"]
        self.daemon.until(lambda: self.daemon.get(job, key=True)["progress"]["running"])

    def stop(self):
        self.daemon.process.terminate()
        self.daemon.until(lambda: self.daemon.said("stopping"))

    def follow(self):
        """The list comes, it ends, another takes its place."""
        self.gate.opened.set()
        assert self.daemon.process.wait(PATIENCE_S) == 0
        self.sender.start()


@pytest.fixture
def drained(start_assay, market):
    gate = Gate(market, "openrouter.ai")
    sender = Sender(start_assay(gate), DEEPINFRA_API_KEY="key-of-the-tests",
                    ASSAY_HTTP_WEBHOOKS_PER_MINUTE=str(WEBHOOKS))
    yield Drained(sender, gate)
    gate.opened.set()
    if sender.daemon.process.poll() is None:
        sender.daemon.stop()
    gate.stop()


def test_a_service_that_stops_takes_no_message(drained):
    s = drained.sender
    drained.begin()
    drained.stop()
    message = s.message()
    reply = s.check(message, 503, slug="deepinfra")
    assert reply.json() == {"detail": "the service is stopping"} and reply.headers["Retry-After"]
    drained.follow()
    assert s.runs() == 1
    s.check(message, 202, slug="deepinfra")  # sent again, as senders do
    s.wait_for_runs(2)


def test_a_message_that_is_taken_too_late_may_come_again(drained):
    """The service is told to stop while receipts wait for the database."""
    s = drained.sender
    drained.begin()
    messages, said = [s.message() for _ in range(WEBHOOKS + 1)], []
    with s.desk.database.changed() as db:
        db.execute("DELETE FROM webhook_receipts")  # nobody else writes meanwhile
        senders = [threading.Thread(target=lambda m=m: said.append((s.send(m, slug="deepinfra"), m)))
                   for m in messages]
        for one in senders:
            one.start()
        s.daemon.until(lambda: said)  # one too many: the others wait to be written down
        drained.stop()
    for one in senders:
        one.join()
    assert [reply.status for reply, _ in said] == [429] + [503] * WEBHOOKS, said
    assert s.desk.database.one("SELECT count(*) FROM webhook_receipts") == 0
    assert s.desk.database.select(
        "SELECT action, count(*) FROM audit_log WHERE actor = 'webhook' GROUP BY action ORDER BY action"
    ) == [("webhook.dropped", WEBHOOKS), ("webhook.sync", WEBHOOKS)]
    drained.follow()
    for _, message in said[1:]:
        s.check(message, 202, slug="deepinfra")
