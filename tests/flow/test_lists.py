"""Providers with several lists and keys of their own, on made-up documents: the real program,
what it asks for, and what it stores."""
import json
import pathlib

import pytest

from lib import truth
from lib.assay import PROVIDERS
from lib.replay import Replay
from market_keys import DESCRIPTORS

GOLDEN = pathlib.Path(__file__).parents[1] / "golden"
KEY = "a-made-up-key-0123456789"


class Shelf:
    def __init__(self, path):
        self.path = path

    def put(self, name, document):
        """`document`: the path of a golden one, or something that JSON can say."""
        file = self.path / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(document.read_text() if isinstance(document, pathlib.Path)
                        else json.dumps(document))


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "shelf")


@pytest.fixture
def replay(shelf):
    server = Replay(shelf.path)
    yield server
    server.stop()


def asked(replay):
    return dict(replay.asked)


def prices(database, slug):
    with truth.opened(database) as db:
        return truth.stored_prices(db, slug)


def put_nebius(shelf, public=True):
    shelf.put("api.tokenfactory.nebius.com/v1/models@verbose=true",
              GOLDEN / "nebius/both_lists.json")
    if public:
        shelf.put("tokenfactory.nebius.com/api/public/models_info",
                  GOLDEN / "nebius/both_lists.public.json")


def test_key_goes_to_its_list_alone(shelf, replay, start_assay):
    """`auth: false`: the second list of one provider never sees the key that the first needs."""
    put_nebius(shelf)
    desk = start_assay(replay, NEBIUS_API_KEY=KEY)
    run = desk.sync("--json", "--providers", "nebius").provider("nebius")
    assert run["models"] == 4 and run["notes"] == []
    assert asked(replay) == {"api.tokenfactory.nebius.com/v1/models": f"Bearer {KEY}",
                             "tokenfactory.nebius.com/api/public/models_info": None}
    metadata = {i: json.loads(text) for i, text in truth.select(
        desk.database, "SELECT provider_model_id, metadata FROM models WHERE metadata IS NOT NULL")}
    assert metadata["acme/quartz-9b"]["vendor"] == "Acme"
    assert metadata["acme/quartz-9b"]["regions"] == [{"country_code": "FI", "name": "eu-north1"}]
    assert metadata["acme/embeds"]["status"] == "error"


def test_key_in_a_query_goes_to_its_list_alone(shelf, replay, start_assay, tmp_path):
    mine = json.loads((GOLDEN.parents[1] / "providers/nebius.json").read_text())
    mine["auth"]["form"] = "query:key"
    (tmp_path / "descriptors").mkdir()
    (tmp_path / "descriptors/nebius.json").write_text(json.dumps(mine))
    put_nebius(shelf)
    shelf.put(f"api.tokenfactory.nebius.com/v1/models@verbose=true&key={KEY}",
              GOLDEN / "nebius/both_lists.json")
    desk = start_assay(replay, ASSAY_PROVIDERS_DIR=str(tmp_path / "descriptors"),
                       NEBIUS_API_KEY=KEY)
    run = desk.sync("--json", "--providers", "nebius").provider("nebius")
    assert run["models"] == 4 and run["notes"] == []
    assert list(asked(replay).values()) == [None, None]


def test_optional_list_that_never_came(shelf, replay, start_assay):
    put_nebius(shelf, public=False)
    desk = start_assay(replay, NEBIUS_API_KEY=KEY)
    run = desk.sync("--json", "--providers", "nebius").provider("nebius")
    assert run["notes"] == ["optional list public: HTTP 404: its fields keep their last value"]
    assert ("output_token", "") not in prices(desk.database, "nebius").get("acme/embeds", {})


def test_metadata_of_an_absent_list_stays(shelf, replay, start_assay):
    put_nebius(shelf)
    desk = start_assay(replay, NEBIUS_API_KEY=KEY)
    desk.sync("--providers", "nebius")
    before = truth.dump(desk.database, "model_versions", "prices", "changes")
    told = truth.select(desk.database, "SELECT provider_model_id, metadata FROM models ORDER BY 1")
    (shelf.path / "tokenfactory.nebius.com/api/public/models_info.json").unlink()
    desk.sync("--providers", "nebius")
    assert truth.dump(desk.database, "model_versions", "prices", "changes") == before
    assert truth.select(desk.database, "SELECT provider_model_id, metadata FROM models"
                                       " ORDER BY 1") == told


def image(side):
    return [{"model_name": "acme/draws", "type": "text-to-image",
             "pricing": {"cents_per_image_unit": 100, "default_width": side,
                         "default_height": side, "default_iterations": 1}}]


