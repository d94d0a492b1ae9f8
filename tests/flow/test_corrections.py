"""Our own corrections are not moves of the market: a descriptor that reads otherwise."""
import json

import pytest

from lib import truth
from lib.market import Shelf

pytestmark = pytest.mark.stores("sqlite", "postgres")


@pytest.fixture
def corrected(root, tmp_path):
    """A folder for ASSAY_PROVIDERS_DIR with OpenRouter's descriptor, changed by `edit`."""
    def make(edit):
        descriptor = json.loads((root / "providers/openrouter.json").read_text())
        edit(descriptor["lists"][0])
        (tmp_path / "openrouter.json").write_text(json.dumps(descriptor))
        return tmp_path
    return make


def output_per_1k(rows):
    """As if somebody had found out that the output price is per 1K tokens."""
    price = next(p for p in rows["prices"] if p["meter"] == "output_token")
    price["unit"] = "USD per 1K tokens"


def id_is_the_slug(rows):
    rows["fields"]["id"] = "/canonical_slug"


def kinds(desk):
    return [c["kind"] for c in truth.stored_changes(desk.database, desk.now_ms())]


def rows_of(desk, sql):
    return [tuple(row) for row in truth.select(desk.database, sql)]


def test_a_unit_is_one_event(market, desk, corrected):
    """One `corrected` change, no price change, amounts as the new unit says, and it is told."""
    desk.sync()
    before = dict(rows_of(desk, "SELECT provider_model_id, pricing_completion FROM models"))
    place = corrected(output_per_1k)
    run = desk.sync(ASSAY_PROVIDERS_DIR=place)
    assert "[CHANGE] our own reading was corrected in" in run.out
    events = rows_of(desk, "SELECT kind FROM changes")
    assert events == [("corrected",)]
    after = dict(rows_of(desk, "SELECT provider_model_id, pricing_completion FROM models"))
    moved = [i for i in before if before[i] not in (None, "0")]
    assert moved and all(float(after[i]) == pytest.approx(float(before[i]) / 1000) for i in moved)
    desk.sync(ASSAY_PROVIDERS_DIR=place)
    assert rows_of(desk, "SELECT kind FROM changes") == events


def test_a_move_beside_a_correction(market, desk, corrected):
    """What the provider moved in the same fetch is an event of its own, in the new unit."""
    desk.sync()
    market.post("reprice", provider="openrouter", n=1)
    desk.sync(ASSAY_PROVIDERS_DIR=corrected(output_per_1k))
    found = sorted(kind for (kind,) in rows_of(desk, "SELECT kind FROM changes"))
    assert found == ["corrected", "price"]


def test_ids_read_otherwise_are_no_loss(market, desk, corrected):
    """All ids at once: no `missing`, no suspicion, one event; the next sync is quiet."""
    desk.sync()
    place = corrected(id_is_the_slug)
    desk.sync(ASSAY_PROVIDERS_DIR=place)
    assert rows_of(desk, "SELECT kind FROM changes") == [("corrected",)]
    desk.sync(ASSAY_PROVIDERS_DIR=place)
    assert rows_of(desk, "SELECT kind FROM changes") == [("corrected",)]
    slugs = [m["canonical_slug"] for m in json.loads(market.document())["data"]]
    once = sorted(slug for slug in slugs if slugs.count(slug) == 1)
    present = rows_of(desk, "SELECT provider_model_id FROM models WHERE missing_since IS NULL"
                            " ORDER BY 1")
    assert once and [i for (i,) in present] == once


def test_a_key_echoed_by_the_provider_is_not_stored(market, start_market, start_assay, tmp_path):
    """A sentence that quotes the provider may quote our key: not in the log, not in the database."""
    key = "planted-key-of-the-test"
    document = json.loads(market.document())
    document["links"] = {"next": f"https://openrouter.ai/?key={key}"}
    shelf = Shelf(tmp_path)
    shelf.put(document)
    desk = start_assay(start_market(replay=shelf.path))
    run = desk.sync(expect=1, OPENROUTER_API_KEY=key)
    assert "the list goes on" in run.err
    assert key not in run.out + run.err
    stored = desk.database.content()
    assert stored and key.encode() not in stored


def test_a_row_of_the_operators_own_stops_nothing(market, desk):
    """INSERT INTO models is theirs to do: the sync makes the row its own when it is listed."""
    desk.sync()
    market.advance(3)
    known = {i for (i,) in rows_of(desk, "SELECT provider_model_id FROM models")}
    new = next(m["id"] for m in json.loads(market.document())["data"] if m["id"] not in known)
    truth.operate(desk.database, "INSERT INTO models (provider_id, provider_model_id, model_name,"
                  " content_hash, first_seen_at, last_seen_at, created_at, updated_at)"
                  " SELECT id, ?, 'mine', '', created_at, created_at, created_at, created_at"
                  " FROM providers", new)
    desk.sync()
    truth.assert_stored(desk.database, truth.catalog(market.truth()))
