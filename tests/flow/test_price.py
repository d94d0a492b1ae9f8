"""`assay price`: what a model cost at an instant, under which condition, and who says so.

The rules of a bill have their own test (test_bill_property.py); here it is whose prices are taken, of
which instant, and what is told.
"""
from fractions import Fraction

import pytest

from lib.bazaar import Bazaar

DAY = "2026-08-22T"
RICH = {"id": "Acme/Rich-1", "in": "1", "out": "10", "in_long": "2", "out_long": "20", "in_batch": "0.4",
        "in_night": "0.5000000000000000001", "cached": "0.1", "fee": "0.01"}
NORTH = [
    {"id": "gift", "in": "0", "out": "0"},
    {"id": "auto", "in": "-1", "out": "2"},
    {"id": "mute"},
    {"id": "dear", "in": "5000", "out": "1"},
    {"id": "sale", "in": "4", "list": "4", "off": 0.25, "off_ends": "2026-08-30"},
    {"id": "twin", "in": "1"}, {"id": "TWIN", "in": "2"},
    {"id": "ttl", "in": "1", "write_5m": "1.25", "write_1h": "2", "think": "7"},
]


def at(hour, minute=0):
    return f"{DAY}{hour:02d}:{minute:02d}:00.000Z"


@pytest.fixture
def bazaar(quick_dir, start_market, start_assay):
    return Bazaar(quick_dir, start_market, start_assay, {"north": "USD", "west": "EUR"})


def price(place, model, *args, slug="north"):
    run = place.desk.run("price", model, "--provider", slug, *args, "--json")
    assert run.code == 0 and run.err == "", run
    return run.json()


def refused(place, *args, code=1):
    """The sentence; nothing else is said."""
    run = place.desk.run("price", *args)
    assert run.code == code and run.out == "", run
    line, = run.logs()
    return line["msg"]


def history(place):
    """Hour 1: listed; 2: dearer; 3: another condition goes; 4: gone; 5: the same again; 6: cheaper."""
    states = ({}, {"in": "1.5"}, {"in": "1.5", "in_night": None}, None, {"in": "1.5", "in_night": None},
              {"in": "1.25", "in_night": None})
    for state in states:
        row = [] if state is None else [{k: v for k, v in {**RICH, **state}.items() if v is not None}]
        place.sell("north", *row, *NORTH)
        place.sell("west", {"id": "mark", "in": "3", "out": "4"})
        place.sync()


# ---- whose price, and of when

