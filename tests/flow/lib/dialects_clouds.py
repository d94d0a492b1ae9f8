# SPDX-License-Identifier: MIT
"""What the lists of those say who run models themselves; the rules are those of lib/dialects.py."""
import re
from fractions import Fraction

from .dialects import Row, exact, listed, rounded
from .dialects_vendors import day, flags, instant, modality

MILLIONTH = Fraction(1, 10 ** 6)
FEATURES = {"tools": "function_calling", "reasoning": "reasoning",
            "structured_outputs": "structured_outputs"}


def first(*values):
    """The first that says anything."""
    return next((v for v in values if v is not None), None)


def arrays(m, inputs="input_modalities", outputs="output_modalities"):
    return modality(m.get(inputs), m.get(outputs))


def texts(prices):
    assert all(isinstance(v, str) for v in prices)


# ---- Groq

def groq(documents):
    for m in documents["models"]["data"]:
        row = Row(m["id"], name=m["name"],
                  context_length=first(m.get("context_length"), m["context_window"]),
                  max_output_tokens=first(m.get("max_output_length"), m["max_completion_tokens"]),
                  modality=arrays(m), capabilities=listed(m["supported_features"], FEATURES))
        p = m.get("pricing", {})
        texts(p.values())
        assert set(p) <= {"prompt", "completion", "input_cache_read", "request", "image"}
        row.charge("input_token", p.get("prompt"))
        row.charge("output_token", p.get("completion"))
        row.charge("cached_input_token", p.get("input_cache_read"))
        row.charge("request", p.get("request"), zero=False)
        row.charge("input_image", p.get("image"), zero=False)
        yield row


# ---- Chutes: per million, whatever the keys look like

def chutes(documents):
    for m in documents["models"]["data"]:
        row = Row(m["id"], context_length=first(m.get("context_length"), m["max_model_len"]),
                  max_output_tokens=m.get("max_output_length"), modality=arrays(m),
                  quantization=m.get("quantization"),
                  capabilities=listed(m.get("supported_features"), FEATURES))
        p = m.get("pricing", {})
        assert not any(isinstance(v, str) for v in p.values())
        for key, meter in (("prompt", "input_token"), ("completion", "output_token"),
                           ("input_cache_read", "cached_input_token")):
            row.charge(meter, p.get(key), MILLIONTH, noise=12)
        assert set(p) <= {"prompt", "completion", "input_cache_read"}
        yield row


# ---- Featherless

def featherless(documents):
    for m in documents["models"]["data"]:
        row = Row(m["id"], name=m["name"], context_length=m["context_length"],
                  max_output_tokens=m["max_completion_tokens"],
                  capabilities=flags(m.get("features", {}), function_calling="tool_use",
                                     vision="vision"))
        p = m.get("pricing", {})
        for meter, text, number in (("input_token", "prompt", "input"),
                                    ("output_token", "completion", "output")):
            if text in p:
                row.charge(meter, p[text])
                # The twin says the same.
                assert number not in p or exact(p[number], 12) * MILLIONTH == exact(p[text])
            else:
                row.charge(meter, p.get(number), MILLIONTH, noise=12)
        texts(p[k] for k in ("prompt", "completion", "image", "request") if k in p)
        row.charge("input_image", p.get("image"), zero=False)
        row.charge("request", p.get("request"), zero=False)
        yield row


# ---- xAI

TICK = Fraction(1, 10 ** 10)


def xai_price(row, m, key, meter, condition=""):
    token = m.get(key)
    assert token is None or (isinstance(token, int) and token >= 0), key
    row.charge(meter, token, TICK, condition, zero=False)


def xai(documents):
    contexts = {m["id"]: m.get("context_length") for m in documents["models"]["data"]}
    meters = {"prompt_text_token_price": "input_token",
              "cached_prompt_text_token_price": "cached_input_token",
              "prompt_image_token_price": "input_image_token",
              "completion_text_token_price": "output_token"}
    for m in documents["language"]["models"]:
        row = Row(m["id"], modality=arrays(m), context_length=contexts.get(m["id"]))
        assert "context_length" not in m
        for key, meter in meters.items():
            xai_price(row, m, key, meter)
            if m.get("long_context_threshold"):
                xai_price(row, m, key + "_long_context", meter,
                          f"[>{m['long_context_threshold']}]")
            else:
                assert not m.get(key + "_long_context")
        xai_price(row, m, "search_price", "web_search")
        yield row
    for m in documents["images"]["models"]:
        row = Row(m["id"], modality=arrays(m))
        for key, meter in (("prompt_text_token_price", "input_token"),
                           ("prompt_image_token_price", "input_image_token"),
                           ("image_price", "output_image")):
            xai_price(row, m, key, meter)
        yield row


# ---- Fireworks

FIREWORKS_SKUS = {"LLM input tokens (uncached)": "input_token",
                  "LLM input tokens (cached)": "cached_input_token",
                  "LLM output tokens": "output_token"}
FIREWORKS_MODES = {"standard": "", "fast": "[fast]", "priority": "[priority]"}


def money(amount):
    if isinstance(amount, str):
        return exact(amount)
    assert set(amount) == {"currencyCode", "units", "nanos"} and amount["currencyCode"] == "USD"
    assert isinstance(amount["nanos"], int) and 0 <= amount["nanos"] < 10 ** 9
    return int(amount["units"]) + Fraction(amount["nanos"], 10 ** 9)


def fireworks_prices(row, m):
    condition = FIREWORKS_MODES[m["serverless_mode"]]
    for p in m["pricing"] or ():
        if p["unit"] == "1M tokens":
            row.put(FIREWORKS_SKUS[p["sku"]], condition, money(p["amount"]) * MILLIONTH)
        else:
            assert p["unit"] in ("1M chars", "step")


