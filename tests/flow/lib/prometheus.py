"""An independent, strict reading of what /metrics says: Prometheus text 0.0.4 and OpenMetrics 1.0.

Written from the two formats' documents.  What either leaves to taste is refused here where it would
surprise a reader: an unknown escape, a series told twice, a family in two places, a bucket that
shrinks.
"""
import json
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from lib.patience import PATIENCE_S, until

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"')
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")
ABOUT = re.compile(rf"# (HELP|TYPE|UNIT) ({NAME}) (.*)")
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|Inf)|NaN")
CANONICAL_LE = re.compile(r"[0-9]+\.[0-9]+|\+Inf")
UNESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}
# A family's samples by the type that it has in that format: what may follow its name.
SUFFIXES = {
    "text": {"counter": {""}, "gauge": {""}, "histogram": {"_bucket", "_sum", "_count"}},
    "openmetrics": {"counter": {"_total"}, "gauge": {""}, "info": {"_info"},
                    "histogram": {"_bucket", "_sum", "_count"}},
}
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
# A dashboard's variables, by how they are written in a query.
CHOSEN = {"$job": "assay", "$instance": ".*", "$provider": ".*", "$__rate_interval": "1m"}
TYPES = {
    "text": "text/plain; version=0.0.4; charset=utf-8",
    "openmetrics": "application/openmetrics-text; version=1.0.0; charset=utf-8",
}


class Family:
    def __init__(self, name):
        self.name, self.type, self.help, self.unit = name, None, None, None
        self.samples = []  # (name, labels as a sorted tuple, value)


def labels_of(text):
    labels, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        assert match, f"labels: {text!r} at {at}"
        name, value = match.groups()
        assert name not in labels, f"label twice: {text!r}"
        labels[name] = re.sub(r"\\.", lambda m: UNESCAPED[m[0]], value)
        at = match.end()
        if at < len(text):
            assert text[at] == "," and at + 1 < len(text), f"labels: {text!r} at {at}"
            at += 1
    return labels


def check_histogram(family):
    """Cumulative, ascending, ending in +Inf, which is the count."""
    buckets, sums, counts = {}, {}, {}
    for name, labels, value in family.samples:
        rest = tuple(pair for pair in labels if pair[0] != "le")
        if name.endswith("_bucket"):
            le = dict(labels)["le"]
            assert CANONICAL_LE.fullmatch(le), le
            buckets.setdefault(rest, []).append((float(le), value))
        else:
            (sums if name.endswith("_sum") else counts)[rest] = value
    assert set(buckets) == set(sums) == set(counts), family.name
    for rest, found in buckets.items():
        assert [le for le, _ in found] == sorted({le for le, _ in found}), (family.name, rest)
        assert [n for _, n in found] == sorted(n for _, n in found), (family.name, rest)
        assert found[-1] == (float("inf"), counts[rest]), (family.name, rest)
        assert sums[rest] >= 0
        if counts[rest] == 0:
            assert sums[rest] == 0


def check_family(family, kind):
    assert family.help and family.type, f"{family.name} is not described"
    assert family.type in SUFFIXES[kind], family.type
    for name, _, value in family.samples:
        assert name[len(family.name):] in SUFFIXES[kind][family.type], name
        if family.type in ("counter", "histogram"):
            assert value >= 0, (name, value)
        if family.type == "info":
            assert value == 1
    if family.unit:
        assert kind == "openmetrics" and family.name.endswith("_" + family.unit), family.name
    if kind == "text" and family.type == "counter":
        assert family.name.endswith("_total")
    if family.type == "histogram":
        check_histogram(family)


def family_name(sample, families, kind):
    """Whose sample this is."""
    for name, family in families.items():
        if sample.startswith(name) and sample[len(name):] in SUFFIXES[kind].get(family.type, ()):
            return name
    raise AssertionError(f"{sample} belongs to nothing that was described")


