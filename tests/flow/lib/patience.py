"""How long a test waits for what must come: so long that no machine, however busy, is too slow for it.

A test waits for the event itself, and this is the limit beyond which it will never come.  What must not
happen is not waited for in seconds either, where there is something that happens instead.
"""
import time

PATIENCE_S = 300


def until(what, why=lambda: "it does not come", patience_s=PATIENCE_S):
    """What `what` says, once it says something; `why` is asked when it never does."""
    end = time.monotonic() + patience_s
    while not (found := what()):
        assert time.monotonic() < end, why()
        time.sleep(0.02)
    return found