def ymd(date):
    return date and day(f"{date['year']:04}-{date['month']:02}-{date['day']:02}")


def fireworks(documents):
    rows, aside = {}, {m["name"]: m for m in documents["models"]["models"]}
    assert len(aside) == len(documents["models"]["models"])
    for m in documents["serverless"]["data"]:
        row = rows.setdefault(m["id"], Row(m["id"]))
        fireworks_prices(row, m)
        if m["serverless_mode"] != "standard":
            continue
        more = aside.get(m["id"], {})
        row.said.update(
            name=m["display_name"], modality=arrays(m),
            context_length=first(m.get("context_length"), more.get("contextLength")),
            capabilities=flags(more, function_calling="supportsTools",
                               vision="supportsImageInput"),
            deprecated_at=ymd(more.get("deprecationDate")))
        assert more.get("displayName", m["display_name"]) == m["display_name"]
    yield from rows.values()


# ---- NEAR AI

def near_prices(row, p):
    texts(p[k] for k in ("prompt", "completion", "input_cache_read", "image", "request") if k in p)
    for old, new in (("input", "prompt"), ("output", "completion")):
        assert old not in p or exact(p[old], 12) * MILLIONTH == exact(p[new])
    row.charge("input_token", p.get("prompt"))
    row.charge("output_token", p.get("completion"))
    row.charge("cached_input_token", p.get("input_cache_read"))
    row.charge("input_image", p.get("image"), zero=False)
    row.charge("request", p.get("request"), zero=False)


def near_native(m):
    data = m["metadata"]
    row = Row(m["modelId"], name=data["modelDisplayName"], context_length=data["contextLength"])
    for key, meter, zero in (("inputCostPerToken", "input_token", True),
                             ("outputCostPerToken", "output_token", True),
                             ("cacheReadCostPerToken", "cached_input_token", True),
                             ("costPerImage", "input_image", False)):
        cost = m.get(key)
        if cost is not None:
            assert isinstance(cost["amount"], int) and cost["currency"] == "USD"
            row.put(meter, "", Fraction(cost["amount"], 10 ** cost["scale"]), zero)
    return row.said


def near(documents):
    native = {m["modelId"]: near_native(m) for m in documents["native"]["models"]}
    for m in documents["models"]["data"]:
        top, inside = m.get("top_provider", {}), m.get("architecture", {})
        end = m["deprecation_date"]
        row = Row(m["id"], name=m.get("name"), quantization=m.get("quantization"),
                  context_length=first(m.get("context_length"), top.get("context_length")),
                  max_output_tokens=first(m.get("max_output_length"),
                                          top.get("max_completion_tokens")),
                  modality=first(arrays(m), arrays(inside, "inputModalities",
                                                   "outputModalities")),
                  deprecated_at=instant(end) if end and "T" in end else day(end),
                  capabilities=listed(m.get("supported_features"), FEATURES))
        near_prices(row, m.get("pricing") or {})
        aside = native.get(m["id"], {"prices": {}})
        for key in ("name", "context_length"):
            row.said[key] = first(row.said[key], aside.get(key))
            assert aside.get(key) in (None, row.said[key])
        shared = set(row.said["prices"]) & set(aside["prices"])
        assert all(row.said["prices"][k] == aside["prices"][k] for k in shared)
        row.said["prices"] = {**aside["prices"], **row.said["prices"]}
        yield row


# ---- Fal

FAL_CATEGORIES = {
    "text-to-image": "text->image", "image-to-image": "image->image",
    "text-to-video": "text->video", "image-to-video": "image->video",
    "video-to-video": "video->video", "text-to-audio": "text->audio",
    "text-to-speech": "text->audio", "speech-to-text": "audio->text",
    "audio-to-audio": "audio->audio", "speech-to-speech": "audio->audio", "llm": "text->text",
    "vision": "image->text", **dict.fromkeys(("image-to-3d", "text-to-3d", "3d-to-3d", "training",
                                              "json", "unknown")),
}
FAL_UNITS = {
    "image": ("output_image", 1), "megapixel": ("output_megapixel", 1),
    "second": ("output_second", 1), "minute": ("output_second", Fraction(1, 60)),
    "video": ("output_video", 1), "1000 character": ("input_character", Fraction(1, 1000)),
    "request": ("request", 1), "compute second": ("compute_second", 1),
}
FAL_UNKNOWN = {"credit", "unit"}


def fal(documents):
    rows = {}
    for m in documents["models"]["models"]:
        data = m["metadata"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", data["date"])
        rows[m["endpoint_id"]] = Row(m["endpoint_id"], name=data["display_name"],
                                     modality=FAL_CATEGORIES[data["category"]])
    for p in documents["prices"]["prices"]:
        assert p["currency"] == "USD"
        if p["unit"].removesuffix("s") in FAL_UNKNOWN:
            continue
        meter, unit = FAL_UNITS[p["unit"].removesuffix("s")]
        rows[p["endpoint_id"]].put(meter, "", rounded(exact(p["unit_price"]) * unit))
    yield from rows.values()


# ---- Google Vertex AI

def vertex(documents):
    for publisher, document in documents.items():
        for m in document["publisherModels"]:
            head = f"publishers/{publisher}/models/"
            assert m["name"].startswith(head)
            actions = m["supportedActions"]
            if any(actions.get(k) is not None for k in ("openGenerationAiStudio",
                                                        "requestAccess")):
                yield Row(f"{publisher}/{m['name'][len(head):]}")


READERS = {"groq": groq, "chutes": chutes, "featherless": featherless, "xai": xai,
           "fireworks": fireworks, "near": near, "fal": fal, "google-vertex": vertex}
