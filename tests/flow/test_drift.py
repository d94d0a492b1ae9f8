"""Documents that change their shape: told by name with the sync that saw it first, and stored."""
import copy
import json
import re

import pytest

from lib import truth
from test_lists import KEY, PUBLIC, VERBOSE, flavors, replay, rows, shelf  # noqa: F401 (fixtures)

pytestmark = pytest.mark.stores("sqlite", "postgres")
MODELS = "openrouter.ai/api/v1/models"
TABLES = ("document_shapes", "document_places", "schema_drift", "known_notes")
LOOKS = "the documents look otherwise than before"


def row(n, **pricing):
    return {"id": f"acme/m{n:03d}", "name": f"M {n}", "context_length": 1000 * n,
            "supported_parameters": ["tools", "seed"],
            "architecture": {"modality": "text->text", "tokenizer": "Acme"},
            "pricing": {"prompt": "0.000001", "completion": "0.000002", **pricing}}


class Bench:
    """One provider's document on the shelf, and assay before it."""

    def __init__(self, shelf, desk):
        self.shelf, self.desk, self.database = shelf, desk, desk.database
        self.rows = [row(n) for n in range(1, 31)]

    def sync(self, expect=0, **how):
        self.shelf.put(MODELS, {"data": self.rows})
        return self.desk.sync("--json", expect=expect, **how)

    def drift(self):
        return said(self.sync().provider()["drift"])

    def stored(self):
        return truth.select(self.database,
                            "SELECT kind, list, path, old_types, new_types, stood_in, of_rows,"
                            " example, closed FROM schema_drift ORDER BY id")


def said(drift):
    return [(d["kind"], d["path"], d["old"], d["new"], d["rows"], d["of"]) for d in drift]


def warnings(run):
    return [log for log in run.logs() if log["level"] == 40]


@pytest.fixture
def bench(shelf, replay, start_assay):  # noqa: F811
    bench = Bench(shelf, start_assay(replay))
    run = bench.sync()
    assert run.provider()["drift"] == [] and bench.stored() == []
    return bench


# ---- what is new

@pytest.mark.parametrize("n", [1, 30])
def test_new_pricing_key(bench, n):
    """In one row or in all: by name in the summary, the log and the table; once."""
    for r in bench.rows[:n]:
        r["pricing"]["video_second"] = "0.0125"
    run = bench.sync()
    assert run.provider()["drift"] == [{
        "list": "models", "path": "/pricing/video_second", "kind": "new", "closed": True,
        "old": "", "new": "numeric string", "rows": n, "of": 30, "example": "0.0125",
        "text": f'new field /pricing/video_second: numeric string "0.0125" in {n} of 30 rows'}]
    told = [w for w in warnings(run) if w["msg"] == LOOKS]
    assert len(told) == 1 and told[0]["provider"] == "openrouter" and told[0]["places"] == 1
    assert told[0]["what"] == run.provider()["drift"][0]["text"]
    assert bench.stored() == [("new", "models", "/pricing/video_second", "", "numeric string", n,
                               30, "0.0125", 1)]
    bench.rows[0]["name"] = "Another"  # another body
    run = bench.sync()
    assert run.provider()["drift"] == [] and warnings(run) == []
    assert len(bench.stored()) == 1


def test_text_summary(bench):
    bench.rows[0]["pricing"]["video"] = 5
    bench.shelf.put(MODELS, {"data": bench.rows})
    run = bench.desk.sync()
    assert "  [SCHEMA] new field /pricing/video: integer 5 in 1 of 30 rows\n" in run.out


def test_field_that_vanishes_and_returns(bench):
    before = copy.deepcopy(bench.rows)
    for r in bench.rows:
        del r["context_length"]
    assert bench.drift() == [("vanished", "/context_length", "integer", "", 0, 30)]
    bench.rows[0]["name"] = "Another"
    assert bench.drift() == []
    bench.rows = before
    assert bench.drift() == [("returned", "/context_length", "integer", "integer", 30, 30)]
    assert [r[0] for r in bench.stored()] == ["vanished", "returned"]


def test_object_that_vanishes_is_one(bench):
    for r in bench.rows:
        r["kind"] = r.pop("architecture")
    assert bench.drift() == [("vanished", "/architecture", "object", "", 0, 30),
                             ("new", "/kind", "", "object", 30, 30)]


