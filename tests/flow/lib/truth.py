"""What ought to be stored, what is stored, and how the two are compared.

A catalog is a dict id → model; a model holds the tracked columns, `capabilities`
(name → bool) and `prices` ((meter, condition) → (state, amount, currency)).
"""
import hashlib
import re

from lib import rational
from lib.database import MARKET_TABLES, of, stamp

COLUMNS = ("id", "name", "context_length", "max_output_tokens", "modality", "quantization",
           "deprecated_at", "replaced_by")


# ---- marketsim's truth

def catalog(models):
    """marketsim's words → a catalog."""
    found = {}
    for m in models:
        found[m["id"]] = {
            **{key: m[key] for key in COLUMNS},
            "capabilities": m["capabilities"],
            "prices": {(p["meter"], p["condition"]): (p["state"], p["amount"], p["currency"])
                       for p in m["prices"]},
        }
        assert len(found[m["id"]]["prices"]) == len(m["prices"])
    return found


def offered(market, slug="openrouter"):
    return catalog(market.truth(slug))


# ---- the canonical form, by the grammar in src/core/snapshot.h

ESCAPED = re.compile(r'["\\\x00-\x1f]')


def escape(match):
    c = match[0]
    return "\\" + c if c in '"\\' else f"\\u{ord(c):04x}"


def quoted(text):
    return '"' + ESCAPED.sub(escape, text) + '"'


def capabilities_list(capabilities):
    return [name if capabilities[name] else "!" + name for name in sorted(capabilities)]


def canonical_line(m):
    members = [f'"id":{quoted(m["id"])}']
    for key in ("name", "context_length", "max_output_tokens", "modality"):
        if m[key] is not None:
            text = quoted(m[key]) if isinstance(m[key], str) else str(m[key])
            members.append(f'"{key}":{text}')
    if m["capabilities"]:
        names = ",".join(quoted(name) for name in capabilities_list(m["capabilities"]))
        members.append(f'"capabilities":[{names}]')
    for key in ("quantization", "deprecated_at", "replaced_by"):
        if m[key] is not None:
            members.append(f'"{key}":{quoted(m[key])}')
    prices = []
    for (meter, condition), (state, amount, currency) in sorted(m["prices"].items()):
        said = "null" if amount is None else quoted(amount)
        prices.append(f'[{quoted(meter)},{quoted(condition)},{quoted(state)},{said},'
                      f'{quoted(currency)}]')
    if prices:
        members.append(f'"prices":[{",".join(prices)}]')
    return "{" + ",".join(members) + "}"


def canonical(models, slug="openrouter"):
    ids = sorted(models, key=lambda i: i.encode())
    lines = ",\n".join(canonical_line(models[i]) for i in ids)
    return f'{{"assay":1,"provider":{quoted(slug)},"models":[\n{lines}\n]}}\n'.encode()


def name_of(models, slug="openrouter"):
    return hashlib.sha256(canonical(models, slug)).hexdigest()


# ---- what is in the database

def opened(database):
    return of(database).opened()


def select(database, sql, *values):
    return of(database).select(sql, *values)


def one(database, sql, *values):
    return of(database).one(sql, *values)


def operate(database, sql, *values):
    return of(database).operate(sql, *values)


def dump(database, *tables):
    return of(database).dump(*tables)


OF_PROVIDER = {
    "providers": "SELECT t.* FROM providers t WHERE t.slug = ?",
    **{t: f"SELECT t.* FROM {t} t JOIN providers p ON p.id = t.provider_id WHERE p.slug = ?"
       for t in ("models", "snapshots", "changes", "documents")},
    **{t: f"SELECT t.* FROM {t} t JOIN models m ON m.id = t.model_id"
          " JOIN providers p ON p.id = m.provider_id WHERE p.slug = ?"
       for t in ("model_versions", "prices", "absences")},
}


def rows_of(database, slug):
    """Every row that a failed sync of this provider must leave as it is."""
    with opened(database) as db:
        return {t: db.execute(sql + " ORDER BY t.id", (slug,)).fetchall()
                for t, sql in OF_PROVIDER.items()}


def snapshot(database):
    """(hash, first_at, last_at, syncs, models, prices) of the open one."""
    return select(database, "SELECT hash, first_at, last_at, syncs, models, prices"
                            " FROM snapshots ORDER BY id")[-1]


