"""What nobody verified fails by name: of each such fact of each descriptor, a document that denies it.

A fact with "sure": "U" may be wrong.  Then the price must not be read as another number, nor the row
vanish without a word: it is left out with a reason, or what is not understood is told, or the list
is refused; and the rows beside it are read all the same.
"""
import json
import pathlib
from typing import NamedTuple

import pytest

PROVIDERS = pathlib.Path(__file__).parents[2] / "providers"
DESCRIPTORS = {path.stem: json.loads(path.read_text()) for path in sorted(PROVIDERS.glob("*.json"))}
ODD = "odd"
NEIGHBOURS = ["good-1", "good-2"]


class Denial(NamedTuple):
    """`row`: what the odd row says besides its id; `frame`: what the document says besides rows."""
    slug: str
    fact: str
    says: tuple         # all of these stand in what is told
    row: dict = {}
    kind: str = "left out"
    list: str = None    # the first
    frame: dict = {}


def left_out(slug, fact, row, *says, **more):
    """The row is left out, and the reason says this."""
    return Denial(slug, fact, says, row, **more)


def told(slug, fact, row, *says, **more):
    """The row is read without what is odd in it, and a note says this."""
    return Denial(slug, fact, says, row, kind="told", **more)


def refused(slug, fact, *says, **more):
    """The list is refused, and the sentence says this."""
    return Denial(slug, fact, says, kind="refused", **more)


def pricing(**keys):
    return {"pricing": keys}


def properties(**values):
    return {"properties": [{"property_id": key, "value": value} for key, value in values.items()]}


def one_price(unit, price=0.015):
    return properties(price=[{"unit": unit, "price": price, "currency": "USD"}])


def venice(kind="text", **tariff):
    return {"type": kind, "model_spec": pricing(**tariff)}


