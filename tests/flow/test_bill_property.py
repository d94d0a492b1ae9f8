"""core/bill.c against the same rules written a second time, with fractions and sets.

Every case is answered by one process (tests/unit/billtool.c), line by line; the seed is fixed.
"""
import json
import os
import random
import re
import subprocess
from fractions import Fraction

import pytest

from lib.patience import PATIENCE_S

TOOL = os.environ["BILLTOOL"]  # conftest.py
CASES = 6000
DAY_MS = 24 * 3600 * 1000
PROMPT = {"input_token", "cached_input_token", "cache_write_token", "input_audio_token",
          "cached_audio_token", "input_image_token"}
INSTEAD = {"cached_input_token": "input_token", "cache_write_token": "input_token",
           "reasoning_token": "output_token"}
METERS = sorted(PROMPT | {"output_token", "reasoning_token", "request", "web_search", "output_image"})
LIMITS = (1, 2, 1000, 128000, 200000, 1000000)
HOURS = (0, 1, 30, 59, 60, 600, 990, 1020, 1439)
DAYS = (0, 20686, 20687)
TAGS = ("batch", "flex", "discount")
TTLS = ("5m", "1h")


# ---- the rules, a second time

def terms(condition):
    return set(re.findall(r"\[(.*?)\]", condition))


def holds(term, request):
    """(does it, its threshold)"""
    if match := re.fullmatch(r">(=?)(\d+)", term):
        low = int(match[2]) + (not match[1])
        return request["prompt"] >= low, low
    if match := re.fullmatch(r"(\d\d):(\d\d)-(\d\d):(\d\d)Z", term):
        a, b, c, d = map(int, match.groups())
        since = (request["minute"] - (60 * a + b)) % 1440
        return since < (60 * c + d - 60 * a - b) % 1440, 0
    return term in request["words"] | {"discount"} or (request["any"] and term in TTLS), 0


def applying(prices, meter, request):
    """Those of a meter whose every term holds, the most special first; in order where that is equal."""
    found = []
    for price in prices:
        answers = [holds(term, request) for term in terms(price["condition"])]
        if not int(price.get("from", 0)) <= request["at"] < int(price.get("to", 1 << 62)):
            continue
        if price["meter"] == meter and all(yes for yes, _ in answers):
            found.append(((len(answers), max([low for _, low in answers], default=0)), price))
    return sorted(found, key=lambda f: f[0], reverse=True)  # stable


def first(found):
    rivals = [p["condition"] for fit, p in found[1:] if fit == found[0][0]]
    return found[0][1], rivals[0] if rivals else None


def line(case, meter, request):
    price, rival = None, None
    found = applying(case["prices"], meter, request)
    if not found and not ("ttl" not in case and applying(case["prices"], meter, {**request, "any": True})):
        found = applying(case["prices"], INSTEAD.get(meter), request)
    if found:
        price, rival = first(found)
    state = price["state"] if price else "unpublished"
    amount = Fraction(price["amount"]) * int(case["counts"][meter]) if state == "priced" else 0
    return {"meter": meter, "state": state, "amount": Fraction(amount), "rival": rival,
            "condition": price and price["condition"], "as": price and price["meter"],
            "currency": price and price["currency"]}


def reckoned(case):
    request = {"prompt": sum(int(n) for m, n in case["counts"].items() if m in PROMPT),
               "at": int(case["at"]), "minute": int(case["at"]) % DAY_MS // 60000, "any": False,
               "words": {case[k] for k in ("service", "ttl") if k in case}}
    lines = [line(case, meter, request) for meter in sorted(case["counts"])]
    states = {l["state"] for l in lines}
    money = {l.pop("currency") for l in lines if l["state"] == "priced"}
    for l in lines:
        l.pop("currency", None)
    total, currency = sum(l["amount"] for l in lines), next(iter(money), None)
    if len(money) > 1:
        state, total, currency = "two currencies", 0, None
    elif states <= {"priced", "free"}:
        state = "priced" if "priced" in states else "free"
    elif states & {"priced", "free"}:
        state = "in part"
    else:
        state = "dynamic" if "dynamic" in states else "unpublished"
    return {"state": state, "amount": Fraction(total), "currency": currency, "lines": lines}


# ---- chance

def text(condition):
    return "".join(f"[{term}]" for term in sorted(condition))


def window(dice):
    a, b = dice.sample(HOURS, 2)
    return f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d}Z"


