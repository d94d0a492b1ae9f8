"""`assay changes`: the rows of table changes, chosen, shown and followed."""
import json
import re
import select as poll
import signal
import subprocess

import pytest

from lib.database import stamp
from lib.patience import PATIENCE_S

pytestmark = pytest.mark.stores("sqlite", "postgres")
MEMBERS = ("id", "at", "provider", "model", "kind", "field", "old", "new", "ratio", "tags")


@pytest.fixture
def told(market, desk):
    """A desk after four days of two providers' markets, with an incident in each."""
    for provider in ("openrouter", "deepinfra"):
        desk.sync(providers=provider)
    for day in range(4):
        for provider in ("openrouter", "deepinfra"):
            market.post("advance", provider=provider, steps=1)
            if day == 2:
                market.post("remove", provider=provider, n=5)
            desk.sync(providers=provider)
    return desk


def lines(desk, *args):
    run = desk.run("changes", "--json", *args)
    assert run.code == 0, run
    return [json.loads(line) for line in run.out.splitlines()]


def stored(desk):
    """The table, in the words of the command."""
    return [{**dict(zip(MEMBERS, (i, stamp(at), *rest[:-1]))),
             "tags": json.loads(rest[-1]) if rest[-1] else []}
            for i, at, *rest in desk.database.select(
                "SELECT c.id, c.at, p.slug, c.model, c.kind, c.field, c.old, c.new, c.ratio, c.tags"
                " FROM changes c JOIN providers p ON p.id = c.provider_id ORDER BY c.id")]


