# SPDX-License-Identifier: MIT
"""marketsim's smaller providers: each document, read by the book, must say what the truth says.

The reading is lib/readings.py, which shares nothing with the simulator; loopback only.
"""
import json
import math
import re
import socket
import zlib
from decimal import Decimal
from fractions import Fraction
from urllib.parse import quote

import pytest

from lib import dialects, readings, walk
from lib.lived import apply
from lib.sim import as_read, check_price_events
from lib.truth import catalog

KEY = {"Authorization": "Bearer any", "x-api-key": "any", "x-goog-api-key": "any",
       "anthropic-version": "2023-06-01"}
LISTS = {
    "cerebras": {"models": "/api.cerebras.ai/public/v1/models"},
    "deepinfra": {"models": "/api.deepinfra.com/models/list"},
    "deepinfra-openai": {"models": "/api.deepinfra.com/v1/openai/models"},
    "nebius": {"models": "/api.tokenfactory.nebius.com/v1/models?verbose=true",
               "public": "/tokenfactory.nebius.com/api/public/models_info"},
    "together": {"models": "/api.together.xyz/v1/models"},
    "vercel-ai-gateway": {"models": "/ai-gateway.vercel.sh/v1/models"},
    "alibaba": {"models": "/dashscope-intl.aliyuncs.com/compatible-mode/v1/models"},
    "anthropic": {"models": "/api.anthropic.com/v1/models?limit=1000"},
    "cohere": {"models": "/api.cohere.com/v1/models?page_size=1000"},
    "deepseek": {"models": "/api.deepseek.com/models"},
    "google": {"models": "/generativelanguage.googleapis.com/v1beta/models?pageSize=1000"},
    "minimax": {"models": "/api.minimax.io/v1/models"},
    "mistral": {"models": "/api.mistral.ai/v1/models"},
    "moonshot": {"models": "/api.moonshot.ai/v1/models"},
    "openai": {"models": "/api.openai.com/v1/models"},
    "zai": {"models": "/api.z.ai/api/paas/v4/models"},
    "cloudflare-workers-ai": {
        "models": "/api.cloudflare.com/client/v4/accounts/any/ai/models/search?per_page=100"},
    "helicone": {"models": "/jawn.helicone.ai/v1/public/model-registry/models"},
    "hyperbolic": {"models": "/api.hyperbolic.xyz/v1/models"},
    "novita": {"models": "/api.novita.ai/openai/v1/models"},
    "poe": {"models": "/api.poe.com/v1/models"},
    "requesty": {"models": "/router.requesty.ai/v1/models"},
    "sambanova": {"models": "/api.sambanova.ai/v1/models"},
    "venice": {"models": "/api.venice.ai/api/v1/models?type=all"},
    "aihubmix": {"models": "/aihubmix.com/api/v1/models"},
    "aimo": {"models": "/beta.aimo.network/api/v1/models"},
    "anannas": {"models": "/api.anannas.ai/v1/models"},
    "chutes": {"models": "/llm.chutes.ai/v1/models"},
    "fal": {"models": "/api.fal.ai/v1/models?limit=100",
            "prices": "/api.fal.ai/v1/models/pricing"},
    "featherless": {"models": "/api.featherless.ai/v1/models"},
    "fireworks": {"serverless": "/api.fireworks.ai/v1/serverless/models",
                  "models": "/api.fireworks.ai/v1/accounts/fireworks/models"
                            "?filter=supports_serverless%3Dtrue&pageSize=200"},
    "google-vertex": {publisher: "/aiplatform.googleapis.com/v1beta1/publishers/"
                                 f"{publisher}/models?pageSize=100"
                      for publisher in ("google", "anthropic", "meta", "mistralai")},
    "groq": {"models": "/api.groq.com/openai/v1/models"},
    "huggingface": {"models": "/router.huggingface.co/v1/models"},
    "near": {"models": "/cloud-api.near.ai/v1/models",
             "native": "/cloud-api.near.ai/v1/model/list"},
    "xai": {"language": "/api.x.ai/v1/language-models",
            "images": "/api.x.ai/v1/image-generation-models", "models": "/api.x.ai/v1/models"},
}
MAIN = {slug: next(iter(lists)) for slug, lists in LISTS.items()}
# They list their models without prices.
PRICELESS = {"alibaba", "anthropic", "cohere", "deepseek", "google", "google-vertex", "minimax",
             "mistral", "moonshot", "openai", "zai"}
# Their documents have rows that are no offer: what comes or goes may be one of those.
MORE_THAN_OFFERS = {"aimo", "fireworks", "google-vertex", "near", "nebius"}
SLUGS = sorted(LISTS)
each = pytest.mark.parametrize("slug", SLUGS)


@pytest.fixture
def start(start):
    """Vertex' tokens are the business of test_service_accounts.py: here any will do."""
    def starter(*options):
        sim = start(*options)
        for which in LISTS["google-vertex"]:
            sim.post("config", provider="google-vertex", list=which, key="bearer")
        return sim
    return starter


