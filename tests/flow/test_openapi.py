"""doc/openapi.json, the binary's table of routes and real replies are held against each other."""
import json
import re
import urllib.parse

import jsonschema
import pytest

from lib.serving import Serving

SLUG = "openrouter"


@pytest.fixture(scope="module")
def document(root):
    return json.loads((root / "doc/openapi.json").read_text())


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def bare(path):
    """What a pattern is but for the names in it."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def in_binary(document):
    """(method, pattern) that the document's operations are of."""
    return {(method, bare(operation.get("x-route", path)))
            for method, path, operation in operations(document)}


def test_document_is_one(document):
    """As OpenAPI 3.1 wants it: no name twice, every reference leads somewhere, every place is told."""
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    text = json.dumps(document)
    for name in re.findall(r'"#/components/schemas/(\w+)"', text):
        assert name in document["components"]["schemas"], name
    for name, schema in document["components"]["schemas"].items():
        assert f'"#/components/schemas/{name}"' in text, name
        jsonschema.Draft202012Validator.check_schema(schema)
    for _, path, operation in operations(document):
        placed = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
        assert placed == set(re.findall(r"\{(\w+)\}", path)), path
        assert operation["summary"] and operation["tags"][0] in [t["name"] for t in document["tags"]]


def test_routes_are_those_of_the_binary(document, desk):
    shown = desk.run("serve", "--routes")
    assert shown.code == 0, shown
    routes = {tuple(line.split()[:2]) for line in shown.out.splitlines()}
    assert {(method, bare(path)) for method, path in routes} == in_binary(document)


class Place:
    """A daemon with something to tell of every route."""

    def __init__(self, desk, market):
        desk.sync()
        desk.sync("--providers", "deepinfra", "groq", **desk.keys())
        market.advance()
        desk.sync()
        self.desk, self.market = desk, market
        self.daemon = Serving(desk, ASSAY_INCOMING_SECRET=None, **desk.keys()).wait_ready()
        model = self.daemon.get("/models?limit=1&provider_slug=" + SLUG)[0]
        canonical = next(m["canonical_id"] for m in self.daemon.get("/models?limit=1000")
                         if m["canonical_id"])
        self.pieces = {"id": model["id"], "slug": SLUG, "canonical_id": canonical,
                       "provider": SLUG, "model": model["provider_model_id"]}
        self.provider_id = model["provider_id"]

    def path(self, path):
        """A real one of that form."""
        pieces = dict(self.pieces)
        if path.startswith(("/providers/{id}", "/admin/providers/")):
            pieces["id"] = self.provider_id
        return re.sub(r"\{(\w+)\}",
                      lambda m: urllib.parse.quote(str(pieces[m[1]]), safe="/"), path)


@pytest.fixture
def place(desk, market):
    made = Place(desk, market)
    yield made
    made.daemon.stop()


NEEDED = {"/models/search": "?q=e", "/events": None}
JOBS = "/admin/jobs/{id}"


def validator(document, schema):
    whole = {**schema, "components": document["components"]}
    return jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())


def test_real_replies_are_as_told(document, place):
    told = 0
    for method, path, operation in operations(document):
        if method != "GET" or path == JOBS or NEEDED.get(path, "") is None:
            continue
        admin = "security" in operation
        reply = place.daemon.ask(place.path(path) + NEEDED.get(path, ""), key=True if admin else None)
        assert reply.status == 200, (path, reply)
        content = operation["responses"]["200"]["content"]
        kind = reply.headers.get_content_type()
        assert kind in content, (path, kind)
        if kind == "application/json" and content[kind]["schema"]:
            problems = list(validator(document, content[kind]["schema"]).iter_errors(reply.json()))
            assert not problems, (path, problems[0])
        for name in operation["responses"]["200"].get("headers", {}):
            assert name in reply.headers or name == "Link", (path, name)
        told += 1
    assert told > 30


def test_syncs_jobs_and_edits_are_as_told(document, place):
    ask, paths = place.daemon.ask, document["paths"]

    def told(reply, method, path, status):
        assert reply.status == status, reply
        schema = paths[path][method]["responses"][str(status)]["content"]["application/json"]["schema"]
        problems = list(validator(document, schema).iter_errors(reply.json()))
        assert not problems, (path, problems[0])
        return reply.json()

    one = "/admin/model-sync/provider/{slug}"
    told(ask(place.path(one), "POST", key=True), "post", one, 200)
    told(ask(place.path(one) + "?dry_run=true", "POST", key=True), "post", one, 200)
    every = "/admin/model-sync/all"
    told(ask(every + "?providers=groq&providers=deepinfra", "POST", key=True), "post", every, 200)
    job = told(ask(place.path(one) + "?async=true", "POST", key=True), "post", one, 202)
    told(ask(f"/admin/jobs/{job['id']}", key=True), "get", JOBS, 200)
    for kind, body in (("models", {"model_name": "Ours"}), ("providers", {"description": "ours"})):
        path = f"/admin/{kind}/{{id}}"
        edit = document["components"]["schemas"][f"{kind[:-1].title()}Edit"]
        whole = ask(place.path(path), "PATCH", {"no_such_field": 1}, key=True)
        assert whole.status == 422, whole
        told_fields = set(whole.json()["detail"].rpartition(": ")[2].split(", "))
        assert told_fields == set(edit["properties"]) - {"is_active", "reason"}
        told(ask(place.path(path), "PATCH", body, key=True), "patch", path, 200)
        for act in ("deactivate", "activate"):
            told(ask(place.path(f"{path}/{act}"), "POST", key=True), "post", f"{path}/{act}", 200)


LET_PASS = ("/badge/", "/healthz", "/metrics", "/readyz", "/v1/")  # whatever else is in a query


def test_errors_are_as_told(document, place):
    """No operation without its key, its piece of path, or with a parameter that nobody knows."""
    for method, path, operation in operations(document):
        admin = "security" in operation
        if admin:
            assert place.daemon.ask(place.path(path), method).status == 401, path
        known = {p["name"] for p in operation["parameters"] if p["in"] == "query"}
        reply = place.daemon.ask(place.path(path) + "?no_such_thing=1", method, key=True)
        if path.startswith(LET_PASS):
            assert reply.status in (200, 404), (path, reply)
        else:
            assert reply.status == 422, (path, reply)
            detail = reply.json()["detail"]
            assert "no_such_thing" in detail, detail
            named = detail.partition("there are: ")[2]
            assert known == set(filter(None, named.split(", "))), (path, detail)
        if admin:
            assert {"401", "429"} <= set(operation["responses"]), (method, path)
        if "{id}" in path:
            gone = place.daemon.ask(path.replace("{id}", "999999999"), method, key=True,
                                    body={"description": "x"} if method == "PATCH" else None)
            assert gone.status == 404, (path, gone)
            problems = list(validator(document, {"$ref": "#/components/schemas/Error"})
                            .iter_errors(gone.json()))
            assert not problems
