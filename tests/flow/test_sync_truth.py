"""`assay sync` against marketsim: what is stored is what is offered, and nothing else moves."""
import hashlib
import json
import re

import pytest

from lib import truth
from lib.truth import assert_stored, dump, one, select

pytestmark = pytest.mark.stores("sqlite", "postgres")
WORLDS = [(1, 60), (2, 60), (3, 60), (5, 2000)]


def truth_of(market):
    return truth.catalog(market.truth())


def counts(run):
    """Of `sync --json`: what it says that it wrote."""
    return tuple(run[k] for k in ("models_written", "prices_written", "added", "changed_models",
                                  "missing", "returned"))


# ---- the truth, at first sight and after each move

@pytest.mark.parametrize("seed, scale", WORLDS)
def test_first_sync_is_the_truth(start_market, start_assay, seed, scale):
    """Every model, every tracked column, every price; no change rows for a first state."""
    market = start_market(seed=seed, scale=scale)
    desk = start_assay(market)
    run = desk.sync_json()
    models = truth_of(market)
    assert len(models) == scale
    assert_stored(desk.database, models)
    assert run["models"] == run["models_synced"] == run["models_written"] == run["added"] == scale
    assert run["hash"] == truth.name_of(models) and run["prev_hash"] is None and run["changed"]
    assert run["skipped"] == [] and run["notes"] == [] and run["events"] == []
    assert truth.stored_changes(desk.database) == []


@pytest.mark.parametrize("seed, scale, steps", [(1, 60, 10), (8, 60, 10), (5, 2000, 3)])
def test_each_step_is_followed_exactly(start_market, start_assay, seed, scale, steps):
    """After every step: the truth stored, its events printed, its changes kept, only they written."""
    market = start_market(seed=seed, scale=scale)
    desk = start_assay(market)
    desk.sync()
    before = truth_of(market)
    known = truth.learn({}, before)
    for _ in range(steps):
        events = market.advance()
        old = dump(desk.database)
        run = desk.sync_json()
        after = truth_of(market)
        assert_stored(desk.database, after)
        assert truth.flat_events(run["events"]) == truth.market_events(events)
        wanted = truth.changes(known, after)
        assert truth.stored_changes(desk.database, desk.now_ms()) == wanted
        touched = {c[1] for c in wanted if c[0] not in ("missing", "returned")}
        assert run["models_written"] == len(touched)
        assert (run["added"], run["missing"], run["returned"]) == tuple(
            sum(c[0] == kind for c in wanted) for kind in ("added", "missing", "returned"))
        assert run["prev_hash"] == truth.name_of(before) and run["hash"] == truth.name_of(after)
        assert_untouched_rows_stay(desk.database, old, {c[1] for c in wanted})
        before, known = after, truth.learn(known, after)
    assert {c[0] for c in truth.stored_changes(desk.database)} >= {
        "added", "missing", "returned", "price", "context", "capability", "renamed", "deprecated"}


def assert_untouched_rows_stay(database, old, moved):
    """Rows of models that did not move are the same, column by column."""
    ids = dict(select(database, "SELECT id, provider_model_id FROM models"))
    new = dump(database)
    for table, at in (("models", 0), ("model_versions", 1), ("prices", 1)):
        # a row that moved is judged elsewhere; every other one must still be there, unchanged
        kept = [row for row in old[table] if ids[row[at]] not in moved]
        assert kept == [row for row in new[table] if ids[row[at]] not in moved], table


def test_several_steps_at_once(start_market, start_assay):
    """Seven days without a sync are one difference."""
    market = start_market(seed=4)
    desk = start_assay(market)
    desk.sync()
    known = truth.learn({}, truth_of(market))
    for steps in (7, 3, 5):
        market.advance(steps)
        desk.sync()
        after = truth_of(market)
        assert_stored(desk.database, after)
        assert truth.stored_changes(desk.database, desk.now_ms()) == truth.changes(known, after)
        known = truth.learn(known, after)