def check_choices(told):
    """Each option by itself and together, against the table; ascending by id, exact texts."""
    rows = stored(told)
    assert len(rows) > 20 and {r["provider"] for r in rows} == {"openrouter", "deepinfra"}
    assert lines(told) == rows
    for at in (rows[0]["at"], rows[len(rows) // 2]["at"], rows[-1]["at"]):
        assert lines(told, "--since", at) == [r for r in rows if r["at"] >= at]
    assert lines(told, "--since", "2030-01-01") == []
    assert lines(told, "--provider", "deepinfra") == [
        r for r in rows if r["provider"] == "deepinfra"]
    assert lines(told, "--provider", "together") == []
    assert lines(told, "--kind", "missing", "added") == [
        r for r in rows if r["kind"] in ("missing", "added")]
    assert lines(told, "--kind", "missing", "--kind", "price") == [
        r for r in rows if r["kind"] in ("missing", "price")]
    some = next(r["model"] for r in rows if r["kind"] == "price")
    assert lines(told, "--model", some) == [r for r in rows if r["model"] == some]
    assert lines(told, "--limit", "3") == rows[-3:]
    middle = rows[len(rows) // 2]["at"]
    assert lines(told, "--limit", "2", "--provider", "openrouter", "--since", middle) == [
        r for r in rows if r["provider"] == "openrouter" and r["at"] >= middle][-2:]


def check_text(told):
    """A line a change with time, provider and mark; members of an incident are one line."""
    rows = stored(told)
    run = told.run("changes")
    shown = run.out.splitlines()
    folded = [line for line in shown if re.search(r"\] \d+ models \(missing, incident:\d+\): ", line)]
    members = [r for r in rows if r["kind"] == "missing" and r["tags"]]
    groups = {(r["at"], r["provider"]) for r in members}
    assert len(members) >= 10 and len(groups) == len(folded) == 2
    assert len(shown) == len(rows) - len(members) + len(folded)
    for line in folded:
        at, provider, mark, n = line.split()[:4]
        assert (at, provider) in groups and mark == "[REMOVED]"
        of = [r["model"] for r in members if (r["at"], r["provider"]) == (at, provider)]
        assert n == str(len(of))
        assert line.endswith(f": {', '.join(of[:3])} and {len(of) - 3} more")
    price = next(r for r in rows if r["kind"] == "price" and r["ratio"] and not r["tags"])
    assert (f"{price['at']} {price['provider']} [CHANGE] {price['model']}: {price['field']}"
            f" {price['old']} → {price['new']} (×{price['ratio']})") in shown
    assert "\033" not in run.out
    assert [line.split()[0] for line in shown] == sorted(line.split()[0] for line in shown)


def check_undelivered(told):
    """Those that an open notice covers, each once; of a done one, and of another provider's, none."""
    rows = stored(told)
    ours = [r["id"] for r in rows if r["provider"] == "openrouter"]
    assert lines(told, "--undelivered") == []

    def owe(first, last, done):
        told.database.operate(
            "INSERT INTO outbox (at, provider_id, kind, first_change, last_change, payload, due_at,"
            " done_at) SELECT c.at, p.id, 'webhook', CAST(? AS BIGINT), CAST(? AS BIGINT), '{}', c.at,"
            f" {'c.at' if done else 'NULL'} FROM providers p, changes c WHERE p.slug = 'openrouter'"
            " AND c.id = ?", first, last, first)
    owe(ours[0], ours[3], True)
    owe(ours[2], ours[-2], False)
    owe(ours[2], ours[4], False)
    assert [r["id"] for r in lines(told, "--undelivered")] == ours[2:-1]
    assert [r["id"] for r in lines(told, "--undelivered", "--limit", "1")] == ours[-2:-1]
    assert lines(told, "--undelivered", "--provider", "deepinfra") == []


def test_listed(told):
    """All of it of one history: to make it takes longer than to ask."""
    check_choices(told)
    check_text(told)
    check_undelivered(told)


@pytest.mark.stores("sqlite")
def test_refused(market, desk, start_assay):
    """What is no time, kind or provider, with what there is; no database is made."""
    for args, said in (
            (("--since", "yesterday"), "RFC 3339"),
            (("--kind", "gone"), "added, removed, returned"),
            (("--follow", "--undelivered"), "exclude each other"),
            (("openrouter",), "one word too many")):
        run = desk.run("changes", *args)
        assert run.code == 2 and said in run.err, run
    assert desk.run("changes").code == 1 and not desk.database.exists()
    desk.sync()
    run = desk.run("changes", "--provider", "nobody")
    assert run.code == 2 and "openrouter" in run.err
    assert desk.run("changes").out == ""


class Follower:
    """`assay changes --follow`, whose lines are read as they come."""

    def __init__(self, desk, *args):
        self.process = desk.start("changes", "--follow", *args, out=subprocess.PIPE,
                                  err=subprocess.PIPE)
        self.rest = b""

    def take(self, n):
        """So many lines; those that do not come are a failure."""
        while self.rest.count(b"\n") < n:
            ready, _, _ = poll.select([self.process.stdout], [], [], PATIENCE_S)
            assert ready, self.rest
            more = self.process.stdout.read1()
            assert more, self.process.stderr.read()
            self.rest += more
        *found, self.rest = self.rest.split(b"\n", n)
        return [line.decode() for line in found]

    def stop(self, how):
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, (self.rest + out).decode(), err.decode()


def test_followed(market, desk):
    """What there is, then what comes, each once and in order, while syncs write; ends with code 0."""
    desk.sync()
    market.advance()
    desk.sync()
    follower = Follower(desk, "--json", "--limit", "2")
    other = Follower(desk, "--kind", "removed")
    try:
        found = [json.loads(line) for line in follower.take(2)]
        assert found == stored(desk)[-2:]
        for _ in range(3):
            seen = len(stored(desk))
            market.advance()
            desk.sync()
            came = stored(desk)[seen:]
            assert came and [json.loads(line) for line in follower.take(len(came))] == came
    finally:
        ends = follower.stop(signal.SIGINT), other.stop(signal.SIGTERM)
    assert ends == ((0, "", ""), (0, "", ""))


def test_followed_by_nobody(desk):
    """`| head` that has seen enough ends it, though nothing more changes."""
    desk.sync()
    follower = Follower(desk)
    follower.process.stdout.close()
    assert follower.process.wait(PATIENCE_S) == 0
    follower.process.stderr.close()
