# SPDX-License-Identifier: MIT
"""marketsim's clouds and brokers: what is peculiar about each must be there, and pages, and sizes.

That their documents say what the truth says is asked in test_marketsim_providers.py.
"""
import json
import re
from decimal import Decimal

import pytest

from lib import dialects, dialects_brokers, dialects_clouds, walk
from lib.sim import as_read
from test_marketsim_providers import (KEY, LISTS, assert_truthful, body, documents, in_one, key_of,
                                      rows_of, start, tokens, truth_of)  # noqa: F401 (start)

SLUGS = sorted({**dialects_brokers.READERS, **dialects_clouds.READERS})


@pytest.fixture
def large(start):
    """Enough rows for every peculiarity that is drawn."""
    return start("--scale", "6000")


def conditions(sim, slug):
    return {c for m in as_read(sim.truth(slug)) for _, c in m["prices"]}


def meters(sim, slug):
    return {meter for m in as_read(sim.truth(slug)) for meter, _ in m["prices"]}


# --- what is peculiar ---

def test_groq(large):
    rows = rows_of(documents(large, "groq")["models"])
    assert {"pricing" in row for row in rows} == {True, False}
    assert {"context_length" in row for row in rows} == {True, False}
    assert any(Decimal(row["pricing"].get("image", 0)) for row in rows if "pricing" in row)
    assert any(row["pricing"].get("image") == "0" for row in rows if "pricing" in row)
    assert any(row["output_modalities"] == ["audio"] and "pricing" not in row for row in rows)
    assert {"input_token", "cached_input_token", "request", "input_image"} <= meters(large, "groq")


def test_chutes(large):
    text = body(large, "chutes").decode()
    rows = rows_of(dialects.load(text))
    numbers = tokens(text, "prompt") + tokens(text, "completion")
    assert any(re.search(r"\.\d+0{8,}1$", t) for t in numbers)
    assert any(re.search(r"9{8,}\d{0,2}$", t) for t in numbers)
    assert any(re.search(r"0{6,}5$", t) for t in numbers)
    assert {"pricing" in row for row in rows} == {True, False}
    assert {"supported_features" in row for row in rows} == {True, False}
    assert {row.get("context_length", "absent") for row in rows} >= {None, "absent", 8192}
    assert all("tao" in row["price"]["input"] for row in rows if "price" in row)


def test_featherless(start):
    sim = start("--scale", "0", "--rows", "featherless=22000")
    rows = rows_of(documents(sim, "featherless")["models"])
    forms = [frozenset({"prompt", "input"} & set(row.get("pricing", ()))) for row in rows]
    assert len(rows) == 22000 and 0 < sum(map(bool, forms)) < 2200
    assert set(forms) == {frozenset(), frozenset({"prompt"}), frozenset({"input"}),
                          frozenset({"prompt", "input"})}
    assert {"features" in row for row in rows} == {True, False}
    assert_truthful(sim, "featherless")


def test_xai(large):
    large.post("advance", provider="xai", steps=200)
    assert_truthful(large, "xai")  # whole numbers still
    lists = documents(large, "xai")
    ids = {which: {row["id"] for row in rows_of(document)} for which, document in lists.items()}
    assert ids["language"] and ids["images"] and not ids["language"] & ids["images"]
    assert ids["language"] - ids["models"] and ids["models"] & ids["images"]
    assert conditions(large, "xai") == {"", "[>128000]"}
    assert meters(large, "xai") == {"input_token", "output_token", "cached_input_token",
                                    "input_image_token", "web_search", "output_image"}
    contexts = {m["id"]: m["context_length"] for m in as_read(large.truth("xai"))}
    assert all(contexts[i] is None for i in (ids["language"] - ids["models"]) | ids["images"])
    assert any(contexts.values())


