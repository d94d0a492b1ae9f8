"""Old runs become days: what moved nothing after a day, other successes after a month, failures never."""
import datetime

import pytest

from lib import truth
from lib.assay import START

pytestmark = pytest.mark.stores("sqlite", "postgres")
SAID = {"written": "models_written", "added": "added", "changed": "changed_models",
        "missing": "missing", "returned": "returned"}
SUMS = ("runs", "bytes", *SAID)


def runs(desk):
    return [c for c, in truth.select(desk.database, "SELECT completeness FROM sync_runs ORDER BY id")]


def days(desk):
    """By the day: how many runs, how many of them with the same body."""
    millis = "day" if desk.database.kind == "sqlite" else "(extract(epoch FROM day) * 1000)::bigint"
    return {int(day): (int(n), int(same)) for day, n, same in truth.select(
        desk.database, f"SELECT {millis}, runs, unchanged FROM sync_days ORDER BY 1")}


def day(n):
    return int((START + datetime.timedelta(days=n)).timestamp()) * 1000


def sums(desk):
    """Over all runs that ever were, rolled up or not."""
    added = " UNION ALL ".join((
        "SELECT 1 AS runs, bytes, written, added, changed, missing, returned FROM sync_runs",
        "SELECT runs, bytes, written, added, changed, missing, returned FROM sync_days"))
    row, = truth.select(desk.database, "SELECT " + ", ".join(f"sum({c})" for c in SUMS) +
                        f" FROM ({added}) AS every")
    return dict(zip(SUMS, map(int, row)))


class Tally:
    """What every sync said of itself, added up by us."""

    def __init__(self, desk):
        self.desk, self.total = desk, dict.fromkeys(SUMS, 0)

    def sync(self, later=1, expect=0):
        self.desk.hour += later - 1
        run = self.desk.sync("--json", expect=expect)
        row = truth.last_run(self.desk.database)
        said = run.provider() if expect == 0 else {}
        done = {"runs": 1, "bytes": row["bytes"], **{c: said.get(name, 0) for c, name in SAID.items()}}
        self.total = {c: self.total[c] + done[c] for c in SUMS}
        assert sums(self.desk) == self.total


def test_old_runs_become_days(market, desk):
    """Of five days only what moved, what failed and the last day stand by themselves; sums stay true."""
    tally = Tally(desk)
    tally.sync()                                # day 0, 01:00: the baseline
    tally.sync(6)                               # 07:00
    market.fault("status", status=503)
    tally.sync(6, expect=1)                     # 13:00
    market.heal()
    tally.sync(9)                               # 22:00
    market.advance(1)
    tally.sync(5)                               # day 1, 03:00: moved
    assert days(desk) == {}
    tally.sync(4)                               # 07:00: that of day 0, 07:00 is a day old
    assert days(desk) == {}
    tally.sync(1)                               # ... and an hour
    assert days(desk) == {day(0): (1, 1)}
    tally.sync(24)                              # day 2, 08:00
    assert days(desk) == {day(0): (2, 2), day(1): (2, 2)}
    assert runs(desk) == ["complete", "failed", "complete", "complete"]
    opened = [h for h, in truth.select(desk.database, "SELECT hash FROM snapshots ORDER BY id")]
    assert [s for s, in truth.select(desk.database, "SELECT snapshot FROM sync_runs ORDER BY id")
            ] == [opened[0], None, opened[1], None]
    tally.sync(24 * 31)                         # the month of those that moved is over, too
    assert runs(desk) == ["failed", "complete"]
    assert days(desk) == {day(0): (3, 2), day(1): (3, 2), day(2): (1, 1)}
    assert sum(tally.total[c] for c in SAID) > 60


def test_a_suspicion_outlives_days_of_nothing(market, desk):
    """Failures only, for weeks: the next list that lacks the same confirms it; and a list that had
    all again settles it, however long ago."""
    desk.sync()
    desk.sync()
    market.post("remove", n=25)
    desk.sync(expect=1)
    assert runs(desk)[-1] == "suspect"
    market.fault("status", status=503)
    for _ in range(3):
        desk.hour += 24 * 15
        desk.sync(expect=1)
    market.heal()
    desk.sync()
    truth.assert_stored(desk.database, truth.offered(market))
    assert runs(desk) == ["suspect", "failed", "failed", "failed", "complete"]
    market.post("restore")
    desk.sync()
    market.post("remove", n=25)
    desk.sync(expect=1)
    market.post("restore")
    for _ in range(3):
        desk.hour += 24 * 15
        desk.sync()
    market.post("remove", n=25)
    desk.sync(expect=1)
    assert runs(desk)[-2:] == ["complete", "suspect"]
