"""kill -9 at random instants of syncs that tell hooks and a webhook: no change and no notice is lost.

ASSAY_KILLS=200 kills so often; the default is 25.
"""
import random
import signal
import time

import pytest

from lib import truth
from lib.assay import SYNC
from lib.kills import KILLS, Instants
from lib.receiver import Receiver

SEED = 20260823
SLOW_S = 0.1  # a hook's, and the receiver's: they are what is to be hit
TELL = f'echo "$ASSAY_PREV_HASH $ASSAY_HASH $ASSAY_NOTICE_ID" >> told; sleep {SLOW_S}'
ENDS = ("before commit", "owing", "told", "already ended")


def slowly(handler):
    time.sleep(SLOW_S)
    handler.send_response(204)
    handler.end_headers()


@pytest.fixture
def receiver():
    receiver = Receiver()
    receiver.answer = slowly
    yield receiver
    receiver.stop()


def owed(desk):
    return truth.one(desk.database, "SELECT count(*) FROM outbox WHERE done_at IS NULL")


def snapshots(desk):
    return [row[0] for row in truth.select(desk.database, "SELECT hash FROM snapshots ORDER BY id")]


def strike(market, desk, instants, delay, ends):
    """One sync with news, killed `delay` seconds after its start."""
    market.post("reprice", n=3)
    desk.hour += 1
    before = len(snapshots(desk))
    code = instants.strike(desk.start(*SYNC, "--exec-on-change", TELL), delay)
    assert code in (0, -signal.SIGKILL)
    desk.database.assert_sound()
    if code == 0:
        ends["already ended"] += 1
    elif len(snapshots(desk)) == before:
        ends["before commit"] += 1
        instants.was_early(delay)
    else:
        ends["owing" if owed(desk) else "told"] += 1


def hits(ends):
    return sum(ends.values()) - ends["already ended"]


def assert_nothing_lost(desk, posts):
    """Each change was posted, each move run; twice only under the same id, word for word."""
    bodies = {}
    for post in posts:
        assert bodies.setdefault(post.id, post.body) == post.body
    told = [change for post in {p.id: p for p in posts}.values()
            for change in post.event["data"]["changes"]]
    stored = [row[0] for row in truth.select(desk.database, "SELECT id FROM changes ORDER BY id")]
    assert sorted(change["id"] for change in told) == stored
    runs = [line.split(" ") for line in (desk.home / "told").read_text().splitlines()]
    once = list(dict.fromkeys(tuple(run) for run in runs))
    states = snapshots(desk)
    assert [run[:2] for run in once] == list(zip(states, states[1:]))  # in order, too
    assert len({run[2] for run in once}) == len(once)
    return len(posts) - len(bodies), len(runs) - len(once)


@pytest.mark.stores("sqlite", "postgres")
def test_kill_at_any_instant(start_market, start_assay, receiver, store):
    """Whatever was committed is told at least once, by whoever comes next."""
    kills = KILLS if store == "sqlite" else max(5, KILLS // 3)
    market = start_market(seed=9, scale=300)
    desk = start_assay(market, **receiver.settings())
    chance = random.Random(SEED)
    ends = dict.fromkeys(ENDS, 0)
    desk.sync()
    market.post("reprice", n=3)
    begun = time.monotonic()
    desk.sync("--exec-on-change", TELL)
    span = time.monotonic() - begun
    instants = Instants(kills, span, chance)
    for delay in instants(lambda: hits(ends) * 3 >= kills):
        strike(market, desk, instants, delay, ends)
    market.post("reprice", n=3)
    desk.sync("--exec-on-change", TELL)
    done = desk.run("announce", "--once")
    failed = [row[0] for row in truth.select(desk.database, "SELECT error FROM deliveries"
                                                            " WHERE error IS NOT NULL")]
    assert len(failed) <= kills // 5, failed  # hardly any was tried in vain, however busy the machine
    if failed:  # those are due a little later
        desk.hour += 1
        done = desk.run("announce", "--once")
    assert (done.code, owed(desk)) == (0, 0), (done, failed)
    twice = assert_nothing_lost(desk, receiver.take())
    truth.assert_stored(desk.database, truth.offered(market))
    print(f"\n{kills} kills: {ends}; told twice: {twice[0]} posts, {twice[1]} hooks")
    assert hits(ends) * 3 >= kills, ends
