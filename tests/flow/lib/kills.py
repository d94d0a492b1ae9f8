"""kill -9 of runs at random instants; how often: ASSAY_KILLS=200, the default is 25."""
import os
import subprocess
import time

from lib.patience import PATIENCE_S

# Taken out of the environment: assay warns about ASSAY_* names it does not know.
KILLS = int(os.environ.pop("ASSAY_KILLS", "25"))

BEYOND = 1.25  # some of the instants lie after the end of a run of usual length


class Instants:
    """One instant in each slice of the time that a run takes, in mixed order.

    How long a run takes is learned from the runs themselves: a machine that others use is half as
    fast a minute later, and instants that were all too early would prove nothing.
    """

    def __init__(self, kills, span, chance):
        self.kills, self.span, self.chance = kills, span, chance

    def __call__(self, enough):
        """The delays; once all slices were hit, more of them until enough(), thrice as many at most."""
        for slice_ in self.chance.sample(range(self.kills), self.kills):
            yield (slice_ + self.chance.random()) / self.kills * self.span * BEYOND
        for _ in range(2 * self.kills):
            if enough():
                return
            yield self.chance.random() * self.span * BEYOND

    def strike(self, process, delay):
        """SIGKILL after so many seconds, unless it has ended by then; its exit code."""
        begun = time.monotonic()
        try:
            code = process.wait(delay)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait(PATIENCE_S)
        self.span = time.monotonic() - begun
        return code

    def was_early(self, delay):
        """What was killed after so long had not done its work: a run takes longer than that."""
        self.span = max(self.span, delay * BEYOND)
