"""Held prices: which are, what becomes of them, and what table `models` shows meanwhile.

Prices of the bazaar are per 1M tokens, so the band of a token there is 0.001 to 1000.
"""
import getpass
import json
from fractions import Fraction

import pytest

from lib.bazaar import Bazaar
from lib.held import MILLION, audited, moves, observed, reviews, shown
from lib.rational import text_of

pytestmark = pytest.mark.stores("sqlite", "postgres")
BAND = Fraction("0.001"), Fraction(1000)


@pytest.fixture
def open_bazaar(quick_dir, start_market, start_assay):
    return lambda **stalls: Bazaar(quick_dir, start_market, start_assay,
                                   stalls or {"north": "USD"})


def per_unit(amount):
    return text_of(Fraction(amount) / MILLION)


class Stall:
    """One provider of a bazaar, with one model whose input price moves."""

    def __init__(self, bazaar, model="house-1", slug="north"):
        self.bazaar, self.model, self.slug = bazaar, model, slug
        self.database, self.desk = bazaar.desk.database, bazaar.desk

    def says(self, amount, *others, **how):
        self.bazaar.sell(self.slug, {"id": self.model, "in": amount, "out": "3"}, *others)
        return self.bazaar.sync(self.slug, **how)

    def again(self, **how):
        return self.bazaar.sync(self.slug, **how)

    def shown(self):
        return shown(self.database)[self.model]

    def suspect(self):
        return observed(self.database)[self.model][1]

    def fates(self):
        return [decision for *_, decision in reviews(self.database)]

    def review(self, *args, expect=0):
        run = self.desk.run("review", *map(str, args))
        assert run.code == expect, run
        return run

    def waiting(self):
        return [line["id"] for line in self.listed()]

    def listed(self, *args):
        return [json.loads(line) for line in self.review("list", *args, "--json").out.splitlines()]

    def states(self):
        return self.database.one("SELECT count(*) FROM snapshots")


# ---- what is held

# before, after; None: not published, "-1": decided at call time.
MOVES = [
    ("1", "10"), ("1", "9.999999999"), ("10", "1"), ("10", "1.000000001"), ("1", "1.5"),
    ("1", "0"), ("0", "1"), ("0", "0.001"),
    ("200", "1000"), ("200", "1000.000000001"), ("0.005", "0.001"), ("0.005", "0.000999999999"),
    ("0.5", "70000"), (None, "5"), ("-1", "5"), ("5", "-1"), ("5", None), ("0", "-1"),
    (None, "2000"), ("-1", "2000"), ("2000", "2100"), ("2000", "900"),
]


def is_number(amount):
    return amount not in (None, "-1")


def outside(amount):
    return is_number(amount) and amount != "0" and not BAND[0] <= Fraction(amount) <= BAND[1]


def is_held(before, after):
    """The rules, a second time and in fractions."""
    if not is_number(before) or not is_number(after) or before == after:
        return False
    was, now = Fraction(before), Fraction(after)
    if not was or not now:
        return True
    return max(was / now, now / was) >= 10 or outside(after)


def row(n, amount):
    return {"id": f"house-{n}", "out": "3", **({} if amount is None else {"in": amount})}


def test_what_is_held(open_bazaar):
    bazaar = open_bazaar()
    database = bazaar.desk.database
    bazaar.sell("north", *(row(n, before) for n, (before, _) in enumerate(MOVES)))
    bazaar.sync()
    assert reviews(database) == [] and moves(database) == []
    first = observed(database)
    for n, (before, _) in enumerate(MOVES):
        assert is_number(before) == (first.get(f"house-{n}", (None,))[0] is not None)
        if is_number(before):
            assert (first[f"house-{n}"][1] is not None) == outside(before)
    bazaar.sell("north", *(row(n, after) for n, (_, after) in enumerate(MOVES)))
    bazaar.sync()
    prompt, said, told = shown(database), observed(database), {m: t for m, _, _, t in moves(database)}
    assert len(moves(database)) == len(MOVES) == len(told)
    held = {n for n, pair in enumerate(MOVES) if is_held(*pair)}
    assert {m for m, *_ in reviews(database)} == {f"house-{n}" for n in held} and len(held) > 8
    for n, (before, after) in enumerate(MOVES):
        name, in_force = f"house-{n}", before if n in held else after
        assert prompt[name] == (per_unit(in_force) if is_number(in_force) else None), MOVES[n]
        if is_number(after):
            assert said[name][0] == per_unit(after)
        marked = n in held or outside(after)
        assert told[name] == (["suspect"] if marked else []), MOVES[n]
        assert (said.get(name, (None, None))[1] is not None) == marked, MOVES[n]
    # The reason names what it is about.
    assert said["house-0"][1] == "10 times the accepted 0.000001"
    assert said["house-2"][1] == "0.1 times the accepted 0.00001"
    assert said["house-5"][1] == "free, accepted is 0.000001"
    assert said["house-6"][1] == "priced, accepted is free"
    assert said["house-12"][1] == ("140000 times the accepted 0.0000005; above the band of its meter"
                                   " (0.000000001 to 0.001 USD per token)")
    assert database.one("SELECT count(*) FROM reviews WHERE change_id IS NULL"
                        " OR sightings <> 0 OR decision IS NOT NULL") == 0
    assert database.one("SELECT count(*) FROM reviews r JOIN changes h ON h.id = r.change_id"
                        " JOIN prices c ON c.id = r.price_id JOIN models m ON m.id = c.model_id"
                        " WHERE h.model = m.provider_model_id AND h.new = '0'"
                        " AND c.state <> 'free'") == 0


