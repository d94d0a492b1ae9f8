"""`assay providers --check` on recorded documents: what is read of each, and who must refuse it.

The documents lie beside the repository (../shared/payloads); where one does not, its tests are
skipped and say so.  A row of REFUSED names the sentence, a row of READ an independent reading of
the document: by its keys, not by the descriptor.
"""
import json
from typing import Callable, NamedTuple

import pytest

FAL = "2026-04-18/api.fal.ai/v1/models"
MODELS_JSON = "2026-05-31/huggingface.co/models-json"


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


def last_page(document):
    return {**document, "next_cursor": None, "has_more": False}


REFUSED = [
    Refused("fal", FAL, ("the list goes on", "/next_cursor")),
    Refused("huggingface", MODELS_JSON, ("list models", "/data is nothing")),
    Refused("chutes", MODELS_JSON, ("list models", "/data is nothing")),
    Refused("xai", FAL, ("id",)),
]
READ = [
    Read("fal", FAL, 100, fal, last_page),
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
    desk = start_assay(market)
    run = desk.run("providers", "--check", case.slug, document)
    assert run.code == 0 and f"{case.models} models" in run.out and "0 skipped" in run.out, run
    assert "note:" not in run.out, run
    models = {m["id"]: m for m in desk.run("providers", "--check", case.slug, document,
                                           "--json").json()["models"]}
    want = case.reading(content)
    assert len(want) == case.models
    assert {i: said_of(m, want[i]) for i, m in models.items()} == want


def test_readings_can_fail():
    assert fal_modality("text-to-speech") == "text->audio" and fal_modality("llm") == "text->text"
    assert fal_modality("training") is None and fal_modality("text-to-3d") is None
    assert said_of({"id": "a"}, {"name": "A"}) == {"name": None}
