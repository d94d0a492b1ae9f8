"""core/identity.c against labelled pairs: facts of recorded documents, and a hand-made list.

A match is two spellings with the same canonical id.  Precision: of the matches, the share that is
labelled so; it must be whole.  Recall: of the pairs labelled the same, the share that matches.
Both are printed with the misses (pytest -s).  The tool answers row by row (tests/unit/identitytool.c).
"""
import collections
import csv
import hashlib
import itertools
import json
import os
import pathlib
import random
import re
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
TOOL = pathlib.Path(os.environ.get("ASSAY_BUILD", HERE.parents[1] / "build")) / "tests/identitytool"
PAIRS = HERE.parent / "identity/pairs.tsv"
HUB = "huggingface"  # as provider in the list: the spelling is a Hugging Face id
RECALL = 0.95


def run(rows, aliases=None):
    """[(provider, id, hugging face id)] → [(canonical or "", evidence)]."""
    text = b"".join(b"\t".join(as_bytes(cell) for cell in row) + b"\n" for row in rows)
    done = subprocess.run([TOOL] + ([aliases] if aliases is not None else []), input=text,
                          capture_output=True, check=True)
    answers = [line.split(b"\t", 1) for line in done.stdout.split(b"\n")[:-1]]
    assert len(answers) == len(rows)
    return [(canonical.decode(), evidence) for canonical, evidence in answers]


def as_bytes(cell):
    return cell if isinstance(cell, bytes) else cell.encode()


def row_of(spelling, provider):
    return (provider, "", spelling) if provider == HUB else (provider, spelling, "")


class Score:
    """Counts pairs, keeps the wrong ones, says both numbers."""

    def __init__(self, name):
        self.name = name
        self.same = self.found = self.wrong = self.different = 0
        self.lines = []

    def pair(self, left, right, same, why=""):
        """left, right: (row, canonical)."""
        match = left[1] != "" and left[1] == right[1]
        self.same += same
        self.different += not same
        self.found += match and same
        self.wrong += match and not same
        if match != same:
            self.lines.append(f"  {'FALSE' if match else 'missed'}: {left} / {right} {why}")

    @property
    def recall(self):
        return self.found / self.same

    @property
    def precision(self):
        return self.found / (self.found + self.wrong)

    def check(self, least=1):
        """`least`: pairs of each label, without which the numbers would say nothing."""
        assert min(self.same, self.different) >= least, (self.name, self.same, self.different)
        print(f"\n{self.name}: precision {self.precision:.2%}, recall {self.recall:.2%} "
              f"({self.same} same, {self.different} different)", *self.lines, sep="\n")
        assert self.wrong == 0, "\n".join(self.lines)
        assert self.recall >= RECALL, "\n".join(self.lines)


# ---- the hand-made list

def pairs():
    with PAIRS.open(newline="") as file:
        rows = csv.reader((line for line in file if not line.startswith("#")), delimiter="\t",
                          quoting=csv.QUOTE_NONE)
        return [tuple(row) for row in rows if row]


def test_list_is_what_it_claims():
    all_pairs = pairs()
    for pair in all_pairs:
        assert len(pair) == 6, pair
        assert pair[4] in ("same", "different"), pair
    keys = [frozenset([pair[:2], pair[2:4]]) for pair in all_pairs]
    assert len(set(keys)) == len(keys), [k for k, n in collections.Counter(keys).items() if n > 1]
    labels = collections.Counter(pair[4] for pair in all_pairs)
    assert labels["same"] >= 200 and labels["different"] >= 300, labels


def test_list():
    score = Score("hand-made pairs")
    all_pairs = pairs()
    rows = [row_of(*side) for pair in all_pairs for side in (pair[:2], pair[2:4])]
    answers = iter(run(rows))
    for a, at_a, b, at_b, label, why in all_pairs:
        score.pair(((at_a, a), next(answers)[0]), ((at_b, b), next(answers)[0]), label == "same", why)
    score.check(300)


# ---- facts of recorded documents

STORED_AS = re.compile(r"-(fp8|bf16|nvfp4|w4a4)$")


def weights(hub_id):
    """What a Hugging Face id names, but for the numbers it is stored in and its two known respellings."""
    org, name = STORED_AS.sub("", hub_id.lower()).split("/")
    org = {"cohereforai": "coherelabs"}.get(org, org)
    return org + "/" + re.sub(r"^(meta-(?=llama)|nvidia-)", "", name)


def read(shared_dir, path):
    file = shared_dir / "payloads" / path if shared_dir else None
    if not file or not file.exists():
        pytest.skip(f"no recorded documents at ../shared/payloads/{path}")
    return json.loads(file.read_text())


@pytest.fixture
def facts(shared_dir):
    """{(provider, id): Hugging Face id}, as the provider or Hugging Face states it."""
    found = {}
    for day in "2026-08-01", "2026-08-22":
        for model in read(shared_dir, f"{day}/openrouter.ai/api/v1/models.json")["data"]:
            if model.get("hugging_face_id"):
                found["openrouter", model["id"]] = model["hugging_face_id"]
    for model in read(shared_dir, "2026-05-31/huggingface.co/models-json.json")["models"]:
        for offer in model.get("availableInferenceProviders") or []:
            found[offer["provider"], offer["providerId"]] = model["id"]
    assert len(found) > 150
    return found


