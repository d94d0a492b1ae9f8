"""Is what a database holds what it should hold?  One line for each thing that is wrong.

    verify.py truth URL SLUG DB    models and open prices against marketsim's ground truth
    verify.py same DB DB           what is kept of a model besides, in both alike
    verify.py digest DB            one line: a hash of the catalog's tables, id by id
"""
import hashlib
import json
import sqlite3
import sys
import urllib.request

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
SHOWN = 3  # differences of one kind that are told


def rows(path, sql, *values):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        yield from db.execute(sql, values)
    finally:
        db.close()


def true_models(models):
    for m in models:
        said = m["capabilities"]
        yield m["id"], (m["name"] or m["id"], m["context_length"], m["max_output_tokens"], m["modality"],
                        said.get("function_calling"), said.get("vision"), m["deprecated_at"])


OF_SLUG = " JOIN providers o ON o.id = m.provider_id WHERE o.slug = ?"


def stored_models(path, slug):
    for key, *fields in rows(path, "SELECT provider_model_id, model_name, context_length,"
                                   " max_output_tokens, modality, m.supports_function_calling,"
                                   " m.supports_vision, deprecated_at FROM models m" + OF_SLUG +
                                   " AND missing_since IS NULL", slug):
        yield key, tuple(fields)


def true_prices(models):
    for m in models:
        for p in m["prices"]:
            yield ((m["id"], p["meter"], p["condition"]),
                   (p["state"], p["amount"], p["currency"]))


def stored_prices(path, slug):
    for model, meter, condition, *fields in rows(
            path, "SELECT m.provider_model_id, p.meter, p.condition, p.state, p.amount, p.currency"
                  " FROM prices p JOIN models m ON m.id = p.model_id" + OF_SLUG +
                  " AND p.seen_to IS NULL", slug):
        yield (model, meter, condition), tuple(fields)


def kept(path):
    """Compared as objects, and without `created`, which the floor keeps as the number it is."""
    for key, description, architecture, metadata in rows(
            path, "SELECT provider_model_id, description, architecture, metadata FROM models"):
        more = json.loads(metadata or "{}")
        more.pop("created", None)
        yield key, (more, architecture, description)


def differences(what, wanted, found):
    wanted, found = dict(wanted), dict(found)
    wrong = [key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key)]
    if wrong:
        yield f"{what}: {len(wrong)} of {len(wanted)} differ"
    for key in sorted(wrong)[:SHOWN]:
        yield f"  {key}: {str(found.get(key)):.300}, should be {str(wanted.get(key)):.300}"


def truth(url, slug, path):
    with OPENER.open(f"{url}/sim/truth?provider={slug}") as answer:
        models = json.load(answer)["providers"][slug]["models"]
    yield from differences("models", true_models(models), stored_models(path, slug))
    yield from differences("prices", true_prices(models), stored_prices(path, slug))


def same(one, other):
    yield from differences("kept of a model", kept(one), kept(other))


def digest(path):
    state = hashlib.sha256()
    for table in ("models", "model_versions", "prices"):
        for row in rows(path, f"SELECT * FROM {table} ORDER BY id"):
            state.update(repr(row).encode())
    yield state.hexdigest()


def main():
    verbs = {"truth": truth, "same": same, "digest": digest}
    verb, *arguments = sys.argv[1:]
    lines = list(verbs[verb](*arguments))
    for line in lines:
        print(line)
    sys.exit(1 if lines and verb != "digest" else 0)


if __name__ == "__main__":
    main()