def test_the_median_elsewhere(open_bazaar):
    """Others' unconditional dollars of listed models, held ones as accepted; ours and free ones not."""
    bazaar = open_bazaar(north="USD", south="USD", west="USD", east="USD", far="EUR")
    database = bazaar.desk.database
    two = [{"id": i, "in": "2", "in_batch": "2", "out": "3"}
           for i in ("gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano")]
    bazaar.sell("north", *two, {"id": "openai/gpt-4.1", "in": "900"})
    bazaar.sell("south", {"id": "openai/gpt-4.1", "in": "0.05", "in_batch": "900"},
                {"id": "gpt-4.1-mini", "in": "0.05"}, {"id": "gpt-4.1-nano", "in": "0"})
    bazaar.sell("west", {"id": "gpt-4.1", "in": "0.15"}, {"id": "gpt-4.1-mini", "in": "0.15"})
    bazaar.sell("east", {"id": "gpt-4.1", "in": "900"}, {"id": "o3", "in": "1"})
    bazaar.sell("far", {"id": "gpt-4.1", "in": "900"}, {"id": "gpt-4.1-mini", "in": "900"})
    bazaar.sync()
    bazaar.sell("east", {"id": "o3", "in": "1"})  # gpt-4.1 is missing: no word of its any more
    bazaar.sell("west", {"id": "gpt-4.1", "in": "0.15"}, {"id": "gpt-4.1-mini", "in": "90"})
    bazaar.sync("east", "west")
    assert [m for m, *_ in reviews(database)] == ["gpt-4.1-mini"]
    for row, amount in zip(two, ("10", "9.99", "10")):
        row["in"] = amount
    two[1]["in_batch"] = "10"  # held against the unconditional ones
    bazaar.sell("north", *two, {"id": "openai/gpt-4.1", "in": "900"})
    bazaar.sync("north")
    held = [(model, key) for model, key, *_ in reviews(database)][1:]
    assert held == [("gpt-4.1", "input_token"), ("gpt-4.1-mini", "input_token[batch]")]
    assert observed(database)["gpt-4.1"] is not None
    reason = database.one("SELECT reason FROM reviews WHERE id = 2")
    assert reason == "100 times the median of 2 other providers, 0.0000001"


# ---- what becomes of it

def test_superseded_and_back(open_bazaar):
    stall = Stall(open_bazaar())
    for amount in ("1", "20", "30", "1", "1.1"):
        stall.says(amount)
        assert stall.shown() == ("0.0000011" if amount == "1.1" else "0.000001")
        assert (stall.suspect() is not None) == (amount in ("20", "30"))
    assert reviews(stall.database) == [
        ("house-1", "input_token", "0.000001", "0.00002", "superseded"),
        ("house-1", "input_token", "0.000001", "0.00003", "superseded")]
    assert moves(stall.database) == [
        ("house-1", "0.000001", "0.00002", ["superseded"]),
        ("house-1", "0.00002", "0.00003", ["superseded"]),
        ("house-1", "0.00003", "0.000001", moves(stall.database)[2][3]),
        ("house-1", "0.000001", "0.0000011", [])]
    assert "suspect" not in moves(stall.database)[2][3]
    # Gone or undecided is no value that could be held.
    stall.says("20")
    stall.bazaar.sell("north", {"id": "house-1", "out": "3"})
    stall.again()
    assert stall.shown() is None and stall.fates()[-1] == "superseded"
    stall.says("20")
    assert stall.shown() == "0.00002" and stall.suspect() is None


@pytest.mark.stores("sqlite")
def test_back_to_what_lies_outside(open_bazaar):
    """What was in force is in force again, wherever it lies: held it is judged no second time."""
    stall = Stall(open_bazaar())
    for amount in ("2000", "1", "2000"):
        stall.says(amount)
        assert stall.shown() == "0.002"
    assert stall.fates() == ["superseded"] and stall.suspect() is None
    assert [set(tags) & {"suspect", "superseded"} for *_, tags in moves(stall.database)] == [
        {"superseded"}, set()]


