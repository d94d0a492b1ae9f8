"""`assay compare`: who offers the same weights, cheapest first, reckoned a second time in fractions."""
import re
from fractions import Fraction

import pytest

from lib.bazaar import Bazaar

pytestmark = pytest.mark.stores("sqlite", "postgres")
MILLION = 10 ** 6
STALLS = {"north": "USD", "south": "USD", "west": "EUR"}
NORTH = [
    {"id": "qwen/qwen3-8b", "in": "0.0400000000000000001", "out": "0.12", "window": 131072,
     "longest": 8192, "quant": "fp8", "ends": "2026-12-31"},
    {"id": "qwen/qwen3-8b:free", "in": "0", "out": "0", "window": 40960},
    {"id": "openai/gpt-4.1", "in": "2", "out": "8", "cached": "0.5", "in_long": "4", "out_long": "12",
     "in_huge": "9", "in_batch": "1", "out_batch": "4", "fee": "0.01"},
    {"id": "openai/gpt-4.1-mini", "in": "0.4", "out": "1.6"},
    {"id": "house-special", "in": "1", "out": "1"},
    {"id": "meta/llama-3.1-8b", "in": "1", "out": "1"},
]
SOUTH = [
    {"id": "Qwen/Qwen3-8B", "in": "0.04", "out": "0.12", "quant": "bf16"},
    {"id": "Qwen/Qwen3-8B-FP8", "in": "-1", "out": "-1"},
    {"id": "small", "hub": "Qwen/Qwen3-8B", "in": "0.01"},
    {"id": "shy", "hub": "Qwen/Qwen3-8B", "window": 1024},
    {"id": "gpt-4.1", "in": "2.5", "out": "8.5"},
    {"id": "house-special", "in": "0.5", "out": "0.5"},
    {"id": "gpt-4.1-nano"},
]
WEST = [{"id": "qwen3-8b", "in": "0.001", "out": "0.001"}, {"id": "qwen3-14b", "in": "1", "out": "1"}]


@pytest.fixture
def bazaar(quick_dir, start_market, start_assay):
    place = Bazaar(quick_dir, start_market, start_assay, STALLS)
    for slug, rows in zip(STALLS, (NORTH, SOUTH, WEST)):
        place.sell(slug, *rows)
    place.sync()
    return place


def compare(place, *args):
    run = place.desk.run("compare", *args, "--json")
    assert run.code == 0 and run.err == "", run
    return run.json()


def ids(answer):
    return [(o["provider"], o["provider_model_id"]) for o in answer["offers"]]


def refused(place, *args, code=1):
    """The sentence; nothing else is said."""
    run = place.desk.run("compare", *args)
    assert run.code == code and run.out == "", run
    line, = run.logs()
    return line["msg"]


# ---- a second reckoning, from the tables

def in_force(prices, meter, tokens, tiers):
    """prices: {(meter, condition): (state, amount, currency)}"""
    found, best = prices.get((meter, "")), -1
    for (m, condition), price in prices.items():
        match = re.fullmatch(r"\[>(=?)(\d+)\]", condition)
        if tiers and m == meter and match and (tokens >= int(match[2]) if match[1]
                                               else tokens > int(match[2])) and int(match[2]) > best:
            found, best = price, int(match[2])
    return found


def cost(prices, use, tiers):
    parts = [(in_force(prices, meter, use[0], tiers), tokens)
             for meter, tokens in zip(("input_token", "output_token"), use) if tokens]
    known = [(Fraction(p[1]) * tokens, p[2]) for p, tokens in parts if p and p[0] != "dynamic"]
    if any(p and p[0] == "dynamic" for p, _ in parts):
        return "dynamic", None, None
    if not known:
        return "unpublished", None, None
    currencies = {c for amount, c in known if amount} or {"USD"}
    return ("priced" if len(known) == len(parts) else "in part", sum(a for a, _ in known),
            currencies.pop() if len(currencies) == 1 else None)


ORDER = ("priced", "in part", "dynamic", "unpublished")


def reckoned(database, canonical, use=(MILLION, MILLION), tiers=False):
    """[(provider, id, cost)], in order."""
    rows = []
    for id_, slug, name, gone in database.select(
            "SELECT m.id, p.slug, m.provider_model_id, m.missing_since FROM models m"
            " JOIN providers p ON p.id = m.provider_id WHERE m.canonical_id = ?", canonical):
        prices = {(meter, condition): price for meter, condition, *price in database.select(
            "SELECT meter, condition, state, amount, currency FROM prices"
            " WHERE model_id = ? AND seen_to IS NULL", id_)}
        rows.append((gone is not None, cost(prices, use, tiers), slug, name))
    rows.sort(key=lambda r: (r[0], ORDER.index(r[1][0]), r[1][1] != 0, r[1][2] != "USD", r[1][2] or "",
                             r[1][1] or 0, r[2], r[3]))
    return [(slug, name, what) for _, what, slug, name in rows]