@pytest.mark.stores("sqlite", "postgres")
def test_what_it_cost_then(bazaar):
    """A price that changed twice, an absence, what is known of the time before."""
    history(bazaar)
    for when, first, seen in (
            (at(1), "0.000001", (at(1), at(2))), (at(1, 59), "0.000001", (at(1), at(2))),
            (at(2), "0.0000015", (at(2), at(6))), (at(3, 30), "0.0000015", (at(2), at(6))),
            (at(5), "0.0000015", (at(2), at(6))), (at(6), "0.00000125", (at(6), None)),
            ("2026-12-31", "0.00000125", (at(6), None))):
        answer = price(bazaar, "Acme/Rich-1", "--at", when)
        assert (answer["listed"], answer["absent_from"], answer["absent_to"]) == (True, None, None)
        assert (answer["first_seen"], answer["bill"]) == (at(1), None)
        one, = (p for p in answer["prices"] if (p["meter"], p["condition"]) == ("input_token", ""))
        assert (one["amount"], (one["seen_from"], one["seen_to"])) == (first, seen), when
        assert {"[16:30-00:30Z]"} & {p["condition"] for p in answer["prices"]} == (
            {"[16:30-00:30Z]"} if when < at(3) else set()), when
    assert price(bazaar, "Acme/Rich-1")["prices"] == answer["prices"]  # now
    gone = price(bazaar, "Acme/Rich-1", "--at", at(4, 30), "--input-tokens", 1000)
    assert (gone["listed"], gone["absent_from"], gone["absent_to"]) == (False, at(4), at(5))
    assert gone["bill"]["amount"] == "0.0015"
    early = refused(bazaar, "Acme/Rich-1", "--provider", "north", "--at", at(0, 59))
    assert early == f'"Acme/Rich-1" was first seen at {at(1)}: nothing is known of {at(0, 59)}'

    # Who says so: the list, the place in it, the token there; and the state that it belongs to.
    assert one == {
        "meter": "input_token", "condition": "", "state": "priced", "amount": "0.00000125",
        "currency": "USD", "raw": "1.25", "unit": "USD per 1M tokens", "source": "models#/in",
        "seen_from": at(6), "seen_to": None, "valid_from": None, "valid_to": None, "suspect": None}
    hash_, last = bazaar.desk.database.one(
        "SELECT s.hash, s.last_at FROM snapshots s JOIN providers p ON p.id = s.provider_id"
        " WHERE p.slug = 'north' ORDER BY s.id DESC LIMIT 1")
    assert answer["snapshot"] == hash_ and answer["list_of"] == at(6) and last > 0
    assert price(bazaar, "Acme/Rich-1", "--at", at(1))["snapshot"] != hash_

    bill = price(bazaar, "Acme/Rich-1", "--at", DAY + "01:30:00Z", "--input-tokens", 199999,
                 "--cached-input-tokens", 2, "--output-tokens", 3, "--requests", 1)["bill"]
    lines = bill.pop("lines")
    assert bill == {"state": "priced", "amount": "0.4100582", "currency": "USD",
                    "input_tokens": "200001", "service": None, "cache_ttl": None}
    assert [(l["meter"], l["count"], l["condition"], l["price"], l["amount"]) for l in lines] == [
        ("cached_input_token", "2", "", "0.0000001", "0.0000002"),
        ("input_token", "199999", "[>200000]", "0.000002", "0.399998"),
        ("output_token", "3", "[>200000]", "0.00002", "0.00006"),
        ("request", "1", "", "0.01", "0.01")]
    assert Fraction(bill["amount"]) == sum(Fraction(l["amount"]) for l in lines)
    assert lines[1]["why"] == "[>200000] for 200001 input tokens"


# ---- what is told of a bill

