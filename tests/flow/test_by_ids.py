"""A further list that is asked for the ids of the first one, some at a time: all of it or nothing."""
import json
import urllib.parse

import pytest

from lib import truth
from lib.assay import KEYS

pytestmark = pytest.mark.stores("sqlite", "postgres")
SQLITE = pytest.mark.stores("sqlite")
MAIN = "/api.tokenfactory.nebius.com/v1/models"
ASIDE = "/tokenfactory.nebius.com/api/public/models_info"
SIZE = 3


@pytest.fixture
def world(start_market, start_assay, root, tmp_path):
    """world(size=…, …): nebius, whose second list answers for chosen ids only."""
    def make(size=SIZE, scale=600, first=None, **changes):
        market = start_market(scale=scale)
        descriptor = json.loads((root / "providers/nebius.json").read_text())
        descriptor["lists"][1].update(
            {"pages": {"form": "ids", "parameter": "endpoint_id", "size": size}, **changes})
        descriptor["lists"][0].update(first or {})
        place = tmp_path / "d"
        place.mkdir(exist_ok=True)
        (place / "nebius.json").write_text(json.dumps(descriptor))
        market.post("config", provider="nebius", list="public", ids="endpoint_id", ids_max=SIZE)
        return market, start_assay(market, ASSAY_PROVIDERS_DIR=str(place))
    return make


def sync(desk, **how):
    return desk.sync("--json", providers="nebius", **how)


def offered(market):
    return truth.offered(market, "nebius")


def assert_true(market, desk):
    truth.assert_stored(desk.database, offered(market), "nebius")


def asked_ids(requests):
    """What the second list was asked for, one list a request."""
    return [urllib.parse.parse_qs(r["query"])["endpoint_id"][0].split(",") for r in requests
            if r["path"] == ASIDE]


def notes(run):
    """What was told of lists, not of words in their rows."""
    return [n for n in run.provider("nebius")["notes"] if n.startswith("optional list")]


# ---- whole

def test_it_is_the_truth(world):
    """The first sync, an unmoved one that writes nothing, and one after the market moved."""
    market, desk = world()
    run = sync(desk)
    assert_true(market, desk)
    assert notes(run) == []
    requests = market.requests()
    assert requests[0]["path"] == MAIN and {r["status"] for r in requests} == {200}
    ids = asked_ids(requests)
    assert [i for some in ids for i in some] == sorted(offered(market)) and len(ids) > 2
    assert {len(some) for some in ids[:-1]} == {SIZE}
    before = truth.dump(desk.database, *truth.MARKET_TABLES, "changes", "documents")
    again = sync(desk).provider("nebius")
    assert again["unchanged_body"] is True
    assert truth.dump(desk.database, *truth.MARKET_TABLES, "changes", "documents") == before
    market.advance(3)
    sync(desk)
    assert_true(market, desk)


@SQLITE
def test_ids_are_encoded_each_for_itself(world):
    market, desk = world()
    sync(desk)
    query = next(r["query"] for r in market.requests() if r["path"] == ASIDE)
    value = query.partition("endpoint_id=")[2]
    assert "/" not in value and "%2F" in value and value.count(",") == SIZE - 1


@SQLITE
@pytest.mark.parametrize("size", [1, 2])
def test_sizes(world, size):
    market, desk = world(size=size)
    sync(desk)
    assert_true(market, desk)
    assert {len(some) for some in asked_ids(market.requests())[:-1]} == {size}


@SQLITE
def test_the_first_list_in_pages(world):
    market, desk = world(first={"pages": {"form": "token", "next": "/next_page_token",
                                          "parameter": "page_token"}})
    market.post("config", provider="nebius", list="models", paging="token", page_size=2)
    sync(desk)
    assert_true(market, desk)
    requests = market.requests()
    last = max(i for i, r in enumerate(requests) if r["path"] == MAIN)
    assert all(r["path"] == ASIDE for r in requests[last + 1:])
    assert [i for some in asked_ids(requests) for i in some] == sorted(offered(market))


@SQLITE
def test_an_order_of_its_own_is_not_followed(world):
    """The same rows in another order are the same questions."""
    market, desk = world()
    sync(desk)
    first = asked_ids(market.requests())
    market.post("shuffle", provider="nebius")
    sync(desk)
    assert asked_ids(market.requests()) == first


