"""The rules over time: removed and when, returned, incidents, reverted, changes of the document.

The lists are this test's own; what is expected is worked out here, from the rules as they are written
down (ARCHITECTURE.md), with instants and counts of its own.
"""
import json

import pytest

from lib import truth
from lib.assay import START
from lib.market import Shelf

# What the store does for a rule is tests/store's; here both are tried where a rule writes and reads it.
BOTH = pytest.mark.stores("sqlite", "postgres")
HOUR_MS = 3600 * 1000
IDS = [f"acme/m{n:02d}" for n in range(40)]


def row(i, **pricing):
    """As OpenRouter lists a model."""
    return {"id": i, "canonical_slug": i, "hugging_face_id": None, "name": i.upper(), "created": 1,
            "description": "", "context_length": 1000, "expiration_date": None,
            "architecture": {"modality": "text->text", "input_modalities": ["text"],
                             "output_modalities": ["text"], "tokenizer": "T"},
            "pricing": {"prompt": "0.000001", "completion": "0.000002", **pricing},
            "top_provider": {"context_length": 1000, "max_completion_tokens": None},
            "supported_parameters": []}


class Stage:
    """A list that the test writes, and assay before it at hours that the test names."""

    def __init__(self, desk, shelf, ids):
        self.desk, self.shelf = desk, shelf
        self.rows = {i: row(i) for i in ids}
        self.away = set()
        self.stir = 0

    def show(self, move=False):
        """`move`: another body that says the same."""
        self.stir += move
        rows = [r for i, r in self.rows.items() if i not in self.away]
        self.shelf.put({"data": rows, "total_count": len(rows), "links": {"next": None},
                        "stir": self.stir})

    def sync(self, at, expect=0, move=False, **settings):
        """At that hour; what it told: (kind, model, field, old, new, tags)."""
        self.show(move)
        self.desk.hour = at - 1
        self.run = self.desk.sync(expect=expect, **settings)
        rows = self.desk.database.select(
            "SELECT kind, model, field, old, new, tags FROM changes WHERE at = ? ORDER BY id",
            self.desk.database.instant(self.desk.now_ms()))
        return [(*r[:5], json.loads(r[5]) if r[5] else []) for r in rows]

    def gone(self, *ids):
        self.away |= set(ids)

    def back(self, *ids):
        self.away -= set(ids or self.away)

    def active(self, i):
        return self.desk.database.one("SELECT is_active FROM models WHERE provider_model_id = ?", i)

    def incidents(self):
        """(kind, opened at which hour, closed, members, returned)"""
        def hour(ms):
            return None if ms is None else (ms - int(START.timestamp()) * 1000) // HOUR_MS
        return [(kind, hour(opened), hour(closed), members, returned)
                for kind, opened, closed, members, returned in self.desk.database.select(
                    "SELECT kind, opened_at, closed_at, members, returned FROM incidents"
                    " ORDER BY id")]


@pytest.fixture
def stage(start_market, start_assay, tmp_path):
    def start(ids=IDS, **settings):
        shelf = Shelf(tmp_path)
        market = start_market(replay=shelf.path)
        made = Stage(start_assay(market, **settings), shelf, ids)
        made.sync(1)
        return made
    return start


def at_hour(hour):
    return truth.stamp(int(START.timestamp()) * 1000 + hour * HOUR_MS)


def plain(kind, ids, *tags):
    return [(kind, i, None, None, None, list(tags)) for i in ids]


def removed(ids, since, fetches, *tags):
    return plain("removed", ids, f"since:{at_hour(since)}", f"fetches:{fetches}", *tags)


def judged(hours, fetches, hold):
    """Of the hours at which a model was not found, the one that confirms, or None."""
    for n, hour in enumerate(hours, 1):
        if n >= fetches and hour - hours[0] >= hold:
            return hour, n
    return None


# ---- removed, and never before

