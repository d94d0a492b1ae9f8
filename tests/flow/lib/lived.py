# SPDX-License-Identifier: MIT
"""What a living market did (sim/life.h), applied to its truth event by event.

Rows are those of lib.truth.catalog(), by id.  A row that moved is a new object, so that earlier states
keep theirs and an unmoved row is known by being the same one.
"""
from lib import truth

OF_ROWS = {"added", "returned", "removed"}
OF_THE_SHOP = {"outage", "recovery", "rollout"}
NUMBERS = {"context_length", "max_output_tokens"}
FLAGS = {"true": True, "false": False, None: None}


def key_of(field):
    meter, bracket, rest = field.partition("[")
    return meter, bracket + rest


def apply_price(row, event):
    prices = row["prices"] = dict(row["prices"])
    key, new = key_of(event["field"]), event["new"]
    assert truth.price_text(prices.get(key)) == event["old"], event
    if new == "unpublished":
        del prices[key]
        return
    currency = prices[key][2] if key in prices else "USD"
    prices[key] = ("free" if new == "0" else "priced", new, currency)


def apply_fact(row, event):
    field, old, new = event["field"], event["old"], event["new"]
    if event["kind"] == "capability":
        able = row["capabilities"] = dict(row["capabilities"])
        assert able.pop(field, None) is FLAGS[old], event
        if new is not None:
            able[field] = FLAGS[new]
        return
    if field in NUMBERS:
        old, new = (text and int(text) for text in (old, new))
    assert row[field] == old, event
    row[field] = new


def apply(rows, events):
    """Turns `rows` into what they were after these events; each must fit what was there."""
    for event in events:
        kind, model = event["kind"], event["model"]
        if kind in OF_THE_SHOP:
            assert model is None, event
        elif kind == "removed":
            del rows[model]
        elif kind in OF_ROWS:
            assert model not in rows, event
            rows.update(truth.catalog([event["row"]]))
        else:
            row = rows[model] = dict(rows[model])
            (apply_price if kind == "price" else apply_fact)(row, event)