def test_change_ids_ascend_in_time(market, desk):
    """Whoever follows changes by id sees them in the order of the commits."""
    desk.sync()
    for _ in range(4):
        market.advance()
        desk.sync()
    times = [at for at, in select(desk.database, "SELECT at FROM changes ORDER BY id")]
    assert times == sorted(times) and len(set(times)) == 4


def test_metadata_keeps_what_the_descriptor_names(market, desk):
    """models.metadata: untracked members under the names the descriptor gives them."""
    desk.sync()
    wanted = {r["id"]: r["canonical_slug"] for r in market.get("/openrouter.ai/api/v1/models")["data"]}
    found = {i: json.loads(text) for i, text in select(
        desk.database, "SELECT provider_model_id, metadata FROM models")}
    assert {i: members["canonical_slug"] for i, members in found.items()} == wanted
    assert {name for members in found.values() for name in members} <= {"canonical_slug", "knowledge_cutoff", "alias_target", "supported_parameters",
                     "reasoning", "benchmarks", "created", "hugging_face_id"}


# ---- nothing moved

@pytest.mark.parametrize("etag, status", [(1, 304), (0, 200)])
def test_unmoved_market_writes_no_row(market, desk, etag, status):
    """304 and an identical body alike: one run, one UPDATE of the snapshot, nothing else."""
    market.post("config", etag=etag)
    desk.sync()
    first = desk.now_ms()
    others = ("providers", "changes", "absences", "documents")
    before = dump(desk.database, *truth.MARKET_TABLES, *others)
    desk.sync()
    run = desk.sync_json()
    assert dump(desk.database, *truth.MARKET_TABLES, *others) == before
    assert counts(run) == (0, 0, 0, 0, 0, 0)
    assert run["unchanged_body"] and not run["changed"] and run["models_synced"] == 60
    assert one(desk.database, "SELECT count(*), count(*) FILTER (WHERE unchanged), max(http_status)"
                              " FROM sync_runs") == (3, 2, max(200, status))
    assert truth.last_run(desk.database)["http_status"] == status
    assert truth.last_run(desk.database)["snapshot"] is None
    assert one(desk.database, "SELECT count(*) FROM snapshots") == 1
    assert truth.snapshot(desk.database)[1:4] == (first, desk.now_ms(), 3)


def test_last_seen_is_the_last_complete_fetch(market, desk):
    """View models_current tells it without a write per model."""
    desk.sync()
    desk.sync()
    assert select(desk.database, "SELECT DISTINCT last_seen_at, first_seen_at, updated_at"
                                 " FROM models_current") == [
        (desk.now(), "2026-08-22T01:00:00.000Z", "2026-08-22T01:00:00.000Z")]


def test_shuffle_writes_nothing(market, desk):
    """Another order of the list is the same state."""
    desk.sync()
    before = dump(desk.database, *truth.MARKET_TABLES, "changes")
    document = market.document()
    market.post("shuffle")
    assert market.document() != document
    run = desk.sync_json()
    assert dump(desk.database, *truth.MARKET_TABLES, "changes") == before
    assert counts(run) == (0, 0, 0, 0, 0, 0)
    assert not run["unchanged_body"] and not run["changed"] and run["events"] == []
    assert truth.snapshot(desk.database)[3] == 2


def test_touch_rewrites_the_model_only(market, desk):
    """A new description is stored, but is no change of the market."""
    desk.sync()
    name = truth.snapshot(desk.database)[0]
    before = dump(desk.database, *truth.MARKET_TABLES, "changes")
    texts = dict(select(desk.database, "SELECT id, description FROM models"))
    market.post("touch")
    run = desk.sync_json()
    after = dump(desk.database, *truth.MARKET_TABLES, "changes")
    for table in ("model_versions", "prices", "changes"):
        assert after[table] == before[table]
    assert [a[0] for a, b in zip(after["models"], before["models"]) if a != b] == [
        i for i, t in select(desk.database, "SELECT id, description FROM models") if t != texts[i]]
    assert counts(run) == (1, 0, 0, 0, 0, 0)
    assert run["hash"] == name and not run["changed"] and truth.snapshot(desk.database)[3] == 2
    rows = {r["id"]: r["description"] for r in market.get("/openrouter.ai/api/v1/models")["data"]}
    assert dict(select(desk.database, "SELECT provider_model_id, description FROM models")) == rows


