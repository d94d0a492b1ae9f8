"""A user follows "Add a provider of your own" in CONTRIBUTING.md, letter by letter, without any C.

The list and the descriptor are the ones that stand there; what they mean is worked out here by hand.
"""
import json
import pathlib
import re
from fractions import Fraction

import pytest

from lib import truth
from lib.rational import text_of
from lib.replay import Replay

pytestmark = pytest.mark.stores("sqlite", "postgres")
ROOT = pathlib.Path(__file__).parents[2]
KEY = {"NEWCOMER_API_KEY": "a-made-up-key-of-the-newcomer"}
PLACE = "api.newcomer.example/v1/models"

# US cents per 1,000 tokens, and euros per request.
CENTS_PER_1000 = Fraction(1, 100) / 1000


def priced(amount, currency="USD"):
    return ("priced", text_of(amount), currency)


WANTED = {
    "quartz-9b": {"name": "Quartz 9B", "context_length": 131072, "modality": "text->text",
                  "deprecated_at": "2026-12-31T00:00:00.000Z",
                  "prices": {("input_token", ""): priced(Fraction("0.015") * CENTS_PER_1000),
                             ("output_token", ""): priced(Fraction("0.06") * CENTS_PER_1000),
                             ("cached_input_token", ""): priced(Fraction("0.0015") * CENTS_PER_1000),
                             ("request", ""): priced(Fraction("0.002"), "EUR")}},
    "beryl-embeds": {"name": "Beryl Embeds", "context_length": 8192, "modality": "text->embedding",
                     "prices": {("input_token", ""): priced(Fraction("0.002") * CENTS_PER_1000)}},
    "not-sold-yet": {},
}


def example():
    """The two blocks of the section: the list, the descriptor."""
    section = (ROOT / "CONTRIBUTING.md").read_text().split("## Add a provider of your own\n")[1]
    section = section.split("\n## ")[0]
    blocks = re.findall(r"^ *```json\n(.*?)^ *```$", section, re.M | re.S)
    assert len(blocks) == 2
    return [json.loads(block) for block in blocks]


def offered(wanted):
    return {i: {**dict.fromkeys(truth.COLUMNS), "id": i, "capabilities": {}, "prices": {}, **said}
            for i, said in wanted.items()}


class Newcomer:
    """Somebody with a saved list, an empty folder for descriptors, and the provider's server."""

    def __init__(self, start_assay, home):
        self.list, self.descriptor = example()
        self.folder, self.shelf = home / "my-providers", home / "saved"
        self.folder.mkdir()
        self.saved = self.shelf / f"{PLACE}.json"
        self.saved.parent.mkdir(parents=True)
        self.saved.write_text(json.dumps(self.list))
        self.file = self.folder / "newcomer.json"
        self.write(self.descriptor)
        self.server = Replay(self.shelf)
        self.desk = start_assay(ASSAY_UPSTREAM=self.server.url)

    def write(self, descriptor, name="newcomer.json"):
        (self.folder / name).write_text(json.dumps(descriptor, indent=2))

    def check(self, *more, expect=0):
        run = self.desk.run("providers", "--check", self.file, self.saved, *more)
        assert run.code == expect, run
        return run

    def sync(self, *args, **how):
        return self.desk.sync(*args, ASSAY_PROVIDERS_DIR=str(self.folder), **how)


@pytest.fixture
def newcomer(start_assay, quick_dir):
    one = Newcomer(start_assay, quick_dir)
    yield one
    one.server.stop()


def mistaken(descriptor, change):
    wrong = json.loads(json.dumps(descriptor))
    change(wrong, wrong["lists"][0])
    return wrong


def misspell(container, member, wrongly):
    container[wrongly] = container.pop(member)


MISTAKES = [
    (lambda d, l: misspell(l["prices"][0], "meter", "metre"), "/lists/0/prices/0/metre"),
    (lambda d, l: misspell(l, "fields", "field"), "/lists/0/field "),
    (lambda d, l: misspell(l["fields"], "deprecated_at", "deprecated"),
     "/lists/0/fields/deprecated"),
    (lambda d, l: misspell(l["prices"][1], "zero_unpublished_if", "zero_unpublished_when"),
     "/lists/0/prices/1/zero_unpublished_when"),
    (lambda d, l: l["price_defaults"].update(unit="cents per 1K tokens"), "cents per 1K tokens"),
    (lambda d, l: l["prices"][3].update(unit="EUR per call"), "meter request is charged per request"),
    (lambda d, l: misspell(d["facts"][0], "since", "from"), "/facts/0/from"),
]


@pytest.mark.stores("sqlite")
@pytest.mark.parametrize("change, said", MISTAKES, ids=[said for _, said in MISTAKES])
def test_mistake_is_named(newcomer, change, said):
    """Step 4: what is wrong, where, and in which file; nothing is read."""
    newcomer.write(mistaken(newcomer.descriptor, change))
    run = newcomer.check(expect=1)
    assert said in run.err and str(newcomer.file) in run.err and run.out == ""


