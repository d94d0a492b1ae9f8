"""No secret is in anything that probing writes, tells or uploads, also where providers say it back."""
import json
import signal
import subprocess
import urllib.parse

import pytest

from lib import probed
from lib.chat import chat_log, chat_requests, reset_chat, set_trending
from lib.patience import PATIENCE_S, until
from lib.sim_hub import Hub

# As real ones never are, so that each spelling of them is another one.
CALLS = 'hf_calls/planted+0123456789"x'
WRITES = "hf_writes.planted-9876543210"
PROVIDER = "groq"
KEY = "gsk/planted+abcdefghij"
COOKIE = "planted"  # what the market's cookies are made of: see sim/chat.c
SECRETS = (CALLS, WRITES, KEY)


def spellings(secret):
    """As bytes that nobody may find; also the bulk of it, where its ends were cut off."""
    said = {secret, json.dumps(secret)[1:-1], json.dumps(secret)[1:-1].replace("/", "\\/"),
            urllib.parse.quote(secret, safe=""), urllib.parse.quote(secret, safe="").lower(),
            secret.replace('"', '""'), secret[:-3], secret[5:]}
    return {text.encode() for text in said}


def everything(desk, hub, runs):
    """name -> bytes of all that left the program, but requests with the key that they are for."""
    places = {f"run {i}": run for i, run in enumerate(runs)}
    places["database"] = desk.database.content()
    places.update((str(path), path.read_bytes()) for path in desk.home.rglob("*") if path.is_file())
    places.update((f"hub: {path}", data) for path, data in hub.files().items())
    places["commits"] = json.dumps(hub.state()).encode()
    return places


def assert_nowhere(desk, hub, runs):
    for place, content in everything(desk, hub, runs).items():
        for secret in SECRETS:
            for text in spellings(secret):
                at = content.find(text)
                assert at < 0, f"{text} in {place}: {content[max(at - 200, 0):at + 100]}"


def told(run, code=0):
    assert run.code == code, run
    return run.raw_out + run.raw_err


@pytest.mark.stores("sqlite", "postgres")
def test_no_secret_is_told(start_market, start_assay):
    market = start_market(scale=20)
    hub = Hub(market)
    set_trending(market, models=3)
    desk = start_assay(market, **{**probed.SETTINGS, "HF_TOKEN": CALLS, "HF_HUB_TOKEN": WRITES,
                                  "GROQ_API_KEY": KEY, "LOG_LEVEL": "trace", "PUSH_INTERVAL_CYCLES": "1"})
    runs = [told(desk.sync(providers=PROVIDER, GROQ_API_KEY=KEY))]
    for order in ({"cookie": 1}, {"outcome": "unauthorized_echo"}, {"outcome": "unauthorized_hf"}):
        reset_chat(market, **order)
        runs += [told(desk.run("probe", "--once", "--json")),
                 told(desk.run("probe", "--once", "--json", "--stream", "--providers", PROVIDER))]
    hub.fault("commit", "status", status=401)
    runs += [told(desk.run("probe", "--once"))]  # a push that fails is no failure of the cycle
    # What a crash leaves: killed by its own mistake, in the middle of it.
    reset_chat(market, latency="2000", cookie=1)
    known = len(chat_log(market))
    process = desk.start("probe", "--once", out=subprocess.PIPE, err=subprocess.STDOUT)
    until(lambda: len(chat_log(market)) > known or process.poll() is not None)
    process.send_signal(signal.SIGSEGV)
    runs.append(process.communicate(timeout=PATIENCE_S)[0])
    runs.append(told(desk.run("push")))
    asked = [request["headers"].get("authorization", "") for request in chat_requests(market)]
    assert {f"Bearer {CALLS}", f"Bearer {KEY}"} <= set(asked)  # they were there to be told
    rows = probed.pushed(hub)
    assert len(rows) == sum(probed.samples(desk).values())
    assert "Bearer [MASKED]" in {json.loads(row["request_headers_sanitized"])["authorization"] for row in rows}
    assert any("[MASKED]" in row["response_body_raw"] for row in rows)
    assert any("[MASKED]" in row["response_headers_sanitized"] for row in rows)
    assert_nowhere(desk, hub, runs)
