# SPDX-License-Identifier: MIT
"""What the lists of those say who sell what others run; the rules are those of lib/dialects.py."""
import re
from fractions import Fraction

from .dialects import Row, exact, listed
from .dialects_clouds import MILLIONTH, arrays, first, texts
from .dialects_vendors import flags


# ---- Hugging Face: an element is a model, a row one of its providers

def huggingface(documents):
    ids = [m["id"] for m in documents["models"]["data"]]
    assert len(set(ids)) == len(ids)
    for m in documents["models"]["data"]:
        assert m["owned_by"] == m["id"].partition("/")[0] and m["providers"]
        for offer in m["providers"]:
            row = Row(f"{m['id']}:{offer['provider']}", context_length=offer.get("context_length"),
                      modality=arrays(m["architecture"]),
                      capabilities=flags(offer, function_calling="supports_tools",
                                         structured_outputs="supports_structured_output"))
            p = offer.get("pricing", {})
            row.charge("input_token", p.get("input"), MILLIONTH, noise=12)
            row.charge("output_token", p.get("output"), MILLIONTH, noise=12)
            yield row


# ---- AIMO

def aimo(documents):
    for m in documents["models"]["data"]:
        for offer in m["providers"]:
            row = Row(f"{offer['id']}:{m['name']}", name=m.get("display_name"),
                      context_length=m.get("context_length"),
                      modality=arrays(m.get("architecture", {})))
            for key, meter in (("prompt", "input_token"), ("completion", "output_token")):
                value = exact(offer["pricing"][key])
                assert not value or Fraction(1, 10 ** 10) <= value <= Fraction(1, 10 ** 3)
                row.put(meter, "", value, zero=False)
            yield row


# ---- Anannas

ANANNAS_WORDS = {"tools": "function_calling", "function_calling": "function_calling",
                 "vision": "vision", "reasoning": "reasoning",
                 "structured_outputs": "structured_outputs"}


def anannas(documents):
    for m in documents["models"]["data"]:
        row = Row(m["id"], name=m["name"],
                  context_length=first(m.get("context_length"), m.get("context_window")),
                  max_output_tokens=m.get("max_output"),
                  capabilities=listed(m.get("capabilities"), ANANNAS_WORDS))
        p = m.get("pricing", {})
        if set(p) != {"input", "output"}:  # of those nobody knows the unit
            texts(p.values())
            row.charge("input_token", p.get("prompt"))
            row.charge("output_token", p.get("completion"))
            row.charge("request", p.get("request"), zero=False)
        yield row


# ---- AiHubMix

MIX_WORDS = {"function_calling": "function_calling", "tools": "function_calling",
             "thinking": "reasoning", "structured_outputs": "structured_outputs"}
MIX_INPUTS = {"image": "vision", "audio": "audio_input"}


def pieces(text):
    return [word.strip() for word in re.split("[,，]", text or "") if word.strip()]


def aihubmix(documents):
    assert documents["models"]["success"] is True
    for m in documents["models"]["data"]:
        row = Row(m["model_id"], name=m.get("model_name"),
                  context_length=m["context_length"] or None,
                  max_output_tokens=m["max_output"] or None,
                  capabilities={**listed(pieces(m.get("features")), MIX_WORDS),
                                **listed(pieces(m.get("input_modalities")), MIX_INPUTS)})
        p, types = m["pricing"], set(pieces(m.get("types")))
        if types & {"llm", "embedding", "rerank"}:
            row.charge("input_token", p["input"], MILLIONTH, zero="llm" in types)
            row.charge("output_token", p["output"], MILLIONTH, zero="llm" in types)
            row.charge("cached_input_token", p.get("cache_read"), MILLIONTH)
            row.charge("cache_write_token", p.get("cache_write"), MILLIONTH)
        yield row


READERS = {"huggingface": huggingface, "aimo": aimo, "anannas": anannas, "aihubmix": aihubmix}
