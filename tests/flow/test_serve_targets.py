"""Whom the service probes: the trending models, endpoints of its own catalog in turn, or both."""
import collections

import pytest

from lib.chat import chat_log
from lib.probing import QUICK, calls_of, samples
from lib.serving import Serving

THREE = ["groq", "anthropic", "cohere"]
EACH_SECOND = {**QUICK, "ASSAY_PROBE": "on", "ASSAY_SCHEDULE": "on", "ASSAY_SYNC_SECONDS": "*=86400",
               "SCHEDULE_INTERVAL_SECONDS": "1", "LOCAL_CSV_PATH": "rows.csv"}


@pytest.fixture
def serve(desk):
    running = []

    def start(**env):
        running.append(Serving(desk, **{**EACH_SECOND, **desk.keys(THREE), **env}))
        return running[-1]
    yield start
    for service in running:
        if service.process.poll() is None:
            service.kill()


def asked(desk, via):
    """How often each endpoint was asked that way."""
    rows = desk.database.select("SELECT provider, provider_model_id FROM samples WHERE via = ?", via)
    return collections.Counter(tuple(row) for row in rows)


def cycles(service):
    return service.said("probe: cycle ended")


def test_each_endpoint_of_the_catalog_has_its_turn(market, desk, serve):
    """Two a cycle, those that were asked longest ago; without a token of Hugging Face."""
    desk.sync(providers=THREE)
    service = serve(ASSAY_PROBE_TARGETS="catalog", ASSAY_PROBE_PROVIDERS="groq, cohere",
                    ASSAY_PROBE_TOP="2", HF_TOKEN=None)
    service.until(lambda: len(cycles(service)) >= 3)
    service.stop()
    found = asked(desk, "direct")
    assert {provider for provider, _ in found} == {"groq", "cohere"}
    assert len(found) >= 6 and max(found.values()) <= min(found.values()) + 1
    assert asked(desk, "router") == {}
    health = desk.database.select("SELECT DISTINCT health_status FROM models WHERE health_status <> 'unknown'")
    assert health  # measured at the endpoint itself


def test_both_in_one_cycle(market, desk, serve):
    desk.sync(providers=THREE)
    service = serve(ASSAY_PROBE_TARGETS="both", ASSAY_PROBE_PROVIDERS="anthropic", ASSAY_PROBE_TOP="3",
                    SCHEDULE_INTERVAL_SECONDS="3600")
    ended = service.until(lambda: cycles(service))[0]
    service.stop()
    direct = asked(desk, "direct")
    routed = sum(calls_of(market).values())
    assert len(direct) == 3 and {provider for provider, _ in direct} == {"anthropic"}
    assert sum(asked(desk, "router").values()) == routed
    assert ended["calls"] == routed + 3 == len(chat_log(market))


def test_neither_waits_for_the_other(market, desk, serve):
    """An empty catalog is no reason to leave the list alone, nor the other way round."""
    service = serve(ASSAY_PROBE_TARGETS="both", ASSAY_SCHEDULE="on", ASSAY_PROBE_PROVIDERS="anthropic",
                    ASSAY_PROBE_MODELS="nobody/has-this", SCHEDULE_INTERVAL_SECONDS="3600")
    service.until(lambda: cycles(service))
    service.stop()
    assert service.said("probe: of the trending models alone")
    assert sum(asked(desk, "router").values()) == sum(calls_of(market).values())
    before = len(samples(desk, "id"))
    desk.sync(providers=THREE, ASSAY_NOW=None)  # the service has synced, too, by the clock of the wall
    for which in ("huggingface.co", "huggingface.co/api"):
        market.post("fault", provider=which, kind="status", status=500, times=0)
    service = serve(ASSAY_PROBE_TARGETS="both", ASSAY_PROBE_PROVIDERS="anthropic", ASSAY_PROBE_TOP="3",
                    SCHEDULE_INTERVAL_SECONDS="3600")
    service.until(lambda: cycles(service))
    service.stop()
    assert service.said("probe: without the trending models, of the catalog alone")
    assert len(samples(desk, "id")) == before + 3


@pytest.mark.parametrize(("env", "named"), [
    ({"ASSAY_PROBE_TARGETS": "everything"}, "trending or catalog"),
    ({"ASSAY_PROBE_TARGETS": "catalog", "ASSAY_PROBE_PROVIDERS": "groq,nobody"}, "nobody"),
    ({"ASSAY_PROBE_TARGETS": "catalog", "ASSAY_PROBE_PROVIDERS": "groq", "GROQ_API_KEY": None}, "GROQ_API_KEY"),
    ({"ASSAY_PROBE_TARGETS": "catalog", "ASSAY_PROBE_TOP": "0"}, "ASSAY_PROBE_TOP"),
])
def test_what_cannot_be_is_refused_by_name(desk, env, named):
    run = desk.run("serve", "--listen", "127.0.0.1:0", **{**EACH_SECOND, **desk.keys(THREE), "HF_TOKEN": None, **env})
    assert run.code == 2 and named in run.err, run
