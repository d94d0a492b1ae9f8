"""`assay probe` before a market whose endpoints answer chats: run it, and what it left behind."""
import collections
import csv
import io
import json

from lib.chat import trending

TOKEN = "hf_planted_inference_token"
QUICK = {  # nobody is real, so nobody needs politeness
    "HF_TOKEN": TOKEN,
    "ASSAY_PROBE_SPACING_MS": "0",
    "ASSAY_PROBE_JITTER_MS": "0",
    "ASSAY_PROBE_RETRY_DELAY_MS": "5",
    "ASSAY_PROBE_CONCURRENCY": "200",
    "ASSAY_PROBE_PROVIDER_CONCURRENCY": "200",
    "ASSAY_NOW": None,  # what happens to sockets has its own time
}


def probe(desk, *args, expect=0, **settings):
    """One cycle unless `args` say otherwise."""
    if not {"--once", "--cycles"} & set(args):
        args = ("--once", *args)
    run = desk.run("probe", *args, **{**QUICK, **settings})
    assert run.code == expect, run
    return run


def told(run):
    """What --json said, a dict per probe."""
    return [json.loads(line) for line in run.out.splitlines()]


def events(run, message):
    return [e for e in run.logs() if e["msg"] == f"probe: {message}"]


def samples(desk, *columns):
    """Rows of samples as dicts, oldest first."""
    rows = desk.database.select(f"SELECT {', '.join(columns)} FROM samples ORDER BY id")
    return [dict(zip(columns, row)) for row in rows]


def calls_of(market, models=5):
    """Counter of (provider as the router has it, id there): whom an honest tracker calls."""
    return collections.Counter((c["provider"], c["provider_id"])
                               for c in trending(market, models)["calls"])


def endpoints_of(market, models=5):
    """Those that one call alone goes to."""
    return [key for key, n in calls_of(market, models).items() if n == 1]


def rows_of_csv(desk, name="metrics_buffer.csv"):
    text = (desk.home / name).read_bytes().decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def nowhere(desk, market, but=()):
    """Every provider of the list is asked where nobody listens, from now on."""
    names = {name for name, _ in calls_of(market, 45)} - set(but)
    (desk.home / "provider_mapping.json").write_text(
        json.dumps({name: "http://127.0.0.1:1/chat" for name in names}))
