# SPDX-License-Identifier: MIT
"""What the documents of each provider say, read by the book and exactly: json, Decimal, Fraction.

READERS[slug](documents by name of the list) → id → what /sim/truth must say of it.
Nothing here is fast or forgiving: an unexpected value raises.
"""
import datetime
import json
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

TEXT = "text->text"
PLACES = 30


def load(body):
    """Numbers keep their digits: whole ones are int, others Decimal."""
    return json.loads(body, parse_float=Decimal)


def exact(token, noise=None):
    """A number or a string as a Fraction; numbers of a noisy field are rounded first."""
    if noise and not isinstance(token, str):
        token = Context(prec=noise, rounding=ROUND_HALF_EVEN).plus(Decimal(token))
    return Fraction(Decimal(token))


def rounded(value):
    return Fraction(round(value * 10 ** PLACES), 10 ** PLACES)  # round() is half to even


def text_of(value):
    digits = value * 10 ** 60
    assert digits.denominator == 1, value
    whole, part = divmod(digits.numerator, 10 ** 60)
    return f"{whole}.{part:060d}".rstrip("0").rstrip(".")


def price(value):
    return ("free", "0") if value == 0 else ("priced", text_of(value))


QUANTIZATIONS = {None, "bf16", "fp16", "fp4", "fp8", "int4", "mxfp4"}


class Row:
    def __init__(self, i, **fields):
        self.said = {"id": i, "name": None, "context_length": None, "max_output_tokens": None,
                     "modality": None, "capabilities": {}, "quantization": None,
                     "deprecated_at": None, "replaced_by": None, "prices": {}}
        assert set(fields) <= set(self.said)
        self.said.update(fields)
        if self.said["quantization"] not in QUANTIZATIONS:
            self.said["quantization"] = "unknown"

    def charge(self, meter, token, unit=1, condition="", zero=True, noise=None):
        """`zero`: 0 means free; else it means nothing."""
        if token is None:
            return
        self.put(meter, condition, exact(token, noise) * unit, zero)

    def put(self, meter, condition, value, zero=True, currency=None):
        assert value >= 0 and (meter, condition) not in self.said["prices"]
        other = () if currency in (None, "USD") else (currency,)
        if value or zero:
            self.said["prices"][meter, condition] = price(value) + other


def listed(tags, words):
    return {words[t]: True for t in tags or () if t in words}


# ---- DeepInfra, cents

DEEPINFRA_TYPES = {
    "text-generation": TEXT, "text-to-image": "text->image", "text-to-video": "text->video",
    "text-to-speech": "text->audio", "automatic-speech-recognition": "audio->text",
    "embeddings": "text->embedding",
}
CENT = Fraction(1, 100)


def deepinfra_tokens(row, p):
    base = {"input_token": p.get("cents_per_input_token"),
            "output_token": p.get("cents_per_output_token")}

    def times(rate, of, meter, condition=""):
        if rate is not None:
            row.put(meter, condition, exact(rate) * exact(base[of]) * CENT)
    for meter, cents in base.items():
        row.charge(meter, cents, CENT)
    times(p.get("rate_per_input_token_cached"), "input_token", "cached_input_token")
    times(p.get("rate_per_input_token_cache_write"), "input_token", "cache_write_token")
    for lifetime, rate in (p.get("rate_per_explicit_cache_write_token") or {}).items():
        times(rate, "input_token", "cache_write_token", f"[{lifetime}]")
    for tier in ("priority", "flex"):
        for meter in base:
            times(p.get(f"rate_per_service_tier_{tier}"), meter, meter, f"[{tier}]")


