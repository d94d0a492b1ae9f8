"""`assay providers --check` on recorded documents: what is read of each, and who must refuse it.

The documents lie beside the repository (../shared/payloads); where one does not, its tests are
skipped and say so.  A row of REFUSED names the sentence, a row of READ an independent reading of
the document: by its keys, not by the descriptor.
"""
import json
from fractions import Fraction
from typing import Callable, NamedTuple

import pytest

from lib.rational import text_of

FAL = "2026-04-18/api.fal.ai/v1/models"
MODELS_JSON = "2026-05-31/huggingface.co/models-json"
VENICE = "2026-03-03/api.venice.ai/api/v1/models@type=text"
GEMINI = "2026-03-29/generativelanguage.googleapis.com/v1beta/models"
NEBIUS = "2026-08-08/api.tokenfactory.nebius.com/v1/models@verbose=true"
NEBIUS_PUBLIC = "2026-08-21/tokenfactory.nebius.com/api/public/models_info"
TOGETHER = "2026-01-23/api.together.xyz/v1/models"
CEREBRAS = "2026-08-22/api.cerebras.ai/public/v1/models"
VERCEL = "2025-11-18/ai-gateway.vercel.sh/v1/models"
OPENROUTER = "2026-08-01/openrouter.ai/api/v1/models"


# ---- independent readings: id → members of the canonical form

FAL_KINDS = {"text": "text", "image": "image", "video": "video", "audio": "audio", "speech": "audio"}
FAL_ALONE = {"llm": "text->text", "vision": "image->text"}


def fal_modality(category):
    """"text-to-speech" → "text->audio"; None where one side is no kind of ours."""
    made, _, of = category.partition("-to-")
    sides = FAL_KINDS.get(made), FAL_KINDS.get(of)
    return FAL_ALONE.get(category) or ("->".join(sides) if all(sides) else None)


def fal(document):
    return {row["endpoint_id"]: {"name": row["metadata"]["display_name"],
                                 "modality": fal_modality(row["metadata"]["category"])}
            for row in document["models"]}


def per_1m(prices):
    """{(meter, condition): USD per 1M} → the canonical list, per one."""
    return sorted([meter, condition, "priced", text_of(Fraction(str(usd)) / 10 ** 6), "USD"]
                  for (meter, condition), usd in prices.items()) or None


VENICE_METERS = {"input": "input_token", "output": "output_token",
                 "cache_input": "cached_input_token", "cache_write": "cache_write_token"}
VENICE_SKILLS = {"supportsVision": "vision", "supportsFunctionCalling": "function_calling",
                 "supportsReasoning": "reasoning", "supportsResponseSchema": "structured_outputs",
                 "supportsAudioInput": "audio_input"}


def venice_prices(pricing):
    long = pricing.get("extended", {})
    threshold = long.get("context_token_threshold")
    return per_1m({(meter, condition): tariff[key]["usd"]
                   for tariff, condition in ((pricing, ""), (long, f"[>{threshold}]"))
                   for key, meter in VENICE_METERS.items() if key in tariff})


def venice_model(row):
    spec = row["model_spec"]
    skills, weights = spec["capabilities"], spec["capabilities"]["quantization"]
    assert row["type"] == "text"
    return {"name": spec["name"], "context_length": spec["availableContextTokens"],
            "max_output_tokens": spec["maxCompletionTokens"], "modality": "text->text",
            "capabilities": [("" if skills[key] else "!") + ours for key, ours in
                             sorted(VENICE_SKILLS.items(), key=lambda pair: pair[1])],
            "quantization": None if weights == "not-available" else weights,
            "deprecated_at": spec.get("deprecation", {}).get("date"),
            "prices": venice_prices(spec["pricing"])}


def venice(document):
    return {row["id"]: venice_model(row) for row in document["data"]}


def gemini(document):
    return {row["name"].split("/", 1)[1]: {
        "name": row["displayName"], "context_length": row["inputTokenLimit"],
        "max_output_tokens": row["outputTokenLimit"],
        "capabilities": ["reasoning"] if row.get("thinking") else None}
            for row in document["models"]}


