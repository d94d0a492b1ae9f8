"""A probe cycle through the whole program, held against what the endpoints themselves saw."""
import collections
import json

import pytest

from lib.chat import (chat_counts, chat_log, chat_requests, outcomes, reset_chat, set_chat,
                      set_trending, trending)
from lib.market import Shelf
from lib.probing import (TOKEN, calls_of, endpoints_of, probe, rows_of_csv, samples, told)

MANY = {"MODELS_TO_FETCH": 45}
ALL = {"MODELS_TO_FETCH": 200}
BODY = ('{"messages":[{"role":"user","content":"Solve this: 123/2*3.2*9"}],"max_tokens":512,'
        '"model":"%s","stream":false}')


def asked(market):
    """{(provider, id): POSTs} of the router."""
    return {(p, m): n for (via, p, m), n in chat_counts(market).items() if via == "router"}


# ---- whom, and how

@pytest.mark.stores("sqlite", "postgres")
def test_calls_are_those_of_an_honest_tracker(market, start_assay):
    desk = start_assay(market)
    run = probe(desk, "--json", **MANY, HF_BILL_TO="my-org")
    truth = calls_of(market, 45)
    calls = trending(market, 45)["calls"]
    rows = told(run)
    requests = chat_requests(market)
    assert sum(truth.values()) > 100
    assert asked(market) == truth
    kept = samples(desk, "hf_model", "provider_name", "provider_model_id", "attempts")
    assert sorted(tuple(r.values()) for r in kept) == sorted(
        (c["model"], c["provider"], c["provider_id"], 1) for c in calls)
    assert {r["outcome"] for r in rows} == {"ok"} and len(rows) == len(kept)
    assert sorted(r["path"] for r in requests) == sorted(c["path"] for c in calls)
    for r in requests:
        headers = {name.lower(): value for name, value in r["headers"].items()}
        assert r["method"] == "POST"
        assert headers["authorization"] == f"Bearer {TOKEN}"
        assert headers["content-type"] == "application/json"
        assert headers["x-hf-bill-to"] == "my-org"
        assert r["body"] == BODY % json.loads(r["body"])["model"]
    assert collections.Counter((r["provider_name"], r["provider_model_id"])
                               for r in rows_of_csv(desk)) == truth
    assert TOKEN not in (desk.home / "metrics_buffer.csv").read_text() + run.out + run.err


@pytest.mark.stores("sqlite", "postgres")
def test_what_an_operator_switched_off_is_not_asked(market, start_assay):
    """A provider, and one model of another; the rest is asked as ever."""
    desk = start_assay(market)
    desk.sync("--providers", "novita", "together", **desk.keys())
    desk.database.operate("UPDATE providers SET is_active = false WHERE slug = ?", "novita")
    listed = {m for m, in desk.database.select(
        "SELECT m.provider_model_id FROM models m JOIN providers p ON p.id = m.provider_id"
        " WHERE p.slug = 'together'")}
    calls = trending(market, 45)["calls"]
    off = next(c["provider_id"] for c in calls
               if c["provider"] == "together" and c["provider_id"] in listed)
    desk.database.operate("UPDATE models SET is_active = false WHERE provider_model_id = ?"
                          " AND provider_id = (SELECT id FROM providers WHERE slug = 'together')", off)
    probe(desk, **MANY)
    wanted = {(p, m): n for (p, m), n in calls_of(market, 45).items()
              if p != "novita" and (p, m) != ("together", off)}
    assert asked(market) == wanted and len(wanted) < len(calls_of(market, 45)) - 1


def test_a_model_that_moves_between_pages_is_asked_once(start_market, start_assay, tmp_path):
    """The same page again and again: what is new on it ends the list."""
    page = {"models": [{"id": f"org/model-{n}", "availableInferenceProviders": [
        {"provider": "novita", "providerId": f"org/model-{n}", "task": "conversational"}]}
        for n in range(30)]}
    (tmp_path / "shelf").mkdir()
    for p in ("", "&p=1", "&p=2"):
        Shelf(tmp_path / "shelf").put(page, "huggingface.co/models-json@inference_provider=all"
                                      f"&pipeline_tag=text-generation&sort=trending&withCount=true{p}")
    market = start_market(scale=1, replay=tmp_path / "shelf")
    run = probe(start_assay(market), **MANY)
    assert asked(market) == {("novita", f"org/model-{n}"): 1 for n in range(30)}, run.err


