"""With what a provider is asked: schemes, fixed headers, variables in URLs; and what of it is told."""
import json
import re

import pytest

from lib import truth
from lib.account import Account
from lib.assay import KEYS

KEY = "a-made-up-key-for-asking"
ACCOUNT = "acc_0123.x-y"
PLACE = "https://openrouter.ai/api/v1/accounts/{account_id}/models?of={account_id}"
VARIABLE = {"account_id": {"env": ["ACME_ACCOUNT_ID", "ACME_ACCOUNT"]}}


@pytest.fixture
def edit(root, tmp_path):
    """edit(slug, …): that descriptor with other members; the folder it is in."""
    def put(slug="openrouter", first=None, **changes):
        descriptor = json.loads((root / f"providers/{slug}.json").read_text())
        descriptor.update(changes)
        descriptor["lists"][0].update(first or {})
        place = tmp_path / "descriptors"
        place.mkdir(exist_ok=True)
        (place / f"{slug}.json").write_text(json.dumps(descriptor))
        return str(place)
    return put


# ---- schemes and headers

@pytest.mark.parametrize("form, kind, shown", [
    ("bearer", "bearer", ("authorization", f"Bearer {KEY}")),
    ("scheme:Key", "scheme:Key", ("authorization", f"Key {KEY}")),
    ("header:X-Acme-Key", "header:x-acme-key", ("x-acme-key", KEY)),
])
def test_forms(market, start_assay, edit, form, kind, shown):
    market.post("config", key=kind)
    desk = start_assay(market, ASSAY_PROVIDERS_DIR=edit(
        auth={"form": form, "env": ["OPENROUTER_API_KEY"]}))
    run = desk.sync(OPENROUTER_API_KEY=KEY, LOG_LEVEL="trace")
    truth.assert_stored(desk.database, truth.offered(market))
    request, = market.requests()
    assert shown in request["headers"].items() and KEY not in run.out + run.err
    assert sum(KEY in value for value in request["headers"].values()) == 1
    desk.sync(expect=1)  # without the key the list is refused


def test_fixed_headers(market, start_assay, edit):
    """Sent to every list, also those that see no key."""
    place = edit("nebius", headers={"acme-version": "2026-01-01", "X-Two": "a b"})
    desk = start_assay(market, ASSAY_PROVIDERS_DIR=place)
    desk.sync(providers="nebius")
    requests = market.requests()
    assert len(requests) == 2
    for request in requests:
        assert request["headers"]["acme-version"] == "2026-01-01"
        assert request["headers"]["x-two"] == "a b"
    assert sum("authorization" in r["headers"] for r in requests) == 1


# ---- variables

@pytest.fixture
def shelf(tmp_path, market):
    """A replayed list at the place that the variable leads to."""
    file = tmp_path / "shelf" / f"openrouter.ai/api/v1/accounts/{ACCOUNT}/models@of={ACCOUNT}.json"
    file.parent.mkdir(parents=True)
    file.write_bytes(market.document())
    return tmp_path / "shelf"


@pytest.fixture
def desk(start_market, start_assay, edit, shelf):
    market = start_market(replay=shelf)
    started = start_assay(market, LOG_LEVEL="trace", ASSAY_PROVIDERS_DIR=edit(
        first={"url": PLACE}, variables=VARIABLE))
    started.market = market
    return started


@pytest.mark.stores("sqlite", "postgres")
def test_it_goes_into_the_url(desk):
    run = desk.sync(ACME_ACCOUNT_ID=ACCOUNT, OPENROUTER_API_KEY=KEY)
    request, = desk.market.requests()
    path = f"/openrouter.ai/api/v1/accounts/{ACCOUNT}/models"
    assert (request["path"], request["query"]) == (path, f"of={ACCOUNT}")
    url = truth.one(desk.database, "SELECT url FROM documents")
    assert url == f"https:/{path}?of={ACCOUNT}"
    assert KEY not in run.out + run.err
    desk.sync("--json", ACME_ACCOUNT_ID=ACCOUNT)
    assert desk.market.requests()[0]["status"] == 304


@pytest.mark.stores("sqlite", "postgres")
def test_another_account_is_another_document(desk, shelf):
    """What was kept of one is not relied on for the other."""
    desk.sync(ACME_ACCOUNT_ID=ACCOUNT)
    other = shelf / "openrouter.ai/api/v1/accounts/other/models@of=other.json"
    other.parent.mkdir(parents=True)
    other.write_bytes((shelf / f"openrouter.ai/api/v1/accounts/{ACCOUNT}/models@of={ACCOUNT}.json")
                      .read_bytes())
    desk.market.requests()
    desk.sync(ACME_ACCOUNT_ID="other")
    request, = desk.market.requests()
    assert "if-none-match" not in request["headers"] and request["status"] == 200
    assert truth.one(desk.database, "SELECT url FROM documents").endswith("/other/models?of=other")


