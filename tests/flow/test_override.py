"""An operator's values over a provider's: shown through every sync, audited, given back."""
import getpass
import json

import pytest

from lib.bazaar import Bazaar
from lib.database import stamp
from lib.held import audited, moves, reviews, shown

pytestmark = pytest.mark.stores("sqlite", "postgres")
WHO = getpass.getuser()

# field: what is typed, what the column shows
VALUES = {
    "model_name": ("House One", "House One"),
    "description": ("ours, café", "ours, café"),
    "context_length": ("1000000", 1000000),
    "max_output_tokens": ("77", 77),
    "modality": ("text+image->text", "text+image->text"),
    "quantization": ("INT4", "int4"),
    "pricing_prompt": ("1.50e-6", "0.0000015"),
    "pricing_completion": ("0", "0"),
    "pricing_image": ("0.002", "0.002"),
    "pricing_request": ("0.01", "0.01"),
    "supports_streaming": ("yes", 1),
    "supports_function_calling": ("no", 0),
    "supports_vision": ("no", 0),
    "deprecated_at": ("2027-01-31", "2027-01-31T00:00:00.000Z"),
    "replaced_by": ("house-2", "house-2"),
}
COLUMNS = ", ".join(VALUES)
TYPED = [typed for typed, _ in VALUES.values()]
OURS = [seen for _, seen in VALUES.values()]


class Shop:
    """One provider that says something of every field; what it says is `row`."""

    def __init__(self, bazaar):
        self.bazaar, self.desk, self.database = bazaar, bazaar.desk, bazaar.desk.database
        place = bazaar.folder / "north.json"
        descriptor = json.loads(place.read_text())
        descriptor["lists"][0]["fields"].update(
            name="/title", description="/about", replaced_by="/next",
            modality={"at": "/kind", "words": {"chat": "text->text"}})
        descriptor["lists"][0]["capabilities"] = {"streaming": "/can/stream", "vision": "/can/see"}
        place.write_text(json.dumps(descriptor))
        self.row = {"id": "house-1", "title": "House", "about": "theirs", "window": 4096,
                    "longest": 1024, "kind": "chat", "quant": "fp8", "in": "1", "out": "3",
                    "ends": "2026-12-31", "next": "house-9", "can": {"stream": False, "see": True}}
        self.others = [{"id": f"other-{n}", "in": "1"} for n in range(3)]

    def sync(self, listed=True, **how):
        self.bazaar.sell("north", *([self.row] if listed else []), *self.others)
        return self.bazaar.sync(**how)

    def override(self, *args, expect=0):
        run = self.desk.run("override", *args)
        assert run.code == expect, run
        return run

    def listed(self, *args):
        return [json.loads(line)
                for line in self.override("list", *args, "--json").out.splitlines()]

    def seen(self):
        return list(self.database.one(f"SELECT {COLUMNS} FROM models"
                                      " WHERE provider_model_id = 'house-1'"))

    def market(self):
        """All that the market's history is, and what the rows' hashes are."""
        tables = "model_versions", "prices", "changes", "snapshots"
        return self.database.dump(*tables), shown(self.database, "content_hash")


@pytest.fixture
def shop(quick_dir, start_market, start_assay):
    return Shop(Bazaar(quick_dir, start_market, start_assay, {"north": "USD"}))


def test_every_field_through_every_sync(shop):
    shop.sync()
    theirs, market = shop.seen(), shop.market()
    for field, (typed, _) in VALUES.items():
        shop.override("set", "north", "house-1", field, typed)
    assert shop.seen() == OURS and shop.market() == market
    assert all(a != b for a, b in zip(theirs, OURS))
    shop.sync()  # untouched
    assert shop.seen() == OURS
    shop.row.update(about="theirs, newer", window=8192, title="House 1.1")  # a new version
    shop.row["in"] = "1.1"
    shop.sync()
    assert shop.seen() == OURS
    assert [(new, tags) for _, _, new, tags in moves(shop.database)] == [("0.0000011", [])]
    shop.sync(listed=False)
    assert shop.seen() == OURS
    shop.row["about"] = "theirs, newest"
    shop.sync()  # returned, written anew
    assert shop.seen() == OURS
    said = {line["field"]: line["provider_value"] for line in shop.listed()}
    assert said == {"model_name": "House 1.1", "description": "theirs, newest",
                    "context_length": "8192", "max_output_tokens": "1024",
                    "modality": "text->text", "quantization": "fp8",
                    "pricing_prompt": "0.0000011", "pricing_completion": "0.000003",
                    "pricing_image": None, "pricing_request": None, "supports_streaming": "no",
                    "supports_function_calling": None, "supports_vision": "yes",
                    "deprecated_at": "2026-12-31T00:00:00.000Z", "replaced_by": "house-9"}
    for field in VALUES:
        shop.override("unset", "north", "house-1", field)
    assert shop.listed() == []
    theirs = dict(zip(VALUES, theirs), description="theirs, newest", context_length=8192,
                  model_name="House 1.1", pricing_prompt="0.0000011")
    assert dict(zip(VALUES, shop.seen())) == theirs
    before = shop.database.dump("models")
    shop.sync()
    assert shop.database.dump("models") == before