def some_condition(dice):
    condition = set()
    if dice.random() < 0.5:
        condition.add(dice.choice((">", ">=")) + str(dice.choice(LIMITS)))
    if dice.random() < 0.3:
        condition.add(window(dice))
    if dice.random() < 0.3:
        condition.add(dice.choice(TAGS))
    if dice.random() < 0.2:
        condition.add(dice.choice(TTLS))
    return text(condition)


def decimal(dice):
    """Of up to 20 digits, none of them lost anywhere."""
    digits = str(dice.randrange(1, 10 ** dice.randrange(1, 20)))
    behind = dice.randrange(0, 25)
    whole = digits.zfill(behind + 1)
    number = whole[:len(whole) - behind] + ("." + whole[len(whole) - behind:] if behind else "")
    return number.rstrip("0").rstrip(".") if "." in number else number


def some_price(dice, meter, condition, currency):
    state = dice.choices(("priced", "free", "dynamic"), (8, 1, 1))[0]
    amount = {"priced": decimal(dice), "free": "0", "dynamic": None}[state]
    price = {"meter": meter, "condition": condition, "state": state, "currency": currency}
    if dice.random() < 0.2:
        price[dice.choice(("from", "to"))] = str(dice.choice(DAYS) * DAY_MS)
    return price if amount is None else {**price, "amount": amount}


def some_prices(dice):
    keys = set()
    currency = lambda: "EUR" if dice.random() < 0.03 else "USD"  # noqa: E731
    for meter in dice.sample(METERS, dice.randrange(1, 6)) + ["input_token"] * dice.randrange(2):
        if dice.random() < 0.8:
            keys.add((meter, ""))
        keys.update((meter, some_condition(dice)) for _ in range(dice.randrange(4)))
    return [some_price(dice, *key, currency()) for key in sorted(keys)]


def some_count(dice):
    return max(1, dice.choice((*LIMITS, dice.randrange(1, 10 ** 7))) + dice.randrange(-1, 2))


def some_case(dice):
    case = {"prices": some_prices(dice), "at": str(
        dice.choice(DAYS) * DAY_MS + (dice.choice(HOURS) * 60000 + dice.choice((-1, 0, 1))) % DAY_MS)}
    charged = sorted({p["meter"] for p in case["prices"]} | set(INSTEAD))
    meters = {dice.choice(charged if dice.random() < 0.8 else METERS)
              for _ in range(dice.randrange(1, 4))}
    case["counts"] = {meter: str(some_count(dice)) for meter in meters}
    if dice.random() < 0.4:
        case["service"] = dice.choice(TAGS)
    if dice.random() < 0.3:
        case["ttl"] = dice.choice(TTLS)
    return case


def exact(answer):
    """Texts as fractions; a text in exponents would not be one of ours."""
    for part in (answer, *answer["lines"]):
        assert re.fullmatch(r"\d+(\.\d*[1-9])?", part["amount"]), answer
        part["amount"] = Fraction(part["amount"])
    return answer


@pytest.fixture(scope="module")
def answered():
    dice = random.Random(5)
    cases = [some_case(dice) for _ in range(CASES)]
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    run = subprocess.run([TOOL], input=lines, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    answers = [exact(json.loads(line)) for line in run.stdout.splitlines()]
    assert len(answers) == CASES
    return list(zip(cases, answers))


def test_every_bill(answered):
    wrong = [(case, answer) for case, answer in answered if answer != reckoned(case)]
    assert not wrong, f"{len(wrong)} of {CASES}, the first: {wrong[0]}\nis: {reckoned(wrong[0][0])}"


def test_every_rule_was_met(answered):
    """Chance made enough of each kind of bill for the test above to mean something."""
    lines = [line for _, answer in answered for line in answer["lines"]]
    met = {state: sum(a["state"] == state for _, a in answered)
           for state in ("priced", "free", "dynamic", "unpublished", "in part", "two currencies")}
    met.update(
        substitute=sum(l["as"] not in (None, l["meter"]) for l in lines),
        rival=sum(l["rival"] is not None for l in lines),
        threshold=sum(">" in (l["condition"] or "") for l in lines),
        window=sum("Z]" in (l["condition"] or "") for l in lines),
        tag=sum(any(t in (l["condition"] or "") for t in TAGS) for l in lines),
        outdated=sum("from" in p or "to" in p for c, _ in answered for p in c["prices"]),
        several=sum((l["condition"] or "").count("[") > 1 for l in lines))
    assert all(n >= 20 for n in met.values()), met
