#!/usr/bin/env python3
"""Write doc/providers/ from the descriptors: provider_docs.py [--check] [ROOT]

README.md is a table of all providers, SLUG.md one page for each of providers/SLUG.json.  A member
of a descriptor that this program has no words for is an error, so that no page is silently less
than its descriptor.  --check writes nothing and fails where a committed page is another.
"""
import json
import pathlib
import sys

MARK = "<!-- Written by ./run docs from {}. Change that, not this. -->\n"
SURE = {"A": "seen in a captured document, a specification or the server's source",
        "B": "independent sources agree",
        "C": "one source",
        "U": "not verified: taken so that a wrong guess fails by name"}
ZERO = {"unpublished": "no price", "dynamic": "depends on routing", "free": "free"}
FORMS = {"none": None, "bearer": "`Authorization: Bearer KEY`",
         "google": "a service account's signed token, `Authorization: Bearer TOKEN`"}
FORM_PREFIXES = {"header": "`{}: KEY`", "query": "the parameter `{}` of the URL",
                 "scheme": "`Authorization: {} KEY`"}
DATES = {"unix": "seconds since 1970", "unix_ms": "milliseconds since 1970", "rfc3339": "RFC 3339",
         "date": "a date", "unix_or_rfc3339": "seconds since 1970, or RFC 3339 as a string",
         "datetime": "date and time in UTC", "ymd": "an object with year, month and day"}


class Unknown(Exception):
    """A member without words."""


def known(what, members, *names):
    """All of `members`, none of them outside `names`."""
    odd = set(members) - set(names)
    if odd:
        raise Unknown(f"{what}: no words for {', '.join(sorted(odd))}")
    return members


# ---- small words

def code(text):
    return f"`{text}`" if text else "the document itself"


def listed(texts, last="and"):
    texts = list(texts)
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}"


def places(at):
    """A pointer, or several of which the first that holds something wins."""
    return ", else ".join(map(code, at if isinstance(at, list) else [at]))


def row(*cells):
    return "| " + " | ".join(str(c).replace("|", "\\|").replace("\n", " ") for c in cells) + " |\n"


def table(heads, rows):
    rows = list(rows)
    return row(*heads) + "|" + "---|" * len(heads) + "\n" + "".join(rows) + "\n" if rows else ""


def as_list(value):
    return value if isinstance(value, list) else [value]


def cut_at(split):
    return f", cut at {listed(code(c) for c in split)}" if split else ""


# ---- tests

def yes(test):
    """When the answer is yes."""
    if isinstance(test, list):
        return " or ".join(map(yes, test))
    if isinstance(test, str):
        return f"{code(test)} is true"
    known("a test", test, "at", "has", "mentions", "is", "present", "split")
    at = code(test["at"])
    if "present" in test:
        return f"something stands at {at}"
    verb = "is" if "is" in test else "holds"
    words = as_list(test.get("is", test.get("has", test.get("mentions"))))
    return f"{at}{cut_at(test.get('split'))} {verb} {listed(map(code, words), 'or')}"


def no(test):
    if isinstance(test, str):
        return "it is false"
    if "present" in test or "mentions" in test:
        return "never said"
    return "it is another" if "is" in test else "it does not"


# ---- fields

def part(piece):
    return f"`{piece}`" if isinstance(piece, str) else said(piece)[0]


def strip(field):
    if "strip" not in field:
        return []
    put = f", {code(field['put'])} put before" if field.get("put") else ""
    return [f"`{field['strip']}` taken off{put}"]


def said(field):
    """(where, notes) of a field."""
    if not isinstance(field, dict):
        return places(field), []
    known("a field", field, "at", "words", "absent", "format", "strip", "put", "join", "inputs",
          "outputs", "split", "text")
    if "join" in field:
        return " + ".join(map(part, field["join"])), []
    if "inputs" in field:
        where = f"in {places(field['inputs'])}; out {places(field['outputs'])}"
    else:
        where = places(field["at"])
    notes = [DATES[field["format"]]] if "format" in field else []
    notes += strip(field)
    notes += [f"strings{cut_at(field['split'])} too"] if "split" in field else []
    notes += ["numeric strings too"] if field.get("text") else []
    if "absent" in field:
        notes.append(f"{listed(map(code, field['absent']))} means not said")
    return where, notes + (["by words, below"] if "words" in field else [])