def test_smaller_image_for_the_same_dollar(shelf, replay, start_assay):
    """$1 per 1024x1024 becomes $1 per 512x512: the pixel is four times as dear."""
    shelf.put("api.deepinfra.com/models/list", image(1024))
    desk = start_assay(replay)
    desk.sync("--providers", "deepinfra")
    shelf.put("api.deepinfra.com/models/list", image(512))
    desk.sync("--providers", "deepinfra")
    assert truth.stored_changes(desk.database) == [
        ("price", "acme/draws", "image_pixel_step", "0.00000095367431640625",
         "0.000003814697265625", "4")]


def test_factor_that_moves_is_a_price_that_moves(shelf, replay, start_assay):
    """A multiplier is no price: its change is the change of what it yields."""
    def row(rate):
        return [{"model_name": "acme/a", "pricing": {"cents_per_input_token": 0.0002,
                                                     "rate_per_input_token_cached": rate}}]

    shelf.put("api.deepinfra.com/models/list", row(0.1))
    desk = start_assay(replay)
    desk.sync("--providers", "deepinfra")
    shelf.put("api.deepinfra.com/models/list", row(0.2))
    desk.sync("--providers", "deepinfra")
    shelf.put("api.deepinfra.com/models/list", row(None))
    desk.sync("--providers", "deepinfra")
    assert truth.stored_changes(desk.database) == [
        ("price", "acme/a", "cached_input_token", "0.0000002", "0.0000004", "2"),
        ("price", "acme/a", "cached_input_token", "0.0000004", "unpublished", None)]


def test_discount_ends_when_it_is_said_to(shelf, replay, start_assay):
    shelf.put("api.deepinfra.com/models/list", GOLDEN / "deepinfra/discount.json")
    desk = start_assay(replay)
    desk.sync("--providers", "deepinfra")
    rows = truth.select(desk.database, "SELECT m.provider_model_id, p.meter, p.valid_to FROM prices p"
                                       " JOIN models m ON m.id = p.model_id"
                                       " WHERE p.condition = '[discount]' ORDER BY 1, 2")
    assert rows == [("text", "input_token", 1798675200000), ("unix", "input_token", 1798675200000),
                    ("unix", "output_token", 1798675200000)]
    assert truth.select(desk.database, "SELECT count(*) FROM prices WHERE condition = ''"
                                       " AND valid_to IS NOT NULL") == [(0,)]


SERVED = {"cerebras": 3, "deepinfra": 7, "nebius": 4, "openrouter": 2, "together": 13,
          "vercel-ai-gateway": 11}


def keyed():
    """Providers that are not asked without a key."""
    return {slug for slug, d in DESCRIPTORS.items() if d["auth"].get("required")}


def sync_of_all(desk, with_keys_of=()):
    """Each is served, left out for want of its key, or fails by name, as nobody answers for it."""
    run = desk.run("sync", "--json")
    told = run.json()
    left_out = keyed() - set(with_keys_of)
    assert run.code == 1
    assert {e["provider"] for e in told["details"]["skipped"]} == left_out
    assert {e["provider"] for e in told["details"]["errors"]} == set(PROVIDERS) - set(SERVED) - left_out
    assert {p["provider"]: p["models"] for p in told["providers"]} == {
        slug: n for slug, n in SERVED.items() if slug not in left_out}


def test_all_at_once(shelf, replay, start_assay):
    """Without slugs every provider is asked; those that need keys are left out without."""
    put_nebius(shelf)
    shelf.put("api.together.xyz/v1/models", GOLDEN / "together/types.json")
    shelf.put("api.deepinfra.com/models/list", GOLDEN / "deepinfra/tokens.json")
    shelf.put("api.cerebras.ai/public/v1/models", GOLDEN / "cerebras/whole.json")
    shelf.put("ai-gateway.vercel.sh/v1/models", GOLDEN / "vercel-ai-gateway/whole.json")
    shelf.put("openrouter.ai/api/v1/models", GOLDEN / "openrouter/free.json")
    keys = {"NEBIUS_API_KEY": KEY + "n", "TOGETHERAI_API_KEY": KEY + "t", "CEREBRAS_API_KEY": KEY}
    sync_of_all(start_assay(replay, home="without"))
    desk = start_assay(replay, home="with", **keys)
    replay.asked.clear()
    sync_of_all(desk, with_keys_of=("nebius", "together"))
    sent = asked(replay)
    assert sent["api.together.xyz/v1/models"] == f"Bearer {KEY}t"
    assert sent["api.cerebras.ai/public/v1/models"] is None
    assert desk.run("sync", "--providers", "vercel", "--dry-run").code == 0


PUBLIC = "tokenfactory.nebius.com/api/public/models_info"
VERBOSE = "api.tokenfactory.nebius.com/v1/models@verbose=true"