def test_fireworks(large):
    lists = documents(large, "fireworks")
    rows = rows_of(lists["serverless"])
    modes = {}
    for row in rows:
        modes.setdefault(row["id"], []).append(row["serverless_mode"])
    assert {len(m) for m in modes.values()} == {1, 2, 3} and all("standard" in m
                                                                for m in modes.values())
    assert {m[0] for m in modes.values()} > {"standard"}
    assert conditions(large, "fireworks") == {"", "[fast]", "[priority]"}
    assert any(row["pricing"] is None for row in rows) and any(row["pricing"] == [] for row in rows)
    amounts = [p["amount"] for row in rows for p in row["pricing"] or ()]
    assert {type(a) for a in amounts} == {str, dict}
    assert {type(a["units"]) for a in amounts if isinstance(a, dict)} == {str, int}
    aside = {row["name"] for row in rows_of(lists["models"])}
    assert modes.keys() - aside and aside - modes.keys() and aside & modes.keys()
    assert any(row["deprecationDate"] for row in rows_of(lists["models"]))
    assert lists["models"]["totalSize"] == len(aside)
    said = truth_of(large, "fireworks")
    assert said.keys() == modes.keys()
    assert all(said[i]["capabilities"] == {} for i in modes.keys() - aside)


def test_near(large):
    lists = documents(large, "near")
    rows, native = rows_of(lists["models"]), rows_of(lists["native"])
    ids, aside = {row["id"] for row in rows}, {row["modelId"] for row in native}
    assert ids - aside and aside - ids and ids & aside
    said = truth_of(large, "near")
    there = [row for row in rows if not row.get("pricing") and said[row["id"]]["prices"]]
    assert there and all(row["id"] in aside for row in there)  # priced in the second list alone
    assert any(not m["prices"] for m in said.values())
    assert {row["inputCostPerToken"]["scale"] for row in native if "inputCostPerToken" in row} >= {
        9, 10}
    ends = {row["deprecation_date"] for row in rows if row["deprecation_date"]}
    assert {"T" in end for end in ends} == {True, False}
    assert {"architecture" in row for row in rows} == {True, False}
    assert any(state == "free" for m in said.values() for (meter, _), (state, _) in
               m["prices"].items() if meter == "cached_input_token")


def test_fal(large):
    lists = documents(large, "fal")
    models, prices = rows_of(lists["models"]), rows_of(lists["prices"])
    ids, quoted = [row["endpoint_id"] for row in models], {row["endpoint_id"] for row in prices}
    assert len(ids) == 300 and quoted < set(ids)
    assert 0.05 < 1 - len(quoted) / len(ids) < 0.25
    units = {row["unit"] for row in prices}
    assert units > {"image", "images", "second", "seconds", "minutes", "1000 characters", "credits"}
    assert meters(large, "fal") >= {"output_image", "output_megapixel", "output_video",
                                    "output_second", "input_character", "request", "compute_second"}
    said = truth_of(large, "fal")
    assert all(not said[row["endpoint_id"]]["prices"] for row in prices
               if row["unit"] in ("credits", "units"))
    thirds = [a for m in said.values() for _, a in m["prices"].values()]
    assert any(len(a.partition(".")[2]) == dialects.PLACES for a in thirds)  # a minute's sixtieth
    assert {row["metadata"]["category"] for row in models} >= {"training", "llm", "text-to-3d"}


def test_fal_sells_prices_by_ids(sim):
    target = LISTS["fal"]["prices"]
    key = key_of("fal", "prices")
    ids = [row["endpoint_id"] for row in rows_of(documents(sim, "fal")["models"])]
    _, got = sim.ask("GET", f"{target}?endpoint_id={ids[0]},{ids[1]},nobody/knows", key)
    assert [row["endpoint_id"] for row in rows_of(json.loads(got))] == ids[:2]
    assert sim.ask("GET", target, key)[0].status == 422
    assert sim.ask("GET", f"{target}?endpoint_id={ids[0]}", KEY)[0].status == 401


def test_vertex(large):
    lists = documents(large, "google-vertex")
    said = truth_of(large, "google-vertex")
    rows = [row for document in lists.values() for row in rows_of(document)]
    assert all(rows_of(document) for document in lists.values())
    assert 0 < len(said) < len(rows)
    assert {i.partition("/")[0] for i in said} == set(lists)
    assert any(row["supportedActions"] == {} for row in rows)
    assert any(row["supportedActions"].get("requestAccess", 0) is None for row in rows)
    assert all(not m["prices"] and m["name"] is None for m in said.values())


