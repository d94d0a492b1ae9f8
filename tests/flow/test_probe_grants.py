"""What probes may cost: asked for before each call, given back where there was none."""
import decimal
import signal
import subprocess

import pytest

from lib.chat import chat_log, set_chat
from lib.patience import PATIENCE_S, until
from lib.probing import QUICK, events, probe, told

TOTAL = decimal.Decimal("0.3")


def ledger(desk):
    return [tuple(map(decimal.Decimal, row)) for row in desk.database.select(
        "SELECT reserved, amount FROM ledger WHERE state = 'settled' ORDER BY id")]


@pytest.mark.stores("sqlite", "postgres")
def test_no_more_is_asked_than_the_budget_bears(market, start_assay):
    """Every call and every retry at its worst case; what was used comes back, what nobody knows does not."""
    desk = start_assay(market)
    run = probe(desk, "--json", ASSAY_PROBE_BUDGET_USD=TOTAL)
    rows = ledger(desk)
    assert 0 < len(rows) == len(chat_log(market)) == len(told(run))
    assert TOTAL - min(r for r, _ in rows) < sum(r for r, _ in rows) <= TOTAL
    assert all(amount < reserved for reserved, amount in rows)
    assert events(run, "the budget has no room for what it may cost at worst") and events(run, "cycle ended")[0]["denied"]
    set_chat(market, outcome="server_error")
    for _ in range(2):
        probe(desk, ASSAY_PROBE_BUDGET_USD=TOTAL)
    spent = desk.database.select("SELECT amount FROM ledger WHERE state <> 'released'")
    assert sum(decimal.Decimal(amount) for amount, in spent) <= TOTAL
    assert len(chat_log(market)) == len(spent)


@pytest.mark.stores("postgres")
def test_a_stop_gives_back_at_once_what_was_not_sent(market, start_assay):
    """In one transaction, not in one for each of the thousands that may wait."""
    desk = start_assay(market)
    assert desk.run("migrate").code == 0
    set_chat(market, latency="800")
    process = desk.start("probe", out=subprocess.PIPE, err=subprocess.PIPE,
                         **{**QUICK, "ASSAY_PROBE_CONCURRENCY": "1", "ASSAY_PROBE_BUDGET_USD": "1000"})
    try:
        until(lambda: chat_log(market) or process.poll() is not None)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=PATIENCE_S)
    finally:
        if process.poll() is None:
            process.kill()
    assert process.returncode == 0, err
    states = {state: (n, transactions) for state, n, transactions in desk.database.select(
        "SELECT state, count(*), count(DISTINCT xmin::text) FROM ledger GROUP BY state")}
    assert states["settled"][0] == len(chat_log(market)) >= 1
    assert states["released"][0] > 1 and states["released"][1] == 1