def key_of(slug, which):
    return {**KEY, "Authorization": "Key any"} if (slug, which) in walk.BY_IDS else KEY


def body(sim, slug, which=None, **headers):
    reply, got = sim.ask("GET", LISTS[slug][which or MAIN[slug]], {**KEY, **headers})
    assert reply.status == 200, got
    return got


def bodies(sim, slug):
    """But for lists that are asked for ids."""
    return {which: body(sim, slug, which) for which in LISTS[slug]
            if (slug, which) not in walk.BY_IDS}


def documents(sim, slug):
    found = {}
    for which, target in LISTS[slug].items():
        def ask(address, which=which):
            reply, got = sim.ask("GET", address, key_of(slug, which))
            assert reply.status == 200, got
            return got
        how = walk.BY_IDS.get((slug, which))
        found[which] = walk.of_ids(ask, how, target, found) if how else \
            walk.whole(ask, slug, target)
    return found


def in_one(sim, slug):
    """For tests that look at one document."""
    for which in LISTS[slug]:
        sim.post("config", provider=slug, list=which, paging="none")


rows_of = walk.rows_of


def truth_of(sim, slug):
    said = as_read(sim.truth(slug))
    ids = [m["id"] for m in said]
    assert ids == sorted(ids, key=str.encode) and len(set(ids)) == len(ids)
    return dict(zip(ids, said))


def assert_truthful(sim, slug):
    read, said = readings.read(slug, documents(sim, slug)), truth_of(sim, slug)
    assert read.keys() == said.keys()
    for i, model in said.items():
        assert read[i] == model


# --- document and truth ---

@pytest.mark.parametrize("seed", range(1, 6))
def test_documents_tell_the_truth(start, seed):
    sim = start("--seed", str(seed), "--scale", "2000")
    for slug in SLUGS:
        assert_truthful(sim, slug)
    sim.post("advance", steps=60)
    for slug in SLUGS:
        assert_truthful(sim, slug)


@each
def test_a_year_of_anybody_is_told(sim, slug):
    """The log replays, and the documents say what the truth says (more in test_marketsim_life.py)."""
    rows = catalog(sim.truth(slug))
    apply(rows, sim.post("live", provider=slug, hours=365 * 24)["events"])
    assert rows == catalog(sim.truth(slug))
    assert_truthful(sim, slug)


@each
def test_every_step_is_told(sim, slug):
    kinds = set()
    for _ in range(80):
        before = {m["id"]: m for m in sim.truth(slug)}
        events = sim.post("advance", provider=slug)["events"]
        after = {m["id"]: m for m in sim.truth(slug)}
        assert {e["provider"] for e in events} <= {slug}
        named = {kind: {e["model"] for e in events if e["kind"] == kind}
                 for kind in ("added", "removed", "returned")}
        assert before.keys() - after.keys() == named["removed"]
        assert after.keys() - before.keys() == named["added"] | named["returned"]
        assert slug in MORE_THAN_OFFERS or (named["added"] and named["removed"])
        changed = {i for i in before.keys() & after.keys() if before[i] != after[i]}
        assert changed == {e["model"] for e in events} - set.union(*named.values())
        check_price_events(before, after, events)
        check_field_events(before, after, events)
        kinds |= {e["kind"] for e in events}
    assert_truthful(sim, slug)
    prices = set() if slug in PRICELESS else {"price"}
    assert kinds == {"added", "removed", "returned"} | prices | EVENTS[slug]


EVENTS = {
    "cerebras": {"context", "capability", "quantization", "renamed"},
    "deepinfra": {"context", "capability", "deprecated", "quantization", "replaced"},
    "deepinfra-openai": {"context", "capability"},
    "nebius": {"context", "capability", "quantization", "renamed"},
    "together": {"context", "renamed"},
    "vercel-ai-gateway": {"context", "capability", "renamed"},
    "alibaba": set(),
    "anthropic": {"context", "capability", "renamed"},
    "cohere": {"context", "capability"},
    "deepseek": {"context", "renamed"},
    "google": {"context", "capability", "renamed"},
    "minimax": set(),
    "mistral": {"context", "capability", "renamed", "deprecated", "replaced"},
    "moonshot": {"context", "capability"},
    "openai": {"deprecated"},
    "zai": set(),
    "cloudflare-workers-ai": {"context", "capability", "deprecated"},
    "helicone": {"context", "capability", "renamed"},
    "hyperbolic": {"context", "capability"},
    "novita": {"context", "capability", "renamed", "quantization"},
    "poe": {"context", "capability", "renamed"},
    "requesty": {"context", "capability"},
    "sambanova": {"context"},
    "venice": {"context", "capability", "renamed", "quantization", "deprecated"},
    "aihubmix": {"context", "capability", "renamed"},
    "aimo": {"context", "renamed"},
    "anannas": {"context", "capability", "renamed"},
    "chutes": {"context", "capability", "quantization"},
    "fal": {"renamed"},
    "featherless": {"context", "capability", "renamed"},
    "fireworks": {"context", "capability", "renamed", "deprecated"},
    "google-vertex": set(),
    "groq": {"context", "capability", "renamed"},
    "huggingface": {"context", "capability"},
    "near": {"context", "capability", "renamed", "deprecated", "quantization"},
    "xai": {"context"},
}