def test_accepted_and_refused(open_bazaar):
    stall = Stall(open_bazaar())
    stall.says("1")
    stall.says("20")
    states, events = stall.states(), len(moves(stall.database))
    said = stall.review("accept", *stall.waiting())
    assert said.out == "north house-1 input_token: 0.00002 accepted, was 0.000001\n"
    assert stall.shown() == "0.00002" and stall.suspect() is None
    stall.says("400")
    assert stall.shown() == "0.00002"
    refused, = stall.waiting()
    assert "stays until" in stall.review("refuse", refused).out
    for _ in range(4):
        stall.again()
    stall.says("400", {"id": "house-2", "in": "1"})  # the row written anew, another body
    stall.says("400", {"id": "house-2", "in": "1"}, {"id": "house-3"})
    assert stall.shown() == "0.00002" and stall.suspect() is not None
    stall.says("410")  # 20.5 times what is in force, nothing beside what was refused
    assert stall.shown() == "0.00002" and len(stall.waiting()) == 1
    stall.review("refuse", *stall.waiting())
    stall.says("25")
    assert stall.shown() == "0.000025" and stall.waiting() == []
    assert stall.fates() == ["accepted", "refused", "refused"]
    assert [(new, tags) for _, _, new, tags in moves(stall.database)] == [
        ("0.00002", ["accepted"]), ("0.0004", ["refused"]), ("0.00041", ["refused"]),
        ("0.000025", [])]
    assert stall.states() == states + 5 and events == 1
    who = getpass.getuser()
    log = audited(stall.database)
    assert [line[:3] for line in log] == [
        (who, "review.accept", "north:house-1"), (who, "review.refuse", "north:house-1"),
        (who, "review.refuse", "north:house-1")]
    assert [(d["before"], d["after"], d["observed"]) for *_, d in log] == [
        ("0.000001", "0.00002", "0.00002"), ("0.00002", "0.00002", "0.0004"),
        ("0.00002", "0.00002", "0.00041")]


def test_accepted_by_itself(open_bazaar):
    """After exactly three more complete fetches that have the model, whatever else they say."""
    stall = Stall(open_bazaar())
    other = {"id": "house-2", "in": "1"}
    stall.says("1")
    stall.says("20")
    stall.again()
    stall.says("20", other)
    assert (stall.fates(), stall.listed()[0]["sightings"], stall.listed()[0]["left"]) == ([None], 2, 1)
    stall.bazaar.sell("north", other)
    stall.again()  # missing
    stall.again()
    assert stall.fates() == [None] and "the model is missing" in stall.review().out
    assert stall.shown() == "0.000001" and len(moves(stall.database)) == 1
    stall.says("20", other)
    assert stall.shown() == "0.00002" and stall.suspect() is None
    assert stall.database.one("SELECT decision, sightings, decided_by FROM reviews") == ("auto", 3, None)
    assert [tags for *_, tags in moves(stall.database)] == [["auto"]]
    # By a body that is the same: of the row of `models` only what is shown is written.
    stall.says("1", other)
    stall.again()
    stall.again()
    before = stall.states()
    assert stall.fates() == ["auto", None] and stall.shown() == "0.00002"
    same = stall.again().provider("north")
    assert same["unchanged_body"] and same["models_written"] == 1 and stall.states() == before
    assert stall.database.one("SELECT http_status FROM sync_runs ORDER BY id DESC LIMIT 1") == 304
    assert stall.shown() == "0.000001" and stall.fates() == ["auto", "auto"]
    assert stall.again().provider("north")["models_written"] == 0
    # The setting says how often; and the row may have something else to say in that fetch.
    stall.says("20", ASSAY_ACCEPT_AFTER_FETCHES=2)
    stall.again(ASSAY_ACCEPT_AFTER_FETCHES=2)
    assert stall.shown() == "0.000001"
    stall.bazaar.sell("north", {"id": "house-1", "in": "20", "out": "4", "window": 4096})
    stall.again(ASSAY_ACCEPT_AFTER_FETCHES=2)
    assert stall.shown() == "0.00002" and stall.fates() == ["auto"] * 3


def test_carried_over_is_not_repeated(open_bazaar):
    """A row that cannot be read stays as it was, which is no sight of its price; nor is the same body."""
    stall = Stall(open_bazaar())
    stall.says("1")
    stall.says("20", {"id": "house-2", "in": "1"})
    for extra in "3", "4", "4", "4", "4":
        stall.says("unreadable", {"id": "house-2", "in": extra})
    assert stall.again().provider("north")["unchanged_body"]
    assert stall.fates() == [None] and stall.shown() == "0.000001"
    assert "accepted by the next list that says it itself\n" in stall.review().out
    stall.says("20")
    assert stall.fates() == ["auto"] and stall.shown() == "0.00002"