def nebius_public(document):
    found = {}
    for family in document:
        for flavor in family["flavors"]:
            prices = {("input_token", ""): flavor["input_price_per_million_tokens"]}
            if family["type"] != "embedding":
                prices["output_token", ""] = flavor["output_price_per_million_tokens"]
            found[flavor["model_id"]] = {"context_length": flavor["max_model_len"],
                                         "prices": per_1m(prices)}
    return found


def ids(document):
    """Of documents whose every member test_payloads*.py judges."""
    rows = document if isinstance(document, list) else document["data"]
    return {row["id"]: {"id": row["id"]} for row in rows}


# ---- the tables

class Refused(NamedTuple):
    slug: str
    document: str
    says: tuple  # all of these stand in the sentence


class Read(NamedTuple):
    slug: str
    document: str
    models: int
    reading: Callable
    mend: Callable = None  # changes the document first
    list: str = None       # of the descriptor; None: the first
    told: tuple = ()       # places that notes name


def last_page(document):
    return {**document, "next_cursor": None, "has_more": False}


REFUSED = [
    Refused("fal", FAL, ("page 1 shows that another follows", "partial")),
    Refused("huggingface", MODELS_JSON, ("list models", "/data is nothing")),
    Refused("chutes", MODELS_JSON, ("list models", "/data is nothing")),
    Refused("xai", FAL, ("id",)),
    Refused("venice", GEMINI, ("list models", "/data is nothing")),
    Refused("google", VENICE, ("list models", "/models is nothing")),
    Refused("openai", MODELS_JSON, ("list models", "/data is nothing")),
    Refused("zai", NEBIUS_PUBLIC, ("list models", "/data is nothing")),
]
READ = [
    Read("fal", FAL, 100, fal, last_page),
    Read("venice", VENICE, 40, venice),
    Read("google", GEMINI, 48, gemini),
    Read("nebius", NEBIUS_PUBLIC, 30, nebius_public, list="public"),
    Read("nebius", NEBIUS, 28, ids),
    Read("together", TOGETHER, 131, ids, told=("/pricing/input", "/pricing/output")),
    Read("cerebras", CEREBRAS, 2, ids, told=("/quantization",)),
    Read("vercel-ai-gateway", VERCEL, 144, ids),
    Read("openrouter", OPENROUTER, 336, ids),
]


def named(case):
    return f"{case.slug}-{case.document.rpartition('/')[2]}"


@pytest.fixture
def document(shared_dir, case):
    path = shared_dir / "payloads" / f"{case.document}.json" if shared_dir else None
    if not path or not path.is_file():
        pytest.skip(f"no recorded document at ../shared/payloads/{case.document}.json")
    return path


def said_of(model, want):
    """What the canonical form says where it says anything, of the members that are compared."""
    return {key: model.get(key) for key in want}


@pytest.mark.parametrize("case", REFUSED, ids=named)
def test_is_refused_by_name(start_assay, market, document, case):
    run = start_assay(market).run("providers", "--check", case.slug, document)
    sentence = run.out + run.err
    assert run.code == 1, run
    for words in case.says:
        assert words in sentence, run


@pytest.mark.parametrize("case", READ, ids=named)
def test_is_read_whole(start_assay, market, quick_dir, document, case):
    """Every model, and of each what the independent reading says; nothing is left out."""
    content = json.loads(document.read_bytes())
    if case.mend:
        content = case.mend(content)
        document = quick_dir / "mended.json"
        document.write_text(json.dumps(content))
    args = ["providers", "--check", case.slug, document, *(["--list", case.list] if case.list else [])]
    desk = start_assay(market)
    run = desk.run(*args)
    assert run.code == 0 and f"{case.models} models" in run.out and "0 skipped" in run.out, run
    notes = [line for line in run.out.splitlines() if line.startswith("note: ")]
    assert len(notes) == len(case.told) and all(
        place in note for place, note in zip(case.told, sorted(notes))), run
    models = {m["id"]: m for m in desk.run(*args, "--json").json()["models"]}
    want = case.reading(content)
    assert len(want) == case.models
    assert {i: said_of(m, want[i]) for i, m in models.items()} == want


def test_readings_can_fail():
    assert fal_modality("text-to-speech") == "text->audio" and fal_modality("llm") == "text->text"
    assert fal_modality("training") is None and fal_modality("text-to-3d") is None
    assert said_of({"id": "a"}, {"name": "A"}) == {"name": None}