# ---- single moves

def test_one_price(market, desk):
    """One price moves: one row closed, one opened, one change row with exact old, new and ratio."""
    desk.sync()
    for _ in range(5):
        before, known = dump(desk.database), truth.learn({}, truth_of(market))
        event, = market.post("reprice", n=1)["events"]
        run = desk.sync_json()
        after = dump(desk.database)
        closed = [(b, a) for b, a in zip(before["prices"], after["prices"]) if b != a]
        opened = after["prices"][len(before["prices"]):]
        assert len(closed) == len(opened) == 1
        (old, ended), = closed
        names = desk.database.columns("prices")
        assert [n for n, x, y in zip(names, old, ended) if x != y] == ["seen_to"]
        new = dict(zip(names, opened[0]))
        ended = dict(zip(names, ended))
        assert ended["seen_to"] == new["seen_from"] == desk.now_ms() and new["seen_to"] is None
        assert (ended["amount"], new["amount"]) == (event["old"], event["new"])
        assert ended["meter"] + ended["condition"] == new["meter"] + new["condition"] == event["field"]
        assert after["model_versions"] == before["model_versions"]
        change, = truth.stored_changes(desk.database, desk.now_ms())
        assert change == truth.changes(known, truth_of(market))[0]
        assert change[:5] == ("price", event["model"], event["field"], event["old"], event["new"])
        assert change[5] is not None
        assert counts(run) == (1, 2, 0, 1, 0, 0)


def test_remove_and_restore(market, desk):
    """Gone: missing_since, a change row, is_active left alone; back: cleared, returned."""
    desk.sync()
    seen = desk.now()
    whole = dump(desk.database)
    name = truth.snapshot(desk.database)[0]
    gone = sorted(e["model"] for e in market.post("remove", n=3)["events"])
    run = desk.sync_json()
    left = desk.now_ms()
    assert_stored(desk.database, truth_of(market))
    assert select(desk.database, "SELECT provider_model_id, is_active, missing_since, last_seen_at"
                                 " FROM models WHERE missing_since IS NOT NULL ORDER BY 1") == [
        (i, 1, desk.now(), seen) for i in gone]
    assert truth.stored_changes(desk.database) == [("missing", i, None, None, None, None)
                                                   for i in gone]
    assert truth.flat_events(run["events"]) == [("removed", i, None, None, None) for i in gone]
    after = dump(desk.database)
    assert after["prices"] == whole["prices"] and after["model_versions"] == whole["model_versions"]
    desk.sync()
    market.post("restore")
    run = desk.sync_json()
    assert_stored(desk.database, truth_of(market))
    assert select(desk.database, "SELECT 1 FROM models WHERE missing_since IS NOT NULL"
                                 " OR NOT is_active") == []
    assert truth.stored_changes(desk.database, desk.now_ms()) == [
        ("returned", i, None, None, None, None) for i in gone]
    assert truth.flat_events(run["events"]) == [("returned", i, None, None, None) for i in gone]
    assert sorted(select(desk.database, "SELECT gone_from, gone_to FROM absences")) == [
        (left, desk.now_ms())] * 3
    assert run["hash"] == name and counts(run)[1:] == (0, 0, 0, 0, 3)


