# SPDX-License-Identifier: MIT
"""What the lists of resellers and hosts say; the rules are those of lib/dialects.py."""
import datetime
from decimal import Decimal
from fractions import Fraction

from .dialects import Row, exact, listed, rounded
from .dialects_vendors import day, flags, instant, modality

MILLIONTH = Fraction(1, 10 ** 6)


def within(token, low, high):
    """A published number that is believed."""
    assert token is None or Decimal(token) == 0 or Decimal(low) <= Decimal(token) <= Decimal(high)
    return token


def text(token):
    assert token is None or isinstance(token, str), token
    return token


def number(token):
    assert token is None or isinstance(token, (int, Decimal)) and not isinstance(token, bool)
    return token


def whole(token):
    assert token is None or isinstance(token, int) and not isinstance(token, bool), token
    return token


# ---- SambaNova

def sambanova(documents):
    for m in documents["models"]["data"]:
        p = m.get("pricing", {})
        assert set(p) <= {"prompt", "completion", "duration_per_hour"}
        row = Row(m["id"], context_length=m.get("context_length"),
                  max_output_tokens=m.get("max_completion_tokens"))
        for key, meter in (("prompt", "input_token"), ("completion", "output_token")):
            row.charge(meter, within(p.get(key), "0.0000000001", "0.001"))
        yield row


# ---- Hyperbolic

def hyperbolic(documents):
    for m in documents["models"]["data"]:
        row = Row(m["id"], context_length=m["context_length"],
                  capabilities=flags(m, function_calling="supports_tools",
                                     vision="supports_image_input"))
        for key, meter in (("input_price", "input_token"), ("output_price", "output_token")):
            row.charge(meter, within(number(m[key]), "0.001", "1000"), MILLIONTH, zero=False,
                       noise=12)
        yield row


# ---- Requesty

def requesty(documents):
    for m in documents["models"]["data"]:
        row = Row(m["id"], context_length=m["context_window"] or None,
                  max_output_tokens=m["max_output_tokens"] or None,
                  capabilities=flags(m, vision="supports_vision", reasoning="supports_reasoning",
                                     function_calling="supports_tool_calling"))
        for key, meter, zero in (("input_price", "input_token", True),
                                 ("output_price", "output_token", True),
                                 ("caching_price", "cache_write_token", False),
                                 ("cached_price", "cached_input_token", False)):
            row.charge(meter, within(number(m[key]), "0.0000000001", "0.01"), zero=zero)
        yield row


# ---- Poe

POE_METERS = {"prompt": "input_token", "completion": "output_token", "request": "request",
              "image": "input_image", "input_cache_read": "cached_input_token",
              "input_cache_write": "cache_write_token"}


def poe(documents):
    for m in documents["models"]["data"]:
        made, window = m["architecture"], m["context_window"] or {}
        said = {length for length in (m["context_length"], window.get("context_length"))
                if length is not None}
        assert len(said) < 2 and m["created"] > 10 ** 12
        row = Row(m["id"], name=m["metadata"]["display_name"],
                  context_length=said.pop() if said else None,
                  max_output_tokens=window.get("max_output_tokens"),
                  modality=modality(made["input_modalities"], made["output_modalities"]),
                  capabilities={} if m["reasoning"] is None else {"reasoning": True})
        p = m["pricing"] or {}
        assert set(p) <= set(POE_METERS)
        for key, meter in POE_METERS.items():
            row.charge(meter, text(p.get(key)))
        yield row


# ---- Novita

TICK = Fraction(1, 10 ** 10)  # USD per token: 0.0001 USD per 1M


def novita_price(pair, ticks):
    """(decimal string or integer, unit): the string wins, and both say the same."""
    exact_text = text(pair.get("price_per_m_decimal"))
    if exact_text is not None:
        assert ticks is None or exact(exact_text) * MILLIONTH == ticks * TICK
        return exact_text, MILLIONTH
    return whole(ticks), TICK


def novita_tiers(row, plain, configs):
    end = 0
    for config in configs:
        assert config["min_tokens"] == end or (end, config["min_tokens"]) == (0, 1), "a gap"
        for key, meter in (("prompt", "input_token"), ("completion", "output_token")):
            token = text(config["pricing"][key]["price_per_m_decimal"])
            if end:
                row.charge(meter, token, MILLIONTH, f"[>={end}]")
            else:
                assert exact(plain[key][0]) * plain[key][1] == exact(token) * MILLIONTH
        end = config["max_tokens"]
    assert end is None


def novita(documents):
    words = {"function-calling": "function_calling", "structured-outputs": "structured_outputs",
             "reasoning": "reasoning"}
    for m in documents["models"]["data"]:
        p = m.get("pricing", {})
        row = Row(m["id"], name=m.get("display_name", m["title"]),
                  context_length=m.get("context_size"),
                  max_output_tokens=m.get("max_output_tokens"),
                  modality=modality(m["input_modalities"], m["output_modalities"]),
                  quantization=m.get("quantization"), capabilities=listed(m["features"], words))
        plain = {"prompt": novita_price(p.get("prompt", {}), m.get("input_token_price_per_m")),
                 "completion": novita_price(p.get("completion", {}),
                                            m.get("output_token_price_per_m"))}
        row.charge("input_token", *plain["prompt"])
        row.charge("output_token", *plain["completion"])
        for key, meter in (("input_cache_read", "cached_input_token"),
                           ("input_cache_write", "cache_write_token")):
            pair = p.get(key, {})
            row.charge(meter, *novita_price(pair, pair.get("price_per_m")), zero=False)
        configs = m.get("tiered_billing_configs") or []
        assert m["is_tiered_billing"] == bool(configs)
        if configs:
            novita_tiers(row, plain, configs)
        yield row


