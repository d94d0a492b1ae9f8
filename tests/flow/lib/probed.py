"""Probes and where their rows are, read with other people's parsers."""
import collections
import csv
import io

from lib import truth
from lib.database import stamp
from lib.sim_hub import REPO, WRITE

CALLS = "hf_call_token_of_a_test"
COLUMNS = ("cycle_timestamp_iso,model_id,provider_name,provider_model_id,request_url,request_body,"
           "request_headers_sanitized,request_start_iso,response_end_iso,duration_ms,"
           "response_status_code,response_body_raw,response_headers_sanitized,error_message").split(",")
# Tokens, and nothing that only waits.
SETTINGS = {"HF_TOKEN": CALLS, "HF_HUB_TOKEN": WRITE, "HF_DATASET_REPO_ID": REPO,
            "LOCAL_CSV_PATH": "rows.csv", "ASSAY_PROBE_SPACING_MS": "0", "ASSAY_PROBE_JITTER_MS": "0",
            "ASSAY_PROBE_RETRY_DELAY_MS": "1", "SCHEDULE_INTERVAL_SECONDS": "1"}


def rows_of(data):
    """One dict a row; a file that is not whole is an error."""
    assert data.endswith(b"\n")
    header, *rows = csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True)
    assert header == COLUMNS
    assert {len(row) for row in rows} <= {len(COLUMNS)}
    return [dict(zip(COLUMNS, row)) for row in rows]


def pushed(hub):
    """Rows in the dataset."""
    return [row for path, data in hub.files().items() if path.endswith(".csv") for row in rows_of(data)]


def kept(desk, name="rows.csv"):
    """Rows of the buffer and of batches that wait."""
    files = [path for path in desk.home.glob(name + "*") if not path.name.endswith(".lock")]
    return [row for path in files for row in rows_of(path.read_bytes())]


def key_of_row(row):
    return (row["request_start_iso"], row["provider_name"], row["model_id"], row["provider_model_id"],
            row["duration_ms"], int(row["response_status_code"]))


def samples(desk):
    """Of each committed sample what key_of_row() says of its row, as often as it is there."""
    found = truth.select(desk.database, """
        SELECT started_at, provider_name, hf_model, provider_model_id, duration_us, status FROM samples""")
    return collections.Counter(
        (stamp(at), provider, model or "", id_, f"{us // 1000}.{us % 1000:03}", status)
        for at, provider, model, id_, us, status in found)