@pytest.mark.parametrize("settings, hours, move", [
    ({}, (2, 3, 50, 74, 75, 76), False),         # the hold is what lacks; 73 h are over at 75
    ({}, (2, 3, 50, 74, 75, 76), True),
    ({}, (2, 90, 91, 92), False),                # the fetches are: the third is the one at 91
    ({"ASSAY_REMOVED_AFTER_FETCHES": "2", "ASSAY_REMOVED_AFTER_HOURS": "5"}, (2, 6, 7, 8), True),
    ({"ASSAY_REMOVED_AFTER_FETCHES": "5", "ASSAY_REMOVED_AFTER_HOURS": "0"}, (2, 3, 4, 5, 6, 7),
     True),
])
def test_removed_at_the_right_sync(stage, settings, hours, move):
    """By both rules together, whether the body is the same each time or another one."""
    s = stage(**settings)
    fetches = int(settings.get("ASSAY_REMOVED_AFTER_FETCHES", 3))
    hold = int(settings.get("ASSAY_REMOVED_AFTER_HOURS", 73))
    when, n = judged(hours, fetches, hold)
    s.gone(IDS[7])
    for hour in hours:
        told = s.sync(hour, move=move)
        wanted = plain("missing", [IDS[7]]) if hour == hours[0] else []
        wanted += removed([IDS[7]], hours[0], n) if hour == when else []
        assert told == wanted, hour
        assert s.active(IDS[7]) == (hour < when)
        assert ("[REMOVED]" in s.run.out) == bool(told)
    assert s.desk.database.one("SELECT removed_at, was_active FROM absences") == (
        int(START.timestamp()) * 1000 + when * HOUR_MS, 1)
    assert s.incidents() == []


def test_failed_fetches_do_not_count(stage):
    """Only a complete list says that something is not there."""
    s = stage()
    s.gone(IDS[0])
    s.sync(2)
    for hour in (80, 81, 82):
        s.shelf.put(b'{"data": [')
        s.desk.hour = hour - 1
        s.desk.sync(expect=1)
    assert s.sync(83) == []
    assert s.sync(84) == removed([IDS[0]], 2, 3)


@BOTH
def test_at_once(stage):
    """1 and 0: missing and removed in one sync, also for many at once."""
    now = {"ASSAY_REMOVED_AFTER_FETCHES": "1", "ASSAY_REMOVED_AFTER_HOURS": "0",
           "ASSAY_INCIDENT_AFTER_HOURS": "0"}
    s = stage(**now)
    s.gone(IDS[0])
    assert s.sync(2) == plain("missing", IDS[:1]) + removed(IDS[:1], 2, 1)
    s.gone(*IDS[1:6])
    assert s.sync(3) == plain("missing", IDS[1:6], "incident:1") + removed(
        IDS[1:6], 3, 1, "incident:1")
    assert s.incidents() == [("missing", 3, 3, 5, 0)]
    report = s.desk.sync_json()
    assert report["removed"] == 0 and report["events"] == []


def test_a_row_that_is_not_read_is_not_gone(stage):
    """Listed again, but unreadable: not back, and not removed while it stands there; the body may
    even be the same each time."""
    s = stage()
    s.gone(IDS[3])
    s.sync(2)
    s.sync(3)
    s.back()
    s.rows[IDS[3]]["pricing"]["prompt"] = "cheap"
    for hour in (90, 91, 92):
        assert of_models(s.sync(hour, move=hour == 91)) == [], hour
    s.gone(IDS[3])
    assert s.sync(93) == removed([IDS[3]], 2, 6)


def test_on_its_day(stage):
    """A day named by the provider waives the time, not the fetches."""
    s = stage()
    s.rows[IDS[5]]["expiration_date"] = "2026-08-23"  # hour 24
    assert [c[:3] for c in of_models(s.sync(2))] == [("deprecated", IDS[5], "deprecated_at")]
    s.gone(IDS[5], IDS[6])
    assert s.sync(20) == plain("missing", IDS[5:7])
    for hour in (21, 22, 23):
        assert s.sync(hour) == []
    assert s.sync(24) == removed([IDS[5]], 20, 5, "lifecycle")
    s.rows[IDS[8]]["expiration_date"] = "2026-08-23"
    s.sync(25)
    s.gone(IDS[8])
    assert s.sync(26) == plain("missing", [IDS[8]])
    assert s.sync(27) == []
    assert s.sync(28) == removed([IDS[8]], 26, 3, "lifecycle")


# ---- returned