def test_number_that_becomes_a_string(bench):
    for r in bench.rows:
        r["context_length"] = str(r["context_length"])
    run = bench.sync(expect=1)  # no row can be read: the fetch failed and teaches nothing
    assert "context_length" in run.json()["details"]["errors"][0]["error"]
    assert bench.stored() == []
    for r in bench.rows[3:]:
        r["context_length"] = int(r["context_length"])
    report = bench.sync().provider()
    assert said(report["drift"]) == [
        ("type", "/context_length", "integer", "integer, numeric string", 3, 30)]
    assert report["drift"][0]["example"] == "1000" and len(report["skipped"]) == 3


def test_price_that_is_no_number_any_more(bench):
    bench.rows[7]["pricing"]["prompt"] = "N/A"
    run = bench.sync()
    assert said(run.provider()["drift"]) == [
        ("type", "/pricing/prompt", "numeric string", "numeric string, string", 1, 30)]
    assert run.provider()["drift"][0]["text"] == (
        "changed type of /pricing/prompt: numeric string, string, was numeric string, "
        '"N/A" in 1 of 30 rows')
    bench.rows[8]["pricing"]["prompt"] = "ask"
    assert bench.drift() == []


def test_field_elsewhere(bench):
    """Not only prices are watched; those come first."""
    for r in bench.rows:
        r["per_request_limits"] = {"tokens": 5}
    bench.rows[0]["pricing"]["web"] = "1"
    bench.rows[1]["supported_parameters"].append(7)
    assert bench.drift() == [
        ("new", "/pricing/web", "", "numeric string", 1, 30),
        ("new", "/per_request_limits", "", "object", 30, 30),
        ("type", "/supported_parameters/*", "string", "integer, string", 1, 30)]


def test_many_at_once(bench):
    """One line of the log, ten sentences, and a count; all of them in JSON and in the table."""
    for n in range(25):
        bench.rows[0][f"new_{n:02d}"] = n
    run = bench.sync()
    assert len(run.provider()["drift"]) == len(bench.stored()) == 25
    told = [w for w in warnings(run) if w["msg"] == LOOKS]
    assert len(told) == 1 and told[0]["places"] == 25
    assert told[0]["what"].count("new field") == 10 and told[0]["what"].endswith("; and 15 more")
    for n in range(25):
        bench.rows[0][f"more_{n:02d}"] = n
    bench.shelf.put(MODELS, {"data": bench.rows})
    out = bench.desk.sync().out
    assert out.count("[SCHEMA]") == 10
    assert "and 15 more: assay providers --drift openrouter\n" in out


# ---- what is no news

def test_rare_field_leaves_with_its_row(bench):
    bench.rows[3]["deprecation_date"] = "2027-01-01"
    assert bench.drift() == [("new", "/deprecation_date", "", "string", 1, 30)]
    gone = bench.rows.pop(3)
    before = truth.dump(bench.database, *TABLES)
    assert bench.drift() == []
    bench.rows.append(gone)
    assert bench.drift() == []
    assert truth.dump(bench.database, *TABLES) == before


def test_order_and_number_of_rows_write_nothing(bench):
    before = truth.dump(bench.database, *TABLES)
    shapes = []
    for change in (lambda: bench.rows.reverse(), lambda: bench.rows.append(row(31)),
                   lambda: bench.rows.pop(0),
                   lambda: bench.rows.__setitem__(
                       slice(None), [dict(reversed(r.items())) for r in bench.rows])):
        change()
        report = bench.sync().provider()
        assert report["drift"] == [] and not report["unchanged_body"]
        shapes.append(report["shapes"]["models"])
        assert truth.dump(bench.database, *TABLES) == before
    assert set(shapes) == {truth.one(bench.database, "SELECT fingerprint FROM document_shapes")}


def test_same_body_writes_nothing(bench):
    before = truth.dump(bench.database, *TABLES)
    report = bench.sync().provider()
    assert report["unchanged_body"] and report["drift"] == [] and report["shapes"] == {}
    assert truth.dump(bench.database, *TABLES) == before