@pytest.mark.stores("sqlite")
def test_nothing_half_held(open_bazaar):
    """What cannot be held is not written at all, and the next sync finds it as it is; nor is a
    decision that cannot be written down."""
    stall = Stall(open_bazaar())
    stall.says("1")
    tables = "prices", "models", "changes", "reviews", "snapshots"
    stall.database.operate("CREATE TRIGGER no BEFORE INSERT ON reviews"
                           " BEGIN SELECT RAISE(ABORT, 'no room'); END")
    before = stall.database.dump(*tables)
    stall.says("20", expect=1)
    assert stall.database.dump(*tables) == before
    stall.database.operate("DROP TRIGGER no")
    stall.again()
    assert stall.fates() == [None] and stall.shown() == "0.000001"
    assert len(moves(stall.database)) == 1
    stall.database.operate("CREATE TRIGGER no BEFORE INSERT ON audit_log"
                           " BEGIN SELECT RAISE(ABORT, 'no room'); END")
    before = stall.database.dump(*tables)
    stall.review("accept", 1, expect=1)
    assert stall.database.dump(*tables) == before


def test_read_otherwise_is_not_held(open_bazaar):
    """A correction of ours supersedes what it reads otherwise and holds nothing."""
    bazaar = open_bazaar()
    stall = Stall(bazaar)
    stall.says("1", {"id": "house-2", "in": "1", "out": "3"})
    stall.says("20", {"id": "house-2", "in": "1", "out": "60"})
    place = bazaar.folder / "north.json"
    descriptor = json.loads(place.read_text())
    for price in descriptor["lists"][0]["prices"]:
        if price["meter"] == "input_token":
            price["unit"] = "USD per 1K tokens"
    place.write_text(json.dumps(descriptor))
    stall.again()
    assert stall.fates() == ["superseded", None]
    assert shown(stall.database) == {"house-1": "0.02", "house-2": "0.001"}
    assert shown(stall.database, "pricing_completion")["house-2"] == "0.000003"
    assert [tags for *_, tags in moves(stall.database)] == [["superseded"], ["suspect"]]
    # What was held beside it is held on, and our reading it again was no sight of it.
    assert [r["sightings"] for r in stall.listed()] == [1]
    assert len(moves(stall.database, "corrected")) == 1


# ---- the command

def test_the_list(open_bazaar):
    bazaar = open_bazaar(north="USD", south="EUR")
    stall = Stall(bazaar)
    bazaar.sell("south", {"id": "house-1", "in": "2"})
    bazaar.sync("south")
    stall.says("1")
    assert stall.review().out == "no price is held\n" and stall.listed() == []
    bazaar.sell("south", {"id": "house-1", "in": "0"})
    bazaar.sync("south")
    stall.says("20")
    here, there = stall.listed("--all")[1], stall.listed("--all")[0]
    assert {k: here[k] for k in ("provider", "model", "meter", "condition", "currency", "accepted",
                                 "observed", "ratio", "sightings", "left", "decision")} == {
        "provider": "north", "model": "house-1", "meter": "input_token", "condition": "",
        "currency": "USD", "accepted": "0.000001", "observed": "0.00002", "ratio": "20",
        "sightings": 0, "left": 3, "decision": None}
    assert here["since"] == stall.desk.now() and here["elsewhere"] == {"median": None, "providers": 0}
    assert here["band"] == "0.000000001 to 0.001 USD per token"
    assert (there["currency"], there["accepted"], there["observed"], there["ratio"]) == (
        "EUR", "0.000002", "0", None)
    text = stall.review().out
    assert "north house-1 input_token: 0.000001 -> 0.00002 (x 20)" in text
    assert "south house-1 input_token: 0.000002 EUR -> free" in text
    assert "20 times the accepted 0.000001" in text and "accepted after 3 more" in text
    stall.review("refuse", here["id"])
    assert [r["id"] for r in stall.listed()] == [there["id"]]
    assert stall.listed("--all")[1]["decision"] == "refused"


@pytest.mark.stores("sqlite")
def test_what_cannot_be_decided(open_bazaar):
    stall = Stall(open_bazaar())
    stall.says("1")
    stall.says("20")
    one, = stall.waiting()
    assert "there is no review 77" in stall.review("accept", 77, expect=1).err
    stall.review("accept", one)
    again = stall.review("refuse", one, expect=1)
    assert f"review {one} is decided: accepted at" in again.err and getpass.getuser() in again.err
    for words in (("accept",), ("accept", "x"), ("accept", 0), ("maybe", 1), ("list", "x")):
        stall.review(*words, expect=2)
    assert len(audited(stall.database)) == 1 and stall.fates() == ["accepted"]
