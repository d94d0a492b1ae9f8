"""Lists that come in pages, in every form that a descriptor can say: all of them or nothing."""
import gzip
import json
import urllib.parse

import pytest

from lib import truth
from lib.market import Shelf

pytestmark = pytest.mark.stores("sqlite", "postgres")
SQLITE = pytest.mark.stores("sqlite")
KEY = "a-made-up-key-of-pages"
FORMS = {
    "token": {"form": "token", "next": "/next_page_token", "parameter": "page_token",
              "more": "/has_more"},
    "number": {"form": "number", "parameter": "page", "total_pages": "/total_pages"},
    "until_empty": {"form": "number", "parameter": "page", "first": 1},
    "url": {"form": "url", "next": "/next"},
    "link": {"form": "link"},
}
SIZE = 25  # of a page; the market holds 60 rows and some more after it moved
UNSAID = {"total": None}  # changes of the descriptor: the provider states no total


def paging(form):
    return "number" if form == "until_empty" else form


@pytest.fixture
def world(market, start_assay, root, tmp_path):
    """world(form): a market that answers in such pages, and assay with a descriptor that says so."""
    def make(form, size=SIZE, slug="openrouter", **changes):
        descriptor = json.loads((root / f"providers/{slug}.json").read_text())
        descriptor["lists"][0]["pages"] = FORMS[form]
        for name, value in changes.items():
            if value is None:
                descriptor["lists"][0].pop(name, None)
            else:
                descriptor["lists"][0][name] = value
        place = tmp_path / "descriptors"
        place.mkdir(exist_ok=True)
        (place / f"{slug}.json").write_text(json.dumps(descriptor))
        market.post("config", provider=slug, paging=paging(form), page_size=size)
        return market, start_assay(market, ASSAY_PROVIDERS_DIR=str(place))
    return make


def assert_true(market, desk):
    truth.assert_stored(desk.database, truth.offered(market))


def everything(desk):
    return truth.dump(desk.database, *truth.MARKET_TABLES, "snapshots", "changes", "absences",
                      "documents", "providers")


def failure(desk, run):
    """(completeness, kind, sentence) of the run, told and recorded alike."""
    line, = [entry for entry in run.logs() if entry["level"] >= 50]
    row = truth.last_run(desk.database)
    assert (row["completeness"], row["error_kind"]) == (line["fetch"], line["kind"])
    assert row["snapshot"] is None and row["written"] == row["missing"] == 0
    return line["fetch"], line["kind"], line["err"]


# ---- whole

@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_the_truth(world, form):
    """The first sync, an unmoved one that writes nothing, and one after the market moved."""
    market, desk = world(form)
    desk.sync()
    assert_true(market, desk)
    pages = -(-len(market.truth()) // SIZE)
    assert len(market.requests()) == pages + (form == "until_empty")
    before = truth.dump(desk.database, *truth.MARKET_TABLES, "changes", "documents")
    run = desk.sync("--json").provider()
    assert run["unchanged_body"] is True and run["models"] == len(market.truth())
    assert truth.dump(desk.database, *truth.MARKET_TABLES, "changes", "documents") == before
    market.advance(3)
    desk.sync()
    assert_true(market, desk)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [1, 60, 1000])
@SQLITE
def test_sizes_of_pages(world, form, size):
    market, desk = world(form, size)
    desk.sync()
    assert_true(market, desk)


def test_pages_and_one_document_are_the_same_state(world, start_assay):
    """The name of the state does not depend on how the list came."""
    market, desk = world("token")
    paged = desk.sync("--json").provider()["hash"]
    market.post("config", paging="none")
    whole = start_assay(market, home="whole")
    assert whole.sync("--json").provider()["hash"] == paged


@pytest.mark.parametrize("form", ["until_empty", "link"])
@SQLITE
def test_bare_arrays(world, form):
    market, desk = world(form, 5, slug="together")
    desk.sync(providers="together")
    stored = truth.select(desk.database, "SELECT provider_model_id FROM models ORDER BY 1")
    assert [i for i, in stored] == sorted(m["id"] for m in market.truth("together"))


