"""A pool between assay and its server, in transaction mode: nothing may be kept in a session."""
import subprocess

import pytest

from lib import truth
from lib.assay import PROVIDERS
from lib.patience import PATIENCE_S
from lib.pool import pooled

pytestmark = [pytest.mark.stores("postgres"), pytest.mark.empty]


def assert_true(desk, market):
    for slug in PROVIDERS:
        truth.assert_stored(desk.database, truth.offered(market, slug), slug)


def test_syncs_over_a_pool(market, desk):
    """Three at a time over two connections, from the first migration on; and every reader."""
    with pooled(desk.database, size=2) as url:
        over = {**desk.keys(now_s=0), "DATABASE_URL": url, "ASSAY_NOW": None}
        assert desk.run("sync", **over).code == 0
        assert_true(desk, market)
        for _ in range(3):
            market.advance()
            syncs = [desk.start("sync", out=subprocess.PIPE, err=subprocess.PIPE,
                                **over) for _ in range(3)]
            said = [p.communicate(timeout=PATIENCE_S) for p in syncs]
            assert [p.returncode for p in syncs] == [0, 0, 0], said
            assert_true(desk, market)
        assert truth.one(desk.database, "SELECT count(*) FROM sync_runs"
                                        " WHERE completeness <> 'complete'") == 0
        for command in (["models", "--json"], ["providers", "--json"], ["check", "--offline"]):
            pool, straight = desk.run(*command, DATABASE_URL=url), desk.run(*command)
            assert pool.code == straight.code == 0
            if "--json" in command:
                assert pool.out == straight.out