def spelled(value):
    return {None: None, True: "true", False: "false"}.get(value, str(value)) \
        if isinstance(value, (bool, type(None))) else str(value)


def check_field_events(before, after, events):
    for e in events:
        if e["kind"] in ("added", "removed", "returned", "price"):
            continue
        old, new = before[e["model"]], after[e["model"]]
        if e["kind"] == "capability":
            old, new = old["capabilities"], new["capabilities"]
        assert e["old"] != e["new"]
        assert (e["old"], e["new"]) == (spelled(old.get(e["field"])), spelled(new.get(e["field"])))


def test_a_provider_moves_alone_or_with_all(start):
    one, other = start(), start()
    alone = one.post("advance", provider="together", steps=3)["events"]
    assert {e["provider"] for e in alone} == {"together"}
    together = other.post("advance", steps=3)["events"]
    assert [e for e in together if e["provider"] == "together"] == alone
    assert {e["provider"] for e in together} == {*SLUGS, "openrouter"}
    assert bodies(one, "together") == bodies(other, "together")
    reply, _ = one.ask("POST", "/sim/advance?provider=nobody")
    assert reply.status == 400


def test_a_seed_names_a_history(start):
    def history(seed):
        sim = start("--seed", seed)
        events = sim.post("advance", steps=5)
        return events, [bodies(sim, slug) for slug in SLUGS]
    assert history("7") == history("7")
    assert history("7") != history("8")


@each
def test_reprice_remove_restore_shuffle_and_touch(sim, slug):
    in_one(sim, slug)
    before, said = truth_of(sim, slug), bodies(sim, slug)
    assert bool(sim.post("reprice", provider=slug, n=2)["events"]) == (slug not in PRICELESS)
    assert_truthful(sim, slug)
    moved = truth_of(sim, slug)
    assert (moved == before) == (slug in PRICELESS)
    gone = sim.post("remove", provider=slug, n=2)["events"]
    assert moved.keys() - truth_of(sim, slug).keys() == {e["model"] for e in gone}
    sim.post("restore", provider=slug)
    assert truth_of(sim, slug) == moved
    said = bodies(sim, slug)
    for _ in range(20):  # three rows may fall as they lay
        sim.post("shuffle", provider=slug)
    shuffled = bodies(sim, slug)
    sim.post("touch", provider=slug)
    assert bodies(sim, slug) != shuffled
    assert shuffled != said or slug == "cerebras"
    assert truth_of(sim, slug) == moved
    assert_truthful(sim, slug)


def test_sizes(start):
    small, large = start(), start("--scale", "2000")
    for slug, few, many in (("cerebras", 3, 20), ("deepinfra", 16, 300),
                            ("deepinfra-openai", 7, 120), ("together", 12, 120),
                            ("vercel-ai-gateway", 13, 140)):
        assert len(small.truth(slug)) == few and len(large.truth(slug)) == many
    # Some rows are in the second list alone.
    assert 0 < len(small.truth("nebius")) < 8 and 30 < len(large.truth("nebius")) < 40
    assert not start("--scale", "0").truth("together")


# --- quirks of the wire, all of them in the smallest market ---

def tokens(text, key):
    return re.findall(rf'"{key}":(-?[0-9][0-9.eE+-]*)', text)


def test_deepinfra_quirks(start):
    sim = start("--scale", "1000")
    small = start()
    text, rows = body(sim, "deepinfra").decode(), documents(sim, "deepinfra")["models"]
    cents = tokens(text, "cents_per_input_token")
    assert any(re.fullmatch(r"\d(\.\d+)?e-0\d", t) for t in cents)
    assert any(re.fullmatch(r"\d+E-\d", t) for t in cents)
    assert any(re.fullmatch(r"0\.0{4,}\d+", t) for t in cents) and {"0", "0.0"} & set(cents)
    assert any(len(t) > 8 for t in tokens(text, "rate_per_input_token_cached"))
    types = {r["pricing"]["type"] for r in rows}
    assert types == {"tokens", "input_tokens", "input_length", "output_length", "time", "uptime",
                     "input_character_length", "image_units", "frame_units"}
    priced = {r["pricing"]["type"] for r in documents(small, "deepinfra")["models"]}
    assert len(priced) >= 6
    assert "0.0" in tokens(text, "cents_per_input_chars")
    images = [r["pricing"] for r in rows if r["pricing"]["type"] == "image_units"]
    assert any(p["default_iterations"] is None for p in images)
    assert {bool(p["default_price_cents"]) for p in images} == {True, False}
    ends = [r["deprecated"] for r in rows if r["deprecated"]]
    assert min(ends) < 1790000000 < max(ends) and any(e % 86400 for e in ends)
    assert any(r["replaced_by"] for r in rows) and any("tags" not in r for r in rows)
    assert "\\u" in text