def words_of(name, field):
    if not isinstance(field, dict) or "words" not in field:
        return ""
    return table((f"what it writes for {name.replace('_', ' ')}", "what is read"),
                 (row(code(w), code(m) if m else "known, says nothing")
                  for w, m in field["words"].items()))


def fields(entries):
    rows = []
    for name, field in entries.items():
        where, notes = said(field)
        rows.append(row(name.replace("_", " "), where, "; ".join(notes)))
    return table(("field", "where", ""), rows) + "".join(
        words_of(name, field) for name, field in entries.items())


def capabilities(tests):
    return table(("capability", "yes", "no"),
                 (row(name.replace("_", " "), yes(t), no(t)) for name, t in tests.items()))


# ---- prices

PRICE = ("meter", "at", "unit", "condition", "required", "noise", "when", "times", "per", "less",
         "until", "tiers", "sentinels", "zero_unpublished_unless", "zero_unpublished_if", "or",
         "type", "within", "scale", "currency", "money", "above", "at_least")
FORM = ("type", "within", "money", "scale", "tiers", "or")  # of one place of a price alone


def condition(price):
    parts = [code(price["condition"])] if "condition" in price else []
    parts += [f"above {code(price['above'])} input tokens"] if "above" in price else []
    parts += [f"from {code(price['at_least'])} input tokens on"] if "at_least" in price else []
    return ", ".join(parts) or "always"


def zero(price):
    sentinels = price.get("sentinels", {})
    if "0" in sentinels:
        return ZERO[sentinels["0"]]
    if "zero_unpublished_unless" in price:
        return f"free where {yes(price['zero_unpublished_unless'])}, else no price"
    if "zero_unpublished_if" in price:
        return f"no price where {yes(price['zero_unpublished_if'])}, else free"
    return "free"


def price_notes(price):
    notes = [f"`{v}` {ZERO[m]}" for v, m in price.get("sentinels", {}).items() if v != "0"]
    says = (("when", lambda v: f"only where {yes(v)}"),
            ("required", lambda v: "must be there" if v else None),
            ("type", lambda v: f"a JSON {v}"),
            ("within", lambda v: f"within {v[0]} and {v[1]}"),
            ("money", lambda v: "or {currencyCode, units, nanos}" if v else None),
            ("scale", lambda v: f"times 10 to the power of minus {code(v)}"),
            ("currency", lambda v: f"the currency at {code(v)}"),
            ("times", lambda v: f"a factor of {code(v)}"),
            ("per", lambda v: f"divided by {listed(map(code, v))}"),
            ("less", lambda v: f"less the part at {code(v)}"),
            ("until", lambda v: f"until {places(v['at'])}"),
            ("noise", lambda v: f"numbers rounded to {v} digits"),
            ("tiers", tiers))
    return "; ".join(notes + [text for key, say in says if key in price
                              for text in [say(price[key])] if text])


def tiers(t):
    known("tiers", t, "at", "cost", "from", "to")
    return f"steps at {code(t['at'])}: {code(t['cost'])} from {code(t['from'])} to {code(t['to'])}"


def price_rows(price, defaults):
    """One row, and one for each place that is read where what stands before says nothing."""
    whole = {**defaults, **known("a price", price, *PRICE)}
    yield row(f"`{whole['meter']}`", code(whole["at"]), whole["unit"], condition(whole),
              zero(whole), price_notes({k: v for k, v in whole.items() if k != "or"}))
    for other in price.get("or", []):
        # The form of the number at the first place is not that of the others.
        own = {k: v for k, v in whole.items() if k not in FORM}
        own.update(known("or", other, *PRICE))
        yield row("or", code(own["at"]), own["unit"], condition(own), zero(own), price_notes(own))