def test_model_that_came_back_changed(market, desk):
    """What moved during an absence is told at the return, against what was last said."""
    desk.sync()
    known = truth.learn({}, truth_of(market))
    for _ in range(6):
        market.post("remove", n=2)
        desk.sync()
        known = truth.learn(known, truth_of(market))
        market.post("restore")
        market.post("reprice", n=200)
        desk.sync()
        after = truth_of(market)
        assert_stored(desk.database, after)
        wanted = truth.changes(known, after)
        assert truth.stored_changes(desk.database, desk.now_ms()) == wanted
        back = {c[1] for c in wanted if c[0] == "returned"}
        assert len(back) == 2
        known = truth.learn(known, after)


# ---- the name of a state

@pytest.mark.parametrize("seed, scale", WORLDS)
def test_hash_is_of_the_canonical_form(start_market, start_assay, tmp_path, seed, scale):
    """Truth written by the grammar, `providers --check --json`, the snapshot: one SHA-256."""
    market = start_market(seed=seed, scale=scale)
    desk = start_assay(market)
    market.advance(2)
    desk.sync()
    document = tmp_path / "document.json"
    document.write_bytes(market.document())
    check = desk.run("providers", "--check", "openrouter", document, "--json")
    assert check.code == 0
    assert check.raw_out == truth.canonical(truth_of(market))
    name = hashlib.sha256(check.raw_out).hexdigest()
    assert truth.snapshot(desk.database)[0] == name
    assert name in desk.run("providers", "--check", "openrouter", document).out


def test_earlier_state_has_the_earlier_hash(market, desk):
    """A catalog that returns to an earlier state is a change, under the earlier name."""
    names = [desk.sync_json()["hash"]]
    market.post("remove", n=1)
    names.append(desk.sync_json()["hash"])
    market.post("restore")
    names.append(desk.sync_json()["hash"])
    assert names[0] == names[2] != names[1]
    rows = select(desk.database, "SELECT id, hash, prev_id, first_at = last_at FROM snapshots"
                                 " ORDER BY id")
    assert [r[1] for r in rows] == names
    assert [r[2] for r in rows] == [None, rows[0][0], rows[1][0]]


def test_clock_that_does_not_advance(market, desk):
    """ASSAY_NOW not later than the last sync: refused with both instants, nothing written."""
    desk.sync()
    desk.sync()
    market.advance()
    before = dump(desk.database, *truth.MARKET_TABLES, "snapshots", "changes")
    for back in (0, 1):
        desk.hour -= 1 + back
        run = desk.sync(expect=1)
        assert "openrouter" in run.err and "not later than the last sync" in run.err
        assert "2026-08-22T02:00:00.000Z" in run.err
        desk.hour = 2
        assert dump(desk.database, *truth.MARKET_TABLES, "snapshots", "changes") == before
    desk.sync()
    assert_stored(desk.database, truth_of(market))


# ---- operators

def test_operators_deactivation_survives(market, desk):
    """UPDATE models SET is_active stands while prices, lists and presence move."""
    desk.sync()
    off = [i for i, in select(desk.database, "SELECT provider_model_id FROM models ORDER BY id"
                                             " LIMIT 30")]
    assert truth.operate(desk.database, "UPDATE models SET is_active = false WHERE id IN"
                                        " (SELECT id FROM models ORDER BY id LIMIT 30)") == 30
    for move in ("reprice", "remove", "restore", "touch"):
        market.post(move, n=5 if move == "remove" else 200)
        desk.sync()
    market.advance(3)
    desk.sync()
    assert_stored(desk.database, truth_of(market))
    assert sorted(i for i, in select(desk.database, "SELECT provider_model_id FROM models"
                                                    " WHERE NOT is_active")) == sorted(off)


def test_operators_provider_name_survives(market, desk):
    """A column of `providers` that somebody changed no longer follows the descriptor."""
    desk.sync()
    truth.operate(desk.database, "UPDATE providers SET name = 'Our gateway'")
    before = dump(desk.database, "providers")
    market.advance()
    desk.sync()
    assert dump(desk.database, "providers") == before