def of_hub(url):
    """https://huggingface.co/ORG/NAME → ORG/NAME, and None for another site's."""
    match = re.fullmatch(r"https://huggingface\.co/([^/]+/[^/]+)", url or "")
    return match and match[1]


@pytest.fixture
def late_facts(shared_dir):
    """The same of two documents that were looked at later."""
    found = {}
    venice = read(shared_dir, "2026-03-03/api.venice.ai/api/v1/models@type=text.json")
    for model in venice["data"]:
        found["venice", model["id"]] = of_hub(model["model_spec"].get("modelSource"))
    nebius = read(shared_dir, "2026-08-21/tokenfactory.nebius.com/api/public/models_info.json")
    for model in nebius:
        for flavor in model["flavors"]:
            found["nebius", flavor["model_id"]] = of_hub(model["huggingface_url"])
    found = {key: hub for key, hub in found.items() if hub}
    assert len(found) > 50
    return found


def score_facts(name, facts, row_of_fact):
    """Each spelling beside each other and beside the Hugging Face ids themselves."""
    hub_ids = sorted(set(facts.values()))
    rows = [row_of_fact(*key, facts[key]) for key in facts] + [("", "", hub) for hub in hub_ids]
    truth = [weights(hub) for hub in facts.values()] + [weights(hub) for hub in hub_ids]
    answers = run(rows)
    score = Score(name)
    items = list(zip(rows, truth, (canonical for canonical, _ in answers)))
    for (row, means, is_), (row2, means2, is2) in itertools.combinations(items, 2):
        score.pair((row, is_), (row2, is2), means == means2)
    return score


def test_facts_with_their_evidence(facts):
    score_facts("documents, with Hugging Face ids", facts,
                lambda provider, model, hub: (provider, model, hub)).check(300)


def test_facts_by_the_id_alone(facts):
    score_facts("documents, ids alone", facts,
                lambda provider, model, hub: (provider, model, "")).check(300)


def test_late_facts_by_the_id_alone(late_facts):
    """Missed are an id whose source is called a base model, and a name that was moved to a later
    release.  Each fact counts once, beside its Hugging Face id, and beside all others as a negative."""
    rows = [(provider, model, "") for provider, model in late_facts]
    hubs = [("", "", hub) for hub in late_facts.values()]
    means = [weights(hub) for hub in late_facts.values()]
    by_id, by_hub = ([is_ for is_, _ in run(side)] for side in (rows, hubs))
    score = Score("documents seen late, ids alone")
    for i, j in itertools.product(range(len(rows)), repeat=2):
        if i == j or means[i] != means[j]:
            score.pair((rows[i], by_id[i]), (hubs[j], by_hub[j]), i == j)
    score.check(50)


def test_every_id_of_a_document_once(shared_dir):
    """Of one provider's list two ids match only as modes or tags of one model."""
    lists = {"openrouter": read(shared_dir, "2026-08-22/openrouter.ai/api/v1/models.json")["data"],
             "together": read(shared_dir, "2026-01-23/api.together.xyz/v1/models.json"),
             "deepinfra": read(shared_dir, "2026-04-17/api.deepinfra.com/v1/openai/models.json")["data"],
             "vercel-ai-gateway":
                 read(shared_dir, "2025-11-18/ai-gateway.vercel.sh/v1/models.json")["data"]}
    tags = {"openrouter": r":(free|batch)$", "deepinfra": r"-(turbo|batch)$",
            "together": r"-(turbo|lite|reference|tput|fp8-tput)$", "vercel-ai-gateway": "$^"}
    for provider, models in lists.items():
        ids = [model["id"] for model in models]
        groups = collections.defaultdict(set)
        for id_, (canonical, _) in zip(ids, run([(provider, id_, "") for id_ in ids])):
            if canonical:
                name = re.sub(tags[provider], "", id_.lower())
                groups[canonical].add(name.replace("/meta-llama-", "/llama-"))
        assert {k: v for k, v in groups.items() if len(v) > 1} == {}, provider


# ---- the tables

def table(name):
    source = (HERE.parents[1] / "src/core/identity_facts.c").read_text()
    body = re.search(rf"{name}\[\] = {{(.*?)\n}};", source, re.S).group(1)
    return re.findall(r'"([^"]*)"', re.sub(r"/\*.*?\*/", "", body, flags=re.S))