def rows(*ids):
    return {"data": [{"id": i, "pricing": {"prompt": "0.000001"}} for i in ids]}


def flavors(*ids):
    return [{"type": "text2text", "flavors": [
        {"model_id": i, "output_price_per_million_tokens": 2} for i in ids]}]


def test_list_that_returns_speaks_of_models_that_came_without_it(shelf, replay, start_assay):
    """Each list's body is one that was accepted before, but never the two together."""
    shelf.put(VERBOSE, rows("acme/a"))
    shelf.put(PUBLIC, flavors("acme/a", "acme/b"))
    desk = start_assay(replay, NEBIUS_API_KEY=KEY)
    desk.sync("--providers", "nebius")
    shelf.put(VERBOSE, rows("acme/a", "acme/b"))
    (shelf.path / f"{PUBLIC}.json").unlink()
    desk.sync("--providers", "nebius")
    assert ("output_token", "") not in prices(desk.database, "nebius")["acme/b"]
    shelf.put(PUBLIC, flavors("acme/a", "acme/b"))
    desk.sync("--providers", "nebius")
    assert ("output_token", "") in prices(desk.database, "nebius")["acme/b"]


def test_not_modified_that_nobody_asked_for(shelf, replay, start_assay):
    """Several lists are asked without a condition: 304 is no answer, and of an optional list no
    more than none."""
    told = "HTTP 304 to a request without a condition"
    shelf.put(VERBOSE, rows("acme/a"))
    shelf.put(PUBLIC, flavors("acme/a"))
    desk = start_assay(replay, NEBIUS_API_KEY=KEY)
    for ids in (("acme/a",), ("acme/a", "acme/b")):
        replay.statuses[PUBLIC] = 304
        shelf.put(VERBOSE, rows(*ids))
        run = desk.sync("--json", "--providers", "nebius").provider("nebius")
        assert run["models"] == len(ids)
        assert run["notes"] == [f"optional list public: {told}: its fields keep their last value"]
        replay.statuses.clear()
        desk.sync("--providers", "nebius")
    replay.statuses[VERBOSE.partition("@")[0]] = 304
    assert f"list models: {told}" in desk.sync("--providers", "nebius", expect=1).err


def test_row_of_an_optional_list_that_cannot_be_read(shelf, replay, start_assay):
    """It costs what that list says of its model, no more: the price of the other list moves, and
    what the row said before stays."""
    shelf.put(VERBOSE, rows("acme/a", "acme/b", "acme/c"))
    shelf.put(PUBLIC, flavors("acme/a", "acme/b", "acme/c"))
    desk = start_assay(replay, NEBIUS_API_KEY=KEY)
    desk.sync("--providers", "nebius")
    moved = rows("acme/a", "acme/b", "acme/d")
    moved["data"][0]["pricing"]["prompt"] = "0.000003"
    shelf.put(VERBOSE, moved)
    bad = flavors("acme/a", "acme/b", "acme/d")
    bad[0]["flavors"][0]["output_price_per_million_tokens"] = "a lot"
    bad[0]["flavors"][1]["model_id"] = 5
    bad[0]["flavors"][2]["output_price_per_million_tokens"] = "a lot"
    shelf.put(PUBLIC, bad)
    run = desk.sync("--json", "--providers", "nebius").provider("nebius")
    assert [(s["id"], s["reason"].split(":")[0]) for s in run["skipped"]] == [
        ("acme/a", "list public"), (None, "list public"), ("acme/d", "list public")]
    assert truth.stored_changes(desk.database) == [
        ("added", "acme/d", None, None, None, None), ("missing", "acme/c", None, None, None, None),
        ("price", "acme/a", "input_token", "0.000001", "0.000003", "3")]
    stored = prices(desk.database, "nebius")
    assert stored["acme/a"]["output_token", ""] == stored["acme/b"]["output_token", ""] == (
        "priced", "0.000002", "USD")


@pytest.mark.parametrize("document", [[], [{"type": "text2text", "flavors": []}]])
def test_optional_list_of_nothing(shelf, replay, start_assay, document):
    shelf.put(VERBOSE, rows("acme/a"))
    shelf.put(PUBLIC, flavors("acme/a"))
    desk = start_assay(replay, NEBIUS_API_KEY=KEY)
    desk.sync("--providers", "nebius")
    shelf.put(PUBLIC, document)
    run = desk.sync("--json", "--providers", "nebius").provider("nebius")
    assert [n for n in run["notes"] if "the list is empty" in n and "keep their last value" in n]
    assert truth.stored_changes(desk.database) == []
    assert ("output_token", "") in prices(desk.database, "nebius")["acme/a"]
