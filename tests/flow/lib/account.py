"""A service account of the test's own, and what was shown to lists."""
from market_keys import EMAIL, TOKEN_URI, Account, openssl  # noqa: F401 (for those who test with them)

SCOPE = "https://www.googleapis.com/auth/cloud-platform"


def tokens(market):
    """What was shown to lists since the journal was cleared last."""
    return [r["headers"].get("authorization") for r in market.get("/sim/requests")
            if not r["path"].endswith("/token")]
