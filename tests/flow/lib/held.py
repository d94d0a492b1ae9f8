"""What is held and what is shown, asked of the tables."""
import json

MILLION = 10 ** 6


def reviews(database):
    """[(model, key, accepted, observed, decision)], oldest first."""
    return database.select(
        "SELECT m.provider_model_id, c.meter || c.condition, r.accepted, c.amount, r.decision"
        " FROM reviews r JOIN prices c ON c.id = r.price_id JOIN models m ON m.id = c.model_id"
        " ORDER BY r.id")


def shown(database, column="pricing_prompt"):
    """{model: what table models says}"""
    return dict(database.select(f"SELECT provider_model_id, {column} FROM models"))


def observed(database, meter="input_token"):
    """{model: (amount, suspect or None)} of the open unconditional prices."""
    return {model: (amount, suspect) for model, amount, suspect in database.select(
        "SELECT m.provider_model_id, c.amount, c.suspect FROM prices c"
        " JOIN models m ON m.id = c.model_id WHERE c.seen_to IS NULL AND c.meter = ?"
        " AND c.condition = ''", meter)}


def moves(database, kind="price"):
    """[(model, old, new, [tags])], in order."""
    return [(model, old, new, json.loads(tags or "[]")) for model, old, new, tags in database.select(
        "SELECT model, old, new, tags FROM changes WHERE kind = ? ORDER BY id", kind)]


def audited(database):
    """[(actor, action, object, detail)]"""
    return [(actor, action, what, json.loads(detail)) for actor, action, what, detail in
            database.select("SELECT actor, action, object, detail FROM audit_log ORDER BY id")]