def overrides(o):
    known("overrides", o, "at", "keys_of", "conditions")
    c = known("conditions", o["conditions"], "above", "at_least", "window")
    when = [f"above {code(c['above'])} input tokens"] if "above" in c else []
    when += [f"from {code(c['at_least'])} input tokens on"] if "at_least" in c else []
    if "window" in c:
        when.append(f"between {code(c['window']['from'])} and {code(c['window']['to'])} UTC")
    return (f"Each entry of {code(o['at'])} repeats keys of {code(o['keys_of'])} with the prices that"
            f" hold {listed(when, 'or')}.\n\n")


def prices(entry):
    if "prices" not in entry:
        return "No prices in this list.\n\n"
    defaults = known("price_defaults", entry.get("price_defaults", {}), *PRICE)
    text = table(("meter", "where", "unit", "when it applies", "0 means", "how it is read"),
                 (r for p in entry["prices"] for r in price_rows(p, defaults)))
    if "modes" in entry:
        modes = known("modes", entry["modes"], "at", "words")
        ways = (f"`{w}`: {code(c) if c else 'no condition'}" for w, c in modes["words"].items())
        text += (f"Rows of one id are one model; {code(modes['at'])} says when the prices of a row"
                 f" apply ({', '.join(ways)}).\n\n")
    return text + (overrides(entry["overrides"]) if "overrides" in entry else "")


# ---- lists

def pages(entry):
    """(short, sentence) of how the list goes on."""
    p = known("pages", entry.get("pages", {}), "form", "next", "parameter", "more", "first",
              "total_pages", "size")
    form = p.get("form")
    if form == "token":
        more = f" while {code(p['more'])} is true" if "more" in p else ""
        return "a token", (f"It comes in pages: what stands at {code(p['next'])} goes into"
                           f" `{p['parameter']}`{more}.")
    if form == "number":
        end = f"as many as {code(p['total_pages'])} says" if "total_pages" in p else (
            "up to the first empty one")
        return "counted", f"It comes in pages, counted by `{p['parameter']}` from {p.get('first', 1)} on, {end}."
    if form == "url":
        return "a URL", f"It comes in pages: the next one is at {code(p['next'])}."
    if form == "link":
        return "a header", "It comes in pages: the next one is in the header `Link`."
    if form == "ids":
        return "by ids", (f"It is asked for by the ids of the first list, {p['size']} at a time, in"
                          f" `{p['parameter']}`.")
    return "whole", "It comes whole."


def key_of(entry, auth):
    if auth["form"] == "none" or entry.get("auth") is False:
        return "No key is sent."
    if entry.get("auth") == "required" or auth.get("required"):
        return "It is not asked for without the key."
    return "It can be read without a key."


def frame(entry):
    """Where the rows are, and what else the document must say."""
    rows = f"The rows are at {places(entry['rows'])}" if entry.get("rows") else (
        "The document is the array of rows")
    text = rows + (f", in {code(entry['each'])} of each element" if "each" in entry else "") + "."
    if "where" in entry:
        text += f" Only those count where {yes(entry['where'])}."
    if "total" in entry:
        text += f" {code(entry['total'])} must be their number."
    if "next" in entry:
        text += f" {code(entry['next'])} must be empty."
    return text


def closed(entry):
    def one(c):
        if isinstance(c, dict):
            return f"{code(c['at'])} by its `{c['by']}`"
        return code(c) if c else "the row itself"
    text = ""
    if entry.get("closed"):
        text += f"Told by name when it is not known: what stands under {listed(map(one, entry['closed']))}.\n\n"
    if entry.get("ignore"):
        text += f"Known and not read: {listed(map(code, entry['ignore']))}.\n\n"
    return text