DENIALS = [
    left_out("aihubmix", "output 0 of what is no llm is no price",
             {"types": "embedding", **pricing(input=0.1, output="0")}, "/pricing/output"),
    left_out("aihubmix", "no captured list was at hand: a price that is no number leaves its row out",
             {"types": "llm", **pricing(input="1.25")}, "/pricing/input"),
    left_out("aimo", "prompt and completion are USD per token: one reader says per 1M tokens, the names say"
                     " per token; outside 1e-10 to 0.001 the row is left out",
             pricing(prompt=0.6, completion=2.4), "/pricing/prompt"),
    left_out("aimo", "prices are strings or numbers",
             pricing(prompt={"usd": "0.0000006"}), "/pricing/prompt"),
    left_out("aimo", "0 means that no price is set", pricing(completion="-1"), "/pricing/completion"),
    told("anannas", "a form with numbers input and output exists; its unit is not known, so it is told by"
                    " name and not read",
         pricing(input=1.25, output=10), '"input" under /pricing', '"output" under /pricing'),
    left_out("anannas", "request 0 means that nothing is charged by the request",
             pricing(request="none"), "/pricing/request"),
    left_out("anannas", "the words tools, function_calling, vision, reasoning and structured_outputs in"
                        " capabilities; that one is not there says nothing",
             {"capabilities": {"tools": False}}, "/capabilities is an object"),
    left_out("cerebras", "0 for tokens is free", pricing(prompt="-1"), "/pricing/prompt"),
    left_out("chutes", "no captured list of this year was at hand: a price that is no number leaves its"
                       " row out", pricing(prompt="0.000000104"), "/pricing/prompt"),
    left_out("chutes", "0 for tokens is free", pricing(prompt=-1), "/pricing/prompt"),
    told("cloudflare-workers-ai", "per 1k characters is of text put in; per audio minute is of sound put in"
                                  " by the task Automatic Speech Recognition, made by Text-to-Speech, and"
                                  " of no other task is it known",
         {"task": {"name": "Dumb Pipe"}, **one_price("per audio minute")}, "[unit=per audio minute]/price"),
    told("cloudflare-workers-ai", "per 512 by 512 tile and other units are no meter that is known, and are"
                                  " not read", one_price("per 512 by 512 tile"), "per 512 by 512 tile"),
    left_out("cloudflare-workers-ai", "vision is the text true where the model takes images",
             properties(vision=["image"]), "[property_id=vision]"),
    told("cloudflare-workers-ai", "created_at is a time without a zone, in UTC",
         {"created_at": "2025-08-05 10:27:29 +0200"}, "/created_at"),
    told("cloudflare-workers-ai", "the names of tasks and what goes in and comes out of each",
         {"task": {"name": "Text-to-Smell"}}, "Text-to-Smell", "/task/name"),
    left_out("cloudflare-workers-ai", "0 for tokens is free", one_price("per M input tokens", -1), "per M input tokens"),
    left_out("cohere", "context_length 0 means that it is not said",
             {"context_length": -1.0}, "/context_length"),
    left_out("cohere", "the features tools, vision, reasoning, json_schema and structured_outputs mean"
                       " these capabilities", {"features": {"tools": False}}, "/features is an object"),
    left_out("deepinfra", "default_price_cents is US cents per image of the default size",
             pricing(default_price_cents="$0.02"), "/pricing/default_price_cents"),
    left_out("deepinfra", "0 for tokens is a price of text-generation, and for input of embeddings and"
                          " rerank; of any other type it is none",
             {"type": "embeddings", **pricing(cents_per_output_token=-1)},
             "/pricing/cents_per_output_token"),
    told("deepinfra", "discount_ends_at is unix seconds or RFC 3339: one reader says the one, one the other",
         {"type": "text-generation",
          **pricing(cents_per_input_token=0, discount=0.2, discount_ends_at="next week")},
         "/pricing/discount_ends_at"),
    left_out("deepinfra", "max_output_tokens, where it stands, limits the output",
             {"max_output_tokens": {"default": 512}}, "/max_output_tokens"),
    left_out("deepinfra", "the tag tools means function calling",
             {"tags": {"tools": False}}, "/tags is an object"),
    told("fal", "the other categories, and what goes in and out by them",
         {"metadata": {"category": "text-to-smell"}}, "text-to-smell", "/metadata/category"),
    left_out("fal", "vision is images in and text out, llm text in and text out",
             {"metadata": {"category": {"from": "image", "to": "text"}}}, "/metadata/category is an object"),
    told("fal", "images, megapixels, seconds, minutes and videos count what is made; characters count"
                " what is put in", {"unit": "input megapixels", "unit_price": 0.02, "currency": "USD"},
         "/unit_price", list="prices"),
    refused("fal", "one answer holds all that was asked for: next_cursor is then null",
            "/next_cursor", list="prices", frame={"next_cursor": "Mg=="}),
    left_out("fal", "unit_price 0 is a price that is not quoted, not free",
             {"unit": "image", "unit_price": "0", "currency": "USD"}, "/unit_price", list="prices"),
    left_out("featherless", "the rows of the list hold prices in the form that the call for one model has",
             pricing(prompt=0.6), "/pricing/prompt"),
    left_out("featherless", "image 0 and request 0 mean that nothing is charged by that meter",
             pricing(image=0), "/pricing/image"),
    left_out("featherless", "0 for tokens is free", pricing(prompt=0), "/pricing/prompt"),
    left_out("fireworks", "amount may be {currencyCode, units, nanos} instead: one reader expects that,"
                          " another the string, and which is current is not known",
             {"pricing": [{"sku": "LLM output tokens", "unit": "1M tokens", "amount": {"usd": "1.4"}}]},
             "[sku=LLM output tokens]/amount"),
    left_out("fireworks", "0 for tokens is free",
             {"pricing": [{"sku": "LLM output tokens", "unit": "1M tokens", "amount": "-1"}]},
             "[sku=LLM output tokens]/amount"),
    left_out("google-vertex", "no captured list was at hand",
             {"name": "projects/p/models/odd", "supportedActions": {"requestAccess": {}}}, "/name"),
    left_out("groq", "request 0 and image 0 mean that nothing is charged by that meter",
             pricing(request="none"), "/pricing/request"),
    left_out("groq", "a complete row in the new form was not at hand: a price that is no string leaves"
                     " its row out", pricing(prompt=0.6), "/pricing/prompt"),
    left_out("groq", "0 for tokens is free", pricing(prompt="-1"), "/pricing/prompt"),
    left_out("helicone", "image is the price of images put in",
             pricing(image={"output": 2500}), "/pricing/image"),
    told("helicone", "video is of no unit that is known, and is not read",
         pricing(video=3), '"video" under /pricing'),
    left_out("huggingface", "0 for tokens is free", pricing(input="0"), "/pricing/input"),
    refused("hyperbolic", "the rows stand under data, and id is what a caller writes",
            "/data is null", frame={"data": None, "models": []}),
    left_out("hyperbolic", "input_price and output_price are numbers in USD per 1M tokens",
             {"input_price": 0.0000001}, "/input_price"),
    left_out("hyperbolic", "a price of 0 is no price", {"output_price": "0"}, "/output_price"),
    left_out("hyperbolic", "null as a price means that the model is not charged by tokens",
             {"output_price": {"per_image": 0.01}}, "/output_price"),
    left_out("hyperbolic", "context_length is tokens, or null",
             {"context_length": "128k"}, "/context_length"),
    left_out("hyperbolic", "supports_tools and supports_image_input are booleans",
             {"supports_tools": "auto"}, "/supports_tools"),
    left_out("nebius", "price_per_minute is charged per minute of audio put in: no captured row has another"
                       " value than 0", pricing(price_per_minute={"output": "0.006"}),
             "/pricing/price_per_minute"),
    left_out("nebius", "price_per_video_second is charged per second of video made: no captured row has"
                       " another value than 0", pricing(price_per_video_second="0.05 per frame"),
             "/pricing/price_per_video_second"),
    left_out("novita", "a cached price of 0 is a placeholder, not free",
             pricing(input_cache_read={"price_per_m_decimal": 0}), "/pricing/input_cache_read"),
    left_out("novita", "0 for tokens of a model without tiers is free",
             {"input_token_price_per_m": -1}, "/input_token_price_per_m"),
    left_out("openrouter", "image is the price of one input image; on rows where it equals the prompt price"
                           " it is probably per image token",
             pricing(prompt="0", completion="0", image={"token": "0.001"}), "/pricing/image"),
    left_out("poe", "image is USD per image put in", pricing(image=300), "/pricing/image"),
    left_out("poe", "0 for tokens is free", pricing(prompt=0), "/pricing/prompt"),
    left_out("requesty", "caching_price 0 and cached_price 0 mean that no price is stated",
             {"cached_price": "0"}, "/cached_price"),
    left_out("requesty", "context_window 0 and max_output_tokens 0 mean that it is not said",
             {"context_window": -1}, "/context_window"),
    told("requesty", "created is unix seconds", {"created": "2026-08-22T00:00:00Z"}, "/created"),
    left_out("requesty", "0 for tokens is free", {"input_price": "0"}, "/input_price"),
    left_out("sambanova", "where prompt and completion are numbers, as newer documentation prints them,"
                          " the unit is the same", pricing(prompt=0.6), "/pricing/prompt"),
    told("sambanova", "duration_per_hour is no price of a call",
         pricing(duration_per_call="0.1"), '"duration_per_call" under /pricing'),
    left_out("sambanova", "0 for tokens is free", pricing(prompt="-1"), "/pricing/prompt"),
    told("together", "what two rows of type transcribe and one of type audio say as 0.27 and 0.85 is not"
                     " known; of the latter, input is read as of any audio row",
         {"type": "transcribe", **pricing(input=0.27)}, "/pricing/input"),
    left_out("together", "cached_input 0 means that no price is stated",
             {"type": "chat", **pricing(cached_input=-1)}, "/pricing/cached_input"),
    left_out("together", "0 for tokens is free", {"type": "chat", **pricing(input=-1)}, "/pricing/input"),
    left_out("venice", "extended holds what is charged above context_token_threshold tokens of input, that"
                       " number itself not included",
             venice(extended={"context_token_threshold": "200K", "input": {"usd": 5}}),
             "/model_spec/pricing/extended/context_token_threshold"),
    left_out("venice", "rows of type embedding are charged in USD per 1M tokens under input and output, and"
                       " their output of 0 is no price; other prices of theirs are not known",
             venice("embedding", input={"usd": 0.00000015}), "/model_spec/pricing/input/usd"),
    told("venice", "prices of rows that are neither text nor embedding have other units and are not read",
         venice("image", generation={"usd": 0.01}, input={"usd": 0.02}),
         '"generation" under /model_spec/pricing', "/model_spec/pricing/input/usd"),
    told("venice", "the types image, embedding, tts, asr, upscale, inpaint and video and what goes in and"
                   " comes out of them", venice("music", input={"usd": 1}),
         "music", "/type", "/model_spec/pricing/input/usd"),
    left_out("venice", "0 for tokens is free", venice(input={"usd": "0"}), "/model_spec/pricing/input/usd"),
    left_out("vercel-ai-gateway", "input 0 on rows of type image, video, transcription, speech and realtime"
                                  " means that there is no such price",
             {"type": "image", **pricing(input="-1")}, "/pricing/input"),
    left_out("vercel-ai-gateway", "0 for an image, a second or a character is a value that was not filled in,"
                                  " not free", {"type": "image", **pricing(image="-1")}, "/pricing/image"),
    told("vercel-ai-gateway", "the unit of web_search and of the realtime and audio keys is not known, so"
                              " they are not read",
         pricing(web_search="10", web_search_per_1k="10"), '"web_search_per_1k" under /pricing'),
    left_out("xai", "the input at exactly long_context_threshold tokens is still short",
             {"completion_text_token_price_long_context": 50000, "long_context_threshold": "128K"},
             "/long_context_threshold"),
    left_out("xai", "prompt_image_token_price_long_context is named after the others and has not been seen",
             {"prompt_image_token_price_long_context": 2.5, "long_context_threshold": 128000},
             "/prompt_image_token_price_long_context"),
    refused("zai", "the rows stand under data", "/data is null", frame={"data": None, "models": []}),
    left_out("zai", "a row's id is a text under id", {"id": 7, "code": "odd"}, "/id is a number"),
    told("zai", "created is unix seconds", {"created": "2026-08-22"}, "/created"),
]