def test_a_provider_that_nobody_mapped_is_told_once(market, start_assay):
    """And the operator's file has the last word."""
    desk = start_assay(market)
    everybody = calls_of(market, 45)
    name = next(iter(everybody))[0]
    (desk.home / "provider_mapping.json").write_text(json.dumps({name: None}))
    run = probe(desk, "--cycles", 2, SCHEDULE_INTERVAL_SECONDS=1, **MANY)
    unmapped = [e for e in run.logs() if "nobody says where" in e["msg"]]
    assert [e["provider"] for e in unmapped].count(name) == 1
    assert asked(market) == {
        key: 2 * n for key, n in everybody.items() if key[0] != name}
    (desk.home / "provider_mapping.json").write_text('{"x": "http://example.com/"}')
    refused = probe(desk, expect=1)
    assert '\\"x\\"' in refused.err or "x" in refused.logs()[-1]["msg"], refused


def test_without_a_token_it_refuses(market, start_assay):
    desk = start_assay(market)
    run = probe(desk, expect=2, HF_TOKEN=None)
    assert "HF_TOKEN" in run.logs()[-1]["msg"]
    assert chat_log(market) == []
    assert not (desk.home / "metrics_buffer.csv").exists()


@pytest.mark.parametrize("name, value", (
    ("HF_TOKEN", "Bearer hf_planted0123456789"), ("HF_TOKEN", "'hf_planted0123456789'"),
    ("HF_TOKEN", "hf_plänted0123456789"), ("HF_BILL_TO", "my org"), ("HF_BILL_TO", "a\r\nX-Evil: b")))
def test_what_can_be_no_header_is_refused_at_the_start(market, start_assay, name, value):
    run = probe(start_assay(market), expect=2, **{name: value})
    assert run.logs()[-1]["msg"].startswith(f"{name} (value not shown)") and "nted" not in run.err
    assert chat_log(market) == []


# ---- what comes of it

# Who is waited for in vain, and how long; nobody else is hurried.
SLOW = ("hang", "hang_head", "hang_after_head", "hang_body", "hang_end")
HURRY = {"ASSAY_PROBE_TIMEOUT_SECONDS": 4, "ASSAY_PROBE_FIRST_BYTE_SECONDS": 2}


TASTE = {  # where a reader may say it in another word
    "broken_json": "truncated",  # it breaks off
    "no_body": "empty",
    "huge": "length",  # more than is looked into
    "refused": "wrong_answer",  # in words alone
}


def share_out(market, names):
    """{(provider, id): outcome}: one endpoint each."""
    set_trending(market, models=200)
    shared = dict(zip(endpoints_of(market, 200), names))
    assert len(shared) == len(names), "too few endpoints"
    set_chat(market, *[{"provider": p, "model": m, "outcome": name}
                       for (p, m), name in shared.items()])
    return shared


@pytest.mark.parametrize("stream", (False, True))
def test_every_behaviour_gets_its_class(market, start_assay, stream):
    desk = start_assay(market)
    known = outcomes(market)
    names = [n for n, o in known.items() if o["class"] and not o["document" if stream else "stream"]]
    got, seen = {}, 0
    for some, how in ((set(names) - set(SLOW), ALL), (SLOW, HURRY)):
        reset_chat(market)
        shared = share_out(market, some)
        probe(desk, "--fresh", *(["--stream"] if stream else []), **how,
              ASSAY_PROBE_RETRIES=0, ASSAY_PROBE_CONCURRENCY=50)
        rows = samples(desk, "provider_name", "provider_model_id", "outcome")
        got.update((shared.get((r["provider_name"], r["provider_model_id"]), "none"), r["outcome"])
                   for r in rows[seen:])
        seen = len(rows)
    want = {name: {known[name]["class"], TASTE.get(name)} for name in names}
    assert len(want) > 80
    assert {n: (got[n], c) for n, c in want.items() if got[n] not in c} == {}
    assert sum(asked(market).values()) == sum(r["attempts"] for r in samples(desk, "attempts"))