def test_vertex_wants_tokens(sim):
    for which, target in LISTS["google-vertex"].items():
        sim.post("config", provider="google-vertex", list=which, key="token")
        reply, refusal = sim.ask("GET", target, KEY)
        assert reply.status == 401 and json.loads(refusal)["error"]["status"] == "UNAUTHENTICATED"


def test_huggingface(large):
    rows = rows_of(documents(large, "huggingface")["models"])
    counts = [len(row["providers"]) for row in rows]
    assert set(counts) == {1, 2, 3, 4} and sum(counts) == len(large.truth("huggingface"))
    offers = [offer for row in rows for offer in row["providers"]]
    for key in ("pricing", "context_length", "supports_tools", "is_free"):
        assert {key in offer for offer in offers} == {True, False}
    assert {offer["status"] for offer in offers} == {"live", "error"}


@pytest.mark.parametrize("slug", ("huggingface", "aimo"))
def test_hosts_of_a_model_stay_in_one_element(large, slug):
    large.post("advance", provider=slug, steps=30)
    large.post("shuffle", provider=slug)
    assert_truthful(large, slug)
    names = [row.get("id", row["name"] if slug == "aimo" else None)
             for row in rows_of(documents(large, slug)["models"])]
    assert len(names) == len(set(names))
    gone = large.post("remove", provider=slug, n=20)["events"]
    assert_truthful(large, slug)
    large.post("restore", provider=slug)
    assert_truthful(large, slug)
    assert gone


def test_aimo(large):
    rows = rows_of(documents(large, "aimo")["models"])
    assert any(not row["providers"] for row in rows)
    offers = [offer["pricing"]["prompt"] for row in rows for offer in row["providers"]]
    assert str in {type(p) for p in offers} and {type(p) for p in offers} & {Decimal, int}
    assert "0" in offers and 0 in offers
    assert {"display_name" in row for row in rows} == {True, False}
    before = truth_of(large, "aimo")
    events = large.post("advance", provider="aimo", steps=40)["events"]
    renamed = [e["model"].partition(":")[2] for e in events if e["kind"] == "renamed"]
    assert len(renamed) > len(set(renamed)) and before  # all hosts of it at once


def test_anannas(large):
    rows = rows_of(documents(large, "anannas")["models"])
    said = truth_of(large, "anannas")
    forms = {frozenset(row.get("pricing", ())) for row in rows}
    assert frozenset({"input", "output"}) in forms and frozenset({"prompt", "completion"}) in forms
    assert all(not said[row["id"]]["prices"] for row in rows if "input" in row.get("pricing", ()))
    assert {"context_window" in row for row in rows} == {True, False}


def test_aihubmix(large):
    rows = rows_of(documents(large, "aihubmix")["models"])
    texts = [row.get("features", "") for row in rows]
    assert any("，" in text for text in texts) and any("," in text for text in texts)
    assert {row.get("types", "absent") for row in rows} >= {
        "llm", "llm,search", "", "absent", "embedding", "rerank", "image_generation", "tts"}
    assert any(row["context_length"] == 0 for row in rows)
    said = truth_of(large, "aihubmix")
    assert any(row["pricing"]["input"] and not said[row["model_id"]]["prices"] for row in rows)
    assert any(row["pricing"]["input"] == 0 and said[row["model_id"]]["prices"] for row in rows)
    assert {"cache_read", "cache_write"} <= {key for row in rows for key in row["pricing"]}


# --- every list takes every fault ---

EVERY = [(slug, which) for slug in SLUGS for which in LISTS[slug]]


def ask(sim, slug, which):
    target, how = LISTS[slug][which], walk.BY_IDS.get((slug, which))
    if how:
        ids = [row[how[3]] for row in rows_of(json.loads(body(sim, slug, how[2])))]
        target += f"?{how[0]}={','.join(ids)}"
    reply, got = sim.ask("GET", target, key_of(slug, which))
    assert reply.status == 200
    return got