def last_run(database):
    with opened(database) as db:
        rows = db.execute("SELECT * FROM sync_runs ORDER BY id DESC LIMIT 1")
        names = [d[0] for d in rows.description]
        return dict(zip(names, rows.fetchall()[0]))


def stored_prices(db, slug):
    found = {}
    for i, meter, condition, state, amount, currency in db.execute(
            "SELECT m.provider_model_id, p.meter, p.condition, p.state, p.amount, p.currency"
            " FROM prices p JOIN models m ON m.id = p.model_id"
            " JOIN providers o ON o.id = m.provider_id"
            " WHERE p.seen_to IS NULL AND o.slug = ?", (slug,)):
        prices = found.setdefault(i, {})
        assert (meter, condition) not in prices, (i, meter, condition)
        prices[meter, condition] = (state, amount, currency)
    return found


def stored_capabilities(text):
    return {} if not text else {item.lstrip("!"): not item.startswith("!")
                                for item in text.split(",")}


def from_versions(database, slug="openrouter"):
    """The catalog that the open rows of model_versions and prices say; present models only."""
    with opened(database) as db:
        prices = stored_prices(db, slug)
        found = {}
        for row in db.execute(
                "SELECT m.provider_model_id, v.name, v.context_length, v.max_output_tokens,"
                " v.modality, v.quantization, v.deprecated_at, v.replaced_by, v.capabilities"
                " FROM model_versions v JOIN models m ON m.id = v.model_id"
                " JOIN providers o ON o.id = m.provider_id"
                " WHERE v.seen_to IS NULL AND m.missing_since IS NULL AND o.slug = ?", (slug,)):
            assert row[0] not in found
            found[row[0]] = {**dict(zip(COLUMNS, row)), "prices": prices.get(row[0], {}),
                             "capabilities": stored_capabilities(row[-1])}
            found[row[0]]["deprecated_at"] = stamp(found[row[0]]["deprecated_at"])
        return found


MODEL_COLUMNS = ("provider_model_id", "model_id", "model_name", "context_length",
                 "max_output_tokens", "modality", "quantization", "deprecated_at", "replaced_by",
                 "supports_function_calling", "supports_vision", "pricing_prompt",
                 "pricing_completion", "pricing_image", "pricing_request")


def from_models(database, slug="openrouter"):
    """Table `models` as users read it; present models only."""
    columns = ", ".join("m." + c for c in MODEL_COLUMNS)
    rows = select(database, f"SELECT {columns} FROM models m JOIN providers o"
                            " ON o.id = m.provider_id"
                            " WHERE m.missing_since IS NULL AND o.slug = ?", slug)
    return {row[0]: dict(zip(MODEL_COLUMNS, row)) for row in rows}


def named(m):
    """What stands in `model_name`: a model without a name goes by its id."""
    return m["id"] if m["name"] is None else m["name"]


def as_models(models):
    """A catalog as table `models` ought to show it."""
    def amount(m, meter):
        """The columns of users are in dollars: another currency stands in table `prices` alone."""
        _, shown, currency = m["prices"].get((meter, ""), (None, None, None))
        return shown if currency == "USD" else None

    def flag(m, name):
        said = m["capabilities"].get(name)
        return None if said is None else int(said)

    return {i: {
        "provider_model_id": i, "model_id": i, "model_name": named(m),
        **{c: m[c] for c in ("context_length", "max_output_tokens", "modality", "quantization",
                             "deprecated_at", "replaced_by")},
        "supports_function_calling": flag(m, "function_calling"),
        "supports_vision": flag(m, "vision"),
        "pricing_prompt": amount(m, "input_token"),
        "pricing_completion": amount(m, "output_token"),
        "pricing_image": amount(m, "input_image"),
        "pricing_request": amount(m, "request"),
    } for i, m in models.items()}


def differences(found, wanted, at=""):
    """Paths at which two nested dicts differ: short enough to read when a test fails."""
    if not (isinstance(found, dict) and isinstance(wanted, dict)):
        same = found == wanted and type(found) is type(wanted)
        return [] if same else [f"{at}: {found!r}, expected {wanted!r}"]
    lines = []
    for key in sorted(set(found) | set(wanted), key=str):
        if key not in found or key not in wanted:
            lines.append(f"{at}/{key}: {'missing' if key in wanted else 'too much'}")
        else:
            lines += differences(found[key], wanted[key], f"{at}/{key}")
    return lines