def deepinfra_others(row, kind, p):
    def cents(key, meter):
        row.charge(meter, p.get(key), CENT, zero=False)
    cents("cents_per_input_sec", "audio_second")
    if kind in ("text-to-video", "text-to-speech"):
        cents("cents_per_output_sec",
              "video_second" if kind == "text-to-video" else "output_audio_second")
    cents("cents_per_input_chars", "input_character")
    cents("cents_per_sec", "compute_second")
    cents("default_price_cents", "output_image")
    cents("cents_per_frame_unit", "video_frame")
    sides = [p.get(k) for k in ("default_width", "default_height", "default_iterations")]
    if p.get("cents_per_image_unit") and None not in sides:
        steps = sides[0] * sides[1] * sides[2]
        row.put("image_pixel_step", "",
                rounded(exact(p["cents_per_image_unit"]) * CENT / steps), zero=False)


def deepinfra(documents):
    for m in documents["models"]:
        when = m["deprecated"]
        row = Row(m["model_name"], context_length=m["max_tokens"],
                  max_output_tokens=m.get("max_output_tokens"),
                  modality=DEEPINFRA_TYPES.get(m["type"]), quantization=m["quantization"],
                  replaced_by=m["replaced_by"],
                  deprecated_at=None if when is None else datetime.datetime.fromtimestamp(
                      when, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                  capabilities=listed(m.get("tags"), {"vision": "vision", "tools":
                                                      "function_calling",
                                                      "reasoning": "reasoning"}))
        assert not m["pricing"].get("discount")
        deepinfra_tokens(row, m["pricing"])
        deepinfra_others(row, m["type"], m["pricing"])
        yield row


def deepinfra_openai(documents):
    unit = Fraction(1, 10 ** 6)
    for m in documents["models"]["data"]:
        data = m["metadata"]
        if data is None:
            yield Row(m["id"])
            continue
        row = Row(m["id"], context_length=data.get("context_length"),
                  max_output_tokens=data.get("max_tokens"),
                  capabilities=listed(data["tags"], {"vision": "vision",
                                                     "reasoning": "reasoning"}))
        p = data["pricing"]
        row.charge("input_token", p.get("input_tokens"), unit, noise=12)
        row.charge("output_token", p.get("output_tokens"), unit, noise=12)
        row.charge("cached_input_token", p.get("cache_read_tokens"), unit, noise=7)
        yield row


# ---- Together

TOGETHER_TYPES = {
    **dict.fromkeys(("chat", "language", "code", "moderation"), TEXT), "image": "text->image",
    "video": "text->video", "audio": "text->audio", "embedding": "text->embedding",
    "rerank": "text->rerank", "transcribe": "audio->text",
}


def together(documents):
    unit = Fraction(1, 10 ** 6)
    for m in documents["models"]:
        row = Row(m["id"], name=m["display_name"], context_length=m.get("context_length") or None,
                  max_output_tokens=m["config"].get("max_output_length"),
                  modality=TOGETHER_TYPES.get(m["type"]))
        p = m["pricing"]
        tokens = row.said["modality"] == TEXT

        def charge(meter, key, zero):
            row.charge(meter, p.get(key), unit, zero=zero, noise=12)
        if tokens:
            charge("input_token", "input", True)
            charge("output_token", "output", True)
            charge("cached_input_token", "cached_input", False)
        elif m["type"] in ("embedding", "rerank"):
            charge("input_token", "input", True)
        elif m["type"] == "audio":
            charge("input_character", "input", False)
        assert tokens or not p["output"]
        yield row


# ---- Nebius: what the first list says stands, the second fills in

def nebius_row(m):
    modality, features = m["architecture"]["modality"], m["supported_features"]
    sees = modality == "text+image->text"
    row = Row(m["id"], name=m["name"], context_length=m["context_length"], modality=modality,
              quantization=m.get("quantization"), capabilities={
                  "function_calling": "tools" in features, "reasoning": "reasoning" in features,
                  "structured_outputs": "structured_outputs" in features, "vision": sees})
    p = m["pricing"]
    assert all(isinstance(v, str) for v in p.values())
    row.charge("input_token", p["prompt"])
    row.charge("output_token", p["completion"], zero=not modality.endswith("->embedding"))
    row.charge("input_image", p["image"], zero=sees)
    row.charge("request", p["request"])
    row.charge("video_second", p["price_per_video_second"], zero=False)
    row.put("audio_second", "", rounded(exact(p["price_per_minute"]) / 60), zero=False)
    return row


def nebius_flavor(family, m):
    unit = Fraction(1, 10 ** 6)
    row = Row(m["model_id"], context_length=m["max_model_len"], quantization=m["quantization"])
    row.charge("input_token", m["input_price_per_million_tokens"], unit, noise=12)
    row.charge("output_token", m["output_price_per_million_tokens"], unit, noise=12,
               zero=family["type"] != "embedding")
    return row


def nebius(documents):
    rows = {m["id"]: nebius_row(m) for m in documents["models"]["data"]}
    for family in documents["public"]:
        for m in family["flavors"]:
            if m["model_id"] not in rows:  # not offered to who holds this key
                continue
            aside = nebius_flavor(family, m)
            first = rows[m["model_id"]].said
            # Where both speak they agree, so that it does not matter how far the second fills in.
            for key in ("context_length", "quantization"):
                assert first[key] == aside.said[key]
            assert aside.said["prices"].items() <= first["prices"].items()
    yield from rows.values()


# ---- Vercel

VERCEL_TYPES = {
    "language": TEXT, "embedding": "text->embedding", "image": "text->image",
    "video": "text->video", "reranking": "text->rerank", "transcription": "audio->text",
    "speech": "text->audio",
}
VERCEL_TAGS = {"tool-use": "function_calling", "vision": "vision", "reasoning": "reasoning",
               "image-generation": "image_generation"}
VERCEL_METERS = {"input": "input_token", "output": "output_token",
                 "input_cache_read": "cached_input_token",
                 "input_cache_write": "cache_write_token"}


def vercel_tiers(row, meter, plain, tiers):
    end = 0
    for tier in tiers:
        begin = tier.get("min", 0)
        assert begin == end, "a gap"
        end = tier.get("max")
        if begin:
            row.charge(meter, tier["cost"], condition=f"[>={begin}]")
        else:
            assert plain is None or exact(plain) == exact(tier["cost"])
            row.charge(meter, tier["cost"])
    assert end is None


def vercel(documents):
    for m in documents["models"]["data"]:
        row = Row(m["id"], name=m["name"], context_length=m["context_window"] or None,
                  max_output_tokens=m["max_tokens"] or None, modality=VERCEL_TYPES.get(m["type"]),
                  capabilities=listed(m.get("tags"), VERCEL_TAGS))
        p = m.get("pricing", {})
        for key, meter in VERCEL_METERS.items():
            if key + "_tiers" in p:
                vercel_tiers(row, meter, p.get(key), p[key + "_tiers"])
            else:
                row.charge(meter, p.get(key),
                           zero=meter != "output_token" or m["type"] == "language")
        row.charge("output_image", p.get("image"))
        row.charge("audio_second", p.get("transcription_duration_cost_per_second"))
        row.charge("input_character", p.get("speech_input_character_cost"))
        yield row


# ---- Cerebras

def cerebras(documents):
    words = {"text": TEXT, "text+vision": "text+image->text"}
    for m in documents["models"]["data"]:
        able = m["capabilities"]
        row = Row(m["id"], name=m["name"], context_length=m["limits"]["max_context_length"],
                  max_output_tokens=m["limits"]["max_completion_tokens"],
                  modality=words[m["architecture"]["modality"]], quantization=m["quantization"],
                  capabilities={k: able[k] for k in (
                      "streaming", "function_calling", "structured_outputs", "vision",
                      "reasoning")})
        row.charge("input_token", m["pricing"]["prompt"])
        row.charge("output_token", m["pricing"]["completion"])
        yield row


READERS = {"cerebras": cerebras, "deepinfra": deepinfra, "deepinfra-openai": deepinfra_openai,
           "nebius": nebius, "together": together, "vercel-ai-gateway": vercel}
