"""Documents of several providers read by exact arithmetic that shares nothing with assay.

What each of them means is written here a second time, as plain code: no descriptor is looked at.
Every number under `pricing` ends up in the account: read as a price, or unpublished by a rule.
"""
import json
from fractions import Fraction

from lib.rational import round_significant, text_of, value_of
from lib.truth import COLUMNS

PER_1M = Fraction(1, 10 ** 6)

# Rules by which a number is no price.
ZERO = "0 on a meter that the row's type does not use"
TOLD = "a number of a type that has no such price"  # the one rule that assay tells with each sync
NO_CALL = "no price of a call"
SAID = "the first list says it"
UNLISTED = "the first list does not have the model"


class Number(str):
    """A JSON number as it stands in the document; a string stays a plain str."""


def parse(document):
    return json.loads(document, parse_float=Number, parse_int=Number)


def count(token, none_is_zero=False):
    assert token is None or isinstance(token, Number), token
    value = None if token is None else int(token)
    return None if none_is_zero and value == 0 else value


def exact(token, noise):
    """Only JSON numbers carry the noise of binary floats."""
    value = value_of(token)
    return round_significant(value, noise) if noise and isinstance(token, Number) else value


class Reading:
    """`models`: id → model as lib/truth.py has it; the account of every token beside it."""

    def __init__(self):
        self.models = {}
        self.read = {}         # (id, pointer) → raw token of a price that was read
        self.unpublished = {}  # (id, pointer) → rule

    def add(self, i, **said):
        assert i not in self.models, i
        self.models[i] = {**dict.fromkeys(COLUMNS), "id": i, "capabilities": {}, "prices": {},
                          **said}
        return self.models[i]

    def price(self, i, pointer, token, meter, amount):
        assert amount >= 0, (i, pointer, token)
        self.read[i, pointer] = str(token)
        key = (meter, "")
        assert key not in self.models[i]["prices"], (i, key)
        self.models[i]["prices"][key] = (("free", "0", "USD") if amount == 0 else
                                         ("priced", text_of(amount), "USD"))

    def told(self):
        """pointer → how many rows hold a number there that is told by name."""
        found = {}
        for (_, pointer), rule in self.unpublished.items():
            if rule == TOLD:
                found[pointer] = found.get(pointer, 0) + 1
        return found


def numbers(pricing, at="/pricing"):
    """Every token under an object, without any knowledge of keys: pointer → token."""
    found = {}
    for key, token in (pricing or {}).items():
        if isinstance(token, (dict, list)):
            inner = token if isinstance(token, dict) else dict(enumerate(token))
            found.update(numbers(inner, f"{at}/{key}"))
        elif token is not None:
            found[f"{at}/{key}"] = token
    return found


# ---- Together

TOGETHER_MODALITY = {"chat": "text->text", "language": "text->text", "code": "text->text",
                     "moderation": "text->text", "image": "text->image", "video": "text->video",
                     "audio": "text->audio", "embedding": "text->embedding",
                     "rerank": "text->rerank", "transcribe": "audio->text"}


def together_meter(kind, key):
    """(meter, is 0 free), or None where a row of this kind has no such price."""
    if TOGETHER_MODALITY.get(kind) == "text->text":
        return {"input": ("input_token", True), "output": ("output_token", True),
                "cached_input": ("cached_input_token", False)}.get(key)
    if kind in ("embedding", "rerank") and key == "input":
        return ("input_token", True)
    if kind == "audio" and key == "input":
        return ("input_character", False)
    return None


def together(document):
    r = Reading()
    for row in parse(document):
        i, kind = row["id"], row["type"]
        r.add(i, name=row["display_name"], modality=TOGETHER_MODALITY.get(kind),
              context_length=count(row.get("context_length"), none_is_zero=True),
              max_output_tokens=count(row["config"].get("max_output_length")))
        for pointer, token in numbers(row["pricing"]).items():
            key = pointer.split("/")[-1]
            meter = together_meter(kind, key)
            value = exact(token, 12)
            if key in ("hourly", "base", "finetune"):
                r.unpublished[i, pointer] = NO_CALL
            elif value == 0 and not (meter and meter[1]):
                r.unpublished[i, pointer] = ZERO
            elif not meter:
                r.unpublished[i, pointer] = TOLD
            else:
                r.price(i, pointer, token, meter[0], value * PER_1M)
    return r


# ---- Nebius

def nebius_price(key, token, modality):
    """(meter, amount), or None."""
    value = exact(token, None)
    if key == "prompt":
        return "input_token", value
    if key == "completion":
        return None if value == 0 and modality == "text->embedding" else ("output_token", value)
    if key == "image":
        return None if value == 0 and "image" not in modality.split("->")[0] else (
            "input_image", value)
    if key == "request":
        return "request", value
    meter, seconds = {"price_per_video_second": ("video_second", 1),
                      "price_per_minute": ("audio_second", 60)}[key]
    return None if value == 0 else (meter, value / seconds)


