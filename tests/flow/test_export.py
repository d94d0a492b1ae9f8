"""`assay export`: five formats, each held against a schema of who reads it and against marketsim's truth."""
import copy
import csv
import gzip
import http.client
import io
import json
import os
import re
from decimal import Decimal

import jsonschema
import pytest

from lib import exports
from lib.assay import PROVIDERS, Assay, is_sanitized
from lib.bazaar import Bazaar
from lib.market import Market
from lib.patience import PATIENCE_S
from lib.serving import Serving

FORMATS = ("litellm", "models.dev", "openai", "csv", "json")
DOCUMENTS = tuple(f for f in FORMATS if f != "csv")
CSV_COLUMNS = ["provider", "provider_model_id", "canonical_id", "model_name", "modality", "quantization",
               "context_length", "max_output_tokens", "capabilities", "deprecated_at", "replaced_by",
               "first_seen_at", "meter", "condition", "state", "amount", "currency", "unit"]
MEMORY_KIB = 48 * 1024


def export(desk, form, *args, **how):
    run = desk.run("export", "--format", form, *args, **how)
    assert run.code == 0 and run.err == "", run
    return run.out


def refused(desk, *args, code, **how):
    """The sentence; nothing goes to stdout."""
    run = desk.run("export", *args, **how)
    assert run.code == code and run.out == "", run
    return run.logs()[-1]["msg"]


class Shown:
    """Every provider synced once, its truth, and what each format says of all of them."""

    def __init__(self, market, desk, root):
        desk.sync(providers="all")
        self.desk = desk
        self.truth = {slug: sorted(p["models"], key=lambda m: m["id"].encode()) for slug, p in
                      market.get("/sim/truth")["providers"].items() if slug in PROVIDERS}
        self.text = {form: export(desk, form) for form in FORMATS}
        self.documents = {form: exports.parse(self.text[form]) for form in DOCUMENTS}
        self.schemas = {form: json.loads((root / f"tests/schemas/{form}.schema.json").read_text())
                        for form in DOCUMENTS}
        self.sites = {slug: json.loads((root / f"providers/{slug}.json").read_text()).get("site_url")
                      for slug in self.truth}

    def models(self):
        return [(slug, m) for slug in sorted(self.truth) for m in self.truth[slug]]


@pytest.fixture(scope="module")
def shown(marketsim, assay, root, tmp_path_factory):
    market = Market(marketsim, seed=5)
    try:
        yield Shown(market, Assay(assay, tmp_path_factory.mktemp("home"), market.url), root)
    finally:
        market.stop()


def faults(schema, document):
    return [f"{list(e.absolute_path)}: {e.message}"
            for e in jsonschema.Draft202012Validator(schema).iter_errors(document)]


# ---- the formats

@pytest.mark.parametrize("form", DOCUMENTS)
def test_who_reads_it_would_take_it(shown, form):
    assert faults(shown.schemas[form], json.loads(shown.text[form])) == []


def first_entry(document):
    return next(e for e in document.values() if "input_cost_per_token" in e)


def first_model(document):
    return next(m for p in document.values() for m in p["models"].values() if "cost" in m)


