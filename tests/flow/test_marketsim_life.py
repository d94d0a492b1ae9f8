# SPDX-License-Identifier: MIT
"""A market that lives: its log is the whole truth, a seed names it, and it moves as a real one does."""
import collections
import datetime
import json
from fractions import Fraction

import pytest

from lib.assay import START
from lib.lived import OF_ROWS, apply
from lib.truth import catalog as rows_of
from test_marketsim import assert_truthful

YEAR_H = 365 * 24
FULL = {"openrouter": 400, "deepinfra": 200}


def living(start, seed=1, **rows):
    options = [word for slug, n in (rows or FULL).items() for word in ("--rows", f"{slug}={n}")]
    return start("--scale", "0", "--seed", str(seed), *options)


def log(sim, slug):
    return json.loads(sim.ask("GET", f"/sim/log?provider={slug}")[1])


def live(sim, slug, hours):
    return sim.post("live", provider=slug, hours=hours)["events"]


@pytest.mark.parametrize("slug", FULL)
def test_the_log_replays_from_the_first_truth_to_the_last(start, slug):
    sim = living(start, **{slug: 150})
    rows, told = rows_of(sim.truth(slug)), []
    for _ in range(60):
        events = live(sim, slug, 24)
        apply(rows, events)
        assert rows == rows_of(sim.truth(slug))
        told += events
    for _ in range(12):
        events = live(sim, slug, 30 * 24)
        apply(rows, events)
        told += events
    assert rows == rows_of(sim.truth(slug))
    assert log(sim, slug) == {"begins": "2026-08-22T00:00:00.000Z", "hours": 420 * 24,
                              "events": told}


def test_a_living_market_still_tells_the_truth(start):
    sim = living(start, openrouter=200)
    for _ in range(4):
        live(sim, "openrouter", 90 * 24)
        assert_truthful(sim)


def test_a_seed_names_the_history_whatever_the_steps(start):
    one, same, other = living(start), living(start), living(start, seed=2)
    for slug in FULL:
        for sim in (one, other):
            live(sim, slug, 1000)
        for hours in (1, 11, 400, 588):
            live(same, slug, hours)
        assert log(one, slug) == log(same, slug) != log(other, slug)
        assert one.ask("GET", f"/sim/truth?provider={slug}")[1] == \
            same.ask("GET", f"/sim/truth?provider={slug}")[1]


def test_its_routes_are_listed(sim):
    listed = {(r["method"], r["path"]) for r in json.loads(sim.ask("GET", "/sim/")[1])}
    assert {("POST", "/sim/live"), ("GET", "/sim/log")} <= listed
    hub = {(method, "/sim/hub" + path) for method, path in (
        ("GET", ""), ("POST", ""), ("POST", "/fault"), ("GET", "/file"), ("POST", "/file"), ("GET", "/log"))}
    assert {row for row in listed if row[1].startswith("/sim/hub")} == hub


def test_one_shop_lives_alone(start):
    sim = living(start)
    before = sim.truth("deepinfra")
    live(sim, "openrouter", 5000)
    assert sim.truth("deepinfra") == before
    assert log(sim, "deepinfra") == {"begins": "2026-08-22T00:00:00.000Z", "hours": 0, "events": []}


@pytest.mark.parametrize("query", ["", "?provider=nobody", "?provider=openrouter&hours=x",
                                   "?provider=openrouter&hours=99999999"])
def test_what_it_cannot_live_is_refused(sim, query):
    assert sim.ask("POST", "/sim/live" + query)[0].status == 400
    assert sim.ask("POST", "/sim/log?provider=openrouter")[0].status == 405


# --- as a real one does ---

class Years:
    """Three years of a shop, counted; rates are per day and 400 rows."""

    def __init__(self, sim, slug, years=3):
        self.first = rows_of(sim.truth(slug))
        self.events = []
        row_days, count, self.away = 0, len(self.first), []
        gone = {}
        for day in range(365 * years):
            events = live(sim, slug, 24)
            for e in events:
                if e["kind"] in OF_ROWS:
                    count += -1 if e["kind"] == "removed" else 1
                if e["kind"] == "removed" and e["cause"] is None:
                    gone[e["model"]] = e["hour"]
                if e["kind"] == "returned" and e["cause"] == "return":
                    self.away.append(e["hour"] - gone[e["model"]])
            row_days += count
            self.events += events
        self.per_400 = Fraction(400, row_days)

    def of(self, kind, *causes):
        return [e for e in self.events if e["kind"] == kind and (not causes or e["cause"] in causes)]

    def rate(self, kind, *causes):
        return float(len(self.of(kind, *causes)) * self.per_400)

    def share(self, kind, cause, *of):
        return len(self.of(kind, cause)) / len(self.of(kind, *of))

    def groups(self, kind, word):
        found = collections.defaultdict(list)
        for e in self.of(kind):
            if e["cause"] and e["cause"].startswith(word):
                found[e["cause"]].append(e)
        return found

    def in_all(self, kind):
        return {e["cause"]: [int(n) for n in e["new"].split(" of ")] for e in self.of(kind)}