def told(answer):
    return [(o["provider"], o["provider_model_id"],
             (o["cost"]["state"], o["cost"]["amount"] and Fraction(o["cost"]["amount"]),
              o["cost"]["currency"])) for o in answer["offers"]]


# ---- the offers

def test_offers_in_order(bazaar):
    """Free, dollars, other money, a part of a price, decided at call time, nothing; to the last digit."""
    answer = compare(bazaar, "qwen/qwen3-8b")
    assert answer["canonical_id"] == "qwen/qwen3-8b"
    assert (answer["input_tokens"], answer["output_tokens"]) == (MILLION, MILLION)
    assert ids(answer) == [
        ("north", "qwen/qwen3-8b:free"), ("south", "Qwen/Qwen3-8B"), ("north", "qwen/qwen3-8b"),
        ("west", "qwen3-8b"), ("south", "small"), ("south", "Qwen/Qwen3-8B-FP8"), ("south", "shy")]
    assert told(answer) == reckoned(bazaar.desk.database, "qwen/qwen3-8b")
    assert [o["cost"]["amount"] for o in answer["offers"]] == [
        "0", "0.16", "0.1600000000000000001", "0.002", "0.01", None, None]


def test_what_json_says_of_an_offer(bazaar):
    offer, = (o for o in compare(bazaar, "gpt-4.1")["offers"] if o["provider"] == "north")
    prices = offer.pop("prices")
    cost_ = offer.pop("cost")
    assert offer == {
        "provider": "north", "provider_model_id": "openai/gpt-4.1",
        "canonical_evidence": 'id "openai/gpt-4.1"', "context_length": None,
        "max_output_tokens": None, "modality": None, "quantization": None, "is_active": True,
        "missing_since": None, "deprecated_at": None, "replaced_by": None,
        "health_status": "unknown", "success_rate": None, "average_response_time_ms": None,
        "last_health_check_at": None, "input_per_1m": "2",
        "output_per_1m": "8", "cached_input_per_1m": "0.5"}
    assert cost_ == {"state": "priced", "amount": "10", "currency": "USD"}
    wanted = bazaar.desk.database.select(
        "SELECT c.meter, c.condition, c.state, c.amount, c.currency, c.suspect FROM prices c"
        " JOIN models m ON m.id = c.model_id WHERE m.provider_model_id = 'openai/gpt-4.1'"
        " AND c.seen_to IS NULL")
    assert sorted(map(tuple, (p.values() for p in prices))) == sorted(wanted) and len(wanted) == 9
    assert [list(p) for p in prices][0] == ["meter", "condition", "state", "amount", "currency",
                                            "suspect"]
    first, = (o for o in compare(bazaar, "qwen3-8b")["offers"] if o["quantization"] == "fp8")
    assert (first["context_length"], first["max_output_tokens"], first["deprecated_at"]) == (
        131072, 8192, "2026-12-31T00:00:00.000Z")
    assert first["input_per_1m"] == "0.0400000000000000001"


@pytest.mark.parametrize("use, north_first", [
    ((200000, 1000), True), ((200001, 1000), False), ((999999, 1), False), ((1000000, 1), False),
    ((1, 1), True), ((0, 1000), True), ((300000, 0), False), ((10 ** 9, 10 ** 9), False)])
def test_given_tokens(bazaar, use, north_first):
    """The tier that the input reaches is the whole request's; a fee and a batch are no part of it."""
    args = [f"--{name}-tokens={n}" for name, n in zip(("input", "output"), use) if n]
    answer = compare(bazaar, "openai/gpt-4.1", *args)
    assert (answer["input_tokens"], answer["output_tokens"]) == use
    assert told(answer) == reckoned(bazaar.desk.database, "openai/gpt-4.1", use, tiers=True)
    assert (ids(answer)[0][0] == "north") == north_first


