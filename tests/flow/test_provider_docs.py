"""doc/providers/ is what the descriptors say now, and the tool that writes it can fail."""
import importlib.util
import json
import pathlib
import shutil

import pytest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/provider_docs.py"
spec = importlib.util.spec_from_file_location("provider_docs", TOOL)
docs = importlib.util.module_from_spec(spec)
spec.loader.exec_module(docs)

TINY = {"slug": "acme", "name": "Acme", "base_url": "https://acme.test/v1",
        "auth": {"form": "bearer", "env": ["ACME_API_KEY"]},
        "lists": [{"name": "models", "url": "https://acme.test/v1/models", "rows": "/data",
                   "fields": {"id": "/id"}}]}


def slugs(root):
    return {path.stem for path in (root / "providers").glob("*.json")}


def test_pages_are_what_the_descriptors_say(root):
    """./run docs was run after the last change of a descriptor."""
    wanted = docs.write_all(root)
    found = {p.name: p.read_text(encoding="utf-8") for p in (root / "doc/providers").glob("*.md")}
    assert sorted(found) == sorted(wanted)
    for name, text in wanted.items():
        assert found[name] == text, f"doc/providers/{name}: ./run docs"


def test_every_descriptor_has_its_page_and_its_line(root):
    overview = (root / "doc/providers/README.md").read_text(encoding="utf-8")
    for slug in slugs(root):
        assert (root / "doc/providers" / f"{slug}.md").is_file(), slug
        assert f"({slug}.md) | `{slug}` |" in overview, slug


def pointers(value):
    """Every JSON Pointer in a descriptor's list, however deep."""
    if isinstance(value, dict):
        return {p for key, v in value.items() if key != "words" for p in pointers(v)}
    if isinstance(value, list):
        return {p for v in value for p in pointers(v)}
    return {value} if isinstance(value, str) and value.lstrip(".").startswith("/") else set()


def test_every_place_is_on_its_page(root):
    """No field, price, test or key of a descriptor is silently missing."""
    for path in (root / "providers").glob("*.json"):
        d = json.loads(path.read_text())
        page = (root / "doc/providers" / f"{d['slug']}.md").read_text(encoding="utf-8")
        wanted = pointers(d["lists"]) | set(d["auth"].get("env", []))
        assert {p for p in wanted if f"`{p}`" not in page.replace("\\|", "|")} == set(), path.name


def test_check_finds_what_is_old(root, tmp_path):
    for folder in ("providers", "doc/providers"):
        shutil.copytree(root / folder, tmp_path / folder)
    assert docs.main(["--check", str(tmp_path)]) == 0
    page = tmp_path / "doc/providers/groq.md"
    page.write_text(page.read_text() + "More.\n")
    (tmp_path / "doc/providers/gone.md").write_text("Of a descriptor that is gone.\n")
    assert docs.main(["--check", str(tmp_path)]) == 1
    assert docs.main([str(tmp_path)]) == 0
    assert docs.main(["--check", str(tmp_path)]) == 0
    assert not (tmp_path / "doc/providers/gone.md").exists()


@pytest.mark.parametrize("at, member", [
    ((), "surprise"), (("auth",), "surprise"), (("lists", 0), "surprise"),
    (("lists", 0, "fields", "name"), "surprise"), (("lists", 0, "prices", 0), "nois"),
    (("lists", 0, "pages"), "surprise"), (("lists", 0, "capabilities", "vision"), "surprise"),
])
def test_a_member_without_words_is_an_error(at, member):
    d = json.loads(json.dumps(TINY))
    d["lists"][0].update(prices=[{"meter": "request", "at": "/p", "unit": "USD per request"}],
                         pages={"form": "token", "next": "/next", "parameter": "page"},
                         capabilities={"vision": {"at": "/v", "has": "image"}})
    d["lists"][0]["fields"]["name"] = {"at": "/name"}
    assert "Acme" in docs.page(d, "providers/acme.json")
    inside = d
    for step in at:
        inside = inside[step]
    inside[member] = 1
    with pytest.raises(docs.Unknown, match=member):
        docs.page(d, "providers/acme.json")