def test_every_fact_is_reachable():
    """A row spelled otherwise than ids come out would never be looked at, and its test never red."""
    words = table("renames")
    renames = dict(zip(words[::2], words[1::2]))
    assert len(renames) == len(words) / 2 > 30
    for side in renames.keys(), renames.values():
        answers = [is_ for is_, _ in run([("", "", name) for name in side])]
        assert answers == list(renames.values())
    words = table("releases")
    rows = [("", f"{name}-{release}", "") for name, release in zip(words[::2], words[1::2])]
    assert [is_ for is_, _ in run(rows)] == words[::2]
    assert {evidence[:20] for _, evidence in run([("", name, "") for name in table("moving")])} == \
        {b"none: the name moves"}
    words = table("stated")
    assert len(words) % 3 == 0
    assert [is_ for is_, _ in run(list(zip(words[::3], words[1::3], [""] * len(words))))] == words[2::3]
    assert [is_ for is_, _ in run([("", "", is_) for is_ in words[2::3]])] == words[2::3]
    words = table("makers")
    rows = [(provider, "name-of-its-own-9", "") for provider in words[::2]]
    assert [is_ for is_, _ in run(rows)] == [f"{org}/name-of-its-own-9" for org in words[1::2]]


def test_version_is_raised_with_the_rules():
    """Whoever changes what identity_of() is made of says whether what is stored must be worked out
    anew: raises IDENTITY_VERSION if so, and in any case writes down what this test shows."""
    sources = [HERE.parents[1] / f"src/core/identity{part}.c" for part in ("", "_facts", "_name")]
    code = "".join(re.sub(r"/\*.*?\*/|\s", "", path.read_text(), flags=re.S) for path in sources)
    version = re.search(r"#define IDENTITY_VERSION (\d+)",
                        (HERE.parents[1] / "src/core/identity.h").read_text())[1]
    assert (PAIRS.parent / "rules.lock").read_text().split() == \
        [version, hashlib.sha256(code.encode()).hexdigest()]


# ---- whatever comes

def test_canonical_of_documents_is_its_own(facts):
    is_its_own([(provider, model, hub) for (provider, model), hub in facts.items()])


def test_canonical_is_its_own():
    is_its_own([row_of(*side) for pair in pairs() for side in (pair[:2], pair[2:4])])


def is_its_own(rows):
    """Given as a Hugging Face id it is itself; as an id it is itself or unmatched."""
    canonical = sorted({is_ for is_, _ in run(rows)} - {""})
    assert [is_ for is_, _ in run([("", "", c) for c in canonical])] == canonical
    for want, (is_, _) in zip(canonical, run([("", c, "") for c in canonical])):
        assert is_ in (want, "")


def test_case_never_counts():
    rows = [row_of(*side) for pair in pairs() for side in (pair[:2], pair[2:4])]
    shouted = [(provider, model.upper(), hub.upper()) for provider, model, hub in rows]
    assert [a[0] for a in run(rows)] == [a[0] for a in run(shouted)]


def test_any_bytes():
    """No input kills it, and an answer is an id of plain characters that is its own identity."""
    random.seed(19)
    real = [as_bytes(side) for pair in pairs() for side in (pair[0], pair[2])]
    rows = []
    for _ in range(20000):
        text = bytearray(random.choice(real))
        for _ in range(random.randrange(1, 6)):
            at = random.randrange(len(text) + 1)
            text[at:at + random.randrange(3)] = random.choice(
                [b"-", b"/", b":", b".", b"1", b"9", b"p", b"\xff", b"\xc3\xa9", b"@", b"~", b"",
                 bytes([random.randrange(256)]), random.choice(real)])
        text = bytes(text).translate(None, b"\t\n\0")
        provider = random.choice([b"together", b"x", b"aimo", b"helicone", b"requesty", b"chutes",
                                  b"openai", b"google-vertex", b"venice", b""])
        rows.append((provider, *random.choice([(text, b""), (b"", text), (text, text)])))
    answers = run(rows)
    canonical = sorted({is_ for is_, _ in answers} - {""})
    assert len(canonical) > 500
    for is_ in canonical:
        assert re.fullmatch(r"[!-~]+/[!-~]+", is_) and is_ == is_.lower(), is_
    assert [is_ for is_, _ in run([("", "", c) for c in canonical])] == canonical


def test_aliases():
    aliases = json.dumps({"acme:fast-one": "qwen/qwen3-32b", "Everyone/Says": "openai/gpt-oss-20b",
                          "openai/gpt-4o": None})
    rows = [("acme", "Fast-One", ""), ("other", "fast-one", ""), ("other", "everyone/says", ""),
            ("acme", "fast-one", "zai-org/GLM-4.6"), ("x", "openai/gpt-4o", "")]
    assert [is_ for is_, _ in run(rows, aliases)] == \
        ["qwen/qwen3-32b", "", "openai/gpt-oss-20b", "qwen/qwen3-32b", ""]


@pytest.mark.parametrize("text, says", [
    ("[]", "an object, not"), ("{", "aliases"), ('{"a": 1}', '"a"'), ('{"a": "gpt"}', '"a"'),
    ('{"a": "Qwen/Qwen3-32B"}', "qwen/qwen3-32b"), ('{"": "qwen/qwen3-32b"}', "bytes"),
    ('{"a": "qwen/qwen3-32b", "A": "qwen/qwen3-8b"}', "twice"),
    ('{"a": "meta-llama/meta-llama-3.1-8b-instruct"}', "meta-llama/llama-3.1-8b-instruct"),
])
def test_aliases_refused(text, says):
    done = subprocess.run([TOOL, text], input=b"", capture_output=True, check=False)
    assert done.returncode == 1
    assert says in done.stderr.decode()