# ---- Venice

VENICE_TYPES = {"text": "text->text", "image": "text->image", "embedding": "text->embedding",
                "tts": "text->audio", "asr": "audio->text", "upscale": "image->image",
                "inpaint": "image->image", "video": "text->video"}
VENICE_METERS = {"input": "input_token", "output": "output_token",
                 "cache_input": "cached_input_token", "cache_write": "cache_write_token"}


def venice_prices(row, p, condition, zero):
    for key, meter in VENICE_METERS.items():
        if key in p:
            row.charge(meter, number(p[key]["usd"]), MILLIONTH, condition,
                       zero=zero or meter != "output_token")


def venice(documents):
    for m in documents["models"]["data"]:
        spec = m["model_spec"]
        able, p = spec.get("capabilities", {}), spec["pricing"]
        bits = able.get("quantization", "not-available")
        row = Row(m["id"], name=spec["name"], context_length=spec.get("availableContextTokens"),
                  max_output_tokens=spec.get("maxCompletionTokens"),
                  modality=VENICE_TYPES[m["type"]],
                  quantization=None if bits == "not-available" else bits,
                  deprecated_at=instant(spec.get("deprecation", {}).get("date")),
                  capabilities=flags(able, vision="supportsVision", reasoning="supportsReasoning",
                                     function_calling="supportsFunctionCalling",
                                     structured_outputs="supportsResponseSchema",
                                     audio_input="supportsAudioInput"))
        if m["type"] in ("text", "embedding"):
            venice_prices(row, p, "", m["type"] == "text")
            if "extended" in p:
                above = p["extended"]["context_token_threshold"]
                venice_prices(row, p["extended"], f"[>{above}]", True)
        yield row


# ---- Cloudflare Workers AI

CLOUDFLARE_TASKS = {
    **dict.fromkeys(("Text Generation", "Translation", "Summarization", "Text Classification"),
                    "text->text"),
    "Text-to-Image": "text->image", "Text Embeddings": "text->embedding",
    "Automatic Speech Recognition": "audio->text", "Text-to-Speech": "text->audio",
    "Image-to-Text": "image->text", "Object Detection": None,
}
CLOUDFLARE_UNITS = {
    "per M input tokens": ("input_token", MILLIONTH),
    "per M output tokens": ("output_token", MILLIONTH),
    "per M cached input tokens": ("cached_input_token", MILLIONTH),
    "per 1k characters": ("input_character", Fraction(1, 1000)),
    "per audio minute": ("audio_second", Fraction(1, 60)),
}


def cloudflare(documents):
    for m in documents["models"]["result"]:
        facts = {fact["property_id"]: fact["value"] for fact in m["properties"]}
        assert len(facts) == len(m["properties"])
        assert datetime.datetime.strptime(m["created_at"], "%Y-%m-%d %H:%M:%S.%f")
        context = facts.get("context_window")
        row = Row(m["name"], context_length=None if context is None else int(context),
                  modality=CLOUDFLARE_TASKS[m["task"]["name"]],
                  deprecated_at=day(facts.get("planned_deprecation_date")),
                  capabilities={ours: facts[theirs] == "true" for ours, theirs in (
                      ("function_calling", "function_calling"), ("reasoning", "reasoning"),
                      ("vision", "vision")) if theirs in facts})
        for price in facts.get("price", ()):
            if price["unit"] not in CLOUDFLARE_UNITS:
                assert price["unit"] in ("per 512 by 512 tile", "per step")
                continue
            meter, unit = CLOUDFLARE_UNITS[price["unit"]]
            row.put(meter, "", rounded(exact(number(price["price"])) * unit),
                    currency=price.get("currency"))
        yield row


# ---- Helicone: a model at several endpoints

HELICONE_METERS = {
    "prompt": "input_token", "completion": "output_token", "audio": "input_audio_token",
    "thinking": "reasoning_token", "internal_reasoning": "reasoning_token",
    "cacheRead": "cached_input_token", "cacheWrite": "cache_write_token",
    "web_search": "web_search", "image": "input_image",
}


def helicone_prices(row, p, condition=""):
    for key, token in p.items():
        if key in ("video", "threshold"):
            continue
        assert token or key in ("prompt", "completion")
        row.charge(HELICONE_METERS[key], number(token), MILLIONTH, condition, noise=12)


def helicone(documents):
    words = {"tools": "function_calling", "structured_outputs": "structured_outputs",
             "reasoning": "reasoning", "include_reasoning": "reasoning"}
    document = documents["models"]["data"]
    assert document["total"] == len(document["models"])
    for m in document["models"]:
        assert m["endpoints"]
        for endpoint in m["endpoints"]:
            row = Row(f"{m['id']}/{endpoint['providerSlug']}", name=m["name"],
                      context_length=m.get("contextLength"), max_output_tokens=m.get("maxOutput"),
                      modality=modality(m["inputModalities"], m["outputModalities"]),
                      capabilities=listed(m["supportedParameters"], words))
            helicone_prices(row, endpoint["pricing"])
            basic, *dearer = endpoint.get("pricingTiers", [{"threshold": 0}])
            assert basic.pop("threshold") == 0 and basic.items() <= endpoint["pricing"].items()
            for tier in dearer:
                helicone_prices(row, tier, f"[>={tier['threshold']}]")
            yield row


READERS = {"cloudflare-workers-ai": cloudflare, "helicone": helicone, "hyperbolic": hyperbolic,
           "novita": novita, "poe": poe, "requesty": requesty, "sambanova": sambanova,
           "venice": venice}