def test_market_moves(bazaar):
    """Offers that are gone stand last and say since when; one that is switched off, or suspect, says so."""
    bazaar.sell("north", *NORTH[1:])
    bazaar.sell("south", *SOUTH, {"id": "huge", "hub": "Qwen/Qwen3-8B", "in": "100000", "out": "1"})
    bazaar.sync()
    bazaar.desk.database.operate("UPDATE models SET is_active = false WHERE provider_model_id = 'small'")
    answer = compare(bazaar, "qwen/qwen3-8b")
    assert told(answer) == reckoned(bazaar.desk.database, "qwen/qwen3-8b")
    assert ids(answer)[-1] == ("north", "qwen/qwen3-8b")
    assert answer["offers"][-1]["missing_since"] == bazaar.desk.now()
    off = {o["provider_model_id"]: o for o in answer["offers"]}
    assert [i for i, o in off.items() if not o["is_active"]] == ["small"]
    assert [i for i, o in off.items() if any(p["suspect"] for p in o["prices"])] == ["huge"]
    lines = {line.split()[1]: line for line in bazaar.desk.run("compare", "qwen3-8b").out.splitlines()
             if line[:5] in ("north", "south")}
    day = bazaar.desk.now()[:10]
    assert lines["qwen/qwen3-8b"].endswith(f"  missing since {day}  deprecated 2026-12-31")
    assert lines["small"].endswith("  inactive") and lines["huge"].endswith("  suspect price")


GOLDEN = """\
openai/gpt-4.1: 2 offers
Prices per 1M tokens, in USD where no currency stands; cheapest first, by the COST of 1000000 input and 1000000 output tokens.

PROVIDER           MODEL                                                   IN/1M       OUT/1M    CACHED/1M         COST   CONTEXT   MAX OUT HEALTH   LATENCY ms QUANTIZATION
north              openai/gpt-4.1                                              2            8          0.5           10         -         - -                 - -
                     [>200000]                                                 4           12            -
                     [>=1000000]                                               9            -            -
                     [batch]                                                   1            4            -
south              gpt-4.1                                                   2.5          8.5            -           11         -         - -                 - -
"""


def test_text(bazaar):
    run = bazaar.desk.run("compare", "gpt-4.1")
    assert run.code == 0 and run.out == GOLDEN
    out = bazaar.desk.run("compare", "qwen/qwen3-8b", "--input-tokens", "1000").out
    assert "by the COST of 1000 input and 0 output tokens." in out
    rows = [line.split() for line in out.splitlines()[4:]]
    assert [row[:6] for row in rows if row[0] == "west"] == [
        ["west", "qwen3-8b", "0.001", "EUR", "0.001", "EUR"]]
    assert [row[2:6] for row in rows if row[1] == "Qwen/Qwen3-8B-FP8"] == [
        ["dynamic", "dynamic", "-", "dynamic"]]
    assert "0.01+" in bazaar.desk.run("compare", "qwen/qwen3-8b").out


def test_what_probes_found_stands_beside_the_price(bazaar):
    bazaar.desk.database.operate(
        "UPDATE models SET health_status = 'degraded', success_rate = 0.9375,"
        " average_response_time_ms = 812.4375, last_health_check_at = '2026-08-22T12:00:00.000Z'"
        " WHERE provider_model_id = 'openai/gpt-4.1'")
    measured, = (o for o in compare(bazaar, "gpt-4.1")["offers"] if o["provider"] == "north")
    assert [measured[k] for k in ("health_status", "success_rate", "average_response_time_ms",
                                  "last_health_check_at")] == [
        "degraded", 0.9375, 812.438, "2026-08-22T12:00:00.000Z"]
    lines = bazaar.desk.run("compare", "gpt-4.1").out.splitlines()
    assert [line.split()[-3:] for line in lines if line.startswith(("north", "south"))] == [
        ["degraded", "812.4", "-"], ["-", "-", "-"]]


def test_control_characters_stay_out_of_a_terminal(bazaar):
    bazaar.sell("west", {"id": "evil\x1b[2Jone", "hub": "Qwen/Qwen3-8B", "quant": "a\x07b"})
    bazaar.sync()
    out = bazaar.desk.run("compare", "qwen3-8b").raw_out
    assert b"evil?[2Jone" in out and not set(out) & set(range(0, 10)) | set(out) & {0x1b}


# ---- which model is meant

@pytest.mark.parametrize("typed", [
    "qwen/qwen3-8b", "Qwen/Qwen3-8B", "QWEN/QWEN3-8B", "qwen3-8b", "Qwen/Qwen3-8B-FP8", "alibaba/qwen-3-8b",
    "qwen/qwen3-8b:free", "south:small", "SHY", "accounts/fireworks/models/qwen3-8b", "wen3-8"])
def test_what_users_type(bazaar, typed):
    assert compare(bazaar, typed)["canonical_id"] == "qwen/qwen3-8b"