@pytest.mark.parametrize("slug, which", EVERY)
def test_hostile_rows_of_every_list(sim, slug, which):
    in_one(sim, slug)
    honest = rows_of(json.loads(ask(sim, slug, which)))
    for part in ("nullprice", "objectprice", "dupkeys", "digits", "word", "noid", "dupid"):
        sim.fault("hostile", provider=slug, list=which, part=part)
        rows = rows_of(json.loads(ask(sim, slug, which)))
        assert rows[:len(honest)] == honest and len(rows) == len(honest) + 1 + (part == "dupid")


@pytest.mark.parametrize("slug, which", EVERY)
def test_bent_documents_of_every_list(sim, slug, which):
    in_one(sim, slug)
    honest = rows_of(json.loads(ask(sim, slug, which)))

    def bent(kind):
        sim.fault(kind, provider=slug, list=which, times=1)
        return rows_of(json.loads(ask(sim, slug, which)))
    assert bent("empty_list") == []
    half = bent("half_list")
    assert half == honest[:len(half)] and len(half) < len(honest) or len(honest) < 2
    assert isinstance(bent("wrong_shape"), dict)
    assert rows_of(json.loads(ask(sim, slug, which))) == honest


# --- pages ---

PAGED = [("fal", "models"), ("fireworks", "models"), ("google-vertex", "google")]


@pytest.mark.parametrize("slug, which", PAGED)
def test_pages(start, slug, which):
    sim = start("--scale", "3000")

    def pages():
        return walk.pages(lambda target: sim.ask("GET", target, KEY)[1], slug, LISTS[slug][which])
    whole = [row for page in pages() for row in rows_of(page)]
    for size in (1, 7, 50):
        sim.post("config", provider=slug, list=which, page_size=size)
        found = pages()
        assert [row for page in found for row in rows_of(page)] == whole
        assert len(found) == -(-len(whole) // size)
    assert_truthful(sim, slug)
    for kind in ("page_loop", "page_repeated"):
        sim.fault(kind, provider=slug, list=which)
        with pytest.raises(AssertionError):
            pages()  # no end


def test_the_words_of_pages(sim):
    for slug, which in PAGED:
        sim.post("config", provider=slug, list=which, page_size=2)

    def page(slug, which):
        return json.loads(sim.ask("GET", LISTS[slug][which], KEY)[1])
    first = page("fal", "models")
    assert first["has_more"] is True and len(first["models"]) == 2
    last = walk.pages(lambda target: sim.ask("GET", target, KEY)[1], "fal",
                      LISTS["fal"]["models"])[-1]
    assert (last["has_more"], last["next_cursor"]) == (False, None)
    assert page("fireworks", "models")["totalSize"] > 2
    sim.post("config", provider="fireworks", list="models", page_size=200)
    sim.post("config", provider="google-vertex", list="google", page_size=100)
    assert page("fireworks", "models")["nextPageToken"] == ""
    assert "nextPageToken" not in page("google-vertex", "google")
    reply, _ = sim.ask("GET", LISTS["fireworks"]["models"] + "&pageToken=nobody", KEY)
    assert reply.status == 400


# --- sizes ---

def rows_at_start(start, *options):
    sim = start("--seed", "5", *options)
    said = json.loads(sim.ask("GET", "/sim/truth")[1])["providers"]
    return {slug: len(shop["models"]) for slug, shop in said.items()}


def test_a_total_is_shared_out_as_in_real_life(start):
    for total in (3000, 29000):
        rows = rows_at_start(start, "--total", str(total))
        assert 0.97 * total < sum(rows.values()) < 1.01 * total
        falling = [rows[slug] for slug in ("featherless", "fal", "aihubmix", "openrouter", "groq")]
        assert falling == sorted(falling, reverse=True)
        assert rows["deepinfra-openai"] == 0
    assert not any(rows_at_start(start, "--total", "0", "--scale", "0").values())


def test_rows_of_one_provider(start):
    rows = rows_at_start(start, "--rows", "groq=123", "--rows=fal=0", "--rows", "groq=124")
    assert (rows["groq"], rows["fal"], rows["openrouter"]) == (124, 0, 60)
    rows = rows_at_start(start, "--total", "1000", "--rows", "xai=77")
    assert rows["xai"] == 77