# How a document can be wrong: of each form a change that its schema must not let through.
WRONG = {
    "litellm": [
        lambda d: first_entry(d).update(input_cost_per_token="0.000001"),
        lambda d: first_entry(d).update(input_cost_per_token=-1),
        lambda d: first_entry(d).update(input_cost_per_tokens=1e-6),
        lambda d: first_entry(d).update(input_cost_per_token_above_200001_tokens=1e-6),
        lambda d: first_entry(d).update(mode="chats"),
        lambda d: first_entry(d).update(max_tokens=0.5),
        lambda d: first_entry(d).update(supported_modalities=["file"]),
        lambda d: first_entry(d).update(deprecation_date="2026-12-31T00:00:00Z"),
        lambda d: first_entry(d).update(supports_vision="yes"),
        lambda d: first_entry(d).pop("litellm_provider"),
        lambda d: d.update({"no-provider": {"litellm_provider": "x"}}),
    ],
    "models.dev": [
        lambda d: first_model(d)["cost"].pop("output"),
        lambda d: first_model(d)["cost"].update(input="1"),
        lambda d: first_model(d)["cost"].update(cached=1),
        lambda d: first_model(d)["cost"].update(tiers=[{"input": 1, "output": 1}]),
        lambda d: first_model(d)["cost"].update(context_over_200k={"input": 1}),
        lambda d: first_model(d)["cost"].update(context_over_200k={"input": 1, "output": 1, "x": 1}),
        lambda d: first_model(d).update(reasoning=False, reasoning_options=[]),
        lambda d: first_model(d).update(reasoning=True) or first_model(d).pop("reasoning_options", 0),
        lambda d: first_model(d).update(release_date="22.8.2026"),
        lambda d: first_model(d)["modalities"].update(input=["file"]),
        lambda d: first_model(d)["limit"].pop("output"),
        lambda d: first_model(d).update(price=1),
        lambda d: first_model(d).update(status="active"),
        lambda d: d["groq"].pop("api"),
        lambda d: d["google"].update(api="https://google.example"),
        lambda d: d["groq"].update(env=[]),
    ],
    "openai": [
        lambda d: d.update(object="lists"),
        lambda d: d["data"][0].pop("created"),
        lambda d: d["data"][0].update(created=1.5),
        lambda d: d["data"][0].update(object="models"),
        lambda d: d["data"][0].update(id=""),
        lambda d: d.update(data={}),
    ],
    "json": [
        lambda d: d["providers"][0]["models"][0].pop("prices"),
        lambda d: d["providers"][0]["models"][0].update(context_length="8192"),
        lambda d: d["providers"][0]["models"][0].update(
            prices=[{"meter": "input_token", "condition": "", "state": "priced", "amount": "1e-6",
                     "currency": "USD", "valid_from": None, "valid_to": None}]),
        lambda d: d["providers"][0]["models"][0].update(
            prices=[{"meter": "input_token", "condition": "", "state": "priced", "amount": None,
                     "currency": "USD", "valid_from": None, "valid_to": None}]),
        lambda d: d.update(at="2026-08-22"),
    ],
}


# As little of a document as is enough.
PART = {
    "litellm": lambda d: {key: e for key, e in d.items() if key.startswith("openrouter/")},
    "models.dev": lambda d: {key: d[key] for key in ("google", "groq", "openrouter")},
    "openai": lambda d: {**d, "data": d["data"][:2]},
    "json": lambda d: {**d, "providers": d["providers"][:1]},
}


@pytest.mark.parametrize("form", DOCUMENTS)
def test_a_schema_refuses(shown, form):
    part = PART[form](json.loads(shown.text[form]))
    assert faults(shown.schemas[form], part) == []
    for number, spoil in enumerate(WRONG[form]):
        document = copy.deepcopy(part)
        spoil(document)
        assert faults(shown.schemas[form], document), f"{form}: {number}"


# ---- exact, and all of it

def test_litellm_is_the_truth(shown):
    want = {}
    for slug, model in shown.models():
        want.update(exports.litellm(slug, model, shown.sites[slug]))
    got = shown.documents["litellm"]
    assert got.keys() == want.keys()
    for key, entry in want.items():
        assert got[key] == entry, key
    # Something of each kind came by.
    keys = {key for e in got.values() for key in e}
    assert {"cache_read_input_token_cost", "output_cost_per_image", "input_cost_per_second",
            "deprecation_date", "supported_modalities"} <= keys


def test_models_dev_is_the_truth(shown):
    got = shown.documents["models.dev"]
    names = {slug: exports.MODELS_DEV_NAMES.get(slug, slug) for slug in shown.truth}
    assert got.keys() == set(names.values())
    for slug, models in shown.truth.items():
        said = got[names[slug]]
        assert said["id"] == names[slug]
        assert list(said["models"]) == [m["id"] for m in models]
        for model in models:
            want = exports.models_dev(model, shown.desk.now())
            entry = said["models"][model["id"]]
            assert {key: entry.get(key) for key in want} == want, (slug, model["id"])
            assert entry.keys() - want.keys() == {"description", "release_date", "last_updated",
                                                  "open_weights"}, (slug, model["id"])