def test_whole_name_before_a_part(bazaar):
    """gpt-4.1 is a part of two others too."""
    assert compare(bazaar, "gpt-4.1")["canonical_id"] == "openai/gpt-4.1"
    assert compare(bazaar, "gpt-4.1-mini")["canonical_id"] == "openai/gpt-4.1-mini"


def test_alias_of_a_providers_id(bazaar, quick_dir):
    """An id means what its operator says it means."""
    (quick_dir / "aliases.json").write_text('{"house-special": "qwen/qwen3-14b"}')
    bazaar.sync(ASSAY_ALIASES=quick_dir / "aliases.json")
    answer = compare(bazaar, "house-special")
    assert answer["canonical_id"] == "qwen/qwen3-14b" and len(answer["offers"]) == 3


def test_part_of_several(bazaar):
    assert refused(bazaar, "gpt") == '"gpt" may be any of 3 models: ' \
        "openai/gpt-4.1, openai/gpt-4.1-mini, openai/gpt-4.1-nano"
    assert refused(bazaar, "3-") == '"3-" may be any of 2 models: qwen/qwen3-14b, qwen/qwen3-8b'
    assert refused(bazaar, "e").startswith('"e" may be any of ')
    assert " and 2 more" in refused(bazaar, "-")


def test_unknown(bazaar):
    assert refused(bazaar, "qwen/qwn3-8b") == \
        'nobody stored offers "qwen/qwn3-8b"; most alike: qwen/qwen3-8b, qwen/qwen3-14b'
    assert refused(bazaar, "gtp-4.1-mini").endswith("; most alike: openai/gpt-4.1-mini")
    assert refused(bazaar, "xyzzy") == 'nobody stored offers "xyzzy": `assay models` lists what there is'
    assert "\\x1b" in refused(bazaar, "\x1b[2J")


def test_not_comparable(bazaar):
    """Found by its id, at each who writes it so; said to be matched with nothing."""
    answer = compare(bazaar, "House-Special")
    assert answer["canonical_id"] is None
    assert ids(answer) == [("south", "house-special"), ("north", "house-special")]
    assert {o["canonical_evidence"] for o in answer["offers"]} == {
        'none: unknown family: "house-special"'}
    assert ids(compare(bazaar, "ouse-spec")) == ids(answer)
    first = bazaar.desk.run("compare", "house-special").out.splitlines()[0]
    assert first == 'house-special: not comparable, for it is matched with no other model ' \
        '(none: unknown family: "house-special")'
    assert compare(bazaar, "llama-3.1")["canonical_id"] is None


def test_providers(bazaar):
    assert ids(compare(bazaar, "qwen3-8b", "--providers", "west,north")) == [
        ("north", "qwen/qwen3-8b:free"), ("north", "qwen/qwen3-8b"), ("west", "qwen3-8b")]
    assert refused(bazaar, "openai/gpt-4.1", "--providers", "west") == \
        'none of these providers offers "openai/gpt-4.1", but: north, south'


@pytest.mark.parametrize("args, says", [
    ([], "one MODEL"), (["a", "b"], "one MODEL"), ([""], "one MODEL"), (["--providers", "north", "qwen3-8b"],
                                                                  "before --providers"),
    (["a", "--input-tokens", "0"], "--input-tokens"), (["a", "--output-tokens", "x"], "--output-tokens"),
    (["a", "--nonsense"], "unknown option")])
def test_usage(bazaar, args, says):
    assert says in refused(bazaar, *args, code=2)


def test_reads_only(bazaar):
    """No file is made, and an old schema is refused with the way out."""
    before = bazaar.desk.database.content()
    compare(bazaar, "qwen3-8b")
    assert bazaar.desk.database.content() == before
    bazaar.desk.database.operate("DELETE FROM schema_version WHERE version > 1")
    assert "assay migrate" in refused(bazaar, "qwen3-8b")


@pytest.mark.empty
def test_no_database(start_assay):
    desk = start_assay(home="empty")
    run = desk.run("compare", "gpt-4o")
    assert run.code == 1 and "assay sync" in run.err, run


def test_simulated_market(start_market, start_assay):
    """What the simulator offers under a repository's name, at two shops, through its moves."""
    market = start_market(seed=9, scale=200)
    desk = start_assay(market)
    compared = 0
    for _ in range(3):
        desk.sync(providers="all")
        names = [n for n, in desk.database.select("SELECT DISTINCT canonical_id FROM models"
                                                  " WHERE canonical_id IS NOT NULL")]
        for name in sorted(names)[::13]:
            answer = desk.run("compare", name, "--json").json()
            assert told(answer) == reckoned(desk.database, name)
            compared += len(answer["offers"])
        market.advance()
    assert compared > 15
