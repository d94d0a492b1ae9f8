"""The catalog over HTTP: pages, filters, searches, counts, single rows, tags.

The truth is in the tables, read with other people's libraries and put into objects a second time here.
"""
import json
import math
import re
import urllib.parse

import pytest

from lib.serving import Serving

FLAGS = ("supports_streaming", "supports_function_calling", "supports_vision")
MODEL = ("id", "provider_id", "model_id", "model_name", "provider_model_id", "canonical_id",
         "description", "context_length", "max_output_tokens", "modality", "architecture",
         "quantization", "pricing_prompt", "pricing_completion", "pricing_image", "pricing_request",
         *FLAGS, "average_response_time_ms", "health_status", "last_health_check_at",
         "success_rate", "deprecated_at", "replaced_by", "is_active", "first_seen_at",
         "last_seen_at", "missing_since", "created_at", "updated_at")
PROVIDER = ("id", "name", "slug", "description", "base_url", "api_key_env_var", "logo_url",
            "site_url", "status_page_url", "is_active", *FLAGS, "supports_image_generation",
            "average_response_time_ms", "health_status", "last_health_check_at", "metadata",
            "created_at", "updated_at")
OF_MODEL = ("id", "name", "slug", "site_url", "logo_url", "health_status", "is_active")
HEALTHS = ("healthy", "degraded", "down", "unknown")
HOSTILE = 'sly/"back\\slash"\u2028<b>éå\x01'
AT = "'2026-01-02T03:04:05.678Z'"
PROVIDERS = ("openrouter", "deepinfra")


def query(path, **parameters):
    return f"{path}?{urllib.parse.urlencode(parameters)}" if parameters else path


def as_flags(row):
    """Flags are 0, 1 and None in tables."""
    return {name: value if value is None or not name.startswith(("supports_", "is_"))
            else bool(value) for name, value in row.items()}


class Place:
    """Two providers; models of every state and health, one whose id nobody would make up."""

    def __init__(self, desk, market):
        self.desk, self.database, self.market = desk, desk.database, market
        for provider in PROVIDERS:
            desk.sync(providers=provider)
        market.post("remove", provider="deepinfra", n=2)
        desk.sync(providers="deepinfra")
        self.meddle()
        self.serving = Serving(desk, **desk.keys()).wait_ready()
        self.get, self.ask = self.serving.get, self.serving.ask
        self.read()

    def meddle(self):
        operate = self.database.operate
        operate("INSERT INTO models (provider_id, model_name, provider_model_id, metadata,"
                " first_seen_at, last_seen_at, created_at, updated_at)"
                f" SELECT id, ?, ?, ?, {', '.join([AT] * 4)} FROM providers"
                " WHERE slug = 'deepinfra'", HOSTILE.upper(), HOSTILE, '{"a": [1, null]}')
        ids = [i for i, in self.database.select("SELECT id FROM models ORDER BY id")]
        for n, health in enumerate(HEALTHS[:3]):
            operate("UPDATE models SET health_status = ?, success_rate = 0.25,"
                    " average_response_time_ms = 12.5,"
                    f" last_health_check_at = {AT} WHERE id = ?", health, ids[n])
        for i in ids[2:12]:
            operate("UPDATE models SET is_active = false WHERE id = ?", i)

    def rows(self, table, columns):
        order = {"models_current": "provider_slug, provider_model_id", "providers": "slug"}[table]
        return [as_flags(dict(zip(columns, row))) for row in self.database.select(
            f"SELECT {', '.join(columns)} FROM {table} ORDER BY {order}")]

    def read(self):
        self.providers = self.rows("providers", PROVIDER)
        for p in self.providers:
            p["metadata"] = json.loads(p["metadata"]) if p["metadata"] else None
        by_id = {p["id"]: {name: p[name] for name in OF_MODEL} for p in self.providers}
        self.models = [{**m, "provider": by_id[m["provider_id"]]}
                       for m in self.rows("models_current", MODEL)]

    def refused(self, path, status=422):
        reply = self.ask(path)
        assert reply.status == status, (path, reply)
        return reply.json()["detail"]

    def active(self, **only):
        return [m for m in self.models if m["is_active"] and m["provider"]["is_active"]
                and all(m[name] == value for name, value in only.items())]