def test_both_values_and_who(shop):
    shop.sync()
    done = shop.override("set", "north", "house-1", "context_length", "10", "--reason", "they err")
    assert done.out == ('north house-1 context_length: "10", the provider says "4096"\n'
                        f"    set {shop.desk.now()} by {WHO}: they err\n")
    shop.override("set", "north", "house-1", "context_length", "20")
    shop.override("set", "north", "other-1", "pricing_request", "2", "--json")
    assert shop.listed() == [
        {"provider": "north", "model": "house-1", "field": "context_length", "value": "20",
         "provider_value": "4096", "reason": None, "set_by": WHO, "set_at": shop.desk.now()},
        {"provider": "north", "model": "other-1", "field": "pricing_request", "value": "2",
         "provider_value": None, "reason": None, "set_by": WHO, "set_at": shop.desk.now()}]
    assert shop.listed("--provider", "north") == shop.listed()
    assert 'pricing_request: "2", the provider says (nothing)' in shop.override("list").out
    back = shop.override("unset", "north", "house-1", "context_length")
    assert back.out == 'north house-1 context_length: as the provider says, "4096"\n'
    assert [(actor, action, what, detail["field"], detail["said"], detail["before"],
             detail["after"], detail["reason"]) for actor, action, what, detail
            in audited(shop.database)] == [
        (WHO, "override.set", "north:house-1", "context_length", "4096", None, "10", "they err"),
        (WHO, "override.set", "north:house-1", "context_length", "4096", "10", "20", None),
        (WHO, "override.set", "north:other-1", "pricing_request", None, None, "2", None),
        (WHO, "override.unset", "north:house-1", "context_length", "4096", "20", None, None)]
    kept = shop.database.select("SELECT value, set_at, unset_at FROM overrides ORDER BY id")
    at = shop.desk.now_ms()
    assert kept == [("10", at, at), ("20", at, at), ("2", at, None)]
    assert stamp(at) == shop.desk.now()


def test_over_a_held_price(shop):
    """Three layers: what is said, what is in force of it, what the operator says."""
    shop.sync()
    shop.row["in"] = "20"
    shop.sync()
    shop.override("set", "north", "house-1", "pricing_prompt", "7")
    assert shown(shop.database)["house-1"] == "7"
    shop.sync()
    shop.row["window"] = 1
    shop.sync()
    assert shown(shop.database)["house-1"] == "7"
    shop.override("unset", "north", "house-1", "pricing_prompt")
    assert shown(shop.database)["house-1"] == "0.000001"
    shop.override("set", "north", "house-1", "pricing_prompt", "7")
    shop.sync()
    assert reviews(shop.database)[0][-1] == "auto" and shown(shop.database)["house-1"] == "7"
    shop.override("unset", "north", "house-1", "pricing_prompt")
    assert shown(shop.database)["house-1"] == "0.00002"


@pytest.mark.stores("sqlite")
def test_what_cannot_be_overridden(shop):
    shop.sync()
    before = shop.database.dump("models", "overrides", "audit_log")
    one = "set", "north", "house-1"
    for words, code, said in (
            ((*one, "context_length", "many"), 2, "whole number"),
            ((*one, "context_length", ""), 2, "unset"),
            ((*one, "pricing_prompt", "cheap"), 2, "exact amount"),
            ((*one, "supports_vision", "maybe"), 2, "yes or no"),
            ((*one, "deprecated_at", "soon"), 2, "RFC 3339"),
            ((*one, "canonical_id", "x"), 2, "max_output_tokens"),
            ((*one, "pricing_prompt", "--", "-1"), 2, "not negative"),
            ((*one, "context_length"), 2, "set PROVIDER MODEL FIELD VALUE"),
            (("set", "nort", "house-1", "modality", "a->b"), 2, "unknown provider"),
            (("set", "north", "house", "modality", "a->b"), 1, "most alike: house-1"),
            (("set", "north", "xyz", "modality", "a->b"), 1, "`assay models`"),
            (("unset", "north", "house-1", "modality"), 1, "nothing is laid over"),
            (("unset", "north", "house-1", "pricing"), 2, "replaced_by"),
            (("list", "--provider", "groq"), 1, "but of: north"),
            (("drop",), 2, "or list"), ((), 2, "or list")):
        assert said in shop.override(*words, expect=code).err, words
    assert shop.database.dump("models", "overrides", "audit_log") == before
