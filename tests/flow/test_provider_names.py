"""A provider may be asked for by every name it goes by: its slug, an alias, its name on Hugging Face's router."""
import urllib.parse

import pytest

from lib.probing import probe, samples
from lib.serving import Serving


@pytest.fixture
def place(market, start_assay):
    desk = start_assay(market)
    desk.sync(providers="huggingface", **desk.keys())
    desk.sync(providers="fireworks", **desk.keys())
    serving = Serving(desk).wait_ready()
    yield serving
    serving.stop()


def all_of(place, slug):
    return place.get(f"/models?limit=1000&provider_slug={slug}")


def test_an_alias_is_its_provider(place):
    models = all_of(place, "huggingface")
    assert models
    assert all_of(place, "hug") == models
    assert place.get("/models/provider/hug?limit=1000") == models
    assert place.get("/models/search?limit=1000&provider_slug=hug&q=" + urllib.parse.quote(models[0]["model_name"]))
    assert place.get("/providers/slug/hug") == place.get("/providers/slug/huggingface")
    ident = models[0]["provider_id"]
    assert all_of(place, f"hug&provider_id={ident}") == models
    assert all_of(place, f"hug&provider_id={ident + 1}") == []


def test_so_is_the_name_on_the_router(place):
    models = all_of(place, "fireworks")
    assert models and all_of(place, "fireworks-ai") == models
    assert place.get("/models/provider/fireworks-ai?limit=1000") == models
    model = urllib.parse.quote(models[0]["provider_model_id"])
    assert place.ask(f"/badge/fireworks-ai/{model}/uptime.svg").status == 200
    assert place.get("/changes?provider=fireworks-ai") == []


def test_nobody_is_nobody(place):
    assert all_of(place, "nope") == []
    assert place.ask("/models/provider/nope").status == 404
    assert place.ask("/providers/slug/nope").status == 404
    assert place.ask("/changes?provider=nope").status == 422
    assert place.ask("/samples?provider=nope").status == 422


def test_samples_of_whom_only_the_router_knows(market, start_assay):
    desk = start_assay(market)
    probe(desk, MODELS_TO_FETCH=45)
    kept = {r["provider"] for r in samples(desk, "provider")}
    with_fireworks = desk.database.one("SELECT count(*) FROM samples WHERE provider = 'fireworks'")
    assert {"ovhcloud", "nscale"} & kept and with_fireworks
    desk.database.operate("UPDATE samples SET provider = 'stranger' WHERE id = (SELECT max(id) FROM samples)")
    serving = Serving(desk)
    try:
        for name in sorted(kept) + ["stranger"]:
            found = serving.get(f"/samples?limit=1000&provider={name}")
            assert found and {s["provider"] for s in found} == {name}, name
        assert len(serving.get("/samples?limit=1000&provider=fireworks-ai")) == with_fireworks
        # Where nothing was measured yet, the table of endpoints knows who may be.
        desk.database.operate("DELETE FROM samples")
        assert serving.get("/samples?provider=ovhcloud") == []
        refused = serving.ask("/samples?provider=stranger")
        assert refused.status == 422 and "is no provider" in refused.json()["detail"]
    finally:
        serving.stop()