def one_list(entry, auth, first):
    known("a list", entry, "name", "url", "required", "auth", "rows", "each", "total", "next", "pages",
          "fields", "capabilities", "keep", "price_defaults", "prices", "overrides", "closed", "ignore",
          "where", "adds", "modes")
    text = f"## List `{entry['name']}`\n\n```\nGET {entry['url']}\n```\n\n"
    if not first:
        text += ("Rows that no earlier list has are models too. " if entry.get("adds") else
                 "Joined to the first list by id; it only says what is not said yet. ")
    if not entry.get("required", True):
        text += "It may fail: what it alone says then keeps its last value. "
    text += f"{key_of(entry, auth)} {pages(entry)[1]} {frame(entry)}\n\n"
    text += fields(entry["fields"]) + capabilities(entry.get("capabilities", {}))
    text += prices(entry)
    if entry.get("keep"):
        kept = (f"{code(k)} from {code(at)}" for k, at in entry["keep"].items())
        text += f"Kept as it stands: {listed(kept)}.\n\n"
    return text + closed(entry)


# ---- a provider

def key_row(auth):
    known("auth", auth, "form", "required", "env", "scope")
    form, _, name = auth["form"].partition(":")
    how = FORM_PREFIXES[form].format(name) if name else FORMS[form]
    if how is None:
        return ""
    need = "needed" if auth.get("required") else "optional"
    return row("key", f"{listed(map(code, auth['env']), 'or')}: {need}; goes as {how}")


CHAT_FORMS = {"openai": "OpenAI's", "anthropic": "Anthropic's", "cohere": "Cohere's"}
RECIPE = ("form", "limit", "limit_min", "limit_max", "no_stream_options", "add", "headers", "auth")


def form_of(auth):
    form, _, name = auth.partition(":")
    return FORM_PREFIXES[form].format(name) if name else FORMS[form] or "no key"


def recipe(rule):
    """What is other in a request than in the standard one."""
    says = (("form", lambda v: f"{CHAT_FORMS[v]} form"),
            ("auth", lambda v: f"the key as {form_of(v)}"),
            ("limit", lambda v: f"the limit is {code(v)}"),
            ("limit_min", lambda v: f"at least {v} tokens"),
            ("limit_max", lambda v: f"at most {v} tokens"),
            ("no_stream_options", lambda v: "without `stream_options`" if v else None),
            ("add", lambda v: f"with {code(json.dumps(v))}"),
            ("headers", lambda v: "sent with " + listed(f"`{k}: {w}`" for k, w in v.items())))
    return "; ".join(text for key, say in says if key in rule for text in [say(rule[key])] if text)


def chat_rows(chat):
    if chat is None:
        return []
    known("chat", chat, "url", "models", *RECIPE)
    rows = [row("chats", chat["url"])]
    rows += [row("a chat is asked for", recipe(chat))] if recipe(chat) else []
    for m in chat.get("models", []):
        known("a model of chat", m, "match", "chat", *RECIPE)
        how = "no chat" if m.get("chat") is False else recipe(m)
        rows.append(row(", ".join(map(code, as_list(m["match"]))), how))
    return rows


def about(d):
    rows = [row("website", d["site_url"])] if "site_url" in d else []
    rows += [row("API", d["base_url"])]
    for key, name in (("docs", "documentation"), ("status_page_url", "status page")):
        rows += [row(name, d[key])] if key in d else []
    rows += chat_rows(d.get("chat"))
    rows += [key_row(d["auth"])]
    for name, v in d.get("variables", {}).items():
        known("a variable", v, "env", "default")
        default = f", else {code(v['default'])}" if "default" in v else ""
        rows.append(row(f"`{{{name}}}` in addresses", listed(map(code, v["env"]), "or") + default))
    if "headers" in d:
        rows.append(row("sent to every list", listed(f"`{k}: {v}`" for k, v in d["headers"].items())))
    if "aliases" in d:
        rows.append(row("also called", listed(map(code, d["aliases"]))))
    if "hub_name" in d:
        rows.append(row("on Hugging Face's router", code(d["hub_name"])))
    able = [k.replace("_", " ") for k, v in d.get("supports", {}).items() if v]
    rows += [row("supports", listed(able))] if able else []
    return table(("", ""), rows)


