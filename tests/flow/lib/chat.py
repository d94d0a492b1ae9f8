"""marketsim's chat side: how it answers, what it saw, who is trending.

All take a Market (lib/market.py) or anything with its bytes(path, data).
"""
import json


def set_chat(market, *orders, **order):
    """How chat endpoints answer from now on, or fail: set_chat(market, provider="groq",
    outcome="rate_limited", times=2); the names are those of GET /sim/chat/help.  Several orders at
    once as dicts."""
    body = json.dumps([*orders, order] if order else list(orders)).encode()
    return json.loads(market.bytes("/sim/chat", data=body))


def reset_chat(market, **order):
    """Forgets all orders and then obeys this one."""
    return set_chat(market, reset=1, **order)


def chat_log(market, since=0, clear=False):
    """One dict per request that reached a chat endpoint, in their order.  Stamps (accepted, read,
    first, content, last, end) are microseconds of CLOCK_MONOTONIC, 0 where nothing happened."""
    lines = market.bytes(f"/sim/chat/log?since={since}&clear={int(clear)}")
    return [json.loads(line) for line in lines.splitlines()]


def chat_counts(market):
    """{(via, provider, model): requests}"""
    endpoints = json.loads(market.bytes("/sim/chat/counts"))["endpoints"]
    return {(e["via"], e["provider"], e["model"]): e["asked"] for e in endpoints}


def chat_requests(market):
    """The newest 1000 requests whole: method, path, headers, body (text)."""
    return json.loads(market.bytes("/sim/chat/requests"))


def outcomes(market):
    """{name: {"class", "status", "stream", "document"}}: the class is what an honest reader says,
    None where that depends on its patience or taste."""
    known = json.loads(market.bytes("/sim/chat/help"))["outcomes"]
    return {o["name"]: o for o in known}


def set_trending(market, **how):
    """models=, page=, spelling=provider|name|status; returns the truth of all."""
    query = "&".join(f"{k}={v}" for k, v in how.items())
    return json.loads(market.bytes(f"/sim/trending?{query}", data=b""))


def trending(market, models=0):
    """{"models": …, "calls": …}: whom an honest tracker of the first so many models calls (0: all)."""
    return json.loads(market.bytes(f"/sim/trending?models={models}"))