@SQLITE
def test_without_gzip(world):
    market, desk = world("token")
    market.post("config", gzip=0, chunked=1)
    desk.sync()
    assert_true(market, desk)


def test_no_page_is_asked_conditionally(world):
    market, desk = world("url")
    desk.sync()
    desk.sync()
    asked = market.requests()
    assert len(asked) > 4
    assert not [r for r in asked if "if-none-match" in r["headers"]
                or "if-modified-since" in r["headers"]]


# ---- the key

@pytest.mark.parametrize("form", FORMS)
@SQLITE
def test_key_goes_with_every_page(world, form):
    market, desk = world(form)
    desk.sync(OPENROUTER_API_KEY=KEY)
    asked = market.requests()
    assert len(asked) >= 3
    assert {r["headers"]["authorization"] for r in asked} == {f"Bearer {KEY}"}


@pytest.mark.parametrize("form", FORMS)
@SQLITE
def test_key_in_the_query_of_every_page(world, root, form):
    market, desk = world(form)
    place = desk.settings["ASSAY_PROVIDERS_DIR"] + "/openrouter.json"
    with open(place, encoding="utf-8") as file:
        descriptor = json.load(file)
    descriptor["auth"]["form"] = "query:key"
    with open(place, "w", encoding="utf-8") as file:
        json.dump(descriptor, file)
    run = desk.sync(OPENROUTER_API_KEY=KEY)
    asked = market.requests()
    assert len(asked) >= 3
    assert [urllib.parse.parse_qs(r["query"])["key"] for r in asked] == [[KEY]] * len(asked)
    assert not [r for r in asked if "authorization" in r["headers"]]
    assert KEY not in run.out + run.err and KEY.encode() not in desk.database.content()


# ---- faults