@BOTH
def test_returned(stage):
    """Within the hold and after it; is_active is given back to a model that had it, and to no other."""
    s = stage()
    early, late, off = IDS[0], IDS[1], IDS[2]
    truth.operate(s.desk.database, "UPDATE models SET is_active = false"
                                   " WHERE provider_model_id = ?", off)
    s.gone(early, late, off)
    s.sync(2)
    s.back(early)
    assert s.sync(50) == plain("returned", [early])
    assert s.sync(75) == removed([late, off], 2, 3)
    assert [s.active(i) for i in (early, late, off)] == [1, 0, 0]
    s.back()
    assert s.sync(76) == plain("returned", [late, off])
    assert [s.active(i) for i in (early, late, off)] == [1, 1, 0]
    assert s.sync(500) == []
    s.gone(early)  # anew: what was before does not count
    assert s.sync(501) == plain("missing", [early])
    assert s.sync(573) == [] and s.sync(574) == removed([early], 501, 3)
    truth.operate(s.desk.database, "UPDATE models SET is_active = true"
                                   " WHERE provider_model_id = ?", early)
    s.back()
    assert s.sync(575) == plain("returned", [early]) and s.active(early) == 1


# ---- incidents

def test_fewer_than_five_are_none(stage):
    s = stage()
    s.gone(*IDS[:4])
    assert s.sync(2) == plain("missing", IDS[:4])
    s.sync(3)
    assert s.sync(75) == removed(IDS[:4], 2, 3)
    assert s.incidents() == []


def test_three_percent_of_many(stage):
    """Of 200 models 5 are no incident, 6 are."""
    ids = [f"acme/n{n:03d}" for n in range(200)]
    s = stage(ids)
    s.gone(*ids[:5])
    assert s.sync(2) == plain("missing", ids[:5])
    s.gone(*ids[5:11])
    assert s.sync(3) == plain("missing", ids[5:11], "incident:1")
    assert s.incidents() == [("missing", 3, None, 6, 0)]


@BOTH
def test_an_incident_takes_a_week(stage):
    """Of six that go together two are back; the others are removed after 168 h, not after 73."""
    ids = [f"acme/n{n:03d}" for n in range(100)]
    s = stage(ids)
    s.gone(*ids[:6])
    assert s.sync(2) == plain("missing", ids[:6], "incident:1")
    assert s.incidents() == [("missing", 2, None, 6, 0)]
    s.gone(ids[90])  # by itself
    assert s.sync(3) == plain("missing", [ids[90]])
    s.back(*ids[:2])
    assert s.sync(10) == plain("returned", ids[:2], "incident:1")
    assert s.sync(76) == removed([ids[90]], 3, 3)
    assert s.sync(169) == []
    assert s.incidents() == [("missing", 2, None, 6, 2)]
    assert s.sync(170) == removed(ids[2:6], 2, 6, "incident:1")
    assert s.incidents() == [("missing", 2, 170, 6, 2)]
    s.back(ids[2])
    assert s.sync(171) == plain("returned", [ids[2]], "incident:1")
    assert s.incidents() == [("missing", 2, 170, 6, 3)]


def test_one_outage_in_steps_is_one_incident(stage):
    """What follows within a day goes into the one that is open; once somebody is back it is another."""
    ids = [f"acme/n{n:03d}" for n in range(100)]
    s = stage(ids)
    s.gone(*ids[:6])
    s.sync(2)
    s.gone(*ids[6:12])
    assert s.sync(3) == plain("missing", ids[6:12], "incident:1")
    s.back(ids[0])
    s.sync(4)
    s.gone(*ids[20:26])
    assert s.sync(5) == plain("missing", ids[20:26], "incident:2")
    s.gone(*ids[30:36])
    assert s.sync(40) == plain("missing", ids[30:36], "incident:3")
    assert s.incidents() == [("missing", 2, None, 12, 1), ("missing", 5, None, 6, 0),
                             ("missing", 40, None, 6, 0)]
    s.back()
    assert len(s.sync(41)) == 23
    assert s.incidents() == [("missing", 2, 41, 12, 12), ("missing", 5, 41, 6, 6),
                             ("missing", 40, 41, 6, 6)]


@BOTH
def test_an_outage_that_is_confirmed(stage):
    """More than 10 %: suspect first, the next list makes members of them, and it is one incident."""
    s = stage()
    s.gone(*IDS[:12])
    assert s.sync(2, expect=1) == []
    assert s.incidents() == [("suspect", 2, None, 12, 0)]
    assert s.sync(3) == plain("missing", IDS[:12], "incident:1")
    assert s.incidents() == [("missing", 2, None, 12, 0)]
    assert s.sync(100) == []
    s.back()
    assert s.sync(101) == plain("returned", IDS[:12], "incident:1")
    assert s.incidents() == [("missing", 2, 101, 12, 12)]


