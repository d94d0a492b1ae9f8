"""What an export must say of a provider's models, worked out a second time, in decimals.

A model is marketsim's truth (lib/market.py): its words, and prices as [{meter, condition, state, amount,
currency}].  Nothing here is rounded: a number of JSON is read as the Decimal that it spells.
"""
import datetime
import json
import re
from decimal import Decimal

MILLION = 10 ** 6
LITELLM = {
    "input_token": "input_cost_per_token", "output_token": "output_cost_per_token",
    "cached_input_token": "cache_read_input_token_cost",
    "cache_write_token": "cache_creation_input_token_cost",
    "reasoning_token": "output_cost_per_reasoning_token",
    "input_audio_token": "input_cost_per_audio_token",
    "output_audio_token": "output_cost_per_audio_token",
    "cached_audio_token": "cache_read_input_audio_token_cost",
    "input_image_token": "input_cost_per_image_token",
    "output_image_token": "output_cost_per_image_token", "input_image": "input_cost_per_image",
    "output_image": "output_cost_per_image", "output_megapixel": "output_cost_per_pixel",
    "input_character": "input_cost_per_character", "output_character": "output_cost_per_character",
    "audio_second": "input_cost_per_second", "output_audio_second": "output_cost_per_second",
    "output_second": "output_cost_per_second", "video_second": "output_cost_per_video_per_second",
    "request": "input_cost_per_request",
}
TOKENS = ("input_token", "output_token", "cached_input_token", "cache_write_token")
BATCHED = (*TOKENS, "input_audio_token", "input_image_token")
MODELS_DEV = {
    "input_token": "input", "output_token": "output", "reasoning_token": "reasoning",
    "cached_input_token": "cache_read", "cache_write_token": "cache_write",
    "input_audio_token": "input_audio", "output_audio_token": "output_audio",
}
LITELLM_NAMES = {
    "alibaba": "dashscope", "cloudflare-workers-ai": "cloudflare", "cohere": "cohere_chat",
    "fal": "fal_ai", "featherless": "featherless_ai", "fireworks": "fireworks_ai",
    "google": "gemini", "google-vertex": "vertex_ai", "together": "together_ai",
    "vercel-ai-gateway": "vercel_ai_gateway",
}
MODELS_DEV_NAMES = {
    "fireworks": "fireworks-ai", "moonshot": "moonshotai", "near": "nearai", "novita": "novita-ai",
    "together": "togetherai", "vercel-ai-gateway": "vercel",
}


def parse(text):
    """JSON whose numbers are Decimals, and whose keys stand once."""
    def once(pairs):
        found = dict(pairs)
        assert len(found) == len(pairs), [key for key, _ in pairs]
        return found
    return json.loads(text, parse_float=Decimal, parse_int=Decimal, object_pairs_hook=once)


def amount(price):
    """In USD; None: no number says it."""
    if price["state"] == "free":
        return Decimal(0)
    if price["state"] != "priced" or price["currency"] != "USD":
        return None
    return Decimal(price["amount"])


def above_of(condition):
    """(tokens from which on a price holds "and more than" is said, whether as >=); counts are whole."""
    found = re.search(r"\[>(=?)(\d+)\]", condition)
    if not found:
        return None, False
    at = int(found[2])
    if found[1] and at % 1000 == 1:
        return at - 1, False
    return at, bool(found[1])


def plain(prices, meter, above=None):
    """Who asks for nothing pays that, with more input tokens than `above` (None: with few)."""
    best = None
    for p in prices:
        found = re.fullmatch(r"(?:\[5m\])?(?:\[>(=?)(\d+)\])?", p["condition"])
        here, is_from = above_of(p["condition"])
        if p["meter"] != meter or not found or (found[2] and (above is None or here > above)):
            continue
        rank = (here or -1, not is_from, "[5m]" not in p["condition"])
        if best is None or rank > best[0]:
            best = (rank, amount(p))
    return best[1] if best else None


# ---- LiteLLM

def litellm_suffix(meter, condition):
    """None: no key says that."""
    found = re.fullmatch(r"(\[1h\]|\[5m\])?(?:\[>=?(\d+)\])?(?:\[(batch|flex|priority)\])?", condition)
    if not found:
        return None
    ttl, _, service = found.groups()
    above, _ = above_of(condition)
    if above and (meter not in TOKENS or above % 1000):
        return None
    if service and (meter not in TOKENS and not (service == "batch" and meter in BATCHED)):
        return None
    if ttl == "[1h]" and (meter != "cache_write_token" or service):
        return None
    text = "_above_1hr" if ttl == "[1h]" else ""
    text += f"_above_{above // 1000}k_tokens" if above else ""
    return text + {"batch": "_batches", "flex": "_flex", "priority": "_priority", None: ""}[service]