def test_whose_fault_it_was_is_told(market, start_assay):
    desk = start_assay(market)
    shared = share_out(market, ["unauthorized", "server_error", "rate_limited", "wrong_answer"])
    rows = {shared[r["provider"], r["provider_model_id"]]: r
            for r in told(probe(desk, "--json", **ALL, ASSAY_PROBE_RETRIES=0))
            if (r["provider"], r["provider_model_id"]) in shared}
    assert {n: (r["fault"], r["status"]) for n, r in rows.items()} == {
        "unauthorized": ("ours", 401), "server_error": ("theirs", 500),
        "rate_limited": ("nobodys", 429), "wrong_answer": ("nobodys", 200)}
    assert rows["unauthorized"]["error"].startswith("HTTP error 401: ")


# ---- again

REPEATED = ("reset_early", "close_early", "reset_head", "cut_body", "server_error", "overloaded")
NOT_REPEATED = ("not_found", "unauthorized", "rate_limited", "unprocessable", "html", "empty")


def attempts(desk):
    counted = collections.Counter()
    for r in samples(desk, "provider_name", "provider_model_id", "attempts"):
        counted[r["provider_name"], r["provider_model_id"]] += r["attempts"]
    return counted


def test_what_may_pass_is_asked_again(market, start_assay):
    desk = start_assay(market)
    shared = share_out(market, [*REPEATED, *NOT_REPEATED])
    probe(desk, "--fresh", **MANY, ASSAY_PROBE_CONCURRENCY=50)
    counted = attempts(desk)
    assert counted == asked(market)
    assert {name: counted[key] for key, name in shared.items()} == {
        **dict.fromkeys(REPEATED, 3), **dict.fromkeys(NOT_REPEATED, 1)}


def test_attempts_are_what_the_server_counted(market, start_assay):
    """Also where a kept-alive connection dies under a request."""
    desk = start_assay(market)
    set_chat(market, outcome="dies_next", chance=0.3)
    run = probe(desk, "--cycles", 2, SCHEDULE_INTERVAL_SECONDS=1, **MANY)
    assert attempts(desk) == asked(market), run
    assert sum(asked(market).values()) > 2 * len(trending(market, 45)["calls"])


def test_waits_before_the_second_and_the_third_attempt(market, start_assay):
    desk = start_assay(market)
    provider, model = endpoints_of(market)[0]
    set_chat(market, provider=provider, model=model, outcome="server_error", times=2)
    probe(desk, ASSAY_PROBE_RETRY_DELAY_MS=100)
    stamps = [e["read"] for e in chat_log(market)
              if (e["provider"], e["model"]) == (provider, model)]
    waits = [(b - a) / 1000 for a, b in zip(stamps, stamps[1:])]
    assert len(waits) == 2 and waits[0] >= 75 and waits[1] >= 225, waits
    row, = [r for r in samples(desk, "provider_name", "provider_model_id", "outcome", "attempts",
                               "waited_ms", "duration_us", "total_us")
            if (r["provider_name"], r["provider_model_id"]) == (provider, model)]
    assert row["outcome"] == "ok" and row["attempts"] == 3
    assert row["waited_ms"] >= 300 and row["total_us"] - row["duration_us"] >= 300000


@pytest.mark.parametrize("outcome, after, posts", (
    ("rate_limited_retry", 1, 2),   # says when, and soon
    ("rate_limited_retry", 61, 1),  # later than anybody waits
    ("rate_limited", 0, 1),         # does not say
    ("unavailable_retry", 1, 2),
))
def test_retry_after(market, start_assay, outcome, after, posts):
    desk = start_assay(market)
    provider, model = endpoints_of(market)[0]
    set_chat(market, provider=provider, model=model, outcome=outcome, times=1, retry_after=after)
    probe(desk)
    stamps = [e["read"] for e in chat_log(market)
              if (e["provider"], e["model"]) == (provider, model)]
    assert len(stamps) == posts
    assert posts == 1 or stamps[1] - stamps[0] >= after * 1000000