def facts(d):
    text = "## How sure\n\n"
    for sure, meaning in SURE.items():
        of = [f for f in d.get("facts", []) if f["sure"] == sure]
        if of:
            text += f"**{sure}**: {meaning}.\n\n" + table(
                ("fact", "since", "source"), (row(f["fact"], f["since"], f["source"]) for f in of))
    return text


def page(d, path):
    known(d["slug"], d, "slug", "name", "description", "site_url", "base_url", "logo_url", "docs",
          "status_page_url", "aliases", "hub_name", "supports", "auth", "chat", "lists", "facts",
          "quirks", "headers", "variables")
    text = MARK.format(path) + f"# {d['name']}\n\n`{d['slug']}`: {d.get('description', '')}\n\n" + about(d)
    if d.get("quirks"):
        text += "## What to know\n\n" + "".join(f"- {q}\n" for q in d["quirks"]) + "\n"
    for n, entry in enumerate(d["lists"]):
        text += one_list(entry, d["auth"], n == 0)
    return (text + facts(d)).rstrip("\n") + "\n"


# ---- all of them

def units(d):
    """The units of its prices: of tokens, or of what there is besides."""
    found = {}
    for entry in d["lists"]:
        for price in entry.get("prices", []):
            for p in (price, *price.get("or", [])):
                u = p.get("unit", entry.get("price_defaults", {}).get("unit"))
                found.setdefault("token" in price["meter"], []).append(u)
    of = list(dict.fromkeys(found.get(True, found.get(False, []))))
    more = f" and {len(of) - 2} more" if len(of) > 3 else ""
    return ", ".join(of[:2] if more else of) + more or "none"


def overview(providers):
    rows = []
    for d in providers:
        first = d["lists"][0]
        sure = [f["sure"] for f in d.get("facts", [])]
        env = d["auth"].get("env", [])
        need = "" if d["auth"].get("required") else " (optional)"
        rows.append(row(f"[{d['name']}]({d['slug']}.md)", code(d["slug"]),
                        "<br>".join(map(code, env)) + need if env else "none",
                        first["url"].removeprefix("https://").partition("?")[0], units(d),
                        pages(first)[0],
                        " ".join(f"{s}{sure.count(s)}" for s in SURE if s in sure)))
    meanings = "".join(f"- **{s}**: {m}.\n" for s, m in SURE.items())
    return (MARK.format("providers/") + "# Providers\n\n" +
            f"{len(providers)} providers are built in. Each page says where the lists are, what is read"
            " from them, in which\nunit, and how sure that is.\n\n" +
            table(("provider", "slug", "key", "first list", "prices", "pages", "facts"), rows) +
            f"The last column counts what a descriptor relies on, by how sure it is:\n\n{meanings}")


def write_all(root):
    """{name: text} of everything in doc/providers/."""
    providers = []
    for path in sorted((root / "providers").glob("*.json")):
        providers.append((json.loads(path.read_text(encoding="utf-8")), f"providers/{path.name}"))
    texts = {f"{d['slug']}.md": page(d, path) for d, path in providers}
    return {**texts, "README.md": overview([d for d, _ in providers])}


def main(argv):
    check = "--check" in argv
    words = [a for a in argv if a != "--check"]
    root = pathlib.Path(words[0]) if words else pathlib.Path(__file__).resolve().parent.parent
    folder = root / "doc" / "providers"
    texts = write_all(root)
    there = {p.name: p.read_text(encoding="utf-8") for p in folder.glob("*.md")}
    if check:
        odd = sorted(n for n in texts.keys() | there.keys() if texts.get(n) != there.get(n))
        for name in odd:
            print(f"doc/providers/{name} is not what ./run docs writes", file=sys.stderr)
        return 1 if odd else 0
    folder.mkdir(parents=True, exist_ok=True)
    for name in there.keys() - texts.keys():
        (folder / name).unlink()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
