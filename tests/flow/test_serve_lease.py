"""One service a database: its lease outlives a clock that is set, and who lost it ends by himself."""
import socket
import time

import pytest

from lib.patience import PATIENCE_S

pytestmark = pytest.mark.stores("sqlite", "postgres")
HOUR_MS = 3_600_000


def write_lease(desk, **columns):
    names = ", ".join(f"{name} = ?" for name in columns)
    assert desk.database.operate(f"UPDATE leases SET {names} WHERE name = 'serve'", *columns.values()) == 1


def refused(desk):
    run = desk.run("serve", ASSAY_NOW=None, ASSAY_LISTEN="127.0.0.1:0")
    assert run.code == 1 and "listening" not in run.out, run
    return run.err


def real_ms():
    return time.time_ns() // 1_000_000


def test_a_clock_that_is_set_back_costs_nothing(desk, serve):
    """Taken an hour from now, by who lives here: the second one is told so."""
    first = serve(desk).wait_ready()
    at = desk.database.instant
    write_lease(desk, taken_at=at(real_ms() + HOUR_MS), expires_at=at(real_ms() + HOUR_MS + HOUR_MS // 4))
    assert f"process {first.process.pid} on {socket.gethostname()}" in refused(desk)
    assert first.ask("/readyz").status == 200
    first.stop()
    serve(desk).stop()


def test_one_from_the_future_of_another_host_is_nobodys(desk, serve):
    """It would never run out."""
    serve(desk).stop()
    at = desk.database.instant
    elsewhere = {"host": "elsewhere.example", "pid": 4242}
    write_lease(desk, **elsewhere, taken_at=at(real_ms()), expires_at=at(real_ms() + HOUR_MS))
    assert "process 4242 on elsewhere.example" in refused(desk)
    write_lease(desk, **elsewhere, taken_at=at(real_ms() + HOUR_MS), expires_at=at(real_ms() + 2 * HOUR_MS))
    serve(desk).stop()


def test_who_lost_it_to_another_host_ends(desk, serve):
    service = serve(desk, ASSAY_WATCH_SECONDS=1).wait_ready()
    write_lease(desk, host="elsewhere.example", pid=4242)
    assert service.process.wait(PATIENCE_S) == 1
    assert "process 4242 on elsewhere.example" in service.log()


def test_of_two_the_one_that_slept_ends(desk, serve):
    """Its lease ran out while it could not renew it; the other goes on."""
    first = serve(desk, ASSAY_WATCH_SECONDS=1).wait_ready()
    at = desk.database.instant
    write_lease(desk, expires_at=at(real_ms() - 1))
    second = serve(desk, ASSAY_WATCH_SECONDS=1).wait_ready()
    assert first.process.wait(PATIENCE_S) == 1
    assert f"process {second.process.pid} on {socket.gethostname()}" in first.log()
    assert second.ask("/readyz").status == 200
    assert desk.database.one("SELECT pid FROM leases WHERE name = 'serve'") == second.process.pid
    second.stop()
