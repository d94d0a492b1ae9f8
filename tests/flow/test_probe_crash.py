"""kill -9 at random instants of probing, rotating and pushing: every completed probe is kept once.

ASSAY_KILLS=200 kills so often; the default is 25.
"""
import random
import signal
import time

import pytest

from lib import probed, truth
from lib.chat import set_chat, set_trending
from lib.sim_hub import Hub
from lib.kills import KILLS, Instants

SEED = 20261121
COMMITS = ("none", "lost", "late")  # what happens to a commit: nothing, or it is done and its answer lost
ENDS = ("before a sample", "in a cycle", "a batch waits", "all pushed", "already ended")


def state(desk):
    """Samples, those whose rows are in no batch yet, batches that wait."""
    return (truth.one(desk.database, "SELECT count(*) FROM samples"),
            truth.one(desk.database, "SELECT coalesce(sum(row_count), 0) FROM csv_files WHERE batch IS NULL"),
            truth.one(desk.database, "SELECT count(*) FROM csv_files WHERE batch IS NOT NULL AND done_at IS NULL"))


def strike(desk, hub, instants, delay, commit, ends):
    before = state(desk)[0]
    hub.fault("commit", commit)
    code = instants.strike(desk.start("probe", "--once"), delay)
    assert code in (0, -signal.SIGKILL)
    desk.database.assert_sound()
    samples, buffered, waiting = state(desk)
    if code == 0:
        ends["already ended"] += 1
    elif samples == before:
        ends["before a sample"] += 1
        instants.was_early(delay)
    elif waiting:
        ends["a batch waits"] += 1
    else:
        ends["in a cycle" if buffered else "all pushed"] += 1


def hits(ends):
    """Kills between the first sample and the end: those which could lose one."""
    return ends["in a cycle"] + ends["a batch waits"] + ends["all pushed"]


def assert_each_once(desk, hub):
    rows = probed.pushed(hub) + probed.kept(desk)
    assert sorted(map(probed.key_of_row, rows)) == sorted(probed.samples(desk).elements())
    assert max(probed.samples(desk).values()) == 1  # so that twice would be seen
    return len(rows)


@pytest.mark.stores("sqlite", "postgres")
def test_kill_at_any_instant(start_market, start_assay, store):
    """Whatever was committed is in the dataset, the buffer or a batch once, whoever comes next."""
    kills = KILLS if store == "sqlite" else max(5, KILLS // 5)
    market = start_market(scale=20)
    hub = Hub(market)
    set_trending(market, models=3)
    set_chat(market, latency="uniform:5,250")  # so that rows come one after another
    desk = start_assay(market, **probed.SETTINGS, PUSH_INTERVAL_CYCLES="1")
    chance = random.Random(SEED)
    ends = dict.fromkeys(ENDS, 0)
    begun = time.monotonic()
    assert desk.run("probe", "--once").code == 0
    span = time.monotonic() - begun
    instants = Instants(kills, span, chance)
    for delay in instants(lambda: hits(ends) * 6 >= kills):
        strike(desk, hub, instants, delay, chance.choice(COMMITS), ends)
    hub.fault("commit", "none")
    done = desk.run("probe", "--once")
    assert done.code == 0, done
    rows = assert_each_once(desk, hub)
    done = desk.run("push")
    assert done.code == 0, done
    assert assert_each_once(desk, hub) == rows == len(probed.pushed(hub))
    assert probed.kept(desk) == [] and hub.complaints() == []
    print(f"\n{kills} kills: {ends}; {rows} rows in {len(hub.files())} files, a run took {span:.2f} s")
    assert hits(ends) * 6 >= kills, ends
