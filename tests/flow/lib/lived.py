# SPDX-License-Identifier: MIT
"""What a living market did (sim/life.h), applied to its truth event by event.

Rows are those of lib.sim.as_read(), by id: prices are a dict (meter, condition) → (state, amount).
"""
from lib.sim import as_read

TOLD_OF_ROWS = {"added", "returned", "removed"}
OF_THE_SHOP = {"outage", "recovery", "rollout"}
NUMBERS = {"context_length", "max_output_tokens"}
FLAGS = {"true": True, "false": False, None: None}


def rows_of(truth):
    return {row["id"]: row for row in as_read(truth)}


def key_of(field):
    meter, bracket, rest = field.partition("[")
    return meter, bracket + rest


def said(price):
    """A price as events have it."""
    return "unpublished" if price is None else price[1]


def apply_price(row, event):
    prices = row["prices"] = dict(row["prices"])
    key, new = key_of(event["field"]), event["new"]
    assert said(prices.get(key)) == event["old"], event
    if new == "unpublished":
        del prices[key]
        return
    currency = prices[key][2:] if key in prices else ()
    prices[key] = ("free" if new == "0" else "priced", new) + currency


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
        elif kind in TOLD_OF_ROWS:
            assert model not in rows, event
            [rows[model]] = as_read([event["row"]])
        else:
            row = rows[model] = dict(rows[model])  # earlier states keep theirs
            (apply_price if kind == "price" else apply_fact)(row, event)