def test_deepinfra_openai_quirks(start):
    sim = start("--scale", "2000")
    text = body(sim, "deepinfra-openai").decode()
    rows = documents(sim, "deepinfra-openai")["models"]["data"]
    silent = sum(r["metadata"] is None for r in rows)
    assert len(rows) / 3 < silent < len(rows) * 2 / 3
    cached = tokens(text, "cache_read_tokens")
    assert any(re.fullmatch(r"[\d.]*9999\d*0{3,}\d", t) for t in cached)
    said = [p for m in as_read(sim.truth("deepinfra-openai")) for p in m["prices"].items()]
    assert all(len(amount.lstrip("0.")) <= 7 for (meter, _), (_, amount) in said
               if meter == "cached_input_token")
    assert {m["prices"] == {} for m in as_read(sim.truth("deepinfra-openai"))} == {True, False}


def test_together_quirks(start):
    sim = start("--scale", "2000")
    text, rows = body(sim, "together").decode(), documents(sim, "together")["models"]
    numbers = tokens(text, "input") + tokens(text, "output")
    assert any(re.search(r"\.\d+0{8,}1$", t) for t in numbers)
    assert any(re.search(r"9{8,}$", t) for t in numbers)
    assert any(re.search(r"0{6,}5$", t) for t in numbers)  # exactly between two neighbours
    assert {"0", "0.0"} <= set(numbers)
    assert {r["type"] for r in rows} == {*dialects.TOGETHER_TYPES, "realtime"}
    assert any(r["created"] == 0 for r in rows)
    assert {r.get("context_length", "absent") for r in rows} >= {0, "absent", 8192}
    free = [r for r in rows if r["pricing"]["input"] == r["pricing"]["output"] == 0]
    assert {r["type"] for r in free} >= {"chat", "image", "video", "transcribe"}
    assert any(r["pricing"]["input"] for r in rows if r["type"] == "transcribe")


def test_nebius_quirks(start):
    sim = start("--scale", "2000")
    full = documents(sim, "nebius")
    first, second = full["models"]["data"], full["public"]
    zeros = {v for r in first for v in r["pricing"].values() if float(v) == 0}
    assert zeros == {"0", "0.0"}
    assert {type(f["created_at"]) for f in second} == {int, str}
    assert {f["status"] for f in second} == {"active", "error"}
    ids, aside = {r["id"] for r in first}, {f["flavors"][0]["model_id"] for f in second}
    assert ids - aside and aside - ids and ids & aside
    assert any(isinstance(r["per_request_limits"]["tokens_per_minute"], Decimal) for r in first)
    only = [m for m in as_read(sim.truth("nebius")) if m["id"] in aside - ids]
    assert all((m["name"], m["modality"], m["capabilities"]) == (None, None, {}) for m in only)
    _, bare = sim.ask("GET", LISTS["nebius"]["models"].partition("?")[0], KEY)
    rows = json.loads(bare)["data"]
    assert {r["id"] for r in rows} == ids
    assert all(set(r) == {"id", "object", "created", "owned_by"} for r in rows)
    for query, has_prices in (("?verbose=true&x=1", True), ("?verbose=false", False),
                              ("?verbose=truee", False), ("?x=1&verbose=true", True)):
        _, got = sim.ask("GET", "/api.tokenfactory.nebius.com/v1/models" + query, KEY)
        assert ("pricing" in json.loads(got)["data"][0]) == has_prices


def test_vercel_quirks(start):
    sim = start("--scale", "2000")
    rows = documents(sim, "vercel-ai-gateway")["models"]["data"]
    assert len({r["created"] for r in rows}) == 1
    assert {"tags" in r for r in rows} == {True, False}
    assert any("pricing" not in r for r in rows) and any(r.get("pricing") == {} for r in rows)
    embeddings = [r for r in rows if r["type"] == "embedding" and r.get("pricing")]
    assert all(r["context_window"] == 0 and r["pricing"]["output"] == "0" for r in embeddings)
    prices = [r.get("pricing", {}) for r in rows]
    assert any(p.get("input_cache_write") == "0" for p in prices)
    tiers = [p for p in prices if "input_tiers" in p]
    assert {"input" in p for p in tiers} == {True, False}
    assert {len(p["input_tiers"]) for p in tiers} == {2, 3}
    assert {"min" in p["input_tiers"][0] for p in tiers} == {True, False}
    conditions = {c for m in as_read(sim.truth("vercel-ai-gateway")) for _, c in m["prices"]}
    assert conditions == {"", "[>=200001]", "[>=32000]", "[>=256000]"}


def test_cerebras_quirks(start):
    rows = documents(start("--scale", "2000"), "cerebras")["models"]["data"]
    assert 0 in {r["created"] for r in rows} and len({r["created"] for r in rows}) > 1
    assert {r["architecture"]["modality"] for r in rows} == {"text", "text+vision"}
    assert {r["deprecated"] for r in rows} == {True, False}
    assert not any("/" in r["id"] for r in rows)


