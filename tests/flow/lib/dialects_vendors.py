# SPDX-License-Identifier: MIT
"""What the lists of vendors say that publish no prices; the rules are those of lib/dialects.py."""
import datetime

from .dialects import Row, listed


def instant(text):
    """RFC 3339 in UTC, as /sim/truth writes it."""
    if text is None:
        return None
    assert text.endswith("Z")
    when = datetime.datetime.fromisoformat(text[:-1] + "+00:00")
    return when.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def day(text):
    return None if text is None else instant(f"{datetime.date.fromisoformat(text)}T00:00:00Z")


ORDER = ("text", "image", "file", "audio", "video", "embedding", "rerank")


def modality(inputs, outputs):
    """Arrays of words in any order → "text+image->text"; None where a side says nothing."""
    sides = []
    for words in (inputs, outputs):
        if not words:
            return None
        assert set(words) <= set(ORDER) and len(set(words)) == len(words)
        sides.append("+".join(word for word in ORDER if word in words))
    return "->".join(sides)


def flags(row, **keys):
    """Capabilities by booleans: absent says nothing."""
    said = {name: row.get(key) for name, key in keys.items()}
    assert all(v is None or isinstance(v, bool) for v in said.values())
    return {name: v for name, v in said.items() if v is not None}


def ids_alone(documents):
    for m in documents["models"]["data"]:
        assert set(m) <= {"id", "object", "created", "owned_by", "revision"}
        assert m["object"] == "model" and isinstance(m["created"], int)
        yield Row(m["id"])


def openai(documents):
    for m in documents["models"]["data"]:
        yield Row(m["id"], deprecated_at=day(m.get("shutdown_date")))


def anthropic(documents):
    words = {"vision": "image_input", "reasoning": "thinking",
             "structured_outputs": "structured_outputs"}
    for m in documents["models"]["data"]:
        assert m["type"] == "model" and instant(m["created_at"])
        able = m["capabilities"] or {}
        yield Row(m["id"], name=m["display_name"], context_length=m["max_input_tokens"] or None,
                  max_output_tokens=m["max_tokens"] or None,
                  capabilities={ours: able[theirs]["supported"]
                                for ours, theirs in words.items() if theirs in able})


def mistral(documents):
    document = documents["models"]
    found = {}
    for m in document if isinstance(document, list) else document["data"]:
        assert found.setdefault(m["id"], m) == m  # twice, but never two things
    for m in found.values():
        yield Row(m["id"], name=m["name"], context_length=m.get("max_context_length"),
                  deprecated_at=instant(m["deprecation"]),
                  replaced_by=m["deprecation_replacement_model"],
                  capabilities=flags(m["capabilities"], function_calling="function_calling",
                                     vision="vision"))


def deepseek(documents):
    for m in documents["models"]["data"]:
        yield Row(m["id"], name=m.get("name"), context_length=m.get("context_window"),
                  max_output_tokens=m.get("max_output_tokens"),
                  modality=modality(m.get("input_modalities"), m.get("output_modalities")))


def moonshot(documents):
    for m in documents["models"]["data"]:
        yield Row(m["id"], context_length=m.get("context_length"),
                  capabilities=flags(m, vision="supports_image_in",
                                     reasoning="supports_reasoning"))


def cohere(documents):
    words = {"tools": "function_calling", "vision": "vision", "reasoning": "reasoning",
             "json_schema": "structured_outputs", "structured_outputs": "structured_outputs"}
    for m in documents["models"]["models"]:
        assert "id" not in m and m["context_length"] == int(m["context_length"])
        yield Row(m["name"], context_length=int(m["context_length"]) or None,
                  capabilities=listed(m.get("features"), words))


def google(documents):
    for m in documents["models"]["models"]:
        head, slash, i = m["name"].partition("/")
        assert (head, slash) == ("models", "/") and m.get("thinking") in (None, True)
        yield Row(i, name=m["displayName"], context_length=m["inputTokenLimit"],
                  max_output_tokens=m.get("outputTokenLimit"),
                  capabilities=flags(m, reasoning="thinking"))


READERS = {
    **dict.fromkeys(("alibaba", "minimax", "zai"), ids_alone), "anthropic": anthropic,
    "cohere": cohere, "deepseek": deepseek, "google": google, "mistral": mistral,
    "moonshot": moonshot, "openai": openai,
}