def parse(raw, kind):
    """{family: Family}; AssertionError where `raw` (bytes) is not what the format allows."""
    text = raw.decode("utf-8")
    assert text.endswith("\n") and "\r" not in text
    lines = text[:-1].split("\n")
    if kind == "openmetrics":
        assert lines.pop() == "# EOF"
    families, current, seen = {}, None, set()
    for line in lines:
        assert line and line != "# EOF", "an empty line, or an end in the midst"
        if line.startswith("#"):
            match = ABOUT.fullmatch(line)
            assert match, line
            word, name, rest = match.groups()
            if current is None or current.name != name:
                assert name not in families, f"{name} is in two places"
                current = families[name] = Family(name)
            assert not current.samples, f"{line} after its samples"
            assert getattr(current, word.lower()) is None, f"twice: {line}"
            setattr(current, word.lower(), rest)
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        name, labels, value = match.groups()
        assert NUMBER.fullmatch(value), line
        assert current and family_name(name, {current.name: current}, kind), line
        key = (name, tuple(sorted(labels_of(labels or "").items())))
        assert key not in seen, f"twice: {line}"
        seen.add(key)
        current.samples.append((*key, float(value)))
    for family in families.values():
        assert family.samples, f"{family.name} has no samples"
        check_family(family, kind)
    return families


def series(families):
    """{(name, labels): value} of all of them."""
    return {(name, labels): value for family in families.values()
            for name, labels, value in family.samples}


def value(families, name, **labels):
    """Of one series, or None."""
    return series(families).get((name, tuple(sorted(labels.items()))))


def total(families, name, **labels):
    """The sum over all series of that name that have these labels."""
    wanted = set(labels.items())
    return sum(v for (n, have), v in series(families).items() if n == name and wanted <= set(have))


def scrape(serving, kind="text"):
    """What a Prometheus that wants that format gets from /metrics."""
    reply = serving.ask("/metrics", Accept=TYPES[kind])
    assert reply.status == 200, reply
    assert reply.headers["Content-Type"] == TYPES[kind]
    return parse(reply.body, kind)


def promtool(*args, stdin=b"", cwd=None):
    """(exit code, all that it said)"""
    run = subprocess.run(["promtool", *map(str, args)], input=stdin, cwd=cwd,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return run.returncode, run.stdout.decode()


class Prometheus:
    """A real one, of a test's own; listens when this returns.  `config`: as in prometheus.yml."""

    def __init__(self, home, config):
        self.log_path = home / "prometheus.log"
        (home / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML, too
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={home}/prometheus.yml",
                 f"--storage.tsdb.path={home}/tsdb", "--web.listen-address=127.0.0.1:0"],
                stdout=log, stderr=log)
        address = self.wait(lambda: re.search(r'"Listening on" address=(\S+)', self.log()))
        self.url = f"http://{address[1]}"

    def log(self):
        return self.log_path.read_text()

    def wait(self, look):
        """What `look` finds, at last."""
        def has_begun():
            try:
                found = look()
            except urllib.error.HTTPError as error:
                found = None
                assert error.code == 503, error  # it has not begun
            assert found or self.process.poll() is None, self.log()
            return found
        return until(has_begun, self.log)

    def get(self, path, **query):
        with DIRECT.open(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}",
                         timeout=PATIENCE_S) as answer:
            said = json.load(answer)
        assert said["status"] == "success"
        return said["data"]

    def query(self, text):
        """The result's series; an HTTP error where the text is no PromQL."""
        return self.get("query", query=text)["result"]

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE_S)


# ---- what is in packaging/

def queries_of(dashboard):
    """Every query of a dashboard as Grafana would send it with everything chosen."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield re.sub(r"\$[a-z_]+", lambda m: CHOSEN[m[0]], target["expr"])


def metrics_in(text):
    """Names of metrics that PromQL speaks of."""
    return set(re.findall(r"\b(?:assay|process)_[a-z_]+\b", text))


def packaged_metrics(root):
    """Every metric that the dashboard or an alert needs."""
    dashboard = json.loads((root / "packaging/grafana/assay.json").read_text())
    rules = (root / "packaging/prometheus/assay.rules.yml").read_text()
    expressions = [line for line in rules.splitlines() if "summary:" not in line]
    return metrics_in("\n".join([*queries_of(dashboard), *expressions]))