def litellm_prices(prices):
    found, ranks = {}, {}
    for p in prices:
        key, suffix = LITELLM.get(p["meter"]), litellm_suffix(p["meter"], p["condition"])
        value = amount(p)
        if key is None or suffix is None or value is None:
            continue
        value = value / MILLION if p["meter"] == "output_megapixel" else value
        rank = (not above_of(p["condition"])[1], "[5m]" not in p["condition"])
        if key + suffix not in found or rank > ranks[key + suffix]:
            found[key + suffix], ranks[key + suffix] = value, rank
    for key in list(found):
        tier = re.search(r"_above_(\d+)k_tokens$", key)
        here = f"input_cost_per_token_above_{tier[1]}k_tokens" if tier else None
        if tier and here not in found and "_above_1hr" not in key:
            base = plain(prices, "input_token", int(tier[1]) * 1000)
            found.update({here: base} if base is not None else {})
    search = plain(prices, "web_search")
    if search is not None:
        found["search_context_cost_per_query"] = {
            f"search_context_size_{size}": search for size in ("low", "medium", "high")}
    return found


def sides(modality):
    into, _, out = (modality or "").partition("->")
    return into.split("+"), out.split("+")


def litellm_mode(model):
    into, out = sides(model["modality"])
    for word in ("embedding", "rerank"):
        if word in out:
            return word
    if "text" in out:
        return "audio_transcription" if "audio" in into and "text" not in into else "chat"
    for word, mode in (("video", "video_generation"), ("image", "image_generation"),
                       ("audio", "audio_speech")):
        if word in out:
            return mode
    sold = {p["meter"] for p in model["prices"] if p["condition"] == ""}
    return "chat" if "output_token" in sold else None


ABILITIES = {"audio_input": "supports_audio_input", "audio_output": "supports_audio_output",
             "function_calling": "supports_function_calling", "reasoning": "supports_reasoning",
             "streaming": "supports_native_streaming", "vision": "supports_vision",
             "structured_outputs": "supports_response_schema"}


def litellm(slug, model, site):
    """{key: entry}"""
    name = LITELLM_NAMES.get(slug, slug)
    into, out = sides(model["modality"])
    longest = model["max_output_tokens"]
    ends = model["deprecated_at"]
    entry = {
        "litellm_provider": name, "mode": litellm_mode(model),
        "max_input_tokens": model["context_length"], "max_output_tokens": longest,
        "max_tokens": model["context_length"] if longest is None else longest,
        "supported_modalities": [w for w in ("text", "audio", "image", "video") if w in into] or None,
        "supported_output_modalities":
            [w for w in ("text", "audio", "image", "video") if w in out] or None,
        "deprecation_date": ends and ends[:10], "source": site,
        **{ABILITIES[c]: can for c, can in model["capabilities"].items() if c in ABILITIES},
        **litellm_prices(model["prices"]),
    }
    return {f"{name}/{model['id']}": {k: v for k, v in entry.items() if v is not None}}


# ---- models.dev

def models_dev_rates(model, above):
    rates = {key: plain(model["prices"], meter, above) for meter, key in MODELS_DEV.items()}
    if rates["output"] is None and {"embedding", "rerank"} & set(sides(model["modality"])[1]):
        rates["output"] = Decimal(0)
    if not model["capabilities"].get("reasoning"):
        rates["reasoning"] = None
    return {key: value * MILLION for key, value in rates.items() if value is not None}


def models_dev_cost(model):
    """None: it says no cost."""
    cost = models_dev_rates(model, None)
    if not {"input", "output"} <= cost.keys():
        return None
    sizes = {above_of(p["condition"])[0] for p in model["prices"]
             if re.fullmatch(r"(?:\[\d+[mh]\])?\[>=?\d+\]", p["condition"])}
    tiers = [{**models_dev_rates(model, size), "tier": {"type": "context", "size": size}}
             for size in sorted(sizes) if {"input", "output"} <= models_dev_rates(model, size).keys()]
    if tiers:
        cost["tiers"] = tiers
    long = [{k: v for k, v in t.items() if k != "tier"} for t in tiers if t["tier"]["size"] == 200000]
    return {**cost, **({"context_over_200k": long[0]} if long else {})}


def models_dev(model, now):
    """As far as the truth knows it: without days, description and where its weights are."""
    into, out = sides(model["modality"])
    can = model["capabilities"]
    words = {"text": "text", "audio": "audio", "image": "image", "video": "video", "file": "pdf"}
    ends = model["deprecated_at"]
    said = {
        "id": model["id"], "name": model["name"] or model["id"],
        "attachment": bool(can.get("vision")) or "image" in into or "file" in into,
        "reasoning": bool(can.get("reasoning")), "tool_call": bool(can.get("function_calling")),
        "structured_output": can.get("structured_outputs"),
        "reasoning_options": [] if can.get("reasoning") else None,
        "modalities": {"input": [w for o, w in words.items() if o in into] or ["text"],
                       "output": [w for o, w in words.items() if o in out] or ["text"]},
        "cost": models_dev_cost(model),
        "limit": {"context": model["context_length"] or 0, "output": model["max_output_tokens"] or 0},
        "status": "deprecated" if ends and stamp(ends) <= stamp(now) else None,
    }
    return {key: value for key, value in said.items() if value is not None}


def stamp(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


# ---- ours

def ours(model):
    """A model of `--format json` in the truth's words; prices by key."""
    return {
        **{key: model[key] for key in ("id", "context_length", "max_output_tokens", "modality",
                                       "quantization", "deprecated_at", "replaced_by",
                                       "capabilities")},
        "name": model["name"] or model["id"],
        "prices": {(p["meter"], p["condition"]): (p["state"], p["amount"]) for p in model["prices"]},
    }
