"""Providers that come in pages by nature, each as its own descriptor says it: every fault of a page
is refused by name, and nothing is lost."""
import json
import urllib.parse

import pytest

from lib import truth
from lib.assay import KEYS, TOKENED

SQLITE = pytest.mark.stores("sqlite")
POSTGRES = pytest.mark.stores("postgres")
BESIDE = "deepseek"  # synced together with the one that fails
ROWS = {"google-vertex": 100, "fal": 36, "fireworks": 36}  # others: 24
REQUIRED = [("anthropic", "models"), ("cohere", "models"), ("google", "models"),
            ("cloudflare-workers-ai", "models"), ("google-vertex", "google"), ("fal", "models")]
OPTIONAL = [("google-vertex", "anthropic"), ("google-vertex", "meta"),
            ("google-vertex", "mistralai"), ("fireworks", "models")]
BY_IDS = ("fal", "prices")
SIZE = 5  # of a page, and of a request for ids

# name: (what is asked of marketsim, words of the refusal)
OF_ANY_PAGE = {
    "500": ({"kind": "status", "status": 500, "page": 2}, "page 2: HTTP 500"),
    "401": ({"kind": "status", "status": 401, "page": 2}, "page 2: HTTP 401"),
    "not JSON": ({"kind": "invalid_json", "page": 2}, "page 2: not valid JSON"),
    "garbage": ({"kind": "gzip_garbage", "page": 2}, "page 2: "),
    "truncated": ({"kind": "truncated", "page": 2}, "page 2: "),
    "wrong shape": ({"kind": "wrong_shape", "page": 2}, "is an object, the list of models was"),
}
FAULTS = {
    **OF_ANY_PAGE,
    "cut short at once": ({"kind": "page_cut", "page": 1}, "models are gone at once"),
    "cut short": ({"kind": "page_cut", "page": 2}, "models are gone at once"),
    "repeated": ({"kind": "page_repeated"}, "page 2: the next page is page 2 again"),
    "in a circle": ({"kind": "page_loop"}, ": it is page 1 again"),
    "size ignored": ({"kind": "page_size_ignored"}, "page 2 only repeats what stood before it"),
    "empty": ({"kind": "empty_list", "page": 2}, "page 2: the page is empty, and "),
    "token of a wrong type": ({"kind": "page_token_type", "page": 2}, "page 2: /"),
}
GOES_ON = {"page_nowhere": ({"kind": "page_nowhere", "page": 2}, "says that more follows, and /")}
NUMBERED = {"cut short": "page 2: /result_info/total_pages says 2 pages, the page before it said",
            "repeated": "page 2 only repeats what stood before it",
            "in a circle": "pages, the page before it said"}
COUNTED = dict.fromkeys(("cut short at once", "cut short", "size ignored", "empty"),
                        "/totalSize says ")
ON_POSTGRES = ("500", "not JSON", "cut short", "in a circle", "size ignored", "empty")
AGAIN = ("500", "wrong shape", "size ignored", "empty")
# Where the words are others than those of FAULTS.
WORDS = {"cloudflare-workers-ai": NUMBERED, "fireworks": COUNTED,
         "anthropic": {"in a circle": ": the next page is page 2 again"}}


def faults(slug, which, store):
    """(name, what is asked of marketsim, words of the refusal)"""
    if (slug, which) == BY_IDS:
        found = {**OF_ANY_PAGE, "empty": ({"kind": "empty_list", "page": 2}, "an answer is empty")}
    else:
        found = {**FAULTS, **(GOES_ON if slug in ("anthropic", "fal") else {})}
    if slug == TOKENED and (slug, which) in OPTIONAL:
        # A cut one states no count, and costs no more of all models than may go on an honest day.
        found = {name: what for name, what in found.items() if not name.startswith("cut short")}
    return [(name, fault, WORDS.get(slug, {}).get(name, words))
            for name, (fault, words) in found.items()
            if store == "sqlite" or name in ON_POSTGRES]


class World:
    """A provider in small pages and one beside it, both synced once."""

    def __init__(self, market, desk, slug):
        self.market, self.desk, self.slug = market, desk, slug
        self.sync()
        self.known = truth.learn({}, self.offered())

    def sync(self, **how):
        """Hours pass by the faults: who is missing meanwhile is not to be taken for removed."""
        how.setdefault("ASSAY_REMOVED_AFTER_FETCHES", "1000")
        return self.desk.sync("--json", providers=[self.slug, BESIDE], **how)

    def offered(self, slug=None):
        return truth.offered(self.market, slug or self.slug)

    def assert_true(self, slug=None):
        truth.assert_stored(self.desk.database, self.offered(slug), slug or self.slug)

    def rows(self):
        return truth.rows_of(self.desk.database, self.slug)

    def stored(self):
        return truth.from_versions(self.desk.database, self.slug)

    def move(self):
        for slug in (self.slug, BESIDE):
            self.market.post("advance", provider=slug)

    def heal(self, which):
        """The next sync is the truth, and what it tells is the difference and no more."""
        self.market.post("fault", provider=self.slug, list=which, kind="none")
        self.sync()
        self.assert_true()
        self.assert_true(BESIDE)
        assert truth.stored_changes(self.desk.database, self.desk.now_ms(), self.slug) == (
            truth.changes(self.known, self.offered()))
        self.known = truth.learn(self.known, self.offered())