@pytest.fixture
def place(market, start_assay):
    made = Place(start_assay(market), market)
    yield made
    made.serving.stop()


def check_objects(place):
    """Every column, in order."""
    assert place.get("/models?limit=1000&is_active_only=false") == place.models
    assert place.get("/models?limit=1000") == place.active()
    assert len(place.active()) == len(place.models) - 10


def check_pages(place):
    """Links lead through all of it, each once."""
    path, seen, n = "/models?limit=7", [], 0
    while path:
        reply = place.ask(path)
        assert int(reply.headers["X-Total-Count"]) == len(place.active())
        seen += reply.json()
        link = re.search(r'<([^>]*)>; rel="next"', reply.headers.get("Link") or "")
        path, n = link and link[1], n + 1
    assert seen == place.active() and n == math.ceil(len(seen) / 7)
    assert place.get("/models?offset=100000000000") == []
    assert len(place.get("/models")) == min(100, len(place.active()))


def check_filters(place):
    slug, modality = "deepinfra", place.active()[0]["modality"]
    of_slug = [m for m in place.active() if m["provider"]["slug"] == slug]
    assert place.get(query("/models", limit=1000, provider_slug=slug)) == of_slug
    assert place.get(query("/models", limit=1000,
                           provider_id=of_slug[0]["provider_id"])) == of_slug
    assert place.get(f"/models/provider/{slug}?limit=1000") == of_slug
    assert place.get(query("/models", limit=1000, provider_slug=slug, offset=3,
                           modality=modality)) == [m for m in of_slug
                                                   if m["modality"] == modality][3:]
    for health in HEALTHS:
        assert place.get(query("/models", limit=1000, health_status=health)) == \
            place.active(health_status=health)
    for nothing in ({"provider_slug": "nobody"}, {"provider_id": 10 ** 12}, {"modality": "smell"},
                    {"provider_slug": "openrouter", "provider_id": of_slug[0]["provider_id"]}):
        reply = place.ask(query("/models", **nothing))
        assert reply.json() == [] and reply.headers["X-Total-Count"] == "0", nothing


def check_search(place):
    def found(text):
        return [m for m in place.active() if text.lower() in m["provider_model_id"].lower()
                or text.lower() in m["model_name"].lower()]

    for text in (place.active()[0]["provider_model_id"][2:9], "E", "sLy/\"BACK", "\u2028", "<B>Éå", "<b>éÅ", "a-"):
        reply = place.ask(query("/models/search", q=text, limit=1000))
        assert reply.json() == found(text), text
        assert int(reply.headers["X-Total-Count"]) == len(found(text))
    assert place.get(query("/models/search", q="no such thing")) == []
    assert place.get(query("/models/search", q="a", limit=2, offset=1)) == found("a")[1:3]
    # A name ends where it ends: nothing is found across two.
    first, second = place.active()[0], place.active()[1]
    assert place.get(query("/models/search",
                           q=first["model_name"][-2:] + second["provider_model_id"][:2])) == \
        found(first["model_name"][-2:] + second["provider_model_id"][:2])


def counts(rows, active):
    return {"total": len(rows), "active": active, "inactive": len(rows) - active,
            **{h: sum(r["health_status"] == h for r in rows) for h in HEALTHS}}


def check_stats(place):
    def stats(models):
        by = {}
        for m in models:
            by[m["modality"] or "unknown"] = by.get(m["modality"] or "unknown", 0) + 1
        return {**counts(models, sum(m in place.active() for m in models)), "by_modality": by}

    assert place.get("/models/stats") == stats(place.models)
    for p in place.providers:
        assert place.get(f"/models/stats?provider_id={p['id']}") == \
            stats([m for m in place.models if m["provider_id"] == p["id"]])
    assert place.get("/models/stats?provider_id=123456789")["total"] == 0
    assert place.get("/providers/stats") == \
        counts(place.providers, sum(p["is_active"] for p in place.providers))


