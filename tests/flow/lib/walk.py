# SPDX-License-Identifier: MIT
"""Lists that come in pages by nature, put together by the book of their provider."""
import urllib.parse

from . import dialects

ROWS = ("data", "models", "result", "publisherModels", "prices")


def rows_of(document):
    if isinstance(document, list):
        return document
    key = next(k for k in ROWS if k in document)
    inner = document[key]
    return inner["models"] if isinstance(inner, dict) and "models" in inner else inner


def by_token(member, parameter):
    def following(document, _):
        return {parameter: document[member]} if document.get(member) else None
    return following


def behind_ids(document, _):
    rows = document["data"]
    assert document["first_id"] == (rows[0]["id"] if rows else None)
    assert document["last_id"] == (rows[-1]["id"] if rows else None)
    return {"after_id": document["last_id"]} if document["has_more"] else None


def by_number(document, number):
    told = document["result_info"]
    assert told["page"] == number and told["count"] == len(document["result"]) <= told["per_page"]
    assert told["total_pages"] == -(-told["total_count"] // told["per_page"])
    return {"page": number + 1} if number < told["total_pages"] else None


def by_cursor(document, _):
    assert document["has_more"] == (document["next_cursor"] is not None)
    return {"cursor": document["next_cursor"]} if document["has_more"] else None


FOLLOWING = {
    "fal": by_cursor,
    "fireworks": by_token("nextPageToken", "pageToken"),
    "google-vertex": by_token("nextPageToken", "pageToken"),
    "anthropic": behind_ids,
    "cohere": by_token("next_page_token", "page_token"),
    "google": by_token("nextPageToken", "pageToken"),
    "cloudflare-workers-ai": by_number,
}


# Lists that are asked for the ids of another: parameter, how many at a time, list, key of its ids.
BY_IDS = {("fal", "prices"): ("endpoint_id", 50, "models", "endpoint_id")}


def of_ids(ask, how, target, documents):
    """One document with the rows of all ids."""
    parameter, size, which, key = how
    ids = [row[key] for row in rows_of(documents[which])]
    found = [dialects.load(ask(target + "?" + urllib.parse.urlencode(
        {parameter: ",".join(ids[at:at + size])}))) for at in range(0, len(ids), size)]
    rows, = [k for k in ROWS if k in found[0]]
    return {**found[0], rows: [row for page in found for row in page[rows]]}


def pages(ask, slug, target):
    """ask(target) → body; the documents of all pages, in order."""
    found, more = [], {}
    joint = "&" if "?" in target else "?"
    while more is not None:
        address = target + (joint + urllib.parse.urlencode(more) if more else "")
        found.append(dialects.load(ask(address)))
        assert len(found) < 1000
        following = FOLLOWING.get(slug)
        more = following(found[-1], len(found)) if following else None
    return found


def whole(ask, slug, target):
    """One document with the rows of all pages."""
    found = pages(ask, slug, target)
    if len(found) == 1:
        return found[0]
    key, = [k for k in ROWS if k in found[0]]
    return {**found[0], key: [row for page in found for row in page[key]]}