@SQLITE
def test_more_than_was_asked_is_no_error(world):
    """A provider that heeds no ids: every answer is the whole list."""
    market, desk = world()
    market.post("config", provider="nebius", list="public", ids="")
    run = sync(desk)
    assert notes(run) == []
    assert_true(market, desk)
    assert len(asked_ids(market.requests())) > 2


# ---- not whole

@SQLITE
def test_too_many_at_a_time(world):
    """The provider's own limit is another: refused, told, and the rest of the fetch stands."""
    market, desk = world(size=SIZE + 1)
    run = sync(desk)
    assert notes(run) == [
        "optional list public: page 1: HTTP 422: its fields keep their last value"]


@pytest.mark.parametrize("required", [True, False])
def test_one_answer_fails(world, required):
    """The first answers came, a later one not: nothing of the list is used."""
    market, desk = world(required=required)
    sync(desk)
    assert_true(market, desk)
    before = truth.dump(desk.database, *truth.MARKET_TABLES, "changes", "documents")
    market.requests()
    market.post("fault", provider="nebius", list="public", kind="status", status=404, times=1)
    run = sync(desk, expect=1 if required else 0)
    assert len(asked_ids(market.requests())) == 1
    if required:
        assert "list public: page 1: HTTP 404" in run.err
        assert truth.dump(desk.database, *truth.MARKET_TABLES, "changes", "documents") == before
    else:
        assert notes(run)[0].startswith("optional list public: page 1: HTTP 404")
        assert_true(market, desk)  # each field as it was last said


@SQLITE
@pytest.mark.parametrize("kind", ["status", "truncated", "empty_list", "invalid_json", "html"])
def test_the_first_list_fails(world, kind):
    """Then the other is not asked at all."""
    market, desk = world()
    market.post("fault", provider="nebius", list="models", kind=kind)
    run = sync(desk, expect=1)
    assert asked_ids(market.requests()) == []
    line, = [entry for entry in run.logs() if entry["level"] >= 50]
    assert "list is empty" in line["err"] if kind == "empty_list" else "list models: " in line["err"]
    market.post("fault", provider="nebius", list="models", kind="none")
    sync(desk)
    assert_true(market, desk)


@SQLITE
def test_a_page_that_goes_on(world):
    """`next` on any of the answers says that not all of it came."""
    market, desk = world(next="/0/flavors/0/model_id", required=True)
    run = sync(desk, expect=1)
    assert "partial" in run.err


@SQLITE
def test_without_the_key_that_it_needs(world):
    """`auth: "required"`: an optional list is not asked without the key, and says so."""
    market, desk = world(first={"auth": False}, auth="required")
    place = desk.settings["ASSAY_PROVIDERS_DIR"] + "/nebius.json"
    with open(place, encoding="utf-8") as file:
        descriptor = json.load(file)
    descriptor["auth"]["required"] = False
    with open(place, "w", encoding="utf-8") as file:
        json.dump(descriptor, file)
    market.post("config", provider="nebius", list="models", key="none")
    market.post("config", provider="nebius", list="public", key="bearer")
    run = sync(desk, NEBIUS_API_KEY=None)
    assert notes(run) == [
        "optional list public: not asked: API key not configured: set NEBIUS_API_KEY: its fields"
        " keep their last value"]
    assert asked_ids(market.requests()) == []
    sync(desk, NEBIUS_API_KEY=KEYS["NEBIUS_API_KEY"])
    assert_true(market, desk)


# ---- kept

def test_kept_and_read_again(world):
    """The answers are one kept document, which a changed descriptor reads again: no move of prices."""
    market, desk = world()
    sync(desk)
    before = truth.dump(desk.database, "prices")
    place = desk.settings["ASSAY_PROVIDERS_DIR"] + "/nebius.json"
    with open(place, encoding="utf-8") as file:
        text = file.read()
    with open(place, "w", encoding="utf-8") as file:
        file.write(text + "\n")
    run = sync(desk)
    assert run.provider("nebius")["events"] == []
    assert truth.dump(desk.database, "prices") == before
    url, = truth.select(desk.database, "SELECT url FROM documents WHERE list = 'public'")[0]
    assert url == "https://tokenfactory.nebius.com/api/public/models_info"
