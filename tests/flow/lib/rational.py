"""OpenRouter's documents read by exact arithmetic that shares nothing with assay.

Integers and fractions only: no float, no decimal module.
"""
import json
import re
from fractions import Fraction

NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")

METERS = {  # key of `pricing`: meter, own condition
    "prompt": ("input_token", None),
    "completion": ("output_token", None),
    "input_cache_read": ("cached_input_token", None),
    "input_cache_write": ("cache_write_token", None),
    "input_cache_write_1h": ("cache_write_token", "1h"),
    "internal_reasoning": ("reasoning_token", None),
    "audio": ("input_audio_token", None),
    "input_audio_cache": ("cached_audio_token", None),
    "audio_output": ("output_audio_token", None),
    "image": ("input_image", None),
    "image_token": ("input_image_token", None),
    "image_output": ("output_image_token", None),
    "request": ("request", None),
    "web_search": ("web_search", None),
}
CONDITIONS = {"min_prompt_tokens", "utc_start", "utc_end"}
NO_DATE = "2098-12-31"


def value_of(token):
    match = NUMBER.fullmatch(token)
    assert match, token
    sign, whole, behind, exponent = match.groups()
    behind = behind or ""
    value = int(whole + behind) * Fraction(10) ** (int(exponent or 0) - len(behind))
    return -value if sign else value


def text_of(value):
    """The one decimal spelling of a fraction that has finitely many digits."""
    places = 0
    while (value * 10 ** places).denominator != 1:
        places += 1
        assert places < 400, value
    digits = str(abs(value.numerator) * 10 ** places // value.denominator).zfill(places + 1)
    text = digits[:-places] + "." + digits[-places:] if places else digits
    return "-" + text if value < 0 else text


def round_significant(value, digits):
    """To so many significant digits, a tie to the even neighbour."""
    if value == 0:
        return value
    exponent = 0
    while abs(value) * Fraction(10) ** exponent < 10 ** (digits - 1):
        exponent += 1
    while abs(value) * Fraction(10) ** exponent >= 10 ** digits:
        exponent -= 1
    # round() of a Fraction is exact and half-even
    return round(value * Fraction(10) ** exponent) * Fraction(10) ** -exponent


def ratio(old, new):
    """new/old to 12 significant digits; None unless both are positive prices."""
    if not (old and new and NUMBER.fullmatch(old) and NUMBER.fullmatch(new)):
        return None
    old, new = value_of(old), value_of(new)
    return text_of(round_significant(new / old, 12)) if old > 0 and new > 0 else None


def clock_text(hhmm):
    hhmm %= 2400
    return f"{hhmm // 100:02d}:{hhmm % 100:02d}"


def terms_of(entry):
    terms = []
    if entry.get("min_prompt_tokens") is not None:
        terms.append(f">{entry['min_prompt_tokens']}")
    if "utc_start" in entry:
        terms.append(f"{clock_text(entry['utc_start'])}-{clock_text(entry['utc_end'])}Z")
    return terms


def price_of(token):
    value = value_of(token)
    if value == -1:
        return ("dynamic", None, "USD")
    assert value >= 0, token
    return ("free", "0", "USD") if value == 0 else ("priced", text_of(value), "USD")


def prices_of(row):
    """(meter, condition) → (state, amount, currency) of everything under `pricing`."""
    found = {}

    def add(entry, terms):
        for key, token in entry.items():
            if key in CONDITIONS or key in ("overrides", "discount") or token is None:
                continue
            meter, own = METERS[key]  # a key nobody told us of fails here
            takes_images = "image" in row["architecture"]["input_modalities"]
            if key == "image" and value_of(token) == 0 and not takes_images:
                continue
            condition = "".join(f"[{t}]" for t in sorted(terms + ([own] if own else [])))
            found[meter, condition] = price_of(token)

    add(row["pricing"], [])
    for entry in row["pricing"].get("overrides") or []:
        assert terms_of(entry), row["id"]
        add(entry, terms_of(entry))
    return found


def model_of(row):
    inputs = row["architecture"]["input_modalities"]
    outputs = row["architecture"]["output_modalities"]
    params = row["supported_parameters"]
    top = row["top_provider"]
    context = row["context_length"]
    expires = row.get("expiration_date")
    return {
        "id": row["id"],
        "name": row["name"],
        "context_length": top.get("context_length") if context is None else context,
        "max_output_tokens": top.get("max_completion_tokens"),
        "modality": row["architecture"]["modality"],
        "capabilities": {
            "audio_input": "audio" in inputs,
            "audio_output": "audio" in outputs,
            "function_calling": "tools" in params,
            "image_generation": "image" in outputs,
            "reasoning": "reasoning" in params,
            "structured_outputs": "structured_outputs" in params,
            "vision": "image" in inputs,
        },
        "quantization": None,
        "deprecated_at": f"{expires}T00:00:00.000Z" if expires and expires != NO_DATE else None,
        "replaced_by": None,
        "prices": prices_of(row),
    }


def catalog_of(document):
    """id → model of one whole document."""
    rows = json.loads(document)["data"]
    catalog = {row["id"]: model_of(row) for row in rows}
    assert len(catalog) == len(rows)
    return catalog
