"""Lists that take the token of a service account: got, shared, kept, renewed, refused."""
import json
import os
import time

import pytest

from lib import truth
from lib.account import Account, SCOPE, tokens
from lib.patience import PATIENCE_S, until

BOTH = pytest.mark.stores("sqlite", "postgres")
LIST = "/openrouter.ai/api/v1/models"
ENDPOINT = "/oauth2.googleapis.com/token"
ENV = ["GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_VERTEX_CREDENTIALS_JSON"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Account(tmp_path_factory.mktemp("account"))


@pytest.fixture
def account(made, market):
    made.write()
    made.register(market.url)
    return made


def put_descriptor(root, place, slug="openrouter", **changes):
    descriptor = json.loads((root / f"providers/{slug}.json").read_text())
    descriptor["auth"] = {"form": "google", "required": True, "env": ENV, "scope": SCOPE}
    descriptor["lists"][0].update(changes)
    place.mkdir(exist_ok=True)
    (place / f"{slug}.json").write_text(json.dumps(descriptor))
    return str(place)


@pytest.fixture
def desk(market, start_assay, root, tmp_path, account):
    """assay and a list of openrouter's that wants a token."""
    market.post("config", key="token")
    started = start_assay(market, ASSAY_PROVIDERS_DIR=put_descriptor(root, tmp_path / "d"),
                          GOOGLE_APPLICATION_CREDENTIALS=account.file, LOG_LEVEL="trace")
    started.market = market
    return started


def sync(desk, **how):
    """The endpoint's clock goes with the desk's."""
    desk.market.post("issuer", now=desk.now_ms() // 1000 + 3600)
    return desk.sync(**how)


def asked(market):
    return [(r["method"], r["path"]) for r in market.requests()]


def failure(run):
    line, = [entry for entry in run.logs() if entry["level"] >= 50]
    return line["kind"], line["err"]


def secrets_in(desk, account, *runs):
    """Every place where a secret may not be."""
    places = b"".join(run.raw_out + run.raw_err for run in runs)
    places += "".join(map(str, truth.dump(desk.database, "providers", "snapshots", "sync_runs",
                                          "documents").values())).encode() \
        if os.path.exists(desk.home / "assay.db") or desk.database.url else b""
    found = [s for s in [*account.secrets(), "ya29.", "eyJ"] if s.encode() in places]
    return found


# ---- all is well

@BOTH
def test_the_list_is_the_truth(desk, market, account):
    first = sync(desk)
    truth.assert_stored(desk.database, truth.offered(market))
    assert asked(market) == [("POST", ENDPOINT), ("GET", LIST)]
    market.advance(3)
    second = sync(desk)
    truth.assert_stored(desk.database, truth.offered(market))
    requests = market.requests()
    assert [r["status"] for r in requests] == [200, 200]
    assert requests[0]["headers"]["content-type"] == "application/x-www-form-urlencoded"
    assert requests[1]["headers"]["authorization"].startswith("Bearer ya29.")
    assert secrets_in(desk, account, first, second) == []


@pytest.mark.parametrize("variable", ENV)
def test_credentials_as_text(desk, market, account, variable):
    env = {name: None for name in ENV} | {variable: account.credentials()}
    run = sync(desk, **env)
    truth.assert_stored(desk.database, truth.offered(market))
    assert secrets_in(desk, account, run) == []


def test_what_may_be_left_out(desk, market, account):
    """The endpoint is Google's and the key has no name unless the credentials say otherwise."""
    account.write(token_uri=None, private_key_id=None, project_id=None)
    sync(desk)
    assert asked(market) == [("POST", ENDPOINT), ("GET", LIST)]


def test_the_first_variable_wins(desk, account):
    sync(desk, GOOGLE_VERTEX_CREDENTIALS_JSON="{")


def test_path_within_the_working_directory(desk, account):
    (desk.home / "mine.json").write_text(account.credentials())
    sync(desk, GOOGLE_APPLICATION_CREDENTIALS="mine.json")


def test_without_credentials(desk, market):
    without = {name: None for name in ENV}
    run = sync(desk, expect=1, **without)
    assert failure(run)[1] == f"API key not configured: set {ENV[0]}"
    assert market.requests() == []


def test_dry_run(desk, market):
    market.post("issuer", now=desk.now_ms() // 1000)
    assert desk.run("sync", "--dry-run", "--providers", "openrouter").code == 0
    assert asked(market) == [("POST", ENDPOINT), ("GET", LIST)]


# ---- one token for many

def test_pages_share_a_token(desk, market, root, tmp_path):
    put_descriptor(root, tmp_path / "d", pages={"form": "token", "next": "/next_page_token",
                                                "parameter": "page_token"})
    market.post("config", paging="token", page_size=10)
    sync(desk)
    truth.assert_stored(desk.database, truth.offered(market))
    assert len(set(tokens(market))) == 1
    assert [p for _, p in asked(market)].count(ENDPOINT) == 1


def test_providers_share_a_token(desk, market, root, tmp_path):
    """Two providers at once, with the same credentials."""
    put_descriptor(root, tmp_path / "d", "cerebras", auth=True)
    market.post("config", provider="cerebras", key="token")
    sync(desk, providers=["openrouter", "cerebras"])
    assert len(set(tokens(market))) == 1
    assert [p for _, p in asked(market)].count(ENDPOINT) == 1


def test_scopes_share_nothing(desk, market, root, tmp_path):
    place = put_descriptor(root, tmp_path / "d", "cerebras", auth=True)
    descriptor = json.loads((tmp_path / "d/cerebras.json").read_text())
    descriptor["auth"]["scope"] = "https://made-up.test/scope"
    (tmp_path / "d/cerebras.json").write_text(json.dumps(descriptor))
    run = sync(desk, providers=["openrouter", "cerebras"], expect=1, ASSAY_PROVIDERS_DIR=place)
    assert failure(run) == ("http", "access token: HTTP 400: invalid_grant: Invalid OAuth scope.")
    truth.assert_stored(desk.database, truth.offered(market))


# ---- tokens that run out

@pytest.fixture
def paged(desk, market, root, tmp_path):
    """So many pages that somebody may look on while they are fetched."""
    put_descriptor(root, tmp_path / "d", pages={"form": "token", "next": "/next_page_token",
                                                "parameter": "page_token"})
    market.post("config", paging="token", page_size=1, latency_ms=120)
    return desk


def test_refused_between_pages(paged, market):
    """A token that was good is refused: one more is got, the page is asked again, all goes on."""
    market.post("issuer", now=paged.now_ms() // 1000 + 3600)
    paged.hour += 1
    process = paged.start("sync", "--providers", "openrouter")
    until(lambda: sum(r["status"] == 200 for r in market.requests(clear=False)) >= 3)
    market.post("issuer", expire=1)
    market.post("config", latency_ms=0)
    assert process.wait(PATIENCE_S) == 0
    truth.assert_stored(paged.database, truth.offered(market))
    requests = market.requests()
    statuses = [r["status"] for r in requests]
    assert statuses.count(401) == 1
    assert [r["path"] for r in requests].count(ENDPOINT) == 2
    assert truth.last_run(paged.database)["http_status"] == 200


def refusals(requests, *paths):
    return [sum((r["path"], r["status"]) == (path, 401) for r in requests) for path in paths]


def test_refused_on_two_lists(start_market, start_assay, made):
    """The second list hears of it when the first one has another token, which has not been tried yet."""
    market = start_market(scale=900)
    made.write()
    made.register(market.url)
    for name, latency_ms in (("google", 400), ("anthropic", 700), ("meta", 0), ("mistralai", 0)):
        market.post("config", provider="google-vertex", list=name, paging="token",
                    page_size=4 if name == "google" else 1, latency_ms=latency_ms)
    desk = start_assay(market, GOOGLE_APPLICATION_CREDENTIALS=made.file)
    desk.hour += 1
    market.post("issuer", now=desk.now_ms() // 1000)
    process = desk.start("sync", "--providers", "google-vertex")
    google, anthropic = (f"/aiplatform.googleapis.com/v1beta1/publishers/{name}/models"
                         for name in ("google", "anthropic"))
    wait_until(market, google, 2)
    market.post("issuer", expire=1)
    until(lambda: refusals(market.requests(clear=False), google, anthropic) == [1, 1]
          or process.poll() is not None)
    for name in ("google", "anthropic"):
        market.post("config", provider="google-vertex", list=name, latency_ms=0)
    assert process.wait(PATIENCE_S) == 0
    assert refusals(market.requests(), google, anthropic) == [1, 1]
    truth.assert_stored(desk.database, truth.offered(market, "google-vertex"), "google-vertex")


def test_refused_at_once(desk, market, account):
    """A token that was never good: no other is asked for."""
    market.post("issuer", expires_in=0)
    run = sync(desk, expect=1)
    assert failure(run) == ("http", "HTTP 401: the key is missing or refused")
    assert asked(market) == [("POST", ENDPOINT), ("GET", LIST)]
    assert secrets_in(desk, account, run) == []


def wait_until(market, path, n):
    """That the path has been asked for so often."""
    until(lambda: sum(r["path"] == path for r in market.requests(clear=False)) >= n,
          lambda: f"{path} was not asked for")


def test_refused_from_memory(desk, market, root, tmp_path, start_gate):
    """Kept since another provider was asked, and no good by now: another is got, once.

    The second provider is asked later because another process, which is to fail, has its lease."""
    put_descriptor(root, tmp_path / "d", "cerebras", auth=True)
    cerebras = "/api.cerebras.ai/public/v1/models"
    market.post("config", provider="cerebras", key="token")
    market.fault("status", provider="cerebras", status=404, times=1)
    market.post("issuer", now=desk.now_ms() // 1000 + 3600)
    desk.hour += 1
    gate = start_gate(market, "api.cerebras.ai")
    before = desk.start("sync", "--providers", "cerebras", ASSAY_UPSTREAM=gate.url)
    assert gate.asked.wait(PATIENCE_S)
    process = desk.start("sync", "--providers", "openrouter", "cerebras")
    wait_until(market, LIST, 1)
    market.post("issuer", expire=1)
    gate.opened.set()
    assert (before.wait(PATIENCE_S), process.wait(PATIENCE_S)) == (1, 0)
    requests = market.requests()
    assert [r["status"] for r in requests if r["path"] == cerebras] == [404, 401, 200]
    assert [r["path"] for r in requests].count(ENDPOINT) == 3
    listed, first, second, third = (r["headers"]["authorization"] for path in (LIST, cerebras)
                                    for r in requests if r["path"] == path)
    assert first != listed == second != third


def test_short_lived_tokens_are_used_and_not_kept(desk, market):
    market.post("issuer", expires_in=30)
    sync(desk)
    truth.assert_stored(desk.database, truth.offered(market))


# ---- who asks

@BOTH
def test_an_account_is_who_asks(desk, market, account, tmp_path):
    """Not its key, which is changed now and then, and not its token."""
    sync(desk)
    market.advance(2)
    again = Account(tmp_path, account.email)
    again.register(market.url)
    sync(desk, GOOGLE_APPLICATION_CREDENTIALS=again.file)
    truth.assert_stored(desk.database, truth.offered(market))
    other = Account(tmp_path, "another@made-up.test")
    other.register(market.url)
    sync(desk, GOOGLE_APPLICATION_CREDENTIALS=other.file)  # the same list
    market.advance(2)
    run = sync(desk, GOOGLE_APPLICATION_CREDENTIALS=again.file, expect=1)
    assert failure(run)[0] == "suspect" and "the key is another" in failure(run)[1]
    sync(desk, GOOGLE_APPLICATION_CREDENTIALS=again.file)
    truth.assert_stored(desk.database, truth.offered(market))


# ---- credentials that are none

def bad(desk, account, words, kind="config", **env):
    run = sync(desk, expect=1, **env)
    assert failure(run) == (kind, words)
    row = truth.last_run(desk.database)
    assert (row["completeness"], row["error_kind"], row["error"]) == ("failed", kind, words)
    assert secrets_in(desk, account, run) == []
    assert truth.one(desk.database, "SELECT count(*) FROM models") == 0


FILE = "GOOGLE_APPLICATION_CREDENTIALS: "
MEMBERS = {
    "no JSON": ("not json at all", "the credentials are not JSON"),
    "an array": ("[]", "the credentials are an array, an object was expected"),
    "type": ({"type": "authorized_user"}, "the credentials are not of type service_account"),
    "no type": ({"type": None}, "the credentials have no type"),
    "no key": ({"private_key": None}, "the credentials have no private_key"),
    "an empty key": ({"private_key": ""}, "the credentials have no private_key"),
    "a number": ({"private_key": 7},
                 "private_key of the credentials is a number, a string was expected"),
    "no name": ({"client_email": None}, "the credentials have no client_email"),
    "no PEM": ({"private_key": "sk-not-a-pem-key"}, "the private key cannot be read"),
    "not https": ({"token_uri": "http://oauth2.googleapis.com/token"},
                  "token_uri of the credentials does not begin with https://"),
}


@pytest.mark.parametrize("case", MEMBERS)
def test_credentials_that_are_wrong(desk, market, account, case):
    said, words = MEMBERS[case]
    if isinstance(said, str):
        account.write(said)
    else:
        account.write(**said)
    bad(desk, account, FILE + words)
    assert market.requests() == []


def test_a_cut_key(desk, account):
    account.write(private_key=account.pem[:900])
    bad(desk, account, FILE + "the private key cannot be read")


def test_files_that_are_none(desk, account, tmp_path):
    missing = tmp_path / "a-path-that-is-not-told"
    words = FILE + "the credentials file: No such file or directory"
    bad(desk, account, words, GOOGLE_APPLICATION_CREDENTIALS=missing)
    bad(desk, account, words, GOOGLE_APPLICATION_CREDENTIALS="AIza-a-key-in-the-wrong-place")
    bad(desk, account, FILE + "the credentials file is not a regular file",
        GOOGLE_APPLICATION_CREDENTIALS=tmp_path)
    huge = tmp_path / "huge"
    huge.write_bytes(b"{" + b" " * 70000)
    bad(desk, account, FILE + "the credentials are longer than 65536 bytes",
        GOOGLE_APPLICATION_CREDENTIALS=huge)


# ---- an endpoint that refuses or fails

def test_an_account_that_nobody_knows(desk, tmp_path, account):
    other = Account(tmp_path, "nobody@made-up.test")
    bad(desk, other, "access token: HTTP 400: invalid_grant: Invalid grant: account not found",
        kind="http", GOOGLE_APPLICATION_CREDENTIALS=other.file)
    account.write(client_email=account.email, private_key=other.pem)
    bad(desk, other, "access token: HTTP 400: invalid_grant: Invalid JWT Signature.", kind="http")


def test_a_clock_that_is_wrong(desk, market, account):
    market.post("issuer", now=desk.now_ms() // 1000 + 9000)
    run = desk.sync(expect=1)
    assert failure(run)[1].endswith("Invalid JWT: the token is used outside its lifetime.")


ANSWERS = {
    "invalid_grant": ("http", "access token: HTTP 400: invalid_grant: Invalid grant: told to refuse"),
    "no_token": ("data", "access token: the answer has no access_token"),
    "garbage": ("data", "access token: the answer is not what a token comes in"),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_answers_without_a_token(desk, market, account, answer):
    market.post("issuer", answer=answer)
    kind, words = ANSWERS[answer]
    bad(desk, account, words, kind=kind)
    market.post("issuer", answer="token")
    sync(desk)
    truth.assert_stored(desk.database, truth.offered(market))


FAULTS = {
    "status": (dict(status=500), "http", "HTTP 500"),
    "reset": ({}, "network", "access token: oauth2.googleapis.com (through "),
    "truncated": ({}, "network", "access token: oauth2.googleapis.com (through "),
    "html": ({}, "data", "access token: the answer is not what a token comes in"),
    "redirect": (dict(location="https://evil.test/"), "http",
                 "it redirects a POST, which is not followed"),
    "null_body": ({}, "data", "access token: the answer is not what a token comes in"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_faults_of_the_endpoint(desk, market, account, kind):
    parameters, expected, words = FAULTS[kind]
    market.fault(kind, provider="oauth2.googleapis.com", **parameters)
    run = sync(desk, expect=1)
    assert failure(run)[0] == expected and words in failure(run)[1]
    assert secrets_in(desk, account, run) == []
    assert not [r for r in market.requests() if r["path"] == LIST]
    market.heal("oauth2.googleapis.com")
    sync(desk)
    truth.assert_stored(desk.database, truth.offered(market))


def test_the_endpoint_is_asked_again(desk, market):
    """As a list is: after a 5xx or a 429, and the assertion goes along."""
    market.fault("status", provider="oauth2.googleapis.com", status=503, times=2)
    sync(desk, ASSAY_RETRIES=2)
    truth.assert_stored(desk.database, truth.offered(market))
    assert [r["status"] for r in market.requests()] == [503, 503, 200, 200]


def test_arguments_hold_no_secret(desk, market, account):
    """Nothing is handed to other programs."""
    market.post("issuer", now=desk.now_ms() // 1000 + 3600)
    market.post("config", latency_ms=500)
    desk.hour += 1
    process = desk.start("sync", "--providers", "openrouter")
    with open(f"/proc/{process.pid}/cmdline", "rb") as file:
        line = file.read()
    assert process.wait(PATIENCE_S) == 0
    assert b"robot" not in line and b"BEGIN" not in line