# Facts that no document can deny, and why.
WHO_MAY_ASK = "about who may ask for the list: a refusal is an answer of its own (HTTP 401, 403)"
NAME_OF_A_VARIABLE = "the name of a variable: with another one the key is missing, by name"
NOT_ASKED = "whom a probe leaves out: it is told by name, and a model asked by mistake refuses by itself"
NO_SHAPE = {
    ("anannas", "the list needs the key: the documentation says so, one reader goes without"): WHO_MAY_ASK,
    ("hyperbolic", "the list needs the key"): WHO_MAY_ASK,
    ("novita", "the list stays readable without a key: the documentation asks for one"): WHO_MAY_ASK,
    ("sambanova", "the list needs no key"): WHO_MAY_ASK,
    ("alibaba", "models named after embedding, rerank, image, tts, asr or wan have no chat"): NOT_ASKED,
    ("cohere", "models named after embed and rerank have no chat"): NOT_ASKED,
    ("google", "models named after embedding, imagen, veo, lyria, aqa, tts, image, live or native-audio have"
               " no chat in OpenAI's form"): NOT_ASKED,
    ("groq", "models named after whisper, tts or orpheus have no chat"): NOT_ASKED,
    ("mistral", "models named after embed, ocr, moderation or transcribe have no chat"): NOT_ASKED,
    ("openai", "models named after embedding, speech, image, moderation or the older completions have no"
               " chat"): NOT_ASKED,
    ("zai", "ZHIPU_API_KEY is a name that other programs use for the key"): NAME_OF_A_VARIABLE,
}


