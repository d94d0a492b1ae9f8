"""packaging/: alert rules and their tests by promtool; the dashboard, each query of it asked of a real
Prometheus that scrapes a real service.  That every metric exists is test_soak's, whose service has done everything.
"""
import itertools
import json
import re
import shutil

import pytest

from lib.assay import Assay
from lib.market import Market
from lib.prometheus import Prometheus, metrics_in, packaged_metrics, promtool, queries_of, scrape, series
from lib.serving import Serving

RULES, RULES_TEST = "assay.rules.yml", "assay.rules.test.yml"


@pytest.fixture
def prometheus_dir(root):
    return root / "packaging/prometheus"


@pytest.fixture
def dashboard(root):
    return json.loads((root / "packaging/grafana/assay.json").read_text())


# ---- rules

def test_promtool_takes_rules_and_configuration(prometheus_dir):
    for args in (("check", "rules", RULES), ("check", "config", "prometheus.yml")):
        code, said = promtool(*args, cwd=prometheus_dir)
        assert code == 0 and "SUCCESS" in said, said


def test_the_rules_tests_pass(prometheus_dir):
    code, said = promtool("test", "rules", RULES_TEST, cwd=prometheus_dir)
    assert code == 0, said


def test_every_alert_is_tested(prometheus_dir):
    """That it rings, and that it does not always."""
    alerts = re.findall(r"- alert: (\w+)\n", (prometheus_dir / RULES).read_text())
    tests = (prometheus_dir / RULES_TEST).read_text()
    assert len(alerts) == len(set(alerts)) > 10
    for alert in alerts:
        assert re.search(rf"alertname: {alert}\n +exp_alerts: \[\]\n", tests), alert
        assert re.search(rf"alertname: {alert}\n +exp_alerts:\n +- exp_labels:", tests), alert


def test_a_rule_that_is_wrong_is_found(prometheus_dir, tmp_path):
    shutil.copy(prometheus_dir / RULES_TEST, tmp_path)
    rules = (prometheus_dir / RULES).read_text()
    assert "> 0.9\n" in rules
    (tmp_path / RULES).write_text(rules.replace("> 0.9\n", "> 0.99\n"))
    code, said = promtool("test", "rules", RULES_TEST, cwd=tmp_path)
    assert code != 0 and "AssayBudgetNearlySpent" in said


# ---- dashboard

def test_the_dashboard_is_one(dashboard):
    """What Grafana wants of a file that it is to load, and what a reader wants of the panels."""
    assert dashboard["uid"] and dashboard["title"] and dashboard["schemaVersion"] >= 36
    assert "id" not in dashboard, "Grafana gives it"
    names = {v["name"] for v in dashboard["templating"]["list"]}
    panels = dashboard["panels"]
    assert len({p["id"] for p in panels}) == len(panels)
    for panel in panels:
        at = panel["gridPos"]
        assert at["x"] >= 0 and at["x"] + at["w"] <= 24 and at["h"] > 0
        if panel["type"] == "row":
            continue
        assert panel["title"] and panel["description"] and panel["targets"]
        assert len({t["refId"] for t in panel["targets"]}) == len(panel["targets"])
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == "${datasource}"
            used = set(re.findall(r"\$([a-z_]+)", target["expr"]))
            assert used <= names | {"__rate_interval"}, target["expr"]
    for one, other in itertools.combinations([p["gridPos"] for p in panels], 2):
        assert (one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
                or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"])


@pytest.fixture(scope="module")
def scraped(assay, marketsim, root, tmp_path_factory):
    """(a Prometheus that has scraped a service, that service)"""
    home = tmp_path_factory.mktemp("prometheus")
    market = Market(marketsim)
    desk = Assay(assay, home, market.url)
    desk.sync()
    serving = Serving(desk).wait_ready()
    prometheus = Prometheus(home, {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(root / "packaging/prometheus" / RULES)],
        "scrape_configs": [{"job_name": "assay",
                            "static_configs": [{"targets": [serving.address]}]}]})
    try:
        prometheus.wait(lambda: prometheus.query("assay_build_info"))
        yield prometheus, serving
    finally:
        prometheus.stop()
        serving.stop()
        market.stop()


def test_a_real_prometheus_scrapes_it(scraped):
    prometheus, _ = scraped
    # A scrape of a busy service may last longer than a second, and the next one then takes its place.
    prometheus.wait(lambda: [t for t in prometheus.get("targets")["activeTargets"]
                             if (t["health"], t["lastError"]) == ("up", "")])
    prometheus.wait(lambda: prometheus.query("up == 1"))
    # It reads types and units out of OpenMetrics.
    about = prometheus.wait(lambda: prometheus.get("metadata", metric="process_open_fds").get(
        "process_open_fds"))[0]
    assert about["type"] == "gauge"


def test_each_query_of_the_dashboard_is_answered(scraped, dashboard):
    prometheus, serving = scraped
    there = {name for name, _ in series(scrape(serving))}
    answered = 0
    for query in queries_of(dashboard):
        prometheus.query(query)
        # Rates need two scrapes and quantiles something that happened; what stands still is there at once.
        if metrics_in(query) <= there and not re.search(r"rate\(|increase\(|>|==", query):
            prometheus.wait(lambda query=query: prometheus.query(query))
            answered += 1
    assert answered > 10


def test_its_rules_are_in_good_health(scraped):
    prometheus, _ = scraped
    rules = prometheus.wait(lambda: [
        r for group in prometheus.get("rules")["groups"] for r in group["rules"]
        if r["health"] != "unknown"])
    assert {r["health"] for r in rules} == {"ok"}, rules


def test_names_are_found():
    assert metrics_in('sum(rate(assay_http_requests_total{job="assay"}[5m]))'
                      " / process_max_fds") == {"assay_http_requests_total", "process_max_fds"}


def test_nothing_else_is_asked_for(root, build_dir):
    """Each metric of the dashboard and the rules is in the program."""
    program = (build_dir / "assay").read_bytes()
    for name in packaged_metrics(root):
        bare = re.sub(r"_(total|bucket|info)$", "", name)
        assert bare.encode() + b"\0" in program, name