def test_a_retry_after_beyond_the_cycle_is_no_retry(market, start_assay):
    desk = start_assay(market)
    provider, model = endpoints_of(market)[0]
    set_chat(market, provider=provider, model=model, outcome="rate_limited_retry", retry_after=30)
    probe(desk, SCHEDULE_INTERVAL_SECONDS=5)
    assert asked(market)[provider, model] == 1


# ---- who agrees, and what was learned

@pytest.mark.stores("sqlite", "postgres")
def test_agreement_is_of_the_most(market, start_assay):
    desk = start_assay(market)
    group = collections.defaultdict(list)
    for c in trending(market, 45)["calls"]:
        group[c["model"]].append((c["provider"], c["provider_id"]))
    model, keys = next((m, k) for m, k in group.items() if len(k) > 3)
    set_chat(market, provider=keys[0][0], model=keys[0][1], answer="wrong")
    set_chat(market, provider=keys[1][0], model=keys[1][1], outcome="not_found")
    rows = told(probe(desk, "--json", **MANY))
    kept = {(r["provider_name"], r["provider_model_id"]): r["agrees"]
            for r in samples(desk, "hf_model", "provider_name", "provider_model_id", "agrees")
            if r["hf_model"] == model}
    assert [kept[k] for k in keys] == [0, None] + [1] * (len(keys) - 2)
    assert collections.Counter(r["agrees"] for r in rows if r["model"] == model) == {
        False: 1, None: 1, True: len(keys) - 2}
    alone = [m for m, k in group.items() if len(k) == 1]
    assert alone and all(r["agrees"] is None for r in rows if r["model"] in alone)


def test_random_sums_differ_per_cycle_and_not_within_a_group(market, start_assay):
    desk = start_assay(market)
    run = probe(desk, "--cycles", 2, "--json", SCHEDULE_INTERVAL_SECONDS=1,
                ASSAY_PROBE_PROMPT="random-arithmetic")
    rows = told(run)
    assert {r["outcome"] for r in rows} == {"ok"}
    expected = collections.defaultdict(set)
    for r in rows:
        expected[r["cycle_at"], r["model"]].add(r["expected"])
    assert all(len(sums) == 1 for sums in expected.values())
    assert len({sums.pop() for sums in expected.values()}) > 5
    assert "1771.2" not in {r["expected"] for r in rows}


def test_what_a_400_taught_is_used_the_next_time(market, start_assay):
    desk = start_assay(market)
    provider, model = endpoints_of(market)[0]
    set_chat(market, provider=provider, model=model, limit="max_completion_tokens")
    first = told(probe(desk, "--json"))
    second = told(probe(desk, "--json"))
    outcome = [[r["outcome"] for r in rows
                if (r["provider"], r["provider_model_id"]) == (provider, model)]
               for rows in (first, second)]
    assert outcome == [["bad_request"], ["ok"]]
    assert desk.database.select("SELECT provider_model_id FROM recipe_corrections") == [(model,)]
    path, = {c["path"] for c in trending(market)["calls"]
             if (c["provider"], c["provider_id"]) == (provider, model)}
    bodies = [json.loads(r["body"]) for r in chat_requests(market)
              if r["path"] == path and json.loads(r["body"])["model"] == model]
    assert [sorted(b) for b in bodies] == [
        ["max_tokens", "messages", "model", "stream"],
        ["max_completion_tokens", "messages", "model", "stream"]]


# ---- any endpoint

