"""Leases: who syncs a provider, who waits for him, and when nobody has to.

Holders are written into table `leases` by hand, or are real syncs that a slow provider keeps busy.
"""
import contextlib
import pathlib
import socket
import subprocess
import time

import pytest

from lib import truth
from lib.assay import SYNC
from lib.market import LIST
from lib.patience import PATIENCE_S, until
from lib.receiver import Gate

pytestmark = pytest.mark.stores("sqlite", "postgres")
NAME = "sync:openrouter"
ELSEWHERE = "elsewhere.example"
AT_ONCE = {"ASSAY_LEASE_WAIT_SECONDS": 0}  # who would have to wait fails


def truth_of(market):
    return truth.catalog(market.truth())


def real_ms():
    return time.time_ns() // 1_000_000


def started(pid):
    """Clock ticks since boot: field 22 of its stat, the command being the one that holds spaces."""
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19])


@pytest.fixture
def sleeper():
    """A living process of this host."""
    process = subprocess.Popen(["sleep", "3000"])
    yield process
    process.kill()
    process.wait()


def hold(desk, host, pid, pid_started, lasts_s=2 * PATIENCE_S):
    """As if that process had taken the lease a moment ago, for so long."""
    now = real_ms()
    at = desk.database.instant
    truth.operate(desk.database, "DELETE FROM leases WHERE name = ?", NAME)
    assert truth.operate(
        desk.database, "INSERT INTO leases (name, host, pid, pid_started, taken_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?)", NAME, host, pid, pid_started, at(now - 1000),
        at(now + int(lasts_s * 1000))) == 1


def let_go(desk):
    assert truth.operate(desk.database, "UPDATE leases SET expires_at = taken_at WHERE name = ?",
                         NAME) == 1


def leases(desk):
    """Those in force, by the computer's clock."""
    return [(name, pid) for name, pid, to in truth.select(
        desk.database, "SELECT name, pid, expires_at FROM leases") if to > real_ms()]


@contextlib.contextmanager
def running(desk, command=SYNC, **env):
    """A sync in the background, one hour later than the last; killed if the test leaves it."""
    desk.hour += 1
    process = desk.start(*command, out=subprocess.PIPE, err=subprocess.PIPE, **env)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_nothing_is_held_afterwards(market, desk):
    """Neither after a sync that went well nor after one that failed."""
    desk.sync()
    assert leases(desk) == []
    market.fault("html")
    desk.sync(expect=1)
    assert leases(desk) == []


def test_a_sync_waits_for_the_holder(market, desk, sleeper):
    """A living process of this host: nothing is fetched until it lets go; then all goes well."""
    desk.sync()
    market.advance()
    market.requests()
    hold(desk, socket.gethostname(), sleeper.pid, started(sleeper.pid))
    with running(desk, ASSAY_LEASE_WAIT_SECONDS=PATIENCE_S) as sync:
        time.sleep(1)
        assert sync.poll() is None
        assert market.requests() == []
        let_go(desk)
        out, err = sync.communicate(timeout=PATIENCE_S)
    assert sync.returncode == 0, (out, err)
    truth.assert_stored(desk.database, truth_of(market))
    assert leases(desk) == []


@pytest.fixture
def gate(market):
    gate = Gate(market, "openrouter.ai")
    yield gate
    gate.stop()


def test_the_result_of_the_first_stands(market, desk, gate):
    """Two real syncs, the first kept busy: both succeed, one fetch, each change told once."""
    desk.sync()
    market.requests()
    known = truth.learn({}, truth_of(market))
    market.advance()
    how = {"ASSAY_LEASE_WAIT_SECONDS": PATIENCE_S, "ASSAY_NOW": None, "ASSAY_UPSTREAM": gate.url}
    with running(desk, **how) as first:
        assert gate.asked.wait(PATIENCE_S)
        assert leases(desk) == [(NAME, first.pid)]
        with running(desk, (*SYNC, "deepinfra"), **how) as second:
            # Both leases are asked for before any list is, so by then it waits for the other one.
            until(lambda: truth.select(desk.database, "SELECT r.id FROM sync_runs r JOIN providers p"
                                       " ON p.id = r.provider_id WHERE p.slug = 'deepinfra'"))
            gate.opened.set()
            said = [p.communicate(timeout=PATIENCE_S) for p in (first, second)]
            assert (first.returncode, second.returncode) == (0, 0), said
    assert [r["path"] for r in market.requests()].count(LIST) == 1
    assert b"its result stands" in said[1][1]
    truth.assert_stored(desk.database, truth_of(market))
    assert truth.stored_changes(desk.database) == truth.changes(known, truth_of(market))
    assert truth.one(desk.database, "SELECT count(*) FROM snapshots") == 3  # and the other provider's
    assert leases(desk) == []


