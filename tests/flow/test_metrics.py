"""/metrics: both formats, read by an independent reader (lib/prometheus.py) and by promtool, before the database."""
import collections
import json
import random
import subprocess

import pytest

from lib.assay import SIX, Assay
from lib.market import Market
from lib.prometheus import TYPES, parse, promtool, scrape, series, total, value
from lib.serving import Serving

PROVIDERS = ["openrouter", 'qu"ote', "back\\slash", "line\nfeed", "brace{}=,", "ümläut ☃", "", " ",
             "\\n", '\\"', "x" * 128, "# HELP", "le=\"1\"", "\t", "\u2028"]
PROBE_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120)
ANSWERED = {"ok", "wrong_answer", "length", "refused"}
# By outcome's number, whose fault it is; the rest of the list is not asked for here.
OUTCOMES = [("ok", "none"), ("wrong_answer", "nobodys"), ("length", "ours"),
            ("truncated", "theirs"), ("empty", "theirs"), ("refused", "nobodys")]


# ---- what is made of events

def tell(build_dir, events, series_max=2000, kind="text"):
    run = subprocess.run([build_dir / "tests/countertool", str(series_max), kind],
                         input="".join(json.dumps(e) + "\n" for e in events).encode(),
                         stdout=subprocess.PIPE, check=True)
    return run.stdout


def some_events(seed, n, providers):
    rng = random.Random(seed)
    events = []
    for _ in range(n):
        events.append({"probe": rng.choice(providers), "outcome": rng.randrange(len(OUTCOMES)),
                       "us": rng.choice([0, 49_999, 50_000, 50_001, 10 ** 6, 10 ** 9,
                                         rng.randrange(10 ** 8)]),
                       "first_us": rng.randrange(10 ** 7)})
        events.append({"request": rng.choice(["/models", "/models/{id}"]),
                       "method": rng.choice(["GET", "HEAD", 'G"T', "BREW"]),
                       "status": rng.choice([200, 304, 404]), "us": rng.randrange(10 ** 7)})
    return events


@pytest.mark.parametrize("kind", ["text", "openmetrics"])
def test_what_is_said_is_what_happened(build_dir, kind):
    events = some_events(1, 3000, PROVIDERS)
    said = parse(tell(build_dir, events, kind=kind), kind)
    probes, times = collections.Counter(), collections.defaultdict(list)
    for event in events:
        if "probe" in event:
            outcome, fault = OUTCOMES[event["outcome"]]
            probes[event["probe"], outcome, fault] += 1
            if outcome in ANSWERED:
                times[event["probe"]].append(event["us"])
    assert {tuple(dict(labels)[k] for k in ("provider", "outcome", "fault")): v
            for (name, labels), v in series(said).items() if name == "assay_probes_total"} == probes
    for provider, found in times.items():
        name = "assay_probe_duration_seconds"
        assert value(said, name + "_count", provider=provider) == len(found)
        assert value(said, name + "_sum", provider=provider) == pytest.approx(sum(found) / 1e6)
        for bound in PROBE_BOUNDS:
            assert value(said, name + "_bucket", provider=provider, le=f"{bound:.9g}" if
                         bound % 1 else f"{bound}.0") == sum(us <= bound * 1e6 for us in found)
    methods = {dict(labels)["method"] for (name, labels) in series(said)
               if name == "assay_http_requests_total"}
    assert methods == {"GET", "HEAD", "other"}


def test_both_formats_have_the_same_series(build_dir):
    events = some_events(2, 500, PROVIDERS)
    both = [series(parse(tell(build_dir, events, kind=kind), kind)) for kind in TYPES]
    for found in both:  # these two are of another process each
        for key in [key for key in found if key[0].startswith("process_")]:
            del found[key]
    assert both[0] == both[1]


def test_promtool_finds_nothing(build_dir):
    code, said = promtool("check", "metrics",
                          stdin=tell(build_dir, some_events(3, 300, PROVIDERS[:2])))
    assert (code, said) == (0, "")
    # It would: a histogram without its end is one.
    code, said = promtool("check", "metrics", stdin=b"# TYPE a_total gauge\na_total 1\n")
    assert code != 0 and "a_total" in said


@pytest.mark.parametrize("series_max", [1, 20, 100, 2000])
def test_cardinality_has_a_bound(build_dir, series_max):
    """Whatever others call themselves; and nothing that happened is lost by it."""
    events = [{"probe": f"stranger-{i}", "outcome": i % 6, "us": i, "first_us": 1}
              for i in range(3000)]
    said = parse(tell(build_dir, events, series_max), "text")
    for family in said.values():
        # A histogram has one combination of labels at least, however little it may have.
        assert len(family.samples) <= max(series_max, 16), family.name
    assert total(said, "assay_probes_total") == 3000
    answered = sum(OUTCOMES[e["outcome"]][0] in ANSWERED for e in events)
    assert total(said, "assay_probe_duration_seconds_count") == answered
    assert any(dict(labels).get("provider") == "other" for _, labels in series(said))