# --- arithmetic: products and quotients stay exact after many moves ---

def test_derived_prices_are_exact(start):
    sim = start("--seed", "3", "--scale", "3000")
    sim.post("advance", provider="deepinfra", steps=200)
    assert_truthful(sim, "deepinfra")
    said = [(meter, condition, amount) for m in as_read(sim.truth("deepinfra"))
            for (meter, condition), (_, amount) in m["prices"].items()]
    steps = [a for meter, _, a in said if meter == "image_pixel_step"]
    assert any(len(a.partition(".")[2]) == dialects.PLACES for a in steps)
    assert any(len(a) > 18 for meter, _, a in said if meter == "cached_input_token")
    assert {c for _, c, _ in said} == {"", "[priority]", "[flex]", "[5m]", "[1h]"}
    assert all(Fraction(Decimal(a)) >= 0 and math.isfinite(float(a)) for _, _, a in said)


def test_a_multiplier_moves_what_hangs_on_it(sim):
    events = []
    for _ in range(40):
        events += sim.post("reprice", provider="deepinfra", n=3)["events"]
    assert_truthful(sim, "deepinfra")
    assert {e["field"] for e in events} >= {
        "input_token", "input_token[priority]", "output_token[priority]", "cached_input_token",
        "cache_write_token[5m]", "cache_write_token[1h]", "image_pixel_step"}


# --- keys ---

def shown(one, key):
    """The headers that show a key as that list wants it shown."""
    return {"bearer": {"Authorization": f"Bearer {key}"}, "header": {one["key_name"]: key},
            "token": {"Authorization": f"Bearer {key}"},
            "scheme": {"Authorization": f"{one['key_name']} {key}"}}[one["key_kind"]]


def test_keys(sim):
    lists = json.loads(sim.ask("GET", "/sim/providers")[1])
    assert set(lists) == {*SLUGS, "openrouter"}
    version = {"anthropic-version": "2023-06-01"}
    for slug, said in lists.items():
        for one in said["lists"]:
            query = one["query"] or (one["ids"] and one["ids"] + "=any")
            target = one["path"] + ("?" + query if query else "")
            right = shown(one, "any")
            wrong = {"bearer": {"x-api-key": "any"}, "token": {"x-api-key": "any"},
                     "header": {"Authorization": "Bearer any"},
                     "scheme": {"Authorization": "Bearer any"}}[one["key_kind"]]
            refused = 401 if one["key"] else 200
            for headers in ({}, {"Authorization": "Basic any"}, wrong):
                reply, refusal = sim.ask("GET", target, {**version, **headers})
                assert reply.status == refused, (slug, headers)
                if one["key"]:
                    said_no = json.loads(refusal)
                    assert not any(said_no.get(k) for k in walk.ROWS)
            assert sim.ask("GET", target, {**version, **right})[0].status == 200
    needing = {slug: [one["name"] for one in said["lists"] if one["key"]]
               for slug, said in lists.items()}
    assert {s: n for s, n in needing.items() if n} == {
        "nebius": ["models", "bare"],
        **dict.fromkeys({"aimo", "anannas", "cloudflare-workers-ai", "groq", "hyperbolic",
                         "together", *PRICELESS}, ["models"]),
        **{slug: list(LISTS[slug]) for slug in ("fireworks", "google-vertex", "xai")},
        "fal": ["prices"]}
    assert set(json.loads(sim.ask("GET", LISTS["together"]["models"])[1])) == {"error"}
    assert set(json.loads(sim.ask("GET", LISTS["nebius"]["models"])[1])) == {"detail"}
    reply, _ = sim.ask("GET", LISTS["anthropic"]["models"], {"x-api-key": "any"})
    assert reply.status == 400  # which version?


def test_validators_and_gzip(sim):
    for slug in SLUGS:
        in_one(sim, slug)
        for which, target in LISTS[slug].items():
            key = key_of(slug, which)
            if (slug, which) in walk.BY_IDS:
                target += f"?{walk.BY_IDS[slug, which][0]}=any"
            plain, whole = sim.ask("GET", target, key)
            _, packed = sim.ask("GET", target, {**key, "Accept-Encoding": "gzip"})
            assert zlib.decompress(packed, 31) == whole
            again, nothing = sim.ask("GET", target,
                                     {**key, "If-None-Match": plain.headers["ETag"]})
            assert (again.status, nothing) == (304, b"")
            assert sim.post("config", provider=slug, list=which, etag=0)["list"] == which
            assert sim.ask("GET", target, key)[0].headers["ETag"] is None


# --- faults ---

NUMBERS = ("digits", "exponent", "word", "nullprice", "objectprice", "dupkeys")