@pytest.fixture
def years(start, request):
    return Years(living(start), request.param)


def ratios(events):
    for e in events:
        if "unpublished" not in (e["old"], e["new"]) and "0" not in (e["old"], e["new"]):
            yield Fraction(e["new"]) / Fraction(e["old"])


@pytest.mark.parametrize("years", ["openrouter"], indirect=True)
def test_rates_are_those_of_a_real_catalog(years):
    assert 1.1 < years.rate("added") < 1.5
    assert 0.8 < years.rate("removed", None, "sunset") < 1.1
    assert 0.13 < len(years.away) / len(years.of("removed", None, "sunset")) < 0.21
    assert min(years.away) <= 13 and any(13 < h <= 24 for h in years.away)
    assert any(24 < h <= 168 for h in years.away) and max(years.away) > 500
    moves = years.of("price", None, "revert")
    assert 3.0 < years.rate("price", None, "revert") < 3.7
    assert 0.11 < len(years.of("price", "revert")) / len(moves) < 0.19
    assert 0.01 < sum(not Fraction(1, 10) < r < 10 for r in ratios(moves)) / len(moves) < 0.04
    assert 0.015 < sum("0" in (e["old"], e["new"]) for e in moves) / len(moves) < 0.06
    assert 1.1 < years.rate("context", None) < 1.6
    assert years.of("renamed") and years.of("capability")
    assert not years.of("quantization") and not years.of("replaced"), "the list has no words for it"


@pytest.mark.parametrize("years", ["deepinfra"], indirect=True)
def test_what_only_some_documents_say_moves_there(years):
    assert 0.1 < years.rate("quantization") < 0.3
    assert years.of("replaced") and not years.of("renamed")
    assert 1.0 < years.rate("added") < 1.6


@pytest.mark.parametrize("years", list(FULL), indirect=True)
def test_dates_are_set_moved_taken_back_and_kept(years):
    moves = collections.Counter((e["old"] is None, e["new"] is None)
                                for e in years.of("deprecated"))
    assert set(moves) == {(True, False), (False, False), (False, True)}
    ends = {i: row["deprecated_at"] for i, row in years.first.items()}
    for e in years.events:
        if e["kind"] == "added":
            ends[e["model"]] = e["row"]["deprecated_at"]
        if e["kind"] == "deprecated":
            assert ends[e["model"]] == e["old"]
            ends[e["model"]] = e["new"]
        if e["kind"] == "removed" and e["cause"] == "sunset":
            assert days(ends[e["model"]]) <= e["hour"] / 24
    assert years.of("removed", "sunset")


def days(date):
    """Since the beginning."""
    return (datetime.datetime.fromisoformat(date.replace("Z", "+00:00")) - START) / \
        datetime.timedelta(days=1)


@pytest.mark.parametrize("years", list(FULL), indirect=True)
def test_part_of_it_is_away_five_times_a_year(years):
    told, gone = years.in_all("outage"), years.groups("removed", "outage:")
    back = years.groups("returned", "outage:")
    assert len(told) == 15 and set(gone) == set(told)
    shares = {cause: n / of for cause, (n, of) in told.items()}
    assert sum(0.03 <= share <= 0.10 for share in shares.values()) == 12
    assert sum(0.10 < share < 0.15 for share in shares.values()) == 3
    lengths = set()
    for cause, (n, _) in told.items():
        assert len({e["hour"] for e in gone[cause]}) == 1 and len(gone[cause]) == n
        assert len(back[cause]) >= n * 0.7, "all or most come back"
        [end] = {e["hour"] for e in back[cause]}
        lengths.add(end - gone[cause][0]["hour"])
    assert min(lengths) == 12 and 100 < max(lengths) <= 144
    assert any(len(back[c]) < told[c][0] for c in told) and any(
        len(back[c]) == told[c][0] for c in told)


@pytest.mark.parametrize("years", list(FULL), indirect=True)
def test_keys_come_and_go_for_many_rows_at_once(years):
    told, prices = years.in_all("rollout"), years.groups("price", "rollout:")
    kinds = collections.Counter()
    for cause, (n, of) in told.items():
        [field] = {e["field"] for e in years.of("rollout", cause)}
        if field == "max_output_tokens":
            assert n == len(years.of("context", cause))
            continue
        events = prices[cause]
        assert len(events) == n and {e["field"] for e in events} <= {field}
        appears = all(e["old"] == "unpublished" for e in events)
        assert appears or all(e["new"] == "unpublished" for e in events)
        kinds["came" if appears else "went", "many" if n >= of * 0.2 else "few"] += 1
    assert kinds["came", "many"] >= 3 and kinds["came", "few"] >= 3 and kinds["went", "many"] >= 3
    assert set(kinds) == {("came", "many"), ("came", "few"), ("went", "many")}