@pytest.mark.stores("sqlite")
def test_check_of_the_example(newcomer):
    """Step 4, right: every row read, nothing told, the catalog as worked out by hand."""
    run = newcomer.check()
    assert run.out.startswith("newcomer: 3 rows, 3 models, 5 prices, 0 skipped\n")
    assert "note:" not in run.out and "Skipping" not in run.out
    assert newcomer.check("--json").raw_out == truth.canonical(offered(WANTED), "newcomer")


@pytest.mark.stores("sqlite")
def test_what_must_be_there(newcomer):
    """Step 3: these members and no others; each that is not there is named."""
    needed, of_list = ("slug", "name", "base_url", "auth", "lists"), ("name", "url", "fields")
    only = newcomer.descriptor["lists"][0]
    least = {**{k: newcomer.descriptor[k] for k in needed},
             "lists": [{**{k: only[k] for k in of_list}, "rows": "/data", "fields": {"id": "/id"}}]}
    newcomer.write(least)
    assert newcomer.check().out.startswith("newcomer: 3 rows, 3 models, 0 prices, 0 skipped\n")
    for name in needed:
        newcomer.write({k: v for k, v in least.items() if k != name})
        assert f"/{name}" in newcomer.check(expect=1).err
    for name in of_list:
        newcomer.write({**least, "lists": [{k: v for k, v in least["lists"][0].items() if k != name}]})
        assert f"/lists/0/{name}" in newcomer.check(expect=1).err


@pytest.mark.stores("sqlite")
def test_price_that_was_forgotten(newcomer):
    """A key that no price reads is told by name, because `closed` says so."""
    newcomer.write(mistaken(newcomer.descriptor, lambda d, l: l["prices"].pop(2)))
    assert 'note: unknown key "cached" under /rates in 1 row' in newcomer.check().out


def test_sync(newcomer):
    """Step 5: the slug is known, what is stored is what was worked out, the key was sent."""
    listed = newcomer.desk.run("providers", "--json", ASSAY_PROVIDERS_DIR=str(newcomer.folder))
    assert {p["slug"]: p["descriptor"] for p in listed.json()}["newcomer"] == str(newcomer.file)
    run = newcomer.sync("--json", "--providers", "newcomer", **KEY).provider("newcomer")
    assert run["models"] == 3 and run["skipped"] == [] and run["notes"] == []
    truth.assert_stored(newcomer.desk.database, offered(WANTED), "newcomer")
    assert newcomer.server.asked == [(PLACE, f"Bearer {KEY['NEWCOMER_API_KEY']}")]


def test_change_of_a_price(newcomer):
    """The next sync tells what moved, in exact numbers."""
    newcomer.sync("--providers", "newcomer", **KEY)
    newcomer.list["data"][0]["rates"].update({"in": "0.03", "call_eur": 0.001})
    newcomer.saved.write_text(json.dumps(newcomer.list))
    newcomer.sync("--providers", "newcomer", **KEY)
    assert sorted(truth.stored_changes(newcomer.desk.database)) == [
        ("price", "quartz-9b", "input_token", "0.00000015", "0.0000003", "2"),
        ("price", "quartz-9b", "request", "0.002", "0.001", "0.5")]


@pytest.mark.stores("sqlite")
def test_key_that_is_missing(newcomer):
    run = newcomer.sync("--providers", "newcomer", expect=1)
    assert "set NEWCOMER_API_KEY" in run.err and newcomer.server.asked == []


@pytest.mark.stores("sqlite")
def test_mistake_in_the_folder(newcomer):
    """A descriptor that is wrong stops the sync by name: none is silently left out."""
    newcomer.write(mistaken(newcomer.descriptor, MISTAKES[0][0]))
    run = newcomer.sync("--providers", "newcomer", expect=1, **KEY)
    assert str(newcomer.file) in run.err and "/lists/0/prices/0/metre" in run.err
    assert newcomer.server.asked == []


def test_instead_of_a_built_in(newcomer):
    """The same slug as a built-in one: the list of one's own mirror is read, by one's own units."""
    mirror = {**newcomer.descriptor, "slug": "cerebras", "name": "Cerebras, our mirror"}
    newcomer.write(mirror, "mirror.json")
    listed = newcomer.desk.run("providers", "--json", ASSAY_PROVIDERS_DIR=str(newcomer.folder))
    assert [(p["name"], p["descriptor"]) for p in listed.json() if p["slug"] == "cerebras"] == [
        ("Cerebras, our mirror", str(newcomer.folder / "mirror.json"))]
    newcomer.sync("--providers", "cerebras", **KEY)
    truth.assert_stored(newcomer.desk.database, offered(WANTED), "cerebras")