def test_values_too_long_are_cut_between_characters(build_dir):
    said = parse(tell(build_dir, [{"probe": "☃" * 100, "outcome": 0, "us": 1, "first_us": 1}]),
                 "text")
    assert value(said, "assay_probes_total", provider="☃" * 42, outcome="ok", fault="none") == 1


# ---- the service

@pytest.fixture(scope="module")
def served(assay, marketsim, tmp_path_factory):
    """(service, the database it shows)"""
    market = Market(marketsim)
    desk = Assay(assay, tmp_path_factory.mktemp("metrics"), market.url)
    desk.sync(providers=SIX)
    market.advance(3)
    desk.sync(providers=SIX)
    desk.database.operate("UPDATE models SET is_active = 0 WHERE id IN (1, 50)")
    serving = Serving(desk).wait_ready()
    yield serving, desk.database
    serving.stop()
    market.stop()


@pytest.mark.parametrize("kind", ["text", "openmetrics"])
def test_the_catalog_is_counted(served, kind):
    serving, database = served
    said = scrape(serving, kind)
    rows = database.select(
        "SELECT p.slug, CASE WHEN m.is_active = 0 THEN 'inactive' WHEN m.missing_since IS NULL"
        " THEN 'listed' ELSE 'missing' END AS state, COUNT(*) FROM models m"
        " JOIN providers p ON p.id = m.provider_id GROUP BY 1, 2")
    assert len({slug for slug, _, _ in rows}) == len(SIX)
    found = {tuple(dict(labels)[k] for k in ("provider", "state")): v
             for (name, labels), v in series(said).items() if name == "assay_models"}
    assert {key: n for key, n in found.items() if n} == {(s, state): n for s, state, n in rows}
    assert {state for _, state, _ in rows} == {"listed", "missing", "inactive"}
    assert value(said, "assay_providers", state="active") == len(SIX)
    for slug in SIX:
        assert [value(said, "assay_health", provider=slug, status=status)
                for status in ("healthy", "degraded", "down", "unknown")] == [0, 0, 0, 1]


def test_requests_are_counted_by_route(served):
    serving, _ = served
    before = scrape(serving)
    for _ in range(3):
        assert serving.ask("/healthz").status == 200
    assert serving.ask("/nowhere/at/all").status == 404
    assert serving.ask("/healthz", method="POST", body=b"").status == 405
    after = scrape(serving)

    def grown(**labels):
        return (total(after, "assay_http_requests_total", **labels)
                - total(before, "assay_http_requests_total", **labels))

    assert grown(route="/healthz", method="GET", status="200") == 3
    assert grown(status="404") == 1
    assert grown(status="405") == 1
    assert grown() == 6  # and the first of these two scrapes
    assert not any("nowhere" in str(key) for key in series(after))


def test_the_process_is_measured(served):
    serving, _ = served
    said = scrape(serving)
    proc = f"/proc/{serving.process.pid}"
    with open(f"{proc}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    assert value(said, "process_threads") == int(fields[17])
    assert value(said, "process_virtual_memory_bytes") == pytest.approx(int(fields[20]), rel=0.2)
    assert 1 << 20 < value(said, "process_resident_memory_bytes") < 1 << 32
    assert 5 < value(said, "process_open_fds") < value(said, "process_max_fds")
    assert value(said, "process_cpu_seconds_total") > 0


@pytest.mark.parametrize("accept, kind", [
    (None, "text"),
    ("*/*", "text"),
    ("text/html;q=0.9,*/*;q=0.8", "text"),
    ("application/json", "text"),
    # as Prometheus 2.42 asks
    ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
     "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "openmetrics"),
    ("application/openmetrics-text;version=9.9", "text"),
])
def test_the_format_is_negotiated(served, accept, kind):
    serving, _ = served
    reply = serving.ask("/metrics", **({"Accept": accept} if accept else {}))
    assert (reply.status, reply.headers["Content-Type"]) == (200, TYPES[kind])
    assert "Accept" in ", ".join(reply.headers.get_all("Vary")).split(", ")
    assert reply.headers["Cache-Control"] == "no-store"
    parse(reply.body, kind)
    other = next(k for k in TYPES if k != kind)
    with pytest.raises(AssertionError):
        parse(reply.body, other)


def test_promtool_finds_nothing_in_a_scrape(served):
    serving, _ = served
    assert promtool("check", "metrics", stdin=serving.ask("/metrics").body) == (0, "")


def test_parameters_are_for_nobody(served):
    """Scrapers and balancers add some; there is one answer."""
    serving, _ = served
    assert serving.ask("/metrics?name=up").status == 200