def test_the_first_one_set_wins_and_a_default_is_last(desk, edit):
    desk.sync(ACME_ACCOUNT=ACCOUNT)
    desk.sync(ACME_ACCOUNT_ID=f"  {ACCOUNT} ", ACME_ACCOUNT="other")
    edit(first={"url": PLACE},
         variables={"account_id": {**VARIABLE["account_id"], "default": ACCOUNT}})
    desk.sync()
    assert {r["status"] for r in desk.market.requests()} <= {200, 304}


def test_not_set(desk):
    """As a provider without its key: failed when asked by name, left out among all."""
    run = desk.sync(expect=1)
    assert "not configured: set ACME_ACCOUNT_ID" in run.err
    run = desk.sync(providers="all")
    assert re.search(r"^Skipped 1 provider for want of ACME_ACCOUNT_ID$", run.out, re.M)
    assert "openrouter:" not in run.out
    assert not [r for r in desk.market.requests() if "openrouter.ai" in r["path"]]


@pytest.mark.parametrize("value", ["a/b", "..", ".", "a?b=c", "a b", "{account_id}", "a%2Fb", "a@b",
                                   "ä", "x" * 257])
def test_values_that_may_not_be(desk, value):
    """A usage error that names the variable and not the value; nothing is asked of anybody."""
    for providers in ("openrouter", "all"):
        run = desk.sync(providers=providers, ACME_ACCOUNT=value, expect=2)
        assert "ACME_ACCOUNT: only letters, digits" in run.err
        assert value in (".", "..") or value not in run.err + run.out
    assert desk.market.requests() == []


def test_a_value_is_no_matter_of_others(desk):
    """Of providers that are not asked no value is looked at."""
    desk.sync(providers="cerebras", ACME_ACCOUNT_ID="a/b")
    assert [r["path"] for r in desk.market.requests()] == ["/api.cerebras.ai/public/v1/models"]


def test_check_and_providers(desk):
    shown = desk.run("check", ACME_ACCOUNT_ID=ACCOUNT, **KEYS)
    assert "  ACME_ACCOUNT_ID                  present\n" in shown.out
    assert "  openrouter                       answers, HTTP 200\n" in shown.out
    shown = desk.run("check")
    assert "  ACME_ACCOUNT_ID                  absent\n" in shown.out
    assert "  openrouter                       not asked: ACME_ACCOUNT_ID is not set\n" in shown.out
    shown = desk.run("check", ACME_ACCOUNT_ID="a/b")
    assert "  openrouter                       NOT ASKED: ACME_ACCOUNT_ID: only letters" in shown.out
    line, = [x for x in desk.run("providers").out.splitlines() if x.startswith("openrouter ")]
    assert "MISSING" in line
    line, = [x for x in desk.run("providers", ACME_ACCOUNT_ID="x").out.splitlines()
             if x.startswith("openrouter ")]
    assert "MISSING" not in line


# ---- built-in providers that are asked in one of these ways

BUILT_IN = {
    "anthropic": {"ANTHROPIC_API_KEY": KEY},
    "cloudflare-workers-ai": {"CLOUDFLARE_API_TOKEN": KEY, "CLOUDFLARE_ACCOUNT_ID": ACCOUNT},
    "fal": {"FAL_KEY": KEY},
    "google-vertex": {},
}


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    return Account(tmp_path_factory.mktemp("account"))


@pytest.mark.parametrize("slug", BUILT_IN)
def test_built_in(market, start_assay, account, slug):
    account.register(market.url)
    desk = start_assay(market, GOOGLE_APPLICATION_CREDENTIALS=account.file, **BUILT_IN[slug])
    for _ in range(2):
        market.post("issuer", now=desk.now_ms() // 1000 + 3600)
        desk.sync("--providers", slug)
        truth.assert_stored(desk.database, truth.offered(market, slug), slug)
        market.advance(3)
    assert {r["status"] for r in market.requests()} == {200}


def test_fal_without_its_key(market, start_assay):
    """The models come; the prices are not asked for, and that is told."""
    desk = start_assay(market)
    run = desk.sync("--json", "--providers", "fal").provider("fal")
    assert run["models"] == len(truth.offered(market, "fal")) and run["prices"] == 0
    assert [n for n in run["notes"] if n.startswith("optional list")] == [
        "optional list prices: not asked: API key not configured: set FAL_KEY: its fields keep"
        " their last value"]
    assert {r["path"] for r in market.requests()} == {"/api.fal.ai/v1/models"}


@pytest.mark.stores("sqlite", "postgres")
def test_fal_without_its_key_stays_quiet(market, start_assay):
    """Every five minutes: told once, and a list that has not moved is not written again."""
    desk = start_assay(market)
    told = [line for line in desk.sync(providers="fal", FAL_KEY=None).logs()
            if "FAL_KEY" in line.get("what", "")]
    assert [line["level"] for line in told] == [40]
    before = truth.dump(desk.database, "documents", "known_notes")
    for _ in range(2):
        assert "FAL_KEY" not in desk.sync(providers="fal", FAL_KEY=None).err
    assert truth.dump(desk.database, "documents", "known_notes") == before
    market.post("remove", provider="fal", n=1)
    desk.sync(providers="fal", FAL_KEY=None)
    assert truth.dump(desk.database, "documents", "known_notes") != before