def test_a_killed_holder_frees_at_once(market, desk, gate):
    """kill -9 in mid-sync: the next one sees that the process is gone and does not wait."""
    desk.sync()
    market.advance()
    with running(desk, ASSAY_NOW=None, ASSAY_UPSTREAM=gate.url) as sync:
        until(lambda: leases(desk) == [(NAME, sync.pid)])
    assert leases(desk) == [(NAME, sync.pid)]
    desk.sync(**AT_ONCE)
    truth.assert_stored(desk.database, truth_of(market))
    assert leases(desk) == []


def test_a_reused_pid_is_nobody(market, desk, sleeper):
    """The pid lives, but it started at another time than the holder: free at once."""
    desk.sync()
    market.advance()
    hold(desk, socket.gethostname(), sleeper.pid, started(sleeper.pid) - 1)
    desk.sync(**AT_ONCE)
    truth.assert_stored(desk.database, truth_of(market))


def test_a_holder_elsewhere_is_named(market, desk):
    """Another host's lease is waited for as long as the setting says; then who has it is said."""
    desk.sync()
    market.advance()
    before = truth.rows_of(desk.database, "openrouter")
    hold(desk, ELSEWHERE, 424242, 1)
    market.requests()
    begun = time.monotonic()
    run = desk.sync(expect=1, ASSAY_LEASE_WAIT_SECONDS=1)
    assert time.monotonic() - begun >= 1
    error, = [line for line in run.logs() if line["level"] >= 50]
    assert error["provider"] == "openrouter"
    assert ELSEWHERE in error["err"] and "424242" in error["err"], run
    assert market.requests() == []
    assert truth.rows_of(desk.database, "openrouter") == before
    assert leases(desk) == [(NAME, 424242)]


def test_a_local_holder_that_stays_is_named(market, desk, sleeper):
    """The same for a process of this host that lives and does not let go."""
    desk.sync()
    hold(desk, socket.gethostname(), sleeper.pid, started(sleeper.pid))
    run = desk.sync(expect=1, ASSAY_LEASE_WAIT_SECONDS=1)
    assert str(sleeper.pid) in run.err and socket.gethostname() in run.err


def test_a_lease_that_ran_out_is_free(market, desk):
    """Whoever had it, wherever; also one that runs out while somebody waits."""
    desk.sync()
    market.advance()
    hold(desk, ELSEWHERE, 424242, 1, lasts_s=-0.5)
    desk.sync(**AT_ONCE)
    truth.assert_stored(desk.database, truth_of(market))
    market.advance()
    hold(desk, ELSEWHERE, 424242, 1, lasts_s=1.5)
    desk.sync(ASSAY_LEASE_WAIT_SECONDS=PATIENCE_S)
    truth.assert_stored(desk.database, truth_of(market))


def test_one_held_provider_does_not_hold_the_others(market, desk):
    """Somebody has openrouter: it alone fails, the others are the truth."""
    desk.sync(providers=("cerebras", "openrouter"))
    market.advance()
    hold(desk, ELSEWHERE, 424242, 1)
    run = desk.sync(expect=1, providers=("cerebras", "openrouter"), ASSAY_LEASE_WAIT_SECONDS=1)
    assert [line["provider"] for line in run.logs() if line["level"] >= 50] == ["openrouter"]
    truth.assert_stored(desk.database, truth.offered(market, "cerebras"), "cerebras")


def test_a_dry_run_asks_nobody(market, desk):
    """It writes nothing, so it need not wait for anyone."""
    desk.sync()
    hold(desk, ELSEWHERE, 424242, 1)
    desk.sync("--dry-run", **AT_ONCE)
    assert leases(desk) == [(NAME, 424242)]


@pytest.mark.stores("sqlite")
def test_wait_is_a_setting_with_bounds(start_assay):
    """A value that is none is a usage error that names it."""
    run = start_assay().run(*SYNC, ASSAY_LEASE_WAIT_SECONDS="soon")
    assert run.code == 2 and "ASSAY_LEASE_WAIT_SECONDS" in run.err
    assert run.out == ""


def test_a_lease_from_the_future_is_free(market, desk):
    """A host whose clock is a day ahead died with it: nobody waits for a day."""
    desk.sync()
    hold(desk, ELSEWHERE, 4711, 1)
    at = desk.database.instant
    day = 86_400_000
    truth.operate(desk.database, "UPDATE leases SET taken_at = ?, expires_at = ? WHERE name = ?",
                  at(real_ms() + day), at(real_ms() + day + 60_000), NAME)
    desk.sync(**AT_ONCE)
    truth.assert_stored(desk.database, truth_of(market))
