"""How often to ask (core/cadence): the estimate of a rate, beside simulated Poisson processes, and the
interval that is made of it, beside the words of the header."""
import math
import random
import subprocess

import pytest

from lib.patience import PATIENCE_S

DAY = 86400 * 1000
MIN, MAX = 300 * 1000, 86400 * 1000
P, P_CHEAP, FIRST = 0.2, 0.1, 3600 * 1000


@pytest.fixture(scope="module")
def cadence(build_dir):
    def ask(rows):
        """Of each (visits, changed, span, max_age, cheap, failures, min, max): interval, rate, reason."""
        text = "".join("cadence " + " ".join(str(int(x)) for x in row) + "\n" for row in rows)
        out = subprocess.run([build_dir / "tests/timetool"], input=text, capture_output=True, text=True,
                             check=True, timeout=PATIENCE_S).stdout
        for line in out.splitlines():
            interval, rate, reason = line.split(" ", 2)
            yield int(interval), float(rate), reason

    return lambda rows: list(ask(rows))


def visits_of(rate, every, n, rng):
    """How many of n visits to a Poisson process, `every` days apart, find that it moved: its events are
    drawn one after another."""
    found = 0
    at, next_event = 0.0, rng.expovariate(rate)
    for _ in range(n):
        at += every
        found += next_event <= at
        while next_event <= at:
            next_event += rng.expovariate(rate)
    return found


@pytest.mark.parametrize("per_visit", (0.05, 0.5, 1.0, 2.0))
def test_the_rate_is_hardly_biased(cadence, per_visit):
    """Mean of many estimates within 6 % of the truth, where counting is off by up to 57 %."""
    rng = random.Random(per_visit)
    every, n, trials = 0.25, 100, 400
    rate = per_visit / every
    found = [visits_of(rate, every, n, rng) for _ in range(trials)]
    told = cadence((n, x, n * every * DAY, -1, 0, 0, MIN, MAX) for x in found)
    mean = sum(r for _, r, _ in told) / trials
    counted = sum(x / (n * every) for x in found) / trials
    assert abs(mean / rate - 1) < 0.06
    if per_visit >= 0.5:
        assert abs(counted / rate - 1) > 0.2  # the test can tell them apart


def test_interval_by_its_words(cadence):
    rng = random.Random(3)
    rows = []
    for _ in range(500):
        n = rng.randrange(0, 400)
        rows.append((n, rng.randrange(0, n + 1), rng.randrange(1, 14 * DAY), rng.choice((-1, 0, 600000, 4 * 3600000)),
                     rng.random() < 0.5, 0, MIN, MAX))
    for (n, x, span, age, cheap, _, low, high), (interval, rate, reason) in zip(rows, cadence(rows)):
        if n < 6:
            assert rate < 0 and interval == max(FIRST, age) and f"{n} of 6 visits" in reason
            continue
        expected = -math.log((n - x + 0.5) / (n + 0.5)) / (span / n)
        assert rate == pytest.approx(expected * DAY, rel=1e-12)
        # A change is to be expected within the interval with probability P.
        wish = -math.log(1 - (P_CHEAP if cheap else P)) / expected if x else math.inf
        assert abs(interval - min(high, max(low, wish, age))) <= 1, reason
        assert f"({x} of {n} visits)" in reason
        assert ("max-age" in reason) == (age > min(high, max(low, wish)))


def test_more_changes_never_mean_longer_waits(cadence):
    rows = [(100, x, 10 * DAY, -1, 0, 0, MIN, MAX) for x in range(101)]
    intervals = [interval for interval, _, _ in cadence(rows)]
    assert intervals == sorted(intervals, reverse=True)
    assert intervals[0] == MAX and intervals[-1] < 3 * 3600000
    assert len(set(intervals)) > 50


def test_failures_back_off(cadence):
    """5, 10, 20 … minutes, up to what is usual of it; a provider that is asked often waits an hour at most."""
    slow = [interval for interval, _, _ in cadence((50, 1, 10 * DAY, -1, 0, f, MIN, MAX) for f in range(12))]
    usual = slow[0]
    assert usual > 10 * 3600000
    assert slow[1:] == [min(usual, MIN * 2 ** (f - 1)) for f in range(1, 12)]
    told = cadence((500, 500, DAY, -1, 0, f, MIN, MAX) for f in range(12))
    assert [interval for interval, _, _ in told] == [MIN] + [min(FIRST, MIN * 2 ** (f - 1)) for f in range(1, 12)]
    assert "3 failures in a row" in told[3][2] and "1 failure in" in told[1][2]


def test_reason_is_said_in_words(cadence):
    (_, _, reason), = cadence([(288, 41, 14 * DAY, -1, 0, 0, MIN, MAX)])
    assert reason == "3.2 changes a day (41 of 288 visits): every 102 min"