def test_openai_is_the_truth(shown):
    got = shown.documents["openai"]["data"]
    assert [(m["id"], m["owned_by"]) for m in got] == [
        (f"{slug}/{m['id']}", slug) for slug, m in shown.models()]
    assert {m["created"] for m in got} == {shown.desk.now_ms() // 1000}


def test_json_is_the_truth(shown):
    got = {p["slug"]: p["models"] for p in json.loads(shown.text["json"])["providers"]}
    assert list(got) == sorted(shown.truth)
    for slug, models in shown.truth.items():
        assert [exports.ours(m) for m in got[slug]] == [
            exports.ours({**m, "prices": [p if p["state"] != "dynamic" else {**p, "amount": None}
                                          for p in m["prices"]]}) for m in models], slug


def test_csv_is_the_truth(shown):
    text = shown.text["csv"]
    assert text.count("\n") == text.count("\r\n")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert header == CSV_COLUMNS
    assert all(len(row) == len(header) for row in rows)
    cells = [dict(zip(header, row)) for row in rows]
    want = []
    for slug, m in shown.models():
        want += [(slug, m["id"], p["meter"], p["condition"], p["state"], p["amount"] or "")
                 for p in sorted(m["prices"], key=lambda p: (p["meter"], p["condition"]))] or [
            (slug, m["id"], "", "", "", "")]
    assert [(c["provider"], c["provider_model_id"], c["meter"], c["condition"], c["state"], c["amount"])
            for c in cells] == want
    names = {(slug, m["id"]): m for slug, m in shown.models()}
    for c in cells:
        m = names[c["provider"], c["provider_model_id"]]
        assert c["model_name"] == (m["name"] or m["id"])
        assert c["context_length"] == ("" if m["context_length"] is None else str(m["context_length"]))


# ---- conditions, written by hand

STALLS = {"north": "USD", "west": "EUR", "gemini": "USD"}
RICH = {"id": "acme/rich", "hub": "acme/rich", "in": "2.0000000000000000001", "out": "8", "cached": "0.5",
        "in_long": "4", "out_long": "12", "in_huge": "9", "in_batch": "1", "out_batch": "4",
        "fee": "0.01", "in_night": "1.5", "write_1h": "4", "write_5m": "2.5", "think": "10",
        "window": 1000000, "longest": 65536, "ends": "2026-08-01"}


@pytest.fixture
def bazaar(quick_dir, start_market, start_assay):
    place = Bazaar(quick_dir, start_market, start_assay, STALLS)
    place.sell("north", RICH, {"id": "gift", "in": "0", "out": "0"}, {"id": "maybe", "in": "-1", "out": "-1"},
               {"id": "a \"b\"\\,c", "in": "1"})
    place.sell("west", {"id": "dear", "in": "1", "out": "2", "fee": "0"})
    place.sell("gemini", {"id": "twin", "in": "1", "out": "2"})
    place.sync()
    return place


@pytest.mark.stores("sqlite", "postgres")
def test_conditions(bazaar):
    got = exports.parse(export(bazaar.desk, "litellm"))
    micro = Decimal("0.000001")
    assert got["north/acme/rich"] == {
        "litellm_provider": "north", "mode": "chat", "max_input_tokens": 1000000,
        "max_output_tokens": 65536, "max_tokens": 65536, "deprecation_date": "2026-08-01",
        "input_cost_per_token": Decimal("0.0000020000000000000000001"),
        "output_cost_per_token": 8 * micro, "cache_read_input_token_cost": micro / 2,
        "input_cost_per_token_above_200k_tokens": 4 * micro,
        "output_cost_per_token_above_200k_tokens": 12 * micro,
        "input_cost_per_token_above_1000k_tokens": 9 * micro,
        "input_cost_per_token_batches": micro, "output_cost_per_token_batches": 4 * micro,
        "cache_creation_input_token_cost": Decimal("2.5") * micro,
        "cache_creation_input_token_cost_above_1hr": 4 * micro,
        "output_cost_per_reasoning_token": 10 * micro,
        "input_cost_per_request": Decimal("0.01"),
    }
    assert got["north/gift"]["input_cost_per_token"] == 0
    assert "input_cost_per_token" not in got["north/maybe"]
    assert "north/a \"b\"\\,c" in got
    # No rate leads from euros to dollars; what is free is so in both.
    assert got["west/dear"] == {"litellm_provider": "west", "mode": "chat", "input_cost_per_request": 0}

    rich = exports.parse(export(bazaar.desk, "models.dev"))["north"]["models"]["acme/rich"]
    base = {"cache_read": Decimal("0.5"), "cache_write": Decimal("2.5")}
    assert rich["cost"] == {
        "input": Decimal("2.0000000000000000001"), "output": 8, **base,
        "tiers": [{"input": 4, "output": 12, **base, "tier": {"type": "context", "size": 200000}},
                  {"input": 9, "output": 12, **base, "tier": {"type": "context", "size": 1000000}}],
        "context_over_200k": {"input": 4, "output": 12, **base},
    }
    assert rich["status"] == "deprecated" and rich["open_weights"] is True
    assert "cost" not in exports.parse(export(bazaar.desk, "models.dev"))["west"]["models"]["dear"]


def test_a_discount_counts_as_long_as_it_lasts(bazaar):
    bazaar.sell("north", {"id": "sale", "in": "2", "out": "2", "list": "2", "off": "0.5",
                          "off_ends": "2026-09-01"})
    bazaar.sync("north")
    entry = "north/sale"
    sale = exports.parse(export(bazaar.desk, "litellm"))[entry]["input_cost_per_token"]
    over = exports.parse(export(bazaar.desk, "litellm", ASSAY_NOW="2026-09-01T00:00:00Z"))
    assert sale < Decimal("0.000002") == over[entry]["input_cost_per_token"]


def test_a_name_of_others_that_is_taken(bazaar, root):
    """LiteLLM calls google gemini: beside a provider with that slug it keeps its own name."""
    slugs = ("google", "gemini")
    google = json.loads((root / "providers/google.json").read_text())
    stall = json.loads((bazaar.folder / "gemini.json").read_text())
    stall["slug"] = "google"
    assert google["slug"] == "google"
    (bazaar.folder / "google.json").write_text(json.dumps(stall))
    bazaar.sync(*slugs)
    keys = exports.parse(export(bazaar.desk, "litellm", "--providers", *slugs))
    assert {"google/twin", "gemini/twin"} == set(keys)
    assert set(exports.parse(export(bazaar.desk, "litellm", "--providers", "google"))) == {"gemini/twin"}


# ---- what is in force

def prices(desk):
    found = exports.parse(export(desk, "json"))["providers"]
    return {m["id"]: {p["meter"] + p["condition"]: p["amount"] for p in m["prices"]}
            for p in found for m in p["models"]}


@pytest.mark.stores("sqlite", "postgres")
def test_what_is_held_or_laid_over(bazaar):
    desk = bazaar.desk
    bazaar.sell("north", {**RICH, "cached": "500", "out": "9"})
    bazaar.sync("north")
    got = prices(desk)["acme/rich"]
    assert got["cached_input_token"] == "0.0000005" and got["output_token"] == "0.000009"
    review = json.loads(desk.run("review", "list", "--json").out)
    assert desk.run("review", "accept", review["id"]).code == 0
    assert prices(desk)["acme/rich"]["cached_input_token"] == "0.0005"
    run = desk.run("override", "set", "north", "acme/rich", "pricing_completion", "0.25")
    assert run.code == 0, run
    assert prices(desk)["acme/rich"]["output_token"] == "0.25"


@pytest.mark.stores("sqlite", "postgres")
def test_who_is_left_out(bazaar):
    desk = bazaar.desk
    bazaar.sell("north", RICH)
    bazaar.sync("north")
    assert set(prices(desk)) == {"acme/rich", "dear", "twin"}
    desk.database.operate("UPDATE models SET is_active = false WHERE provider_model_id = 'twin'")
    desk.database.operate("UPDATE providers SET is_active = false WHERE slug = 'west'")
    assert set(prices(desk)) == {"acme/rich"}
    document = exports.parse(export(desk, "json"))
    assert [p["slug"] for p in document["providers"]] == ["gemini", "north"]
    for form in DOCUMENTS:
        exports.parse(export(desk, form, "--providers", "west"))


# ---- the command

def test_usage(bazaar, tmp_path):
    desk = bazaar.desk
    assert refused(desk, code=2) == "assay export: --format is needed"
    assert "litellm" in refused(desk, "--format", "xml", code=2)
    assert "unknown provider \"nobody\"" in refused(desk, "--format", "csv", "--providers", "nobody",
                                                    code=2)
    assert "never synced" in refused(desk, "--format", "csv", "--providers", "groq", code=1)
    assert "not a regular file" in refused(desk, "--format", "csv", "--output", "/dev/null", code=2)
    assert "No such file" in refused(desk, "--format", "csv", "--output", tmp_path / "no/file", code=1)
    assert os.listdir(tmp_path) == []


def test_a_file(bazaar, tmp_path):
    desk, there, link = bazaar.desk, tmp_path / "there.json", tmp_path / "link.json"
    there.write_text("old")
    link.symlink_to(there)
    for path in (there, link, desk.home / "here.json"):
        name = path.name if path.parent == desk.home else path
        assert export(desk, "json", "--output", name) == ""
        assert path.read_text() == export(desk, "json")
    assert link.is_symlink() and sorted(os.listdir(tmp_path)) == ["link.json", "there.json"]


def test_a_file_that_fails_stays_as_it_was(bazaar, tmp_path):
    there = tmp_path / "there.json"
    there.write_text("old")
    bazaar.desk.database.operate("DROP TABLE overrides")
    assert "overrides" in refused(bazaar.desk, "--format", "json", "--output", there, code=1)
    assert there.read_text() == "old" and os.listdir(tmp_path) == ["there.json"]


def test_output_that_nobody_takes(bazaar):
    with open("/dev/full", "wb") as full:
        run = bazaar.desk.run("export", "--format", "json", out=full)
    assert run.code == 1 and "No space left" in run.err


# ---- the page

def table(text, heading):
    """{first cell: second} of the table below that head, without the marks of code."""
    rows = text.split(f"| {heading} |")[1].split("\n\n")[0].splitlines()[2:]
    return {a.strip("` "): b.strip("` ") for a, b in (row.strip("|").split("|")[:2] for row in rows)}


def test_the_page_says_what_is_so(bazaar, root):
    text = (root / "doc/exports.md").read_text()
    assert table(text, "our slug | LiteLLM's name") == exports.LITELLM_NAMES
    assert table(text, "our slug | id at models.dev") == exports.MODELS_DEV_NAMES
    assert table(text, "meter | LiteLLM's key") == exports.LITELLM
    formats = text.split("| `--format` |")[1].split("\n\n")[0]
    assert all(f"`{form}`" in formats and f"`/exports/{name}`" in formats
               for form, name in ROUTES.items())
    columns = text.split("Columns: ")[1].split(" An empty cell")[0]
    assert [c for c in re.findall(r"`([a-z_]+)`", columns)
            if c not in ("priced", "free", "dynamic")] == CSV_COLUMNS
    said = re.findall(r"^\$ assay (export .*)$", text, re.M)
    assert len(said) == 2
    for command in said:
        words = command.replace("openrouter deepinfra", "north west").split()
        assert bazaar.desk.run(*words).code == 0, command


# ---- a large market

@pytest.fixture(scope="module")
def large(marketsim, assay, tmp_path_factory):
    """25,000 models, and a service over them."""
    market = Market(marketsim, seed=11, total=25000)
    desk = Assay(assay, tmp_path_factory.mktemp("large"), market.url)
    try:
        desk.sync(providers="all")
    finally:
        market.stop()
    return desk


def test_memory_does_not_grow_with_the_market(large, assay, tmp_path):
    run = large.measured("export", "--format", "openai", "--output", tmp_path / "openai")
    assert run.code == 0, run
    assert is_sanitized(assay) or run.memory_kib < MEMORY_KIB, run.memory_kib
    assert len(json.loads((tmp_path / "openai").read_text())["data"]) > 24000


def test_an_export_that_breaks_is_not_taken_for_whole(large):
    """The status is sent with the first piece; what goes wrong later cuts the connection."""
    serving = Serving(large)
    try:
        asked = serving.connection()
        asked.request("GET", "/exports/models.json")
        answer = asked.getresponse()
        assert answer.status == 200
        begin = answer.read(1000)
        large.database.operate("ALTER TABLE overrides RENAME TO gone")
        with pytest.raises(http.client.IncompleteRead) as broken:
            answer.read()
        asked.close()
        with pytest.raises(ValueError):
            json.loads(begin + broken.value.partial)
        assert serving.ask("/exports/models.json").status == 500
        large.database.operate("ALTER TABLE gone RENAME TO overrides")
        assert "an export broke off" in serving.log()
        assert len(serving.get("/exports/openai.json")["data"]) > 24000
    finally:
        serving.stop()


def test_a_service_that_stops_cuts_what_it_cannot_end(large):
    serving = Serving(large)
    asked = serving.connection()
    asked.request("GET", "/exports/models.json")
    answer = asked.getresponse()
    begin = answer.read(1000)
    serving.process.terminate()
    try:
        json.loads(begin + answer.read())
    except http.client.IncompleteRead:
        pass  # larger than what there was time for, and the client can tell
    asked.close()
    assert serving.process.wait(PATIENCE_S) == 0, serving.log()  # a second signal would end it at once
    serving.process.stdout.close()


# ---- over HTTP

ROUTES = {"litellm": "litellm.json", "models.dev": "models.dev.json", "openai": "openai.json",
          "csv": "models.csv", "json": "models.json"}


@pytest.fixture(scope="module")
def serving(shown):
    service = Serving(shown.desk)
    yield service
    service.stop()


def test_the_routes_say_what_the_command_says(shown, serving):
    for form in ("litellm", "openai", "csv"):
        assert serving.ask(f"/exports/{ROUTES[form]}").body.decode() == shown.text[form], form
    now = json.loads(export(shown.desk, "json"))
    then = serving.get("/exports/models.json")
    assert exports.stamp(now.pop("at")) < exports.stamp(then.pop("at"))
    assert then == now
    assert faults(shown.schemas["models.dev"], serving.get("/exports/models.dev.json")) == []


def test_both_lists_of_openai_agree(serving):
    assert serving.wait_ready().get("/v1/models") == serving.get("/exports/openai.json")


def test_heads(serving):
    for form, name in ROUTES.items():
        for method in ("GET", "HEAD"):
            reply = serving.ask(f"/exports/{name}?providers=groq", method=method)
            assert reply.status == 200
            assert reply.headers["Content-Type"].split(";")[0] == (
                "text/csv" if form == "csv" else "application/json")
            assert bool(reply.body) == (method == "GET")


def test_a_stream_is_packed_for_who_takes_it(shown, serving):
    for form in ("litellm", "openai", "csv"):
        plain = serving.ask(f"/exports/{ROUTES[form]}", Accept_Encoding="identity")
        packed = serving.ask(f"/exports/{ROUTES[form]}", Accept_Encoding="gzip")
        assert packed.headers["Content-Encoding"] == "gzip" and plain.headers["Content-Encoding"] is None
        assert gzip.decompress(packed.body).decode() == plain.body.decode() == shown.text[form]
        assert len(packed.body) * 3 < len(plain.body)
        told = serving.ask(f"/exports/{ROUTES[form]}", method="HEAD", Accept_Encoding="gzip")
        assert told.headers["Content-Encoding"] == "gzip" and told.headers["Content-Length"] is None


def test_some_providers(serving):
    got = serving.get("/exports/litellm.json?providers=groq,together&providers=xai")
    assert {e["litellm_provider"] for e in got.values()} == {"groq", "together_ai", "xai"}
    for query, named in (("providers=nobody", "nobody"), ("provider=groq", "providers")):
        reply = serving.ask(f"/exports/litellm.json?{query}")
        assert reply.status == 422 and named in reply.json()["detail"], reply


def test_a_provider_that_was_never_synced(bazaar):
    service = Serving(bazaar.desk)
    try:
        assert "never synced" in service.ask("/exports/models.csv?providers=groq").json()["detail"]
        assert service.ask("/exports/models.csv?providers=groq").status == 404
        assert service.ask("/exports/models.csv?providers=north").status == 200
    finally:
        service.stop()