@pytest.fixture
def world(start_market, start_assay, root, tmp_path):
    def make(slug):
        descriptor = json.loads((root / f"providers/{slug}.json").read_text())
        market = start_market(scale=0, rows={slug: ROWS.get(slug, 24), BESIDE: 12})
        for told in descriptor["lists"]:
            pages = told.get("pages", {})
            if "size" in pages:  # what nobody but the one who asks can say
                pages["size"] = SIZE
            elif pages:
                market.post("config", provider=slug, list=told["name"], page_size=SIZE)
        (tmp_path / f"{slug}.json").write_text(json.dumps(descriptor))
        return World(market, start_assay(market, ASSAY_PROVIDERS_DIR=str(tmp_path)), slug)
    return make


# ---- whole

def key_of(slug, request, descriptor):
    """What the request shows, without the words before it."""
    form, _, name = descriptor["auth"]["form"].partition(":")
    header = name if form == "header" else "authorization"
    return request["headers"].get(header, "").rpartition(" ")[2]


@SQLITE
@pytest.mark.parametrize("slug", sorted({slug for slug, _ in REQUIRED + OPTIONAL}))
def test_all_pages_are_the_truth(world, root, slug):
    """Each is asked for, with the key; a second time nothing is written, and a moved market told."""
    here = world(slug)
    here.assert_true()
    requests = [r for r in here.market.requests() if "deepseek" not in r["path"]
                and not r["path"].endswith("/token")]
    assert {r["status"] for r in requests} == {200}
    descriptor = json.loads((root / f"providers/{slug}.json").read_text())
    keys = {key_of(slug, r, descriptor) for r in requests}
    wanted = KEYS.get(descriptor["auth"]["env"][0])
    assert len(keys) == 1 and "" not in keys and (slug == TOKENED or keys == {wanted})
    for told in (told for told in descriptor["lists"] if "pages" in told):
        path = urllib.parse.urlsplit(told["url"].replace("{account_id}", "made-up"))
        mine = [r for r in requests if r["path"] == f"/{path.netloc}{path.path}"]
        assert len(mine) > 2 and len({r["query"] for r in mine}) == len(mine), told["name"]
    before = here.rows()
    assert here.sync().provider(slug)["unchanged_body"] is True
    for table in ("models", "model_versions", "prices", "changes", "documents"):
        assert here.rows()[table] == before[table]
    here.move()
    here.heal(descriptor["lists"][0]["name"])


# ---- required lists

def refused_by_name(here, which, run, words):
    line, = [entry for entry in run.logs() if entry["level"] >= 50]
    assert line["provider"] == here.slug and words in line["err"], line
    assert "gone at once" in words or "page " in line["err"] or f"list {which}: " in line["err"]
    row, = truth.select(here.desk.database,
                        "SELECT r.completeness, r.snapshot, r.written, r.missing FROM sync_runs r"
                        " JOIN providers p ON p.id = r.provider_id WHERE p.slug = ?"
                        " ORDER BY r.id DESC LIMIT 1", here.slug)
    assert row == (line["fetch"], None, 0, 0) and line["fetch"] != "complete"


def lose_nothing(here, which):
    for name, fault, words in faults(here.slug, which, here.desk.database.kind):
        here.move()
        before = here.rows()
        here.market.post("fault", provider=here.slug, list=which, **fault)
        run = here.sync(expect=1)
        refused_by_name(here, which, run, words)
        assert here.rows() == before, name
        here.assert_true(BESIDE)
        here.heal(which)


@SQLITE
@pytest.mark.parametrize("slug, which", REQUIRED)
def test_faults_of_a_required_list(world, slug, which):
    """Every row stays as it was, who stands beside is synced, and the next time it is whole."""
    lose_nothing(world(slug), which)


@POSTGRES
@pytest.mark.parametrize("slug, which", [("cohere", "models"), ("cloudflare-workers-ai", "models")])
def test_faults_of_a_required_list_on_postgres(world, slug, which):
    lose_nothing(world(slug), which)


# ---- optional lists

def one_of(found, *wanted):
    """Each field and price is that of one of the models."""
    for field in truth.COLUMNS:
        assert found[field] in [m[field] for m in wanted], (found["id"], field)
    for part in ("capabilities", "prices"):
        for key in {key for m in (found, *wanted) for key in m[part]}:
            assert found[part].get(key) in [m[part].get(key) for m in wanted], (found["id"], key)


def told_by_name(which, told_of, words):
    told, = [n for n in told_of["notes"] if n.startswith("optional list")]
    assert told.startswith(f"optional list {which}: ") and words in told, told
    assert "keep their last value" in told


def keep_beside_news(here, before):
    """The market moved: what no longer hears from the list has its last value, and nobody who is
    offered goes missing."""
    here.sync()
    offered, found = here.offered(), here.stored()
    assert set(before) & set(offered) <= set(found)
    for i in set(before) & set(found):
        one_of(found[i], before[i], offered.get(i, before[i]))
    here.assert_true(BESIDE)
    here.known = truth.learn(here.known, found)


def keep_last_values(here, which):
    """It fails, may fail again after the market moved, and comes back."""
    for name, fault, words in faults(here.slug, which, here.desk.database.kind):
        before = here.stored()
        here.market.post("fault", provider=here.slug, list=which, **fault)
        told_by_name(which, here.sync().provider(here.slug), words)
        assert here.stored() == before, name
        assert truth.stored_changes(here.desk.database, here.desk.now_ms(), here.slug) == []
        here.move()
        if name in AGAIN:
            keep_beside_news(here, before)
        here.heal(which)


@SQLITE
@pytest.mark.parametrize("slug, which", [*OPTIONAL, BY_IDS])
def test_faults_of_an_optional_list(world, slug, which):
    keep_last_values(world(slug), which)


@POSTGRES
@pytest.mark.parametrize("slug, which", [BY_IDS])
def test_faults_of_an_optional_list_on_postgres(world, slug, which):
    keep_last_values(world(slug), which)
