"""Small providers of one form: models of real names, everything else about them is invented."""
import json

from lib.market import Shelf

PRICES = (("input_token", "in", ""), ("output_token", "out", ""), ("cached_input_token", "cached", ""),
          ("input_token", "in_long", "[>200000]"), ("output_token", "out_long", "[>200000]"),
          ("input_token", "in_huge", "[>=1000000]"), ("input_token", "in_batch", "[batch]"),
          ("output_token", "out_batch", "[batch]"), ("request", "fee", ""),
          ("input_token", "in_night", "[16:30-00:30Z]"), ("cache_write_token", "write_1h", "[1h]"),
          ("cache_write_token", "write_5m", "[5m]"), ("reasoning_token", "think", ""))


DISCOUNT = {"meter": "input_token", "at": "/list", "condition": "[discount]", "less": "/off",
            "until": {"at": "/off_ends", "format": "date"}}


def descriptor(slug, currency):
    """Prices are strings per 1M tokens (fee: per request), -1 is decided at call time."""
    return {
        "slug": slug, "name": slug.title(), "base_url": f"https://{slug}.example/v1",
        "auth": {"form": "none"},
        "lists": [{
            "name": "models", "url": f"https://{slug}.example/v1/models", "rows": "/items",
            "fields": {"id": "/id", "name": "/id", "hugging_face_id": "/hub", "quantization": "/quant",
                       "context_length": "/window", "max_output_tokens": "/longest",
                       "deprecated_at": {"at": "/ends", "format": "date"}},
            "prices": [{"meter": meter, "at": f"/{key}",
                        **({"condition": condition} if condition else {}),
                        "unit": f"{currency} per request" if meter == "request"
                        else f"{currency} per 1M tokens",
                        "sentinels": {"-1": "dynamic"}} for meter, key, condition in PRICES]
            + [{**DISCOUNT, "unit": f"{currency} per 1M tokens"}]}],
    }


class Bazaar:
    """`stalls`: slug → currency.  The desk knows their descriptors, a simulator replays their lists."""

    def __init__(self, place, start_market, start_assay, stalls):
        self.slugs = tuple(stalls)
        self.shelf = Shelf(place / "documents")
        self.shelf.path.mkdir()
        self.folder = place / "descriptors"
        self.folder.mkdir()
        for slug, currency in stalls.items():
            (self.folder / f"{slug}.json").write_text(json.dumps(descriptor(slug, currency)))
        self.market = start_market(replay=self.shelf.path)
        self.desk = start_assay(self.market, ASSAY_PROVIDERS_DIR=str(self.folder))

    def sell(self, slug, *rows):
        self.shelf.put({"items": list(rows)}, f"{slug}.example/v1/models")

    def sync(self, *slugs, **how):
        return self.desk.sync("--json", "--providers", *(slugs or self.slugs), **how)

    def names(self):
        """{(slug, id): (canonical id, evidence)}"""
        rows = self.desk.database.select(
            "SELECT p.slug, m.provider_model_id, m.canonical_id, m.canonical_evidence"
            " FROM models m JOIN providers p ON p.id = m.provider_id")
        return {(slug, i): (canonical, evidence) for slug, i, canonical, evidence in rows}

    def canonical(self):
        return {key: canonical for key, (canonical, _) in self.names().items()}