# ---- documents

def identity(slug, name):
    """What gives a row of that provider the id `name`."""
    members = {"aihubmix": "model_id", "cloudflare-workers-ai": "name", "cohere": "name",
               "deepinfra": "model_name", "fal": "endpoint_id", "helicone": "providerSlug",
               "huggingface": "provider"}
    if slug == "google-vertex":
        return {"name": f"publishers/google/models/{name}", "supportedActions": {"requestAccess": {}}}
    if slug == "fireworks":
        return {"id": name, "serverless_mode": "standard"}
    if slug == "openrouter":
        return {"id": name, **pricing(prompt="0.000001", completion="0.000001")}
    return {members.get(slug, "id"): name}


def id_of(slug, name):
    """The id that it then has."""
    return {"aimo": f"{name}:around", "google-vertex": f"google/{name}",
            "helicone": f"around/{name}", "huggingface": f"around:{name}"}.get(slug, name)


def document_of(slug, rows, name=None):
    """The list's document with these rows, framed as its descriptor says."""
    lists = DESCRIPTORS[slug]["lists"]
    one = next(one for one in lists if name in (None, one["name"]))
    if one.get("each"):
        rows = [{"id": "around", "name": "around", one["each"].lstrip("/"): rows}]
    place = one.get("rows", "")
    for key in reversed((place if isinstance(place, str) else place[0]).split("/")[1:]):
        rows = {key: rows}
    if "total_pages" in one.get("pages", {}):
        rows["result_info"] = {"total_pages": 1}
    return rows