def nebius(document, public=None):
    r = Reading()
    for row in parse(document)["data"]:
        i, modality = row["id"], row["architecture"]["modality"]
        features = row.get("supported_features")
        capabilities = {"vision": modality == "text+image->text"}
        if features is not None:
            capabilities.update(function_calling="tools" in features,
                                reasoning="reasoning" in features,
                                structured_outputs="structured_outputs" in features)
        r.add(i, name=row["name"], context_length=count(row["context_length"]),
              modality=modality, quantization=row.get("quantization"), capabilities=capabilities)
        for pointer, token in numbers(row["pricing"]).items():
            price = nebius_price(pointer.split("/")[-1], token, modality)
            if price:
                r.price(i, pointer, token, *price)
            else:
                r.unpublished[i, pointer] = ZERO
    for outer in parse(public) if public else []:
        for row in outer["flavors"]:
            nebius_flavor(r, outer["type"], row)
    return r


def nebius_flavor(r, kind, row):
    """A row of the public list: it only says what is not said yet."""
    i = row["model_id"]
    m = r.models.get(i)
    if m:
        if m["context_length"] is None:
            m["context_length"] = count(row.get("max_model_len"))
        if m["quantization"] is None:
            m["quantization"] = row.get("quantization")
    for key, meter in (("input_price_per_million_tokens", "input_token"),
                       ("output_price_per_million_tokens", "output_token")):
        token = row.get(key)
        if token is None:
            continue
        pointer, value = f"/flavors/{key}", exact(token, 12)
        if not m:
            r.unpublished[i, pointer] = UNLISTED
        elif (meter, "") in m["prices"]:
            r.unpublished[i, pointer] = SAID
        elif value == 0 and meter == "output_token" and kind == "embedding":
            r.unpublished[i, pointer] = ZERO
        else:
            r.price(i, pointer, token, meter, value * PER_1M)


# ---- Vercel AI Gateway

def vercel(document):
    r = Reading()
    tags = {"tool-use": "function_calling", "vision": "vision", "reasoning": "reasoning",
            "image-generation": "image_generation"}
    for row in parse(document)["data"]:
        i, language = row["id"], row["type"] == "language"
        r.add(i, name=row["name"], context_length=count(row["context_window"], True),
              max_output_tokens=count(row["max_tokens"], True),
              modality={"language": "text->text", "embedding": "text->embedding"}[row["type"]],
              capabilities={name: True for tag, name in tags.items()
                            if tag in (row.get("tags") or [])})
        for pointer, token in numbers(row["pricing"]).items():
            assert not isinstance(token, Number), "prices are strings"
            meter = {"input": "input_token", "output": "output_token",
                     "input_cache_read": "cached_input_token",
                     "input_cache_write": "cache_write_token"}[pointer.split("/")[-1]]
            value = exact(token, None)
            if value == 0 and meter == "output_token" and not language:
                r.unpublished[i, pointer] = ZERO
            else:
                r.price(i, pointer, token, meter, value)
    return r


# ---- Cerebras

def cerebras(document):
    r = Reading()
    for row in parse(document)["data"]:
        i, able = row["id"], row["capabilities"]
        r.add(i, name=row["name"],
              quantization={None: None, "FP16/8 (weights only)": "unknown"}[row["quantization"]],
              context_length=count(row["limits"]["max_context_length"]),
              max_output_tokens=count(row["limits"]["max_completion_tokens"]),
              modality={"text": "text->text", "text+vision": "text+image->text"}[
                  row["architecture"]["modality"]],
              capabilities={name: able[name] for name in (
                  "streaming", "function_calling", "structured_outputs", "vision", "reasoning")})
        for pointer, token in numbers(row["pricing"]).items():
            meter = {"prompt": "input_token", "completion": "output_token"}[
                pointer.split("/")[-1]]
            r.price(i, pointer, token, meter, exact(token, None))
    return r


# ---- DeepInfra, the OpenAI-style list

def deepinfra_openai(document):
    r = Reading()
    for row in parse(document)["data"]:
        i, said = row["id"], row["metadata"] or {}
        tags = said.get("tags") or []
        r.add(i, context_length=count(said.get("context_length")),
              max_output_tokens=count(said.get("max_tokens")),
              capabilities={name: True for name in ("vision", "reasoning") if name in tags})
        for pointer, token in numbers(said.get("pricing"), "/metadata/pricing").items():
            meter, noise = {"input_tokens": ("input_token", 12),
                            "output_tokens": ("output_token", 12),
                            "cache_read_tokens": ("cached_input_token", 7)}[
                pointer.split("/")[-1]]
            r.price(i, pointer, token, meter, exact(token, noise) * PER_1M)
    return r