# name: (form, what is asked of marketsim, completeness, kind, words)
FAULTS = {
    "cut short: 404": ("token", {"kind": "status", "status": 404, "page": 3},
                       "failed", "http", "page 3: HTTP 404"),
    "cut short: empty": ("token", {"kind": "empty_list", "page": 3},
                         "partial", "partial", "rows, the document"),
    "count of pages cut": ("number", {"kind": "page_cut", "page": 2},
                           "partial", "partial", "page 2: /total_pages says 2 pages"),
    "count of pages that grows": ("number", {"kind": "page_loop"},
                                  "partial", "partial", "the page before it said 3"),
    "one is empty": ("number", {"kind": "empty_list", "page": 2},
                     "partial", "partial", "page 2: the page is empty"),
    "token repeated": ("token", {"kind": "page_repeated"},
                       "partial", "partial", "page 2: the next page is page 2 again"),
    "url repeated": ("url", {"kind": "page_repeated"},
                     "partial", "partial", "page 2: the next page is page 2 again"),
    "link repeated": ("link", {"kind": "page_repeated"},
                      "partial", "partial", "page 2: the next page is page 2 again"),
    "token in a circle": ("token", {"kind": "page_loop"},
                          "partial", "partial", "page 4: "),
    "url in a circle": ("url", {"kind": "page_loop"},
                        "partial", "partial", "page 4: "),
    "size ignored, number": ("until_empty", {"kind": "page_size_ignored"},
                             "partial", "partial", "page 2: it is page 1 again"),
    "size ignored, token": ("token", {"kind": "page_size_ignored"},
                            "partial", "partial", "rows, the document"),
    "500": ("token", {"kind": "status", "status": 500, "page": 2},
            "failed", "http", "page 2: HTTP 500"),
    "asks to wait for long": ("number", {"kind": "status", "status": 429, "page": 2,
                                         "retry_after": 3600},
                              "failed", "http", "asks to wait 3600 s"),
    "truncated": ("url", {"kind": "truncated", "page": 2},
                  "failed", "network", "cut short"),
    "not JSON": ("link", {"kind": "invalid_json", "page": 2},
                 "failed", "parse", "page 2: not valid JSON"),
    "wrong shape": ("token", {"kind": "wrong_shape", "page": 2},
                    "failed", "data", "page 2: /data is an object"),
    "garbage": ("number", {"kind": "gzip_garbage", "page": 2},
                "failed", "parse", "page 2: "),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_of_a_page_loses_nothing(world, name):
    """Refused by name, every row as it was; the next sync heals."""
    form, fault, completeness, kind, words = FAULTS[name]
    market, desk = world(form, 20)
    desk.sync()
    market.advance()
    before = everything(desk)
    market.fault(**fault)
    told = failure(desk, desk.sync(expect=1))
    assert told[:2] == (completeness, kind) and words in told[2], told
    assert "page" in told[2] or "rows" in told[2]
    assert everything(desk) == before
    market.heal()
    desk.sync()
    assert_true(market, desk)


@SQLITE
def test_size_ignored_where_nobody_counts(world):
    """Each page is the whole list under another token: rows that only repeat are no page."""
    market, desk = world("token", 20, **UNSAID)
    market.fault("page_size_ignored")
    told = failure(desk, desk.sync(expect=1))
    assert told[:2] == ("partial", "partial") and "page 2 only repeats" in told[2], told


@pytest.mark.parametrize("form", ["token", "url"])
@SQLITE
def test_an_empty_page_where_nobody_counts(world, form):
    """What stood on it may be lost: nothing is taken for missing."""
    market, desk = world(form, 20, **UNSAID)
    desk.sync()
    market.fault("empty_list", page=2)
    told = failure(desk, desk.sync(expect=1))
    assert told == ("partial", "partial", "page 2: the page is empty, and another follows")


@SQLITE
def test_a_page_is_tried_again(world):
    market, desk = world("token")
    market.fault("status", status=503, page=2, times=1)
    desk.sync(ASSAY_RETRIES="1")
    assert_true(market, desk)


@SQLITE
def test_more_pages_than_anybody_has(market, world, start_market, start_assay):
    big = start_market(scale=1100)
    _, desk = world("token", 1)
    big.post("config", paging="token", page_size=1)
    desk.settings["ASSAY_UPSTREAM"] = big.url
    told = failure(desk, desk.sync(expect=1))
    assert told[:2] == ("failed", "limit") and "page 1000: " in told[2], told


@SQLITE
def test_all_pages_share_one_limit(world, start_market):
    """Each is small enough, together they are not."""
    market, desk = world("token", 100)
    big = start_market(scale=1000)
    big.post("config", paging="token", page_size=100)
    desk.settings["ASSAY_UPSTREAM"] = big.url
    desk.settings["ASSAY_BODY_MAX_MIB"] = "1"
    told = failure(desk, desk.sync(expect=1))
    assert told[:2] == ("failed", "limit") and "the pages come to more than" in told[2], told


def test_another_host_is_not_followed(market, start_market, world, tmp_path):
    """A URL of another host, scheme or port fails the list; nobody is asked, least of all with a
    key."""
    _, desk = world("url")
    document = json.loads(market.document())
    shelf = Shelf(tmp_path / "shelf")
    for asked in ("elsewhere.test/api", "elsewhere.test/x", "openrouter.ai:444/x"):
        shelf.put({"data": []}, asked)
    player = start_market(replay=shelf.path)
    desk.settings["ASSAY_UPSTREAM"] = player.url
    for target in ("https://elsewhere.test/api", "http://openrouter.ai/api/v1/models?offset=25",
                   "https://openrouter.ai:444/x", "//elsewhere.test/x", "ftp://openrouter.ai/x"):
        document["next"] = target
        shelf.put(document)
        told = failure(desk, desk.sync(expect=1, OPENROUTER_API_KEY=KEY))
        assert told[:2] == ("failed", "http") and "page 1: the next page: " in told[2], told
    assert {r["path"] for r in player.requests()} == {"/openrouter.ai/api/v1/models"}


# ---- several lists

def nebius_in_pages(root, market, place):
    """Both lists of one provider in pages, at the same time."""
    descriptor = json.loads((root / "providers/nebius.json").read_text())
    for told, form in zip(descriptor["lists"], ("token", "until_empty")):
        told["pages"] = FORMS[form]
        market.post("config", provider="nebius", list=told["name"], paging=paging(form),
                    page_size=2)
    (place / "nebius.json").write_text(json.dumps(descriptor))


def test_lists_side_by_side(market, start_assay, root, tmp_path):
    """As from two documents; and an optional one whose second page fails keeps what it said."""
    nebius_in_pages(root, market, tmp_path)
    desk = start_assay(market, ASSAY_PROVIDERS_DIR=str(tmp_path))
    paged = desk.sync_json("nebius")
    before = truth.dump(desk.database, *truth.MARKET_TABLES, "changes")
    assert desk.sync_json("nebius")["unchanged_body"] is True
    market.fault("status", provider="nebius", list="public", status=500, page=2)
    run = desk.sync_json("nebius")
    assert [n for n in run["notes"] if n.startswith("optional list")] == [
        "optional list public: page 2: HTTP 500: its fields keep their last value"]
    assert truth.dump(desk.database, "changes")["changes"] == before["changes"] == []
    assert run["hash"] == paged["hash"]
    for name in ("models", "public"):
        market.post("fault", provider="nebius", list=name, kind="none")
        market.post("config", provider="nebius", list=name, paging="none")
    assert start_assay(market, home="whole").sync_json("nebius")["hash"] == paged["hash"]


# ---- what is kept

def output_per_1k(rows):
    price = next(p for p in rows["prices"] if p["meter"] == "output_token")
    price["unit"] = "USD per 1K tokens"


@pytest.mark.parametrize("form", FORMS)
def test_a_correction_reads_the_pages_again(world, form):
    market, desk = world(form)
    desk.sync()
    place = desk.settings["ASSAY_PROVIDERS_DIR"] + "/openrouter.json"
    with open(place, encoding="utf-8") as file:
        descriptor = json.load(file)
    output_per_1k(descriptor["lists"][0])
    with open(place, "w", encoding="utf-8") as file:
        json.dump(descriptor, file)
    market.post("reprice", n=1)
    desk.sync()
    kinds = sorted(k for k, in truth.select(desk.database, "SELECT kind FROM changes"))
    assert kinds == ["corrected", "price"]


def test_a_list_that_begins_to_come_in_pages(world, start_assay):
    """The kept single document is read by the new descriptor, and the other way round."""
    market, desk = world("number", 1000)
    paged = desk.settings.pop("ASSAY_PROVIDERS_DIR")
    market.post("config", paging="none")
    desk.sync()
    market.post("config", paging="number", page_size=20)
    desk.sync(ASSAY_PROVIDERS_DIR=paged)
    assert_true(market, desk)
    market.post("config", paging="none")
    desk.sync()
    assert_true(market, desk)
    assert truth.stored_changes(desk.database) == []


@SQLITE
def test_pages_are_kept_as_a_sequence(world):
    market, desk = world("token")
    desk.sync()
    (body,), = truth.select(desk.database, "SELECT body FROM documents")
    texts = gzip.decompress(body).split(b"\x1e")
    assert texts[0] == b"" and all(t.endswith(b"\n") for t in texts[1:])
    rows = [row["id"] for t in texts[1:] for row in json.loads(t)["data"]]
    assert sorted(rows) == sorted(m["id"] for m in market.truth())


# ---- --check

@pytest.mark.parametrize("form", ["token", "number", "url"])
@SQLITE
def test_check_says_partial(market, world, form, tmp_path):
    market, desk = world(form, **UNSAID)
    page = tmp_path / "page.json"
    page.write_bytes(market.document())
    descriptor = desk.settings["ASSAY_PROVIDERS_DIR"] + "/openrouter.json"
    run = desk.run("providers", "--check", descriptor, page)
    assert run.code == 1 and "partial" in run.err and "another follows" in run.err, run
    market.post("config", paging=paging(form), page_size=1000)
    page.write_bytes(market.document())
    assert desk.run("providers", "--check", descriptor, page).code == 0
