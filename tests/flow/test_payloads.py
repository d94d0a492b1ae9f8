"""Both recorded OpenRouter documents: every model and every price, exactly, and nothing else.

The documents lie beside the repository (../shared/payloads); where they do not, the tests are
skipped and say so.
"""
import json

import pytest

from lib import rational, truth
from lib.database import stamp
from lib.truth import select

pytestmark = pytest.mark.stores("sqlite", "postgres")
DAYS = [("2026-08-01", 336), ("2026-08-22", 421)]
PATH = "openrouter.ai/api/v1/models.json"


@pytest.fixture(scope="module")
def payloads(shared_dir):
    path = shared_dir / "payloads" if shared_dir else None
    if not path or not all((path / day / PATH).is_file() for day, _ in DAYS):
        pytest.skip("no recorded OpenRouter documents at ../shared/payloads")
    return path


def catalog(payloads, day):
    return rational.catalog_of((payloads / day / PATH).read_bytes())


def replaying(start_market, payloads, day):
    return start_market(replay=payloads / day)


def tokens(document):
    """Every published price token, without any knowledge of keys: (id, where, key) → token."""
    found = {}
    for row in json.loads(document)["data"]:
        groups = [("", row["pricing"])]
        groups += [(str(n), o) for n, o in enumerate(row["pricing"].get("overrides", []))]
        for where, group in groups:
            for key, token in group.items():
                if isinstance(token, str):
                    found[row["id"], where, key] = token
    return found


@pytest.mark.parametrize("day, count", DAYS)
def test_document_is_stored_whole(start_market, start_assay, payloads, day, count):
    """Every model, every token of `pricing` and of every override; zero skips and no notes."""
    desk = start_assay(replaying(start_market, payloads, day))
    run = desk.sync_json()
    models = catalog(payloads, day)
    assert len(models) == run["models"] == count
    assert run["skipped"] == [] and run["notes"] == []
    truth.assert_stored(desk.database, models)


@pytest.mark.parametrize("day, count", DAYS)
def test_every_token_has_its_row(start_market, start_assay, payloads, day, count):
    """One open row per token, its raw text digit for digit, its amount the same number."""
    desk = start_assay(replaying(start_market, payloads, day))
    desk.sync()
    published = tokens((payloads / day / PATH).read_bytes())
    rows = select(desk.database, "SELECT m.provider_model_id, p.state, p.amount, p.currency, p.raw,"
                                 " p.source FROM prices p JOIN models m ON m.id = p.model_id"
                                 " WHERE p.seen_to IS NULL")
    assert len(rows) == len(published)
    assert sorted((i, raw) for i, _, _, _, raw, _ in rows) == sorted(
        (i, token) for (i, _, _), token in published.items())
    for i, state, amount, currency, raw, source in rows:
        value = rational.value_of(raw)
        wanted = ("dynamic", None) if value == -1 else (
            "free" if value == 0 else "priced", rational.text_of(value))
        assert (state, amount, currency) == (*wanted, "USD"), (i, raw)
        assert source.startswith("models#/pricing/"), source


def test_documents_hold_what_the_reader_must_know(payloads):
    """Guards the two tests above against emptiness: tiers, windows, -1 and zeros do occur."""
    prices = [(key, price) for day, _ in DAYS for m in catalog(payloads, day).values()
              for key, price in m["prices"].items()]
    conditions = {condition for (_, condition), _ in prices}
    assert any(">" in c for c in conditions) and any("Z]" in c for c in conditions)
    assert any("[1h]" in c and ">" in c for c in conditions)
    assert {state for _, (state, _, _) in prices} == {"priced", "free", "dynamic"}


def test_second_document_on_top_of_the_first(start_market, start_assay, payloads):
    """Three weeks later: the changes are those of an independent reading of both documents."""
    (first, _), (second, _) = DAYS
    market = replaying(start_market, payloads, first)
    desk = start_assay(market)
    desk.sync(ASSAY_NOW=first + "T12:00:00Z")
    market.post("replay", dir=payloads / second)
    gone = set(catalog(payloads, first)) - set(catalog(payloads, second))
    limit = max(5, len(catalog(payloads, first)) // 10)
    expected_suspect = len(gone) > limit
    if expected_suspect:
        run = desk.sync(expect=1, ASSAY_NOW=second + "T11:00:00Z")
        assert f"{len(gone)} of {len(catalog(payloads, first))} models are gone" in run.err
    desk.sync(ASSAY_NOW=second + "T12:00:00Z")
    after = catalog(payloads, second)
    truth.assert_stored(desk.database, after)
    known = truth.learn({}, catalog(payloads, first))
    wanted = truth.changes(known, after)
    assert truth.stored_changes(desk.database) == wanted
    kinds = {c[0] for c in wanted}
    assert {"added", "missing", "price", "capability"} <= kinds
    told, = select(desk.database, "SELECT DISTINCT at FROM changes")
    assert stamp(told[0]).startswith(second + "T12")


def test_the_same_document_again_writes_nothing(start_market, start_assay, payloads):
    """Replayed, with and without validators."""
    market = replaying(start_market, payloads, DAYS[1][0])
    desk = start_assay(market)
    desk.sync()
    before = truth.dump(desk.database, *truth.MARKET_TABLES, "changes")
    desk.sync()
    market.post("config", provider="openrouter", etag=0)
    desk.sync()
    assert truth.dump(desk.database, *truth.MARKET_TABLES, "changes") == before
    assert [s for s, in select(desk.database, "SELECT http_status FROM sync_runs ORDER BY id")] == [
        200, 304, 200]


def test_reading_can_fail():
    """The yardstick: exact text, exact ratio, zero, minus one, conditions."""
    assert rational.text_of(rational.value_of("0.00000020000000000000002")) == \
        "0.00000020000000000000002"
    assert rational.text_of(rational.value_of("4.50e-05")) == "0.000045"
    assert rational.text_of(rational.value_of("1e3")) == "1000"
    assert rational.ratio("3", "1") == "0.333333333333"
    assert rational.ratio("0.000003", "0.000002") == "0.666666666667"
    assert rational.ratio("0.1", "0") is None and rational.ratio("dynamic", "1") is None
    assert rational.price_of("-0") == ("free", "0", "USD")
    assert rational.price_of("-1") == ("dynamic", None, "USD")
    assert rational.terms_of({"utc_start": 2200, "utc_end": 2400}) == ["22:00-00:00Z"]
    row = {"architecture": {"input_modalities": []},
           "pricing": {"image": "0", "overrides": [{"min_prompt_tokens": 9, "utc_start": 0,
                                                    "utc_end": 930, "input_cache_write_1h": "1"}]}}
    assert rational.prices_of(row) == {
        ("cache_write_token", "[00:00-09:30Z][1h][>9]"): ("priced", "1", "USD")}