def test_dry_run_writes_nothing(bench):
    bench.rows[0]["pricing"]["web"] = "1"
    bench.shelf.put(MODELS, {"data": bench.rows})
    before = truth.dump(bench.database, *TABLES)
    bench.desk.sync("--dry-run")
    assert truth.dump(bench.database, *TABLES) == before
    assert len(bench.drift()) == 1


def test_market_moves_without_drift(start_market, start_assay):
    """All providers, step by step and in other orders: prices and models are no shape."""
    market = start_market(seed=3, scale=200)
    desk = start_assay(market)
    for _ in range(6):
        reports = desk.sync("--json", providers="all").json()["providers"]
        assert [d for r in reports for d in r["drift"]] == []
        market.advance()
    desk.sync("--json", providers="all")
    before = truth.dump(desk.database, *TABLES)
    assert before["schema_drift"] == [] and len(before["document_shapes"]) > len(reports)
    for report in reports:
        market.post("shuffle", provider=report["provider"])
    reports = desk.sync("--json", providers="all").json()["providers"]
    assert not any(r["unchanged_body"] for r in reports)
    assert truth.dump(desk.database, *TABLES) == before


# ---- what teaches nothing

def test_suspect_list_teaches_nothing(bench):
    whole = bench.rows
    bench.rows = copy.deepcopy(whole[:5])
    for r in bench.rows:
        del r["context_length"]
        r["pricing"]["web"] = "1"
    run = bench.sync(expect=1)
    assert bench.stored() == [] and LOOKS not in run.err
    bench.rows = whole
    assert bench.drift() == []
    bench.rows = [{**r, "pricing": {**r["pricing"], "web": "1"}} for r in whole]
    assert bench.drift() == [("new", "/pricing/web", "", "numeric string", 30, 30)]


def test_optional_list_that_failed(shelf, replay, start_assay):  # noqa: F811
    """It neither vanishes nor changes; what it says when it is back is compared with what it was."""
    shelf.put(VERBOSE, rows("acme/a", "acme/b"))
    shelf.put(PUBLIC, flavors("acme/a", "acme/b"))
    desk = start_assay(replay, NEBIUS_API_KEY=KEY)

    def sync():
        return desk.sync("--json", "--providers", "nebius").provider("nebius")

    assert sync()["drift"] == []
    replay.statuses[PUBLIC] = 503
    changed = rows("acme/a", "acme/b")
    changed["data"][0]["pricing"]["audio"] = "0.5"
    shelf.put(VERBOSE, changed)
    report = sync()
    assert [(d["list"], d["path"]) for d in report["drift"]] == [("models", "/pricing/audio")]
    assert report["drift"][0]["text"].startswith("list models: new field /pricing/audio")
    assert list(report["shapes"]) == ["models"]
    replay.statuses.clear()
    back = flavors("acme/a", "acme/b")
    back[0]["flavors"][1]["discount"] = True
    shelf.put(PUBLIC, back)
    drift = sync()["drift"]
    assert [(d["list"], d["kind"], d["path"], d["rows"], d["of"]) for d in drift] == [
        ("public", "new", "/flavors/*/discount", 1, 2)]  # of the rows proper


def test_list_that_comes_later_is_a_baseline(shelf, replay, start_assay):  # noqa: F811
    shelf.put(VERBOSE, rows("acme/a", "acme/b"))
    desk = start_assay(replay, NEBIUS_API_KEY=KEY)
    desk.sync("--providers", "nebius")
    shelf.put(PUBLIC, flavors("acme/a", "acme/b"))
    report = desk.sync("--json", "--providers", "nebius").provider("nebius")
    assert report["drift"] == [] and list(report["shapes"]) == ["models", "public"]


def test_changed_descriptor_teaches_nothing_of_documents(bench, root, tmp_path):
    """Shapes are of documents: a correction neither forgets nor tells anything."""
    place = tmp_path / "own"
    place.mkdir()
    own = json.loads((root / "providers/openrouter.json").read_text())
    own["description"] = "another descriptor"
    (place / "openrouter.json").write_text(json.dumps(own))
    before = truth.dump(bench.database, *TABLES)
    bench.rows[0]["name"] = "Another"
    run = bench.sync(ASSAY_PROVIDERS_DIR=str(place))
    assert run.provider()["drift"] == []
    assert truth.dump(bench.database, *TABLES) == before