def document_that_denies(case):
    rows = [{**identity(case.slug, name)} for name in NEIGHBOURS]
    rows.insert(1, {**identity(case.slug, ODD), **case.row})
    document = document_of(case.slug, rows, case.list)
    return {**document, **case.frame} if case.frame else document


# ---- the tests

@pytest.mark.parametrize("case", DENIALS, ids=lambda case: f"{case.slug}: {case.fact[:60]}")
def test_wrong_guess_is_named(start_assay, quick_dir, case):
    """Left out, told or refused, with these words; the neighbours are read."""
    path = quick_dir / "document.json"
    path.write_text(json.dumps(document_that_denies(case)))
    args = ["providers", "--check", case.slug, path, *(["--list", case.list] if case.list else [])]
    desk = start_assay()
    run = desk.run(*args)
    assert run.code == (1 if case.kind == "refused" else 0), run
    mark = {"left out": "Skipping ", "told": "note: ", "refused": '{"level":50'}[case.kind]
    heard = [line for line in (run.out + run.err).splitlines() if line.startswith(mark)]
    assert heard and all(any(words in line for line in heard) for words in case.says), run
    if case.kind != "refused":
        read = {m["id"]: m for m in desk.run(*args, "--json").json()["models"]}
        odd = read.pop(id_of(case.slug, ODD), None)
        assert set(read) == {id_of(case.slug, name) for name in NEIGHBOURS}
        assert (odd is None) == (case.kind == "left out")
        assert all(p[3] == "0" for p in (odd or {}).get("prices", [])), odd


def facts(sure):
    return {(slug, f["fact"]) for slug, d in DESCRIPTORS.items() for f in d["facts"] if f["sure"] == sure}


def test_every_unverified_fact_has_a_guard():
    """None forgotten, none that is no fact any more."""
    guarded = {(case.slug, case.fact) for case in DENIALS}
    assert guarded & set(NO_SHAPE) == set()
    assert facts("U") - guarded - set(NO_SHAPE) == set()
    assert (guarded | set(NO_SHAPE)) - facts("U") == set()


def test_documents_are_good_but_for_the_odd_row(start_assay, quick_dir):
    """With no odd row in them, the documents of this test are read whole and nothing is told."""
    desk = start_assay()
    for slug, name in sorted({(case.slug, case.list) for case in DENIALS}, key=str):
        path = quick_dir / "document.json"
        path.write_text(json.dumps(document_of(slug, [identity(slug, n) for n in NEIGHBOURS], name)))
        run = desk.run("providers", "--check", slug, path, *(["--list", name] if name else []))
        assert run.code == 0 and ": 2 rows, 2 models" in run.out and "note:" not in run.out, run