def test_the_catalog_is_asked_at_home(market, start_assay):
    """Through each provider's own URL, with its key and in its own form."""
    desk = start_assay(market)
    keys = desk.keys(("groq", "anthropic", "cohere"))
    desk.sync(providers=["groq", "anthropic", "cohere"])
    keys = {**keys, "HF_TOKEN": None}
    run = probe(desk, "--providers", "groq", "anthropic", "cohere", "--top", 6, "--json", **keys)
    rows = told(run)
    assert len(rows) == 6 == len(chat_log(market))
    assert {r["provider"] for r in rows} == {"groq", "anthropic", "cohere"}
    assert {r["outcome"] for r in rows} == {"ok"}, rows
    assert {via for via, _, _ in chat_counts(market)} == {"direct"}
    again = told(probe(desk, "--providers", "groq", "anthropic", "cohere", "--top", 6, "--json",
                       **keys))
    names = [{(r["provider"], r["provider_model_id"]) for r in part} for part in (rows, again)]
    assert not names[0] & names[1]  # those longest not asked come first
    chosen = rows[0]["provider_model_id"]
    one = told(probe(desk, "--models", chosen, "--json", **keys))
    assert {r["provider_model_id"] for r in one} == {chosen}


def test_two_endpoints_of_one_model_are_told_apart(market, start_assay):
    """Routes of one provider to one model: by the provider's own id."""
    desk = start_assay(market)
    desk.sync(providers=["huggingface"])
    run = probe(desk, "--providers", "huggingface", "--top", 12)
    rows = [(row["provider"], row["hf_model"]) for row in samples(desk, "provider", "hf_model")]
    assert len(set(rows)) < len(rows)
    names = [line.split(": ")[0] for line in run.out.splitlines() if line.startswith("huggingface ")]
    assert len(set(names)) == len(names) == len(rows), run


def test_what_is_no_chat_is_counted_and_not_scolded(market, start_assay):
    """A choice by text or count is no claim about each model; a name is one."""
    desk = start_assay(market)
    keys = desk.keys(("together",))
    desk.sync(providers=["together"])
    name = desk.database.one("SELECT provider_model_id FROM models WHERE modality = ?",
                             "text->embedding")
    others = desk.database.one("SELECT count(*) FROM models WHERE modality NOT LIKE '%text->text'")
    run = probe(desk, "--providers", "together", **keys)
    ended = [e for e in run.logs() if e["msg"] == "probe: cycle ended"]
    assert [e["left_out"] for e in ended] == [others] and others > 1
    assert not [e for e in run.logs() if e["msg"] == "probe: not asked"]
    assert f", {others} left out" in run.out and "0 models" not in run.out
    named = probe(desk, "--models", name, **keys)
    assert [e["model"] for e in named.logs() if e["msg"] == "probe: not asked"] == [name]


def test_a_text_that_nothing_has_is_a_usage_error(market, start_assay):
    desk = start_assay(market)
    assert "assay sync" in probe(desk, "--query", "vesper", expect=2).err
    desk.sync(providers=["openrouter"])
    assert "no-such" in probe(desk, "--query", "no-such", expect=2).err


@pytest.mark.parametrize("args, word", (
    (("--providers", "nobody"), "nobody"),
    (("--models", "no-such-model"), "no-such-model"),
    (("--providers", "groq"), "GROQ_API_KEY"),
    (("--query", ""), "--query"),
    (("--query", " "), "--query"),
    (("--models", ""), "--models"),
    (("--providers", ""), "--providers"),
))
def test_a_choice_that_nothing_answers_to_is_a_usage_error(market, start_assay, args, word):
    desk = start_assay(market)
    run = probe(desk, *args, expect=2)
    assert word in run.err
    assert chat_log(market) == []


def test_health_follows(market, start_assay):
    desk = start_assay(market)
    keys = desk.keys(("groq",))
    desk.sync(providers=["groq"])
    model = desk.database.select("SELECT provider_model_id FROM models ORDER BY 1")[0][0]
    set_chat(market, provider="groq", model=model, outcome="server_error")
    probe(desk, "--models", f"groq:{model}", "--cycles", 3, SCHEDULE_INTERVAL_SECONDS=1,
          ASSAY_PROBE_RETRIES=0, **keys)
    assert desk.database.one("SELECT health_status FROM models WHERE provider_model_id = ?",
                             model) in ("down", "degraded")
    assert desk.database.one("SELECT count(*) FROM models WHERE health_status = 'unknown'"
                             " AND success_rate IS NULL") == desk.database.one(
                                 "SELECT count(*) FROM models") - 1