@pytest.mark.parametrize("move", [False, True])
def test_an_outage_that_heals_first(stage, move):
    """Nobody was ever missing; a list that was suspect twice is one incident."""
    s = stage()
    s.gone(*IDS[:12])
    s.sync(2, expect=1)
    s.gone(*IDS[:30])
    s.sync(3, expect=1)
    assert s.incidents() == [("suspect", 2, None, 30, 0)]
    s.back()
    assert s.sync(4, move=move) == []
    assert s.incidents() == [("suspect", 2, 4, 30, 30)]
    assert s.desk.database.select("SELECT * FROM absences") == []


def test_an_outage_of_which_few_stay_away(stage):
    """Two of the twelve are still gone: they went with many, so theirs is the week."""
    s = stage()
    s.gone(*IDS[:12])
    s.sync(2, expect=1)
    s.back(*IDS[2:12])
    s.gone(IDS[39])
    assert s.sync(3) == [*plain("missing", IDS[:2], "incident:1"), *plain("missing", [IDS[39]])]
    assert s.incidents() == [("missing", 2, None, 2, 0)]
    s.sync(4)
    assert s.sync(76) == removed([IDS[39]], 3, 3)
    assert s.sync(170) == [] and s.sync(171) == removed(IDS[:2], 3, 5, "incident:1")
    assert s.incidents() == [("missing", 2, 171, 2, 0)]


# ---- back to what it was

@BOTH
def test_reverted(stage):
    """A → B → A is tagged, A → B → C is not; each field by itself."""
    s = stage()
    one, other = s.rows[IDS[0]], s.rows[IDS[1]]
    one["pricing"]["prompt"] = other["pricing"]["prompt"] = "0.000003"
    one["context_length"] = 2000
    assert [c[5] for c in s.sync(2)] == [[], [], []]
    one["pricing"]["prompt"], other["pricing"]["prompt"] = "0.000001", "0.000004"
    one["pricing"]["completion"] = "0.000001"
    assert s.sync(3) == [
        ("price", IDS[0], "input_token", "0.000003", "0.000001", ["reverted"]),
        ("price", IDS[0], "output_token", "0.000002", "0.000001", []),
        ("price", IDS[1], "input_token", "0.000003", "0.000004", [])]
    one["context_length"] = 1000
    one["pricing"]["prompt"] = "0.000003"  # what the newest change says is what counts
    assert s.sync(4) == [
        ("context", IDS[0], "context_length", "2000", "1000", ["reverted"]),
        ("price", IDS[0], "input_token", "0.000001", "0.000003", ["reverted"])]
    one["pricing"]["request"] = "0.01"  # a key that comes and goes
    s.sync(5)
    del one["pricing"]["request"]
    assert ("price", IDS[0], "request", "0.01", "unpublished", ["reverted"]) in s.sync(6)


# ---- changes of the document

def of_models(told):
    """Without what the shape of the document says of itself."""
    return [c for c in told if "#" not in (c[2] or "")]


@BOTH
def test_a_key_of_many_rows_is_one_change(stage):
    """A fifth of the rows is many, one fewer is not; appearing and vanishing; columns likewise."""
    s = stage()

    def price(ids, key, amount):
        for i in ids:
            s.rows[i]["pricing"].pop(key, None)
            if amount:
                s.rows[i]["pricing"][key] = amount
    price(IDS[:8], "web_search", "0.01")
    price(IDS[20:21], "prompt", "0.000005")
    told = s.sync(2)
    assert of_models(told) == [
        ("schema", None, "web_search", "0 of 40 rows", "8 of 40 rows", []),
        ("price", IDS[20], "input_token", "0.000001", "0.000005", [])]
    assert s.desk.database.one("SELECT count(*) FROM prices WHERE meter = 'web_search'") == 8
    price(IDS[8:15], "web_search", "0.01")
    assert of_models(s.sync(3)) == [
        ("price", i, "web_search", "unpublished", "0.01", []) for i in IDS[8:15]]
    price(IDS[:8], "web_search", None)
    assert of_models(s.sync(4)) == [
        ("schema", None, "web_search", "15 of 40 rows", "7 of 40 rows", [])]
    price(IDS[8:15], "web_search", None)
    assert of_models(s.sync(5)) == [
        ("price", i, "web_search", "0.01", "unpublished", ["reverted"]) for i in IDS[8:15]]
    for i in IDS[:30]:
        s.rows[i]["top_provider"]["max_completion_tokens"] = 500
    assert of_models(s.sync(6)) == [
        ("schema", None, "max_output_tokens", "0 of 40 rows", "30 of 40 rows", [])]
    for i in IDS:  # a move between two values is none of the document
        s.rows[i]["context_length"] = 2000
    assert of_models(s.sync(7)) == [
        ("context", i, "context_length", "1000", "2000", []) for i in IDS]
    for i in IDS[:20]:  # what a provider says of a model's end is of that model
        s.rows[i]["expiration_date"] = "2027-01-01"
    assert [c[:2] for c in of_models(s.sync(8))] == [("deprecated", i) for i in IDS[:20]]