def check_one(place):
    for m in place.models[:3] + [m for m in place.models if m["provider_model_id"] == HOSTILE]:
        metadata = place.database.one("SELECT metadata FROM models WHERE id = ?", m["id"])
        assert place.get(f"/models/{m['id']}") == \
            {**m, "metadata": json.loads(metadata) if metadata else None}
    assert place.refused("/models/123456789", 404) == "there is no model 123456789"
    for odd in ("abc", "0", "-1", "1e3", "99999999999999999999"):
        assert place.refused(f"/models/{odd}").startswith("id: ")


def check_providers(place):
    assert place.get("/providers") == place.providers
    for p in place.providers:
        assert place.get(f"/providers/{p['id']}") == p
        assert place.get(f"/providers/slug/{p['slug']}") == p
    assert place.get("/providers?limit=1&offset=1") == place.providers[1:2]
    assert place.get("/providers?health_status=down") == []
    place.refused("/providers/123456789", 404)
    for path in ("/providers/slug/nobody", "/models/provider/nobody"):
        assert "deepinfra, openrouter" in place.refused(path, 404)


def check_openai(place):
    told = place.get("/v1/models")
    assert told["object"] == "list"
    assert [(m["id"], m["object"], m["owned_by"]) for m in told["data"]] == \
        [(f"{m['provider']['slug']}/{m['provider_model_id']}", "model", m["provider"]["slug"])
         for m in place.active() if not m["missing_since"]]
    assert all(isinstance(m["created"], int) and m["created"] > 10 ** 9 for m in told["data"])


def check_refusals(place):
    for path, name in (("/models?limit=0", "limit"), ("/models?limit=1001", "limit"),
                       ("/models?offset=-1", "offset"), ("/models?health_status=well", "health"),
                       ("/models?is_active_only=maybe", "is_active_only"),
                       ("/models?provider_id=x", "provider_id"), ("/models?colour=red", "colour"),
                       ("/models/search", "q"), ("/models/search?q=", "q"),
                       ("/models/stats?limit=3", "limit")):
        assert name in place.refused(path), path


def tag(place, path):
    return place.ask(path).headers["ETag"]


def sync(place, provider):
    reply = place.ask(f"/admin/model-sync/provider/{provider}", method="POST", key=True)
    assert reply.status == 200, reply


def check_tags(place):
    """A tag stands for what is offered: not for when it was seen last, and not for who tells it."""
    path = "/models?provider_slug=openrouter"
    before, seen = tag(place, path), place.get(path)[0]["last_seen_at"]
    other = tag(place, "/models?provider_slug=deepinfra")
    assert place.ask(path, If_None_Match=before).status == 304
    assert place.ask(path, If_None_Match='"something"').status == 200
    sync(place, "openrouter")
    for _ in range(100):
        if place.get(path)[0]["last_seen_at"] != seen:
            break
    assert place.get(path)[0]["last_seen_at"] > seen
    assert tag(place, path) == before
    place.market.post("reprice", provider="openrouter", n=1)
    whole = tag(place, "/models")
    sync(place, "openrouter")
    for _ in range(100):
        if tag(place, path) != before:
            break
    assert tag(place, path) != before and tag(place, "/models") != whole
    assert tag(place, "/models?provider_slug=deepinfra") == other
    assert place.ask(path, If_None_Match=before).status == 200
    place.read()
    check_objects(place)
    after = tag(place, "/models")
    place.serving.stop()
    place.serving = Serving(place.desk).wait_ready()
    place.get, place.ask = place.serving.get, place.serving.ask
    assert tag(place, "/models") == after


@pytest.mark.stores("sqlite", "postgres")
def test_catalog(place):
    for check in (check_objects, check_pages, check_filters, check_search, check_stats, check_one,
                  check_providers, check_openai, check_refusals, check_tags):
        check(place)