def test_edit_of_our_derived_columns_is_no_market_move(market, desk):
    """The baseline is what was observed, never table `models`: an edit there makes no change row."""
    desk.sync()
    truth.operate(desk.database, "UPDATE models SET pricing_prompt = '7', context_length = 1,"
                                 " model_name = 'edited'")
    known = truth.learn({}, truth_of(market))
    market.advance()
    desk.sync()
    assert truth.stored_changes(desk.database) == truth.changes(known, truth_of(market))


def test_deactivated_provider_is_left_out(market, desk):
    """is_active = false on the provider: nothing is asked, nothing written, and it is said."""
    desk.sync()
    truth.operate(desk.database, "UPDATE providers SET is_active = false")
    before = dump(desk.database, *truth.MARKET_TABLES, "snapshots", "sync_runs", "providers")
    market.advance()
    market.requests()
    for _ in range(2):
        run = desk.sync()
        assert re.search(r'Skipping provider.*deactivated.*openrouter', run.err)
    assert market.requests() == []
    assert dump(desk.database, *truth.MARKET_TABLES, "snapshots", "sync_runs",
                "providers") == before
    truth.operate(desk.database, "UPDATE providers SET is_active = true")
    desk.sync()
    assert_stored(desk.database, truth_of(market))


def test_missing_provider_row_is_created(market, desk):
    """By migrate there is none; the first sync makes it from the descriptor."""
    assert desk.run("migrate").code == 0
    assert select(desk.database, "SELECT 1 FROM providers") == []
    desk.sync()
    assert one(desk.database, "SELECT slug, name, base_url, site_url, api_key_env_var, is_active,"
                              " supports_streaming, supports_vision FROM providers") == (
        "openrouter", "OpenRouter", "https://openrouter.ai/api/v1", "https://openrouter.ai",
        "OPENROUTER_API_KEY", 1, 1, 1)


# ---- what is printed

def test_text_has_the_marks(market, desk):
    """[ADDED] [REMOVED] [CHANGE] [DEPRECATED], one line per change; then a summary."""
    run = desk.sync()
    assert re.match(r"openrouter: \(nothing\) → [0-9a-f]{64}  60 models, 282 prices, 0 skipped",
                    run.out), run
    marks = set()
    for _ in range(3):
        wanted = truth.market_events(market.advance())
        run = desk.sync()
        lines = [line for line in run.out.splitlines() if line.startswith("  [")]
        assert len(lines) == len(wanted)
        marks |= {line.split()[0] for line in lines}
        for event, model, field, old, new in wanted:
            line, = [x for x in lines if x.split()[1].rstrip(":") == model
                     and (field is None or field in x)]
            if event == "modified" and old is not None and old not in ("true", "false"):
                assert f" {old} → {new}" in line
        assert run.out.endswith("Processed 1 provider. Success: 1, Errors: 0."
                                f" Total synced: {len(market.truth())} models\n")
        assert "\033" not in run.out
    assert marks == {"[ADDED]", "[REMOVED]", "[CHANGE]", "[DEPRECATED]"}
    assert re.search(r"^openrouter: unchanged [0-9a-f]{64} ", desk.sync().out)


def test_comparison_can_fail(market, desk):
    """The yardstick itself: tampered truths of every kind are told apart."""
    desk.sync()
    good = truth_of(market)
    some = next(i for i, m in good.items() if m["prices"])
    for tamper in (
            lambda m: m[some].update(name="other"),
            lambda m: m[some].update(context_length=1),
            lambda m: m[some]["capabilities"].update(vision=not m[some]["capabilities"]["vision"]),
            lambda m: m[some]["prices"].update({("request", ""): ("priced", "0.1", "USD")}),
            lambda m: m[some]["prices"].popitem(),
            lambda m: m.pop(some)):
        models = truth_of(market)
        tamper(models)
        with pytest.raises(AssertionError):
            assert_stored(desk.database, models)
        assert truth.name_of(models) != truth.name_of(good)
        assert truth.changes(truth.learn({}, good), models)
    assert truth.canonical_line({**good[some], "name": 'a"\\\n\x1fé'}).count(r'a\"\\\u000a\u001fé')