# ---- secrets

def test_key_that_is_echoed(bench):
    bench.rows[0]["debug"] = f"x{KEY}"
    bench.rows[1][KEY] = {"deep": 1}
    run = bench.sync(OPENROUTER_API_KEY=KEY)
    assert [d["path"] for d in run.provider()["drift"]] == ["/debug"]
    assert run.provider()["drift"][0]["example"] == "x[MASKED]"
    assert KEY not in run.out + run.err
    assert KEY.encode() not in b"".join(
        str(rows).encode() for rows in truth.dump(bench.database, *TABLES).values())


def test_long_and_odd_examples(bench):
    bench.rows[0]["about"] = "x" + "é" * 500
    bench.rows[0]["odd"] = "a\x1b[31m\nb"
    report = bench.sync().provider()
    example = {d["path"]: d["example"] for d in report["drift"]}
    assert re.fullmatch("xé{19}…", example["/about"]) and example["/odd"] == "a\x1b[31m\nb"
    run = bench.desk.run("providers", "--drift")
    assert run.code == 0 and "\x1b" not in run.out and len(run.out.splitlines()) == 2


# ---- notes

def test_notes_are_warned_of_once(bench):
    """What is not read: a warning of the sync that saw it first, at level debug from then on, and
    all of it in --json and in the run's row each time."""
    def not_read(run):
        return [w["level"] for w in run.logs() if w["msg"] == "not read"]

    bench.rows[0]["pricing"]["odd"] = "1"
    first = bench.sync()
    assert not_read(first) == [40]
    bench.rows[1]["pricing"]["odd"] = "1"  # another count of rows
    second = bench.sync()
    assert not_read(second) == []
    assert second.provider()["notes"] == [
        'unknown key "odd" under /pricing in 2 rows: not read']
    assert not_read(bench.desk.sync("--dry-run")) == [40]  # knows no database
    bench.rows[2]["pricing"]["odd"] = "1"
    assert not_read(bench.sync(LOG_LEVEL="debug")) == [20]
    notes = truth.select(bench.database, "SELECT notes FROM sync_runs ORDER BY id")
    assert [json.loads(n[0]) for n in notes if n[0]] == [
        [{"note": f'unknown key "odd" under /pricing in {n} row{"s" * (n > 1)}: not read'}]
        for n in (1, 2, 3)]
    bench.rows[2]["pricing"]["other"] = "1"
    assert not_read(bench.sync()) == [40]
    assert truth.select(bench.database, "SELECT note FROM known_notes ORDER BY id") == [
        ('unknown key "odd" under /pricing: not read',),
        ('unknown key "other" under /pricing: not read',)]


# ---- the command

def test_listing(bench):
    assert bench.desk.run("providers", "--drift", "--json").json() == []
    bench.rows[0]["pricing"]["web"] = "0.5"
    bench.sync()
    first = bench.desk.now()
    for r in bench.rows:
        del r["context_length"]
    bench.sync()
    listed = bench.desk.run("providers", "--drift", "openrouter", "--json").json()
    assert listed == [
        {"id": 2, "at": bench.desk.now(), "provider": "openrouter", "list": "models",
         "path": "/context_length", "kind": "vanished", "closed": False, "old": "integer",
         "new": "", "rows": 0, "of": 30, "example": None},
        {"id": 1, "at": first, "provider": "openrouter", "list": "models",
         "path": "/pricing/web", "kind": "new", "closed": True, "old": "",
         "new": "numeric string", "rows": 1, "of": 30, "example": "0.5"}]
    text = bench.desk.run("providers", "--drift").out.splitlines()
    assert [line.split()[0] for line in text] == [bench.desk.now(), first]
    assert "/context_length: integer → - in 0 of 30 rows" in text[0]
    assert '/pricing/web: - → numeric string in 1 of 30 rows, as "0.5"' in text[1]
    assert bench.desk.run("providers", "--drift", "nebius", "--json").json() == []


def test_listing_refuses(bench):
    for words in (["--drift", "nobody"], ["--drift", "openrouter", "nebius"],
                  ["--drift", "--check"]):
        run = bench.desk.run("providers", *words)
        assert run.code == 2 and run.out == "", run
