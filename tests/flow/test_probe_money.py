"""A budget is asked before each send, and settled from what was used; worked out here a second time."""
import collections
import json
import signal
from fractions import Fraction

import pytest

from lib.chat import chat_counts, chat_log, chat_requests, set_chat, trending
from lib.probing import calls_of, endpoints_of, events, nowhere, probe, samples, told
from test_probe_schedule import start_prober  # noqa: F401 (a fixture)

ASSUMED = Fraction(100, 10**6)  # dollars a token
LIMIT = 512


def worst(market):
    """What the dearest request may cost at the assumed price."""
    longest = max((len(r["body"]) for r in chat_requests(market)), default=200)
    return (longest + LIMIT) * ASSUMED


def ledger(desk):
    return [(p, Fraction(a), state) for p, a, state in desk.database.select(
        "SELECT provider, amount, state FROM ledger ORDER BY id")]


@pytest.mark.stores("sqlite", "postgres")
def test_never_more_than_the_budget(market, start_assay):
    """Even if each answer had used all that it may."""
    desk = start_assay(market)
    set_chat(market, usage="none")
    run = probe(desk, ASSAY_PROBE_BUDGET_USD="0.5")
    asked = len(chat_log(market))
    assert 0 < asked < len(trending(market, 5)["calls"])
    rows = ledger(desk)
    assert len(rows) == asked and sum(a for _, a, _ in rows) <= Fraction(1, 2)
    assert sum(a for _, a, _ in rows) + worst(market) > Fraction(1, 2)  # and no less than that
    assert events(run, "cycle ended")[0]["denied"] == len(trending(market, 5)["calls"]) - asked
    denied = [e["provider"] for e in events(run, "the budget has no room for what it may cost at worst")]
    assert denied and max(collections.Counter(denied).values()) == 1
    probe(desk, ASSAY_PROBE_BUDGET_USD="0.5")  # nobody said what was used: it may have been all
    assert len(chat_log(market)) == asked


def test_what_was_not_used_is_there_again(market, start_assay):
    desk = start_assay(market)
    probe(desk, ASSAY_PROBE_BUDGET_USD="0.5")
    first = len(chat_log(market))
    probe(desk, ASSAY_PROBE_BUDGET_USD="0.5")
    assert len(chat_log(market)) > first
    kept = samples(desk, "input_tokens", "output_tokens", "cost", "price_source")
    assert all(Fraction(r["cost"]) == (r["input_tokens"] + r["output_tokens"]) * ASSUMED
               and r["price_source"] == "assumed" for r in kept)
    assert sum(a for _, a, _ in ledger(desk)) == sum(Fraction(r["cost"]) for r in kept)
    assert {state for _, _, state in ledger(desk)} == {"settled"}


def test_each_provider_has_its_own(market, start_assay):
    desk = start_assay(market)
    probe(desk, ASSAY_PROBE_PROVIDER_BUDGET_USD="0.07", MODELS_TO_FETCH=30)
    asked = collections.Counter(p for (_, p, _), n in chat_counts(market).items()
                                for _ in range(n))
    assert asked == dict.fromkeys({p for p, _ in calls_of(market, 30)}, 1)


def test_each_repeated_attempt_is_asked_for(market, start_assay):
    desk = start_assay(market)
    provider, model = endpoints_of(market)[0]
    set_chat(market, outcome="server_error")
    probe(desk, ASSAY_PROBE_PROVIDER_BUDGET_USD="0.13", MODELS_TO_FETCH=1)
    rows = samples(desk, "attempts", "outcome")
    assert [(r["attempts"], r["outcome"]) for r in rows] == [(2, "server_error")] * len(rows)
    assert len(chat_log(market)) == 2 * len(rows) == len(ledger(desk))


def test_what_never_left_costs_nothing(market, start_assay):
    desk = start_assay(market)
    nowhere(desk, market)
    probe(desk, ASSAY_PROBE_BUDGET_USD="5", ASSAY_PROBE_RETRIES=1)
    rows = samples(desk, "attempts", "outcome", "counted")
    assert {(r["attempts"], r["outcome"]) for r in rows} == {(0, "connect")}
    assert {a for _, a, _ in ledger(desk)} == {0} and len(ledger(desk)) == len(rows)
    assert chat_log(market) == []
    # Nobody at all could be reached: that says nothing about any of them.
    assert {r["counted"] for r in rows} == {0}


def test_the_catalog_has_the_price(market, start_assay):
    """Input and output at what the provider publishes, digit for digit."""
    desk = start_assay(market)
    keys = desk.keys(("deepinfra",))
    desk.sync(providers=["deepinfra"])
    rows = told(probe(desk, "--providers", "deepinfra", "--top", 5, "--sort", "name", "--json",
                      **keys))
    checked = 0
    for r in rows:
        prices = dict(desk.database.select(
            "SELECT p.meter, p.amount FROM prices p JOIN models m ON m.id = p.model_id"
            " WHERE m.provider_model_id = ? AND p.seen_to IS NULL AND p.condition = ''"
            " AND p.meter IN ('input_token', 'output_token')", r["provider_model_id"]))
        if len(prices) < 2 or r["cost"] is None or r["outcome"] != "ok":
            continue
        checked += 1
        assert Fraction(r["cost"]) == (r["input_tokens"] * Fraction(prices["input_token"])
                                       + r["output_tokens"] * Fraction(prices["output_token"]))
        assert r["price_source"] != "assumed"
    assert checked


def test_who_is_stopped_gives_back_what_he_did_not_use(market, start_assay, start_prober):  # noqa: F811
    desk = start_assay(market)
    set_chat(market, latency="700")
    prober = start_prober(desk, ASSAY_PROBE_BUDGET_USD="50", ASSAY_PROBE_CONCURRENCY=3)
    prober.wait_for(lambda: chat_log(market))
    prober.signal(signal.SIGTERM)
    code, _, _ = prober.end()
    asked = len(chat_log(market))
    assert code == 0 and asked < len(trending(market, 5)["calls"])
    states = collections.Counter(state for _, _, state in ledger(desk))
    assert states == {"settled": asked, "released": len(trending(market, 5)["calls"]) - asked}
    assert all(a == 0 for _, a, state in ledger(desk) if state == "released")


@pytest.mark.parametrize("value", ("-1", "much", "1,5"))
def test_a_budget_that_is_no_amount_is_refused(market, start_assay, value):
    run = probe(start_assay(market), expect=2, ASSAY_PROBE_BUDGET_USD=value)
    assert "ASSAY_PROBE_BUDGET_USD" in run.err
    assert json.loads(run.err.splitlines()[-1])["kind"] == "usage"