def test_bills(bazaar):
    bazaar.sell("north", RICH, *NORTH)
    bazaar.sell("west", {"id": "mark", "in": "3", "out": "4"})
    bazaar.sync()
    rich = ("Acme/Rich-1", "--input-tokens", 1000)

    def total(model, *args, **how):
        bill = price(bazaar, model, *args, **how)["bill"]
        return bill["state"], bill["amount"], bill["currency"]

    # By the hour, in UTC, whatever the zone that it is asked in.
    night = ("priced", "0.0005000000000000000001", "USD")
    assert total(*rich, "--at", at(16, 29)) == ("priced", "0.001", "USD")
    assert total(*rich, "--at", at(16, 30)) == night
    assert total(*rich, "--at", "2026-08-23T00:29:59.999Z") == night
    assert total(*rich, "--at", "2026-08-23T00:30:00Z") == ("priced", "0.001", "USD")
    assert total(*rich, "--at", "2026-08-22T18:30:00+02:00") == night
    # What is asked for; zero is nothing.
    assert total(*rich, "--batch", "--images", 0) == ("priced", "0.0004", "USD")
    assert total(*rich, "--service", "batch") == ("priced", "0.0004", "USD")
    assert total(*rich, "--service", "flex") == ("priced", "0.001", "USD")
    ttl = ("ttl", "--cache-write-tokens", 4)
    assert total(*ttl) == ("unpublished", None, None)
    assert total(*ttl, "--cache-ttl", "1h") == ("priced", "0.000008", "USD")
    assert total(*ttl, "--cache-ttl", "5m", "--reasoning-tokens", 1, "--output-tokens", 1) == (
        "in part", "0.000012", "USD")
    # A discount is for everybody as long as it is stated to last.
    sale = ("sale", "--input-tokens", 1, "--at")
    assert total(*sale, "2026-08-29T23:59:59.999Z") == ("priced", "0.000003", "USD")
    assert total(*sale, "2026-08-30") == ("priced", "0.000004", "USD")
    assert [p["valid_to"] for p in price(bazaar, "sale")["prices"]] == [
        None, "2026-08-30T00:00:00.000Z"]
    # What has no amount, and other money.
    both = ("--input-tokens", 1, "--output-tokens", 1)
    assert total("gift", *both) == ("free", "0", None)
    assert total("auto", *both) == ("in part", "0.000002", "USD")
    assert total("auto", "--input-tokens", 1) == ("dynamic", None, None)
    assert total("mute", *both) == ("unpublished", None, None)
    assert total("mark", *both, slug="west") == ("priced", "0.000007", "EUR")
    assert total("gift", "--count", "output_image=3", "request=1") == ("unpublished", None, None)
    assert total("ACME/rich-1", "--count=input_token=1000000000000000") == (
        "priced", "2000000000", "USD")
    # A price that nobody believes is one that was published all the same.
    dear = price(bazaar, "dear", "--input-tokens", 1)
    assert dear["bill"]["amount"] == "0.005" and dear["bill"]["lines"][0]["suspect"]
    assert [bool(p["suspect"]) for p in dear["prices"]] == [True, False]
    assert [p for p in price(bazaar, "mute")["prices"]] == []

    text = bazaar.desk.run("price", *rich, "--provider", "north", "--output-tokens", "5",
                           "--at", at(20), "--reasoning-tokens", "2", "--web-searches", "1").out
    assert text.splitlines()[0] == f"north Acme/Rich-1 at {at(20)}, by the list of {at(1)}"
    assert "[16:30-00:30Z] at 20:00Z" in text and "web_search has no published price" in text
    assert "no price of reasoning_token applies, so charged as output_token" in text
    assert "TOTAL 0.0005700000000000000001 USD in part, without web_search" in text
    assert '"0.5000000000000000001" in USD per 1M tokens at models#/in_night' in text
    assert "Not counted: 0.01 USD/request; --requests 1 does." in text
    assert "Not counted" not in bazaar.desk.run("price", *rich, "--provider", "north", "--requests", 1).out
    assert "; suspect: " in bazaar.desk.run("price", "dear", "--provider", "north", "--input-tokens", 1).out
    assert "\nNo price was published.\n" in bazaar.desk.run("price", "mute", "--provider", "north").out


def test_refused(bazaar):
    bazaar.sell("north", RICH, *NORTH)
    bazaar.sync("north")
    north = ("--provider", "north")
    assert refused(bazaar, "Rich-2", *north) == (
        'north has no model "Rich-2"; most alike: Acme/Rich-1')
    assert "`assay models` lists" in refused(bazaar, "zzzz", *north)
    assert refused(bazaar, "Twin", *north) == '"Twin" may be any of 2 models: TWIN, twin'
    assert price(bazaar, "TWIN")["prices"][0]["raw"] == "2"
    assert refused(bazaar, "gift", "--provider", "groq") == (
        'no model of a provider "groq" is stored')
    for wrong, sentence in (
            (("gift",), "--provider"), (north, "MODEL"), (("gift", "twin", *north), "MODEL"),
            (("gift", *north, "--at", "noon"), '--at: "noon" is no RFC 3339 instant'),
            (("gift", *north, "--input-tokens", "-1"), "--input-tokens"),
            (("gift", *north, "--count", "input_token"), "METER=N"),
            (("gift", *north, "--count", "spoon=1"), 'no meter "spoon"'),
            (("gift", *north, "--input-tokens", "1", "--count", "input_token=1"), "twice"),
            (("gift", *north, "--service", "1h"), '--service: "1h" is no tag'),
            (("gift", *north, "--service", "Batch"), "--service"),
            (("gift", *north, "--service", ""), "--service"),
            (("gift", *north, "--batch", "--service", "flex"), "one of them"),
            (("gift", *north, "--cache-ttl", "2h"), "--cache-ttl")):
        assert sentence in refused(bazaar, *wrong, code=2)
