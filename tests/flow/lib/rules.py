# SPDX-License-Identifier: MIT
"""What ought to be reported of a market that is looked at now and then: the rules over time, a second time.

Written from the rules as they are said to users, not from the program: a model is *missing* at once
and *removed* after three complete lists and a hold time; many gone at once are an *incident*; a list
that lacks too many is *suspect* and changes nothing until the next one confirms it; a field that is
back at what it was before its previous change is *reverted*; what appears or vanishes in a fifth of
the rows at once is one event of the document's *schema*.
"""
import collections
import datetime

from lib import truth

REMOVED_AFTER_FETCHES, REMOVED_AFTER_H, INCIDENT_AFTER_H = 3, 73, 168
SCHEMA_ROWS, SCHEMA_PERCENT = 3, 20
INCIDENT_ROWS, INCIDENT_PERCENT = 5, 3
SUSPECT_ROWS, SUSPECT_PERCENT, CONFIRMED_PERCENT = 5, 10, 90
ABSENT = (None, "unpublished")
OF_ONE_MODEL = ("deprecated_at", "replaced_by")  # never a matter of the document

# tags: of "reverted" and "lifecycle"; incident: a number of ours, or None; fetches, since_h: of removed.
Event = collections.namedtuple(
    "Event", "at_h kind model field old new ratio tags incident fetches since_h",
    defaults=(None, None, None, None, frozenset(), None, None, None))


class Absence:
    def __init__(self, at_h, incident):
        self.since_h, self.incident, self.fetches, self.removed = at_h, incident, 1, False


class Rules:
    """One provider.  Rows are those of lib.truth.catalog(); an unmoved row must be the same object."""

    def __init__(self, begins, rows):
        self.begins = begins
        self.known = dict(rows)  # as last seen
        self.listed = set(rows)
        self.absent = {}
        self.before = {}     # (model, field) → what it was before its last change
        self.suspected = set()
        self.suspects = []   # hours of lists that were not taken over
        self.incidents = []  # (hour, members)

    def observe(self, at_h, rows):
        """The events of this complete list; None: it is suspect."""
        lacking = self.listed - rows.keys()
        if self.is_suspect(lacking):
            self.suspected = lacking
            self.suspects.append(at_h)
            return None
        both = self.listed & rows.keys()
        events = self.went(at_h, lacking, self.suspected) + self.came(at_h, rows) + self.moved(at_h, rows, both)
        self.known.update(rows)
        self.listed, self.suspected = set(rows), set()
        return events + self.removals(at_h)

    def is_suspect(self, lacking):
        limit = max(SUSPECT_ROWS, len(self.listed) * SUSPECT_PERCENT // 100)
        if len(lacking) <= limit:
            return False
        again = lacking & self.suspected
        confirmed = (self.suspected and len(again) * 100 >= len(self.suspected) * CONFIRMED_PERCENT
                     and len(lacking - again) <= limit)
        return not confirmed

    # ---- coming and going

    def went(self, at_h, lacking, suspected):
        """What an earlier suspect list lacked and this one still does went with it."""
        many = len(lacking) >= INCIDENT_ROWS and \
            len(lacking) * 100 >= len(self.listed) * INCIDENT_PERCENT
        members = lacking if many else lacking & suspected
        incident = len(self.incidents) if members else None
        self.incidents += [(at_h, members)] if members else []
        for absence in self.absent.values():
            absence.fetches += 1
        self.absent.update((i, Absence(at_h, incident if i in members else None)) for i in lacking)
        return [Event(at_h, "missing", i, incident=self.absent[i].incident) for i in lacking]

    def came(self, at_h, rows):
        events = [Event(at_h, "added", i) for i in rows.keys() - self.known.keys()]
        for i in self.absent.keys() & rows.keys():
            events.append(Event(at_h, "returned", i, incident=self.absent.pop(i).incident))
        return events

    def has_ended(self, i, at_h):
        end = self.known[i]["deprecated_at"]
        return end is not None and instant(end) <= self.begins + datetime.timedelta(hours=at_h)

    def removals(self, at_h):
        events = []
        for i, absence in self.absent.items():
            hold = REMOVED_AFTER_H if absence.incident is None else INCIDENT_AFTER_H
            held = at_h - absence.since_h < hold
            ended = absence.incident is None and self.has_ended(i, at_h)
            if absence.removed or absence.fetches < REMOVED_AFTER_FETCHES or (held and not ended):
                continue
            absence.removed = True
            events.append(Event(at_h, "removed", i, incident=absence.incident,
                                tags=frozenset({"lifecycle"} if ended else ()),
                                fetches=absence.fetches, since_h=absence.since_h))
        return events

    # ---- fields

    def moved(self, at_h, rows, both):
        """(kind, model, field, old, new, ratio) of each field; what is of the document stands alone."""
        moves = [move for i in rows.keys() & self.known.keys() if rows[i] is not self.known[i]
                 for move in truth.model_changes(self.known[i], rows[i])]
        folded = self.of_the_document(moves, both)
        events = [Event(at_h, "schema", None, field, tags=frozenset({how}))
                  for field, how in folded]
        for kind, model, field, old, new, ratio in moves:
            if (field, drift(field, old, new)) in folded:
                continue
            back = self.before.get((model, field), ()) == (new,)
            self.before[model, field] = (old,)
            events.append(Event(at_h, kind, model, field, old, new, ratio,
                                frozenset({"reverted"} if back else ())))
        return events

    @staticmethod
    def of_the_document(moves, both):
        counted = collections.Counter((field, drift(field, old, new))
                                      for _, i, field, old, new, _ in moves if i in both)
        return {key for key, n in counted.items() if key[1] and n >= SCHEMA_ROWS
                and n * 100 >= len(both) * SCHEMA_PERCENT}


def drift(field, old, new):
    """Whether a key appears or vanishes."""
    if field in OF_ONE_MODEL or (old in ABSENT) == (new in ABSENT):
        return None
    return "appears" if old in ABSENT else "vanishes"


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