@each
def test_byte_faults(sim, slug):
    in_one(sim, slug)
    target, whole = LISTS[slug][MAIN[slug]], body(sim, slug)

    def fault(kind, **parameters):
        sim.fault(kind, provider=slug, times=1, **parameters)
        return sim.ask("GET", target, KEY)
    assert fault("status", status=500)[0].status == 500
    assert fault("redirect", location="/x")[0].headers["Location"] == "/x"
    assert fault("html")[1].startswith(b"<!doctype")
    assert fault("null_body")[1] == b""
    assert isinstance(json.loads(fault("not_object")[1]), str)
    assert fault("invalid_json")[1] == whole[:len(whole) // 2]
    assert len(fault("gzip_bomb")[1]) < 4 << 20
    with pytest.raises(zlib.error):
        zlib.decompress(fault("gzip_garbage")[1], 31)
    inflate = zlib.decompressobj(31)
    assert whole.startswith(inflate.decompress(fault("gzip_truncated")[1])) and not inflate.eof
    assert sim.ask("GET", target, KEY)[1] == whole


@each
def test_cut_connections(sim, slug):
    in_one(sim, slug)
    target, whole = LISTS[slug][MAIN[slug]], body(sim, slug)
    key = "".join(f"{name}: {value}\r\n" for name, value in KEY.items())

    def raw(kind, **parameters):
        sim.fault(kind, provider=slug, times=1)
        return sim.raw(key, target=target, **parameters)
    got, was_reset = raw("truncated")
    assert got.partition(b"\r\n\r\n")[2] == whole[:len(whole) // 2] and not was_reset
    assert not raw("truncated_chunked")[0].endswith(b"0\r\n\r\n")
    assert raw("reset")[1]
    assert raw("reset_early") == (b"", True)
    assert len(raw("oversize", limit=2 << 20)[0]) >= 2 << 20
    assert raw("slow_drip", limit=60)[0].startswith(b"HTTP/1.1 200")
    sim.fault("timeout", provider=slug, times=1)
    with socket.create_connection(("127.0.0.1", sim.port), timeout=0.2) as s:
        s.sendall(f"GET {target} HTTP/1.1\r\n{key}\r\n".encode())
        with pytest.raises(socket.timeout):
            s.recv(1)


def distinct(rows):
    return [row for at, row in enumerate(rows) if row not in rows[:at]]


@each
def test_bent_lists(sim, slug):
    in_one(sim, slug)
    whole = documents(sim, slug)[MAIN[slug]]

    def bent(kind):
        sim.fault(kind, provider=slug, times=1)
        return json.loads(body(sim, slug), parse_float=Decimal)
    assert rows_of(bent("empty_list")) == []
    all_rows = distinct(rows_of(whole))
    assert distinct(rows_of(bent("half_list"))) == all_rows[:len(all_rows) // 2]
    wrong = bent("wrong_shape")
    assert isinstance(wrong if isinstance(whole, list) else rows_of(wrong), dict)
    counts = json.loads(sim.ask("GET", "/sim/providers")[1])[slug]["lists"][0]["counts"]
    if counts:
        short = bent("half_list_counted")
        assert rows_of(short) == rows_of(bent("half_list"))
        assert '"total"' in json.dumps(short, default=str)
    for kind in ("next_page",) if counts else ("half_list_counted", "next_page"):
        reply, said = sim.ask("POST", f"/sim/fault?provider={slug}&kind={kind}")
        assert reply.status == 400 and "kind" in json.loads(said)["error"]
    assert documents(sim, slug)[MAIN[slug]] == whole


@each
def test_hostile_rows(sim, slug):
    in_one(sim, slug)
    honest = len(rows_of(documents(sim, slug)[MAIN[slug]]))
    name = {"deepinfra": "model_name", "fal": "endpoint_id", "aihubmix": "model_id",
            **dict.fromkeys(("aimo", "cloudflare-workers-ai", "cohere", "google",
                             "google-vertex"), "name")}.get(slug, "id")
    head = {"google": "models/", "google-vertex": "publishers/google/models/"}.get(slug, "")
    parts = sim.fault("hostile", provider=slug)["parts"]
    assert len(body(sim, slug)) > 10 << 20

    def bad_rows(part):
        sim.fault("hostile", provider=slug, part=part)
        text = body(sim, slug).decode("utf-8", "replace")
        return rows_of(json.loads(text, parse_float=Decimal))[honest:]
    for part in set(parts) - {"depth"}:
        bad = bad_rows(part)
        assert [row.get(name) for row in bad[:1]] == [i and head + i for i in parts[part]]
    assert len(bad_rows("dupid")) == 2
    said = {part: json.dumps(bad_rows(part), default=str) for part in NUMBERS}
    assert len(set(said.values())) == len(NUMBERS)


def test_the_optional_list_fails_alone(sim):
    answer = sim.fault("status", provider="nebius", list="public")
    assert (answer["provider"], answer["list"]) == ("nebius", "public")
    assert sim.ask("GET", LISTS["nebius"]["public"])[0].status == 503
    body(sim, "nebius")
    sim.fault("none", provider="nebius", list="public")
    assert_truthful(sim, "nebius")
    assert sim.fault("status", provider="nebius")["list"] == "models"
    assert sim.ask("GET", LISTS["nebius"]["models"], KEY)[0].status == 503
    body(sim, "nebius", "public")
    reply, said = sim.ask("POST", "/sim/fault?provider=nebius&list=none&kind=status")
    assert reply.status == 400 and "list" in json.loads(said)["error"]


# --- pages by nature ---

PAGED = sorted({"anthropic", "cohere", "google", "cloudflare-workers-ai"} & set(SLUGS))


def pages(sim, slug, more=""):
    def ask(target):
        reply, got = sim.ask("GET", target, KEY)
        assert reply.status == 200, got
        return got
    return walk.pages(ask, slug, LISTS[slug]["models"] + more)


@pytest.mark.parametrize("slug", PAGED)
def test_pages_by_nature(sim, slug):
    lists = json.loads(sim.ask("GET", "/sim/providers")[1])
    size = lists[slug]["lists"][0]["page_size"]
    usual = pages(sim, slug)
    assert len(usual) > 1 and {len(rows_of(page)) for page in usual[:-1]} == {size}
    rows = [row for page in usual for row in rows_of(page)]
    for smaller in (1, 3, 1000):
        sim.post("config", provider=slug, page_size=smaller)
        again = pages(sim, slug)
        assert [row for page in again for row in rows_of(page)] == rows
        assert len(again) == -(-len(rows) // smaller)
    in_one(sim, slug)
    assert [rows_of(page) for page in pages(sim, slug)] == [rows]


@pytest.mark.parametrize("slug", PAGED)
def test_callers_may_ask_for_smaller_pages(sim, slug):
    target = re.sub(r"=\d+$", "=2", LISTS[slug]["models"])
    _, got = sim.ask("GET", target, KEY)
    assert len(rows_of(dialects.load(got))) == 2
    for wrong in ("0", "-1", "many"):
        assert sim.ask("GET", re.sub(r"=\d+$", f"={wrong}", target), KEY)[0].status == 400


def test_the_last_page_says_so(sim):
    last = {slug: pages(sim, slug)[-1] for slug in PAGED}
    assert last["anthropic"]["has_more"] is False and last["anthropic"]["last_id"]
    assert "next_page_token" not in last["cohere"] and "nextPageToken" not in last["google"]
    target = LISTS["anthropic"]["models"] + "&after_id=nobody"
    assert sim.ask("GET", target, KEY)[0].status == 400


def test_mistral_quirks(start):
    sim = start("--scale", "2000")
    rows = rows_of(documents(sim, "mistral")["models"])
    ids = [row["id"] for row in rows]
    assert len(set(ids)) < len(ids) and any(i.endswith("-latest") for i in ids)
    assert any(row["aliases"] for row in rows)
    sim.post("config", provider="mistral", bare=1)
    bare = documents(sim, "mistral")["models"]
    assert isinstance(bare, list) and bare == rows
    assert_truthful(sim, "mistral")


def test_vendors_quirks(start):
    sim = start("--scale", "6000")
    said = {slug: rows_of(documents(sim, slug)["models"]) for slug in PRICELESS - {"google-vertex"}}
    assert {row.get("shutdown_date", "absent") for row in said["openai"]} >= {None, "absent"}
    assert {row["max_input_tokens"] for row in said["anthropic"]} >= {0, None}
    assert {row["capabilities"] is None for row in said["anthropic"]} == {True, False}
    assert {row.get("thinking", "absent") for row in said["google"]} == {True, "absent"}
    assert {type(row.get("features", "absent")) for row in said["cohere"]} == {
        list, str, type(None)}
    assert Decimal("0.0") in {row["context_length"] for row in said["cohere"]}
    assert {"name" in row for row in said["deepseek"]} == {True, False}
    assert {"supports_reasoning" in row for row in said["moonshot"]} == {True, False}


# --- quirks of hosts and resellers ---

def test_novita_quirks(start):
    rows = rows_of(documents(start("--scale", "3000"), "novita")["models"])
    priced = [row for row in rows if "pricing" in row]
    assert len(priced) < len(rows)
    assert {("input_token_price_per_m" in row, "prompt" in row["pricing"]) for row in priced} == {
        (True, True), (True, False), (False, True)}
    caches = [row["pricing"]["input_cache_read"] for row in priced
              if "input_cache_read" in row["pricing"]]
    assert {cache.get("price_per_m") == 0 for cache in caches} == {True, False}
    tiers = [row["tiered_billing_configs"] for row in rows if row["is_tiered_billing"]]
    assert {len(configs) for configs in tiers} == {2, 3}
    assert {configs[0]["min_tokens"] for configs in tiers} == {0, 1}


def test_poe_quirks(start):
    rows = rows_of(documents(start("--scale", "2000"), "poe")["models"])
    unpriced = sum(row["pricing"] is None for row in rows)
    assert len(rows) / 3 < unpriced < len(rows) * 2 / 3
    assert {row["pricing"]["request"] is None for row in rows if row["pricing"]} == {True, False}
    assert {(row["context_length"] is None, row["context_window"] is None) for row in rows} == {
        (a, b) for a in (True, False) for b in (True, False)}
    assert "text,image->text" in {row["architecture"]["modality"] for row in rows}


def test_numbers_of_hosts(start):
    sim = start("--scale", "6000")
    assert any(re.fullmatch(r"\d(\.\d+)?e-[789]", t)
               for t in tokens(body(sim, "requesty").decode(), "input_price"))
    prices = [row["pricing"] for row in rows_of(documents(sim, "sambanova")["models"])
              if "pricing" in row]
    assert {type(p["prompt"]) for p in prices} >= {str, Decimal}
    assert any("duration_per_hour" in p for p in prices)
    assert {row["input_price"] for row in rows_of(documents(sim, "hyperbolic")["models"])} >= {
        None, 0}
    noise = tokens(body(sim, "helicone").decode(), "prompt")
    assert any(re.search(r"(0{6,}|9{6,})\d?$", t) for t in noise) and "0" in noise


def test_the_time_of_an_answer_is_not_the_truth(sim):
    def made():
        return {row["created"] for row in rows_of(documents(sim, "hyperbolic")["models"])}
    before, said = made(), truth_of(sim, "hyperbolic")
    assert len(before) == 1
    sim.post("touch", provider="hyperbolic")
    assert made() != before and truth_of(sim, "hyperbolic") == said


def test_helicone_quirks(start):
    sim = start("--scale", "2000")
    rows = rows_of(documents(sim, "helicone")["models"])
    assert len({row["id"] for row in rows}) == len(rows)
    assert {len(row["endpoints"]) for row in rows} > {1, 2}
    tiers = [e["pricingTiers"] for row in rows for e in row["endpoints"] if "pricingTiers" in e]
    assert {len(t) for t in tiers} == {2, 3}
    assert any("video" in e["pricing"] for row in rows for e in row["endpoints"])
    sim.post("shuffle", provider="helicone")
    shuffled = rows_of(documents(sim, "helicone")["models"])
    assert len(shuffled) == len(rows)
    assert_truthful(sim, "helicone")


def test_venice_quirks(start):
    sim = start("--scale", "2000")
    rows = rows_of(documents(sim, "venice")["models"])
    assert {row["type"] for row in rows} == {"text", "image", "embedding", "tts", "asr", "inpaint",
                                            "upscale", "video"}
    specs = [row["model_spec"] for row in rows]
    assert any("extended" in spec["pricing"] for spec in specs)
    assert {"deprecation" in spec for spec in specs} == {True, False}
    assert any(spec.get("capabilities", {}).get("quantization") == "not-available"
               for spec in specs)
    assert "[>200000]" in {c for m in as_read(sim.truth("venice")) for _, c in m["prices"]}


def test_cloudflare_quirks(start):
    sim = start("--scale", "3000")
    rows = rows_of(documents(sim, "cloudflare-workers-ai")["models"])
    facts = [{f["property_id"]: f["value"] for f in row["properties"]} for row in rows]
    assert {type(f.get("context_window")) for f in facts} == {int, str, type(None)}
    prices = [p for f in facts for p in f.get("price", ())]
    assert {p.get("currency", "absent") for p in prices} == {"USD", "EUR", None, "absent"}
    assert "per 512 by 512 tile" in {p["unit"] for p in prices}
    assert {row["name"][:4] for row in rows} == {"@cf/", "@hf/"}
    said = {p["currency"] for m in sim.truth("cloudflare-workers-ai") for p in m["prices"]}
    assert said == {"USD", "EUR"}
    target = LISTS["cloudflare-workers-ai"]["models"]
    for wrong in (target.replace("/any/", "/"), target.replace("/any/", "/any/more/")):
        assert sim.ask("GET", wrong, KEY)[0].status == 404


@pytest.mark.parametrize("slug", sorted(set(PAGED) - {"cloudflare-workers-ai"}))
def test_pages_that_lead_nowhere(sim, slug):
    """What is said of the next page is bent, the rows are not."""
    def walk_some():
        reading = walk.FOLLOWING[slug]
        target, found = LISTS[slug][MAIN[slug]], []
        more = {}
        while more is not None and len(found) < 12:
            _, got = sim.ask("GET", target + "".join(f"&{k}={quote(v)}" for k, v in more.items()),
                             KEY)
            found.append(dialects.load(got))
            more = reading(found[-1], len(found)) if slug != "anthropic" else (
                {"after_id": found[-1]["last_id"]} if found[-1]["has_more"] else None)
        return found
    whole = walk_some()
    assert 1 < len(whole) < 12
    sim.fault("page_loop", provider=slug)
    assert len(walk_some()) == 12
    sim.fault("page_size_ignored", provider=slug)
    assert len(rows_of(walk_some()[0])) == sum(len(rows_of(page)) for page in whole)