def assert_same(found, wanted):
    lines = differences(found, wanted)
    assert not lines, f"{len(lines)} differences\n" + "\n".join(lines[:20])


def assert_stored(database, models, slug="openrouter"):
    """Table models, the open versions and prices, and the snapshot say this and nothing else."""
    with of(database).held() as held:
        assert_same(from_models(held, slug), as_models(models))
        assert_same(from_versions(held, slug), models)
        provider = one(held, "SELECT id FROM providers WHERE slug = ?", slug)
        state = select(held, "SELECT hash, models, prices FROM snapshots WHERE provider_id = ?"
                             " ORDER BY id", provider)[-1]
    assert state == (name_of(models, slug), len(models),
                     sum(len(m["prices"]) for m in models.values()))


# ---- the difference between two catalogs

FIELDS = {"name": "renamed", "context_length": "context", "max_output_tokens": "context",
          "modality": "capability", "quantization": "quantization",
          "deprecated_at": "deprecated", "replaced_by": "replaced"}


def text(value):
    return None if value is None else str(value)


def price_text(price):
    return "unpublished" if price is None else "dynamic" if price[0] == "dynamic" else price[1]


def model_changes(before, after):
    i = after["id"]
    for field, kind in FIELDS.items():
        if before[field] != after[field]:
            yield (kind, i, field, text(before[field]), text(after[field]), None)
    if before["capabilities"] != after["capabilities"]:
        yield ("capability", i, "capabilities",
               ",".join(capabilities_list(before["capabilities"])) or None,
               ",".join(capabilities_list(after["capabilities"])) or None, None)
    for key in sorted(set(before["prices"]) | set(after["prices"])):
        old, new = before["prices"].get(key), after["prices"].get(key)
        if old != new:
            both = old and new and old[0] == new[0] == "priced"
            yield ("price", i, "".join(key), price_text(old), price_text(new),
                   rational.ratio(old[1], new[1]) if both else None)


def changes(known, after):
    """(kind, model, field, old, new, ratio), sorted.

    `known`: id → (model as last seen, was it listed in the last fetch).
    """
    found = []
    for i, m in after.items():
        if i not in known:
            found.append(("added", i, None, None, None, None))
            continue
        before, listed = known[i]
        if not listed:
            found.append(("returned", i, None, None, None, None))
        found += model_changes(before, m)
    for i, (_, listed) in known.items():
        if listed and i not in after:
            found.append(("missing", i, None, None, None, None))
    return sorted(found, key=str)


def learn(known, after):
    """`known` once `after` has been fetched."""
    return {**{i: (m, False) for i, (m, _) in known.items()},
            **{i: (m, True) for i, m in after.items()}}


def stored_changes(database, at_ms=None, slug=None):
    """Of models: what is new about the places of a document ("LIST#/place") is left out."""
    rows = select(database, "SELECT c.at, p.slug, c.kind, c.model, c.field, c.old, c.new, c.ratio"
                            " FROM changes c JOIN providers p ON p.id = c.provider_id"
                            " WHERE c.model IS NOT NULL OR c.field IS NULL"
                            " OR c.field NOT LIKE '%#/%'")
    return sorted((row[2:] for row in rows if at_ms in (None, row[0]) and slug in (None, row[1])),
                  key=str)


# ---- events of `sync --json` and of marketsim

def flat_events(events):
    """(event, model, field, old, new), one per capability that moved."""
    found = []
    for e in events:
        if not e["details"]:
            found.append((e["event"], e["model"], None, None, None))
        for field, pair in e["details"].items():
            if field != "capabilities":
                found.append((e["event"], e["model"], field, pair["old"], pair["new"]))
                continue
            old, new = stored_capabilities(pair["old"]), stored_capabilities(pair["new"])
            assert set(old) == set(new)
            found += [(e["event"], e["model"], name, str(old[name]).lower(), str(new[name]).lower())
                      for name in old if old[name] != new[name]]
    return sorted(found, key=str)


def market_events(events):
    """marketsim's events in the same form; what moved nothing is no event."""
    plain = ("added", "removed", "returned")
    return sorted(((e["kind"] if e["kind"] in plain else "modified", e["model"], e["field"],
                    e["old"], e["new"])
                   for e in events if e["kind"] in plain or e["old"] != e["new"]), key=str)
