"""A further list that adds models: what it alone says is there, and stays while it does not come."""
import json
import pathlib

import pytest

from lib import truth
from lib.held import reviews
from lib.replay import Replay

UNIT = "USD per 1M tokens"


def described(required=False):
    def further(name, **more):
        return {"name": name, "url": f"https://two.test/{name}", "rows": "/rows",
                "fields": {"id": "/id", "name": "/name"},
                "prices": [{"meter": "input_token", "at": "/in", "unit": UNIT}], **more}

    return {"slug": "two", "name": "Two", "base_url": "https://two.test",
            "auth": {"form": "none"},
            "lists": [further("words"), further("images", required=required, adds=True)]}


@pytest.fixture
def shelf(tmp_path):
    return tmp_path / "shelf" / "two.test"


@pytest.fixture
def replay(shelf):
    shelf.mkdir(parents=True)
    server = Replay(shelf.parent)
    yield server
    server.stop()


def put(shelf, name, rows):
    (shelf / f"{name}.json").write_text(json.dumps({"rows": rows}))


def row(name, price=1):
    return {"id": name, "name": name, "in": price}


def desk_of(start_assay, replay, tmp_path, **options):
    place = tmp_path / "descriptors"
    place.mkdir()
    (place / "two.json").write_text(json.dumps(described(**options)))
    return start_assay(replay, ASSAY_PROVIDERS_DIR=str(place))


def sync(desk):
    return desk.sync("--json", "--providers", "two").provider("two")


def missing(desk):
    return [i for i, in truth.select(
        desk.database, "SELECT provider_model_id FROM models"
                       " WHERE missing_since IS NOT NULL ORDER BY 1")]


def test_optional_list_that_adds(shelf, replay, start_assay, tmp_path):
    """Failed, none of the models it may hold goes missing, of the first list's neither; back, all is
    compared again."""
    put(shelf, "words", [row("w1"), row("w2")])
    put(shelf, "images", [row("i1", 5), row("i2"), row("w1", 9)])
    desk = desk_of(start_assay, replay, tmp_path)
    run = sync(desk)
    assert run["models"] == 4 and run["notes"] == []
    before = truth.dump(desk.database, "model_versions", "prices", "changes", "snapshots")

    (shelf / "images.json").unlink()
    run = sync(desk)
    assert run["notes"] == ["optional list images: HTTP 404: its fields keep their last value,"
                            " and no model is taken for missing"]
    assert run["models"] == 4 and missing(desk) == []
    after = truth.dump(desk.database, "model_versions", "prices", "changes")
    assert after == {k: v for k, v in before.items() if k != "snapshots"}

    put(shelf, "words", [row("w1")])
    assert sync(desk)["models"] == 4 and missing(desk) == []  # w2 may be an image now

    put(shelf, "images", [row("i1", 6)])
    assert sync(desk)["models"] == 2 and missing(desk) == ["i2", "w2"]


def test_row_of_an_adding_list_that_cannot_be_read(shelf, replay, start_assay, tmp_path):
    put(shelf, "words", [row("w1")])
    put(shelf, "images", [row("i1", 5), row("i2"), row("i3")])
    desk = desk_of(start_assay, replay, tmp_path)
    sync(desk)

    put(shelf, "images", [row("i1", "five"), row("i2")])
    run = sync(desk)
    assert missing(desk) == ["i3"]  # i1 stays as it was: its row is there
    assert run["models"] == 3

    put(shelf, "images", [{"name": "of whom?"}, row("i2")])
    sync(desk)
    assert missing(desk) == ["i3"]


def test_required_list_that_adds(shelf, replay, start_assay, tmp_path):
    put(shelf, "words", [row("w1")])
    put(shelf, "images", [row("i1"), row("i2")])
    desk = desk_of(start_assay, replay, tmp_path, required=True)
    assert sync(desk)["models"] == 3
    (shelf / "images.json").unlink()
    desk.sync("--providers", "two", expect=1)
    assert missing(desk) == []


def test_a_list_that_does_not_come_repeats_no_price(shelf, replay, start_assay, tmp_path):
    """A held price is accepted by what says it, not by fetches that lack its list."""
    put(shelf, "words", [row("w1"), row("w2")])
    put(shelf, "images", [row("i1"), row("i2")])
    desk = desk_of(start_assay, replay, tmp_path)
    sync(desk)
    put(shelf, "images", [row("i1", 50), row("i2")])
    sync(desk)
    (shelf / "images.json").unlink()
    for _ in range(4):
        sync(desk)
    assert [fate for *_, fate in reviews(desk.database)] == [None]
    put(shelf, "images", [row("i1", 50), row("i2")])
    sync(desk)
    assert [fate for *_, fate in reviews(desk.database)] == ["auto"]


def test_a_list_that_does_not_come_finds_nobody_gone(shelf, replay, start_assay, tmp_path):
    """Of the three fetches that a removal takes none is one that lacked a list with models of its own."""
    put(shelf, "words", [row("w1"), row("w2")])
    put(shelf, "images", [row("i1"), row("i2")])
    desk = desk_of(start_assay, replay, tmp_path)
    sync(desk)
    put(shelf, "images", [row("i1")])
    sync(desk)
    (shelf / "images.json").unlink()
    for price in range(4):
        put(shelf, "words", [row("w1", 1 + price // 2), row("w2")])
        desk.hour += 30
        sync(desk)
    put(shelf, "images", [row("i1")])
    assert sync(desk)["removed"] == 0
    assert sync(desk)["removed"] == 1
    (tags,) = desk.database.one("SELECT tags FROM changes WHERE kind = 'removed'"),
    assert "fetches:3" in json.loads(tags)