def test_rows_of_both_states_count(stage):
    """New models and returned ones neither count nor lose what is told of them; two rows are few."""
    s = stage(IDS[:5])
    s.gone(IDS[4])
    s.sync(2)
    s.back()
    s.rows[IDS[4]]["pricing"]["web_search"] = "0.01"
    s.rows[IDS[6]] = row(IDS[6], web_search="0.01")
    for i in IDS[:2]:
        s.rows[i]["pricing"]["web_search"] = "0.01"
    assert sorted(of_models(s.sync(3)), key=str) == sorted([
        *plain("added", [IDS[6]]), *plain("returned", [IDS[4]]),
        *(("price", i, "web_search", "unpublished", "0.01", []) for i in (*IDS[:2], IDS[4]))],
        key=str)
    for i in IDS[:2]:
        del s.rows[i]["pricing"]["web_search"]
    del s.rows[IDS[6]]["pricing"]["web_search"]
    assert of_models(s.sync(4)) == [
        ("schema", None, "web_search", "4 of 6 rows", "1 of 6 rows", [])]


def test_drift_of_a_document_is_a_change(stage):
    """What schema_drift is told, once, under the list's name; and the first state is a baseline."""
    s = stage()
    assert s.desk.database.select("SELECT * FROM changes") == []
    for r in s.rows.values():
        r["colour"] = "red"
    assert s.sync(2) == [("schema", None, "models#/colour", None, "string", [])]
    assert s.run.out.count("colour") == 1
    assert s.sync(3, move=True) == []
    for r in s.rows.values():
        del r["colour"]
    assert s.sync(4) == [("schema", None, "models#/colour", "string", None, [])]
    for r in s.rows.values():
        r["colour"] = "blue"
    assert s.sync(5) == [("schema", None, "models#/colour", None, "string", [])]
    told = s.desk.sync_json()
    assert told["drift"] == [] and told["events"] == []


# ---- our own corrections

def test_a_correction_is_no_market(stage, root, tmp_path):
    """Ids read otherwise: one `corrected`; no key is folded, nobody is removed, today or after a week."""
    s = stage()
    for i, r in s.rows.items():
        r["canonical_slug"] = i + "-x"
        r["pricing"]["web_search"] = "0.01"
    s.sync(2)
    descriptor = json.loads((root / "providers/openrouter.json").read_text())
    descriptor["lists"][0]["fields"]["id"] = "/canonical_slug"
    prices = descriptor["lists"][0]["prices"]
    descriptor["lists"][0]["prices"] = [p for p in prices if p["meter"] != "web_search"]
    descriptor["lists"][0]["ignore"].append("/pricing/web_search")
    place = tmp_path / "providers"
    place.mkdir()
    (place / "openrouter.json").write_text(json.dumps(descriptor))
    told = s.sync(3, ASSAY_PROVIDERS_DIR=place)
    assert told == []  # it is dated a moment after the last fetch
    assert [c[0] for c in s.sync(4, ASSAY_PROVIDERS_DIR=place)] == []
    assert s.desk.database.select("SELECT kind FROM changes WHERE at = ?", s.desk.database.instant(
        int(START.timestamp()) * 1000 + 2 * HOUR_MS + 1))[-1] == ("corrected",)
    for hour in (90, 200, 400):
        assert s.sync(hour, ASSAY_PROVIDERS_DIR=place) == []
    assert s.incidents() == []
    s.gone(IDS[0])  # and a correction is no fetch
    s.sync(401, ASSAY_PROVIDERS_DIR=place)
    assert s.sync(402) == []
    assert s.desk.database.select("SELECT sum(syncs) FROM snapshots") == [(9,)]
