"""What the simulated world does during a soak: catalogs move, lists break in every way, endpoints fail,
the dataset's Hub has bad moments; all of it for a while, and then it is well again.
"""
import random
import sys
import time

from measure import ROOT

sys.path.insert(0, str(ROOT / "tests/flow"))

from lib.chat import reset_chat
from soak_load import Actor

# Faults of a list that end by themselves within the time-out of a fetch.
LIST_FAULTS = ("empty_list", "gzip_garbage", "gzip_truncated", "half_list", "hostile", "html", "invalid_json",
               "not_object", "null_body", "reset", "reset_early", "status", "timeout", "truncated",
               "truncated_chunked", "wrong_shape")
CHAT_FAULTS = ("overloaded", "rate_limited", "server_error", "reset_body", "cut_body", "wrong_answer")
BAD_S = 12        # of one provider's bad weather
GROWTH = 60       # so many moves bring new models; a catalog that only grew would be memory that grows
HUB_WELL_S = 150  # a push comes each minute: one in three fails, and the next two take what it left
AFTERMATH_S = 30  # a list that was cut leaves suspicion behind: what comes next may be refused, too


class Weather(Actor):
    def __init__(self, notebook, market, hub, slugs, every_s, seed):
        super().__init__("weather", notebook)
        self.market, self.hub, self.slugs, self.every_s = market, hub, slugs, every_s
        self.rng = random.Random(f"{seed} weather")
        self.hub_hurt = float("-inf")
        self.bad = {}  # slug: when it turned bad
        self.ended = {}
        self.faults = self.moves = 0

    def was_bad(self, slug, since):
        """At some time from then on, or shortly before it."""
        return slug in self.bad or self.ended.get(slug, -AFTERMATH_S) + AFTERMATH_S > since

    def turn_bad(self):
        slug = self.rng.choice(self.slugs)
        if slug in self.bad:
            return
        kind = self.rng.choice(LIST_FAULTS)
        self.bad[slug] = time.monotonic()  # before: a sync may begin this moment
        self.market.fault(kind, provider=slug)
        self.faults += 1

    def heal(self, all_of_them=False):
        for slug, since in list(self.bad.items()):
            if all_of_them or time.monotonic() - since > BAD_S:
                self.market.heal(slug)
                self.ended[slug] = time.monotonic()
                del self.bad[slug]

    def move(self):
        """Days of all kinds; later ones in which prices move, and models go and come back."""
        self.moves += 1
        if self.moves <= GROWTH:
            self.market.advance()
            return
        action, n = self.rng.choice((("reprice", 5), ("remove", 2), ("restore", None)))
        self.market.post(action, **({"n": n} if n else {}))

    def chat(self):
        reset_chat(self.market, outcome=self.rng.choice(CHAT_FAULTS), chance=0.7)
        self.faults += 1

    def bad_hub(self):
        if time.monotonic() - self.hub_hurt < HUB_WELL_S:
            return
        self.hub_hurt = time.monotonic()
        self.hub.fault(self.rng.choice(("preupload", "commit")), "status", status=500)
        self.faults += 1

    def step(self):
        self.heal()
        self.rng.choice((self.turn_bad, self.turn_bad, self.chat, self.bad_hub, self.move))()
        self.ending.wait(self.every_s)

    def close(self):
        self.heal(all_of_them=True)
        reset_chat(self.market)
