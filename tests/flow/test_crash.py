"""kill -9 at random instants of a large sync, and two syncs at once: never between two states.

Here on SQLite files, which are copied as the dead process left them; test_postgres.py does the same
to a server's database.  ASSAY_KILLS=200 kills so often; the default is 25.
"""
import collections
import random
import shutil
import signal
import time

import pytest

from lib import truth
from lib.assay import SYNC, Assay
from lib.database import Sqlite
from lib.kills import KILLS, Instants
from lib.patience import PATIENCE_S

SCALE = 800  # and 1400 prices moved each time
SEED = 20260822
ROUND = 25  # kills of one database: it grows with each sync, and so does what is compared
PHASES = ("before commit", "after commit", "already ended")
TABLES = (*truth.MARKET_TABLES, "snapshots", "changes", "absences", "documents", "sync_runs",
          "providers")


def truth_of(market):
    return truth.catalog(market.truth())


def copy_database(home, to):
    """The files as the dead process left them, journal included: recovered over there."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir()
    for path in home.glob("assay.db*"):
        shutil.copy(path, to)
    return Sqlite(to / "assay.db")


def stir(market):
    """So much that the next sync has thousands of rows to write."""
    market.advance(2)
    market.post("reprice", n=1400)


def timed_sync(desk):
    begun = time.monotonic()
    desk.sync()
    return time.monotonic() - begun


class Killer:
    """Kills syncs of one database and judges what they left."""

    def __init__(self, market, desk, scratch, phases):
        self.market, self.desk, self.scratch, self.phases = market, desk, scratch, phases
        self.rows = truth.dump(desk.database, *TABLES)
        self.after = None  # what the next sync is to store; None: it is stored, stir first

    def strike(self, instants, delay):
        """One sync, killed `delay` seconds after its start."""
        desk = self.desk
        if self.after is None:
            stir(self.market)
            self.after = truth_of(self.market)
        desk.hour += 1
        code = instants.strike(desk.start(*SYNC), delay)
        assert code in (0, -signal.SIGKILL)
        left = copy_database(desk.home, self.scratch)
        left.assert_sound()
        rows = truth.dump(left, *TABLES)
        committed = rows["snapshots"] != self.rows["snapshots"]
        if committed:
            truth.assert_stored(left, self.after)
            self.after = None
        else:
            assert code != 0
            assert rows == self.rows, "between two states"
            instants.was_early(delay)
        self.rows = rows
        self.phases["already ended" if code == 0 else
                    "after commit" if committed else "before commit"] += 1

    def mend(self):
        """The next sync, on the database as it lies there."""
        self.desk.sync()
        self.rows = truth.dump(self.desk.database, *TABLES)
        truth.assert_stored(self.desk.database, truth_of(self.market))
        self.desk.database.assert_sound()
        self.after = None


def test_kill_at_any_instant(assay, start_market, tmp_path):
    """The database opens, holds the state before or the one after, and the next sync mends it."""
    market = start_market(seed=9, scale=SCALE)
    chance = random.Random(SEED)
    phases = collections.Counter()
    for begun in range(0, KILLS, ROUND):
        home = tmp_path / f"round{begun}"
        home.mkdir()
        phases.update(kill_round(Assay(assay, home, market.url), market, min(ROUND, KILLS - begun),
                                 chance))
        shutil.rmtree(home)
    print(f"\n{KILLS} kills: {dict(phases)}")


def kill_round(desk, market, kills, chance):
    """So many kills of syncs of one database, spread evenly over the time that a sync takes."""
    phases = collections.Counter(dict.fromkeys(PHASES, 0))
    desk.sync()
    spans = []
    for _ in range(3):
        stir(market)
        spans.append(timed_sync(desk))
    span = sorted(spans)[1]
    killer = Killer(market, desk, desk.home / "left", phases)
    instants = Instants(kills, span, chance)

    def enough():
        return (phases["before commit"] + phases["after commit"]) * 3 >= kills

    for n, delay in enumerate(instants(enough)):
        killer.strike(instants, delay)
        if n % 5 == 4:
            killer.mend()
    killer.mend()
    assert enough(), phases
    return phases


def test_kill_during_the_first_sync(assay, start_market, tmp_path):
    """Also while the schema is being made: the file opens, and the next sync is the truth."""
    market = start_market(seed=9, scale=SCALE)
    models = truth_of(market)
    desk = Assay(assay, tmp_path, market.url)
    instants = Instants(max(6, KILLS // 4), timed_sync(desk), random.Random(SEED))
    for delay in instants(lambda: True):
        for path in desk.home.glob("assay.db*"):
            path.unlink()
        instants.strike(desk.start(*SYNC), delay)
        if desk.database.exists():
            left = copy_database(desk.home, tmp_path / "left")
            left.assert_sound()
        desk.sync()
        truth.assert_stored(desk.database, models)
        assert truth.one(desk.database, "SELECT count(*) FROM snapshots") == 1


@pytest.mark.parametrize("etag", [1, 0])
def test_two_syncs_at_once(start_market, assay, tmp_path, etag):
    """Cron overlapped: no error, no row lost or doubled, each change told once."""
    market = start_market(seed=9, scale=400)
    market.post("config", etag=etag)
    desks = [Assay(assay, tmp_path, market.url) for _ in range(2)]
    known, told = {}, 0
    for n in range(5):
        logs = [open(tmp_path / f"log{k}", "w+b") for k in range(2)]
        # their own clocks: whoever commits second is later, as in life
        both = [d.start(*SYNC, err=log, out=log, ASSAY_NOW=None) for d, log in zip(desks, logs)]
        codes = [p.wait(PATIENCE_S) for p in both]
        texts = []
        for log in logs:
            log.seek(0)
            texts.append(log.read().decode())
            log.close()
        assert codes == [0, 0], texts
        assert all('"level":50' not in text for text in texts), texts
        after = truth_of(market)
        truth.assert_stored(desks[0].database, after)
        desks[0].database.assert_sound()
        wanted = truth.changes(known, after) if known else []
        found = truth.select(desks[0].database, "SELECT kind, model, field, old, new, ratio"
                                                " FROM changes ORDER BY id")[told:]
        assert sorted(found, key=str) == wanted
        told += len(found)
        known = truth.learn(known, after)
        assert truth.one(desks[0].database, "SELECT count(*) FROM models") == len(known)
        # one of them may have left the work to the other, but none has failed
        assert n < truth.one(desks[0].database, "SELECT count(*) FROM sync_runs") <= 2 * (n + 1)
        assert truth.select(desks[0].database, "SELECT error FROM sync_runs"
                                               " WHERE completeness <> 'complete'") == []
        market.advance(2)
