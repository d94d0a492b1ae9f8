"""How often what is killed at random instants is killed: ASSAY_KILLS=200, the default is 25."""
import os

# Taken out of the environment: assay warns about ASSAY_* names it does not know.
KILLS = int(os.environ.pop("ASSAY_KILLS", "25"))
