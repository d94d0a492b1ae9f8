# SPDX-License-Identifier: MIT
"""A simulated year, looked at twice a day, and what is reported of it, against the truth.

marketsim lives (sim/life.h), assay syncs, ASSAY_NOW turns.  What ought to be reported is worked out a
second time (lib/rules.py) from what the market says of itself; run it with -s to see the table.
Longer years: ASSAY_YEAR_DAYS, ASSAY_YEAR_MODELS, ASSAY_YEAR_SEED (CONTRIBUTING.md).
"""
import collections
import concurrent.futures
import hashlib
import json
import os
import random
from fractions import Fraction

import pytest

from lib import truth
from lib.assay import START, Assay
from lib.lived import apply
from lib.market import Market
from lib.rules import INCIDENT_ROWS, Rules, instant

DAYS = int(os.environ.get("ASSAY_YEAR_DAYS", 365))
MODELS = int(os.environ.get("ASSAY_YEAR_MODELS", 400))
SEED = int(os.environ.get("ASSAY_YEAR_SEED", 1))
STEP_H = 12
STEPS = DAYS * 24 // STEP_H  # syncs, the first of which is the baseline
# The second one's documents say quantization and replacements, the first one's do not.
SHOPS = {"openrouter": MODELS, "deepinfra": MODELS // 2}
PAIRS = 200  # of moments, for diff
CHECKED_EVERY = 50  # the whole truth is asked for now and then: the log must lead there


def ms(at_h):
    return int(START.timestamp() + at_h * 3600) * 1000


class Shop:
    """One provider through the year: what the market did, what was offered, what ought to be told."""

    def __init__(self, market, slug):
        self.market, self.slug = market, slug
        self.rows = truth.catalog(market.truth(slug))
        self.rules = Rules(START, self.rows)
        self.log, self.expected = [], []
        self.observed = [dict(self.rows)]  # by step: what was taken over last
        self.lines = {}

    def live(self):
        events = self.market.post("live", provider=self.slug, hours=STEP_H)["events"]
        apply(self.rows, events)
        self.log += events

    def observe(self, step):
        """Whether the list is taken over."""
        events = self.rules.observe(step * STEP_H, self.rows)
        if events is not None:
            self.expected += events
        self.observed.append(self.observed[-1] if events is None else dict(self.rows))
        return events is not None

    def line(self, row):
        """Its line of the canonical text; rows are kept, so that their addresses name them."""
        if id(row) not in self.lines:
            self.lines[id(row)] = row, truth.canonical_line(row)
        return self.lines[id(row)][1]

    def name_of(self, rows):
        ids = sorted(rows, key=lambda i: i.encode())
        text = ",\n".join(self.line(rows[i]) for i in ids)
        whole = f'{{"assay":1,"provider":{truth.quoted(self.slug)},"models":[\n{text}\n]}}\n'
        return hashlib.sha256(whole.encode()).hexdigest()


def live_a_year(market, desk):
    shops = [Shop(market, slug) for slug in SHOPS]
    for step in range(STEPS):
        desk.hour = step * STEP_H
        taken = True
        for shop in shops if step else ():
            shop.live()
            taken &= shop.observe(step)
            if step % CHECKED_EVERY == 0:
                assert shop.rows == truth.catalog(market.truth(shop.slug))
        run = desk.run("sync", "--providers", *SHOPS, **desk.keys(list(SHOPS)))
        assert run.code == (0 if taken else 1), (step, run)
    return shops


# ---- what was reported

class Reported:
    """A change as `assay changes` tells it."""

    def __init__(self, slug, at_ms, kind, model, field, old, new, ratio, tags):
        self.slug, self.at_ms, self.kind, self.model = slug, at_ms, kind, model
        self.field, self.old, self.new, self.ratio = field, old, new, ratio
        self.tags = tags

    def tagged(self, word):
        """What stands behind the colon of the tag, None when it is not there."""
        found = [tag.partition(":")[2] for tag in self.tags if tag.split(":")[0] == word]
        assert len(found) <= 1, self.tags
        return found[0] if found else None

    def is_drift(self):
        """A place of a document, new or gone or of another type: nothing of what is offered."""
        return self.kind == "schema" and "/" in self.field


def reported(desk):
    run = desk.run("changes", "--json")
    assert run.code == 0, run
    return [Reported(c["provider"], round(instant(c["at"]).timestamp() * 1000), c["kind"], c["model"],
                     c["field"], c["old"], c["new"], c["ratio"], c["tags"] or ())
            for c in map(json.loads, run.out.splitlines())]


def key_of(slug, at_ms, c):
    """One change; of the document's only what is meant: how it is worded is its own affair."""
    words = (None, None, None) if c.kind == "schema" else (c.old, c.new, c.ratio)
    return (slug, at_ms, c.kind, c.model, c.field, *words)


class Confusion:
    """What ought to be told beside what was told, one by one."""

    def __init__(self, shops, changes):
        self.expected, self.told = collections.defaultdict(list), collections.defaultdict(list)
        for shop in shops:
            for e in shop.expected:
                self.expected[key_of(shop.slug, ms(e.at_h), e)].append(e)
        for c in changes:
            self.told[key_of(c.slug, c.at_ms, c)].append(c)

    def pairs(self):
        for key, events in self.expected.items():
            yield from ((key, e, c) for e, c in zip(events, self.told.get(key, ())))

    def beyond(self, one, other):
        """Keys of what is in the one more often than in the other."""
        return [key for key, found in one.items()
                for _ in range(len(found) - len(other.get(key, ())))]

    def table(self):
        false, missed = self.beyond(self.told, self.expected), self.beyond(self.expected, self.told)
        count = {name: collections.Counter(key[2] for key in keys) for name, keys in (
            ("truth", [k for k, found in self.expected.items() for _ in found]),
            ("reported", [k for k, found in self.told.items() for _ in found]),
            ("matched", [k for k, _, _ in self.pairs()]), ("false", false), ("missed", missed))}
        lines = [f"{'kind':14}" + "".join(f"{name:>10}" for name in count)]
        for kind in sorted(set().union(*count.values())):
            lines.append(f"{kind:14}" + "".join(f"{n[kind]:>10}" for n in count.values()))
        print("\n".join(lines))
        return sorted(false, key=lambda k: k[1]), sorted(missed, key=lambda k: k[1])


def check_tags(confusion):
    """Reversals, the evidence of removals; one number for each incident and no other."""
    numbers = collections.defaultdict(set)
    for key, e, c in confusion.pairs():
        assert ("reverted" in c.tags) == ("reverted" in e.tags), (key, c.tags)
        assert ("lifecycle" in c.tags) == ("lifecycle" in e.tags), (key, c.tags)
        if e.kind == "removed":
            assert c.tagged("fetches") == str(e.fetches), (key, c.tags)
            assert c.tagged("since") == truth.stamp(ms(e.since_h)), (key, c.tags)
        assert (c.tagged("incident") is None) == (e.incident is None), (key, c.tags)
        if e.incident is not None:
            numbers[key[0], e.incident].add(c.tagged("incident"))
    assert all(len(found) == 1 for found in numbers.values()), numbers
    assert len(set().union(*numbers.values())) == len(numbers), numbers


HELD = {"suspect", "accepted", "refused", "auto", "superseded"}


def is_far(event):
    """Ten times or more, or between priced and free: not credible at once."""
    if event.ratio is None:
        return "0" in (event.old, event.new) and not {event.old, event.new} & {"unpublished", "dynamic"}
    return not Fraction(1, 10) < Fraction(event.new) / Fraction(event.old) < 10


def check_held(confusion):
    """Moves that are not credible are told at once, with a tag.  What comes after a held price is
    judged against the one before it, so that only the others are looked at here."""
    held, far = {}, 0
    for key, e, c in sorted(confusion.pairs(), key=lambda pair: pair[0][1]):
        if e.kind != "price":
            continue
        field = key[0], e.model, e.field
        if is_far(e) and not held.get(field):
            assert c.tags and HELD & set(c.tags), (key, c.tags)
            far += 1
        held[field] = bool(HELD & set(c.tags))
    return far


# ---- what must hold, said of the market's own log

def absences(shop):
    """(model, hour it went, hour it came back or None, cause)"""
    gone, found = {}, []
    for e in shop.log:
        if e["kind"] == "removed":
            gone[e["model"]] = e
        if e["kind"] == "returned":
            went = gone.pop(e["model"])
            found.append((e["model"], went["hour"], e["hour"], went["cause"]))
    return found + [(i, e["hour"], None, e["cause"]) for i, e in gone.items()]


def removals(shop, changes):
    found = collections.defaultdict(list)
    for c in changes:
        if c.slug == shop.slug and c.kind == "removed":
            found[c.model].append(c)
    return found


def check_short_absences(shop, changes):
    """What was back within a day was never removed; how many were back a day after their removal?"""
    removed, short, soon = removals(shop, changes), 0, 0
    for model, went, back, _ in absences(shop):
        if back is None:
            continue
        within = [c for c in removed[model] if ms(went) <= c.at_ms < ms(back + STEP_H)]
        soon += any(c.at_ms > ms(back - 24) for c in within)
        short += back - went <= 24
        assert back - went > 24 or not within, (model, went, back)
    return short, soon


def outages(shop):
    """cause → (first hour, last hour, members)"""
    first = {e["cause"]: e["hour"] for e in shop.log if e["kind"] == "outage"}
    last = {e["cause"]: e["hour"] for e in shop.log if e["kind"] == "recovery"}
    members = collections.defaultdict(set)
    for model, _, _, cause in absences(shop):
        members[cause].add(model)
    return {cause: (hour, last.get(cause, DAYS * 24), members[cause])
            for cause, hour in first.items()}


def check_outages(desk, shop, changes):
    """One incident each where it is large enough for one, none besides, and nothing is removed while
    it lasts."""
    opened = [at for at, in truth.select(
        desk.database, "SELECT i.opened_at FROM incidents i JOIN providers p"
                       " ON p.id = i.provider_id WHERE p.slug = ?", shop.slug)]
    removed, counted = removals(shop, changes), 0
    for cause, (first, last, members) in outages(shop).items():
        seen = [at for at in opened if ms(first) <= at < ms(first + STEP_H)]
        assert len(seen) == (len(members) >= INCIDENT_ROWS), (shop.slug, cause, first, seen)
        assert not [c.model for i in members for c in removed[i]
                    if ms(first) <= c.at_ms <= ms(last)], (shop.slug, cause)
        counted += len(seen)
    assert len(opened) == counted, (shop.slug, opened)
    return counted


def check_states(desk, shop):
    """At each moment the state in force is named by what was offered then; each sync is counted."""
    rows = truth.select(desk.database, "SELECT s.first_at, s.hash, s.syncs FROM snapshots s JOIN"
                        " providers p ON p.id = s.provider_id WHERE p.slug = ? ORDER BY s.id",
                        shop.slug)
    at = 0
    for step, offered in enumerate(shop.observed):
        while at + 1 < len(rows) and rows[at + 1][0] <= ms(step * STEP_H):
            at += 1
        assert rows[at][1] == shop.name_of(offered), (shop.slug, step)
    assert sum(syncs for _, _, syncs in rows) == STEPS - len(shop.rules.suspects)
    return len(rows)


# ---- any two moments

def whole(m):
    """Everything that an added model says, by the fields of changes."""
    said = {field: truth.text(m[field]) for field in truth.FIELDS}
    said["capabilities"] = ",".join(truth.capabilities_list(m["capabilities"])) or None
    said.update(("".join(key), truth.price_text(price)) for key, price in m["prices"].items())
    return {(field, None, value) for field, value in said.items() if value is not None}


def moved(before, after):
    said = {(field, truth.text(before[field]), truth.text(after[field]))
            for field in truth.FIELDS if before[field] != after[field]}
    if before["capabilities"] != after["capabilities"]:
        said.add(("capabilities", *(",".join(truth.capabilities_list(m["capabilities"])) or None
                                    for m in (before, after))))
    old, new = before["prices"], after["prices"]
    if old is not new:
        said.update(("".join(key), truth.price_text(old.get(key)), truth.price_text(new.get(key)))
                    for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    return said


def difference(slug, old, new):
    """(event, provider, model) → what it says: {(field, old, new)}"""
    found = {("removed", slug, i): set() for i in old.keys() - new.keys()}
    found.update((("added", slug, i), whole(new[i])) for i in new.keys() - old.keys())
    both = (i for i in old.keys() & new.keys() if old[i] is not new[i])
    found.update((("modified", slug, i), said) for i in both if (said := moved(old[i], new[i])))
    return found


def told_difference(desk, step_old, step_new):
    times = [truth.stamp(ms(step * STEP_H)) for step in (step_old, step_new)]
    run = desk.run("diff", *times, "--json")
    assert run.code == 0, run
    found = {}
    for event in map(json.loads, run.out.splitlines()):
        if event["event"] == "no_change":
            continue
        key = event["event"], event["provider"], event["model"]
        assert key not in found, key
        found[key] = {(field, pair["old"], pair["new"])
                      for field, pair in event.get("details", {}).items()}
    return found


def check_pairs(desk, shops, n):
    """Two random moments, in any order."""
    chance = random.Random(SEED)
    pairs = [[chance.randrange(STEPS) for _ in range(2)] for _ in range(n)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        told = list(pool.map(lambda pair: told_difference(desk, *pair), pairs))
    events = 0
    for (old, new), found in zip(pairs, told):
        wanted = {}
        for shop in shops:
            wanted.update(difference(shop.slug, shop.observed[old], shop.observed[new]))
        wrong = [key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key)]
        assert not wrong, (old, new, [(key, found.get(key), wanted.get(key)) for key in wrong[:5]])
        events += len(found)
    return events


@pytest.mark.long
def test_a_year_is_reported_as_it_was(marketsim, assay, quick_dir):
    market = Market(marketsim, seed=SEED, scale=0, rows=SHOPS)
    try:
        desk = Assay(assay, quick_dir, market.url, LOG_LEVEL="error")
        shops = live_a_year(market, desk)
    finally:
        market.stop()
    changes = reported(desk)
    drift = [c for c in changes if c.is_drift()]
    confusion = Confusion(shops, [c for c in changes if not c.is_drift()])
    false, missed = confusion.table()
    print(f"{len(drift)} changes of the documents' shape")
    for shop in shops:
        print(f"{shop.slug}: {len(shop.log)} events, {check_states(desk, shop)} states")
    assert not false and not missed, (len(false), false[:10], len(missed), missed[:10])
    check_tags(confusion)
    print(f"{check_held(confusion)} prices moved ten times or across zero, each told as suspect")
    for shop in shops:
        short, soon = check_short_absences(shop, changes)
        incidents = check_outages(desk, shop, changes)
        print(f"{shop.slug}: {short} back within a day, {soon} back within a day of their removal;"
              f" {incidents} outages, {len(shop.rules.suspects)} lists held")
    print(f"{check_pairs(desk, shops, PAIRS)} differences in {PAIRS} pairs of moments")
