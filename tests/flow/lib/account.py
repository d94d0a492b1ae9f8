"""A service account of the test's own: keys made now by openssl, credentials, and what is secret."""
import json
import subprocess
import urllib.parse

EMAIL = "robot@made-up.iam.gserviceaccount.test"
TOKEN_URI = "https://oauth2.googleapis.com/token"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


def openssl(*args):
    return subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True).stdout


class Account:
    def __init__(self, place, email=EMAIL):
        self.place, self.email = place, email
        self.key = place / f"{email}.key"
        self.file = place / f"{email}.json"
        openssl("genrsa", "-out", self.key, "2048")
        self.public = openssl("rsa", "-in", self.key, "-pubout")
        self.pem = self.key.read_text()
        self.write()

    def credentials(self, **changes):
        """`None` takes a member away."""
        said = {"type": "service_account", "project_id": "made-up", "private_key_id": "0123abcd",
                "private_key": self.pem, "client_email": self.email, "token_uri": TOKEN_URI,
                **changes}
        return json.dumps({name: value for name, value in said.items() if value is not None})

    def write(self, text=None, **changes):
        self.file.write_text(self.credentials(**changes) if text is None else text)

    def register(self, market):
        """With the token endpoint of a marketsim."""
        email = urllib.parse.quote(self.email)
        market.bytes(f"/sim/service-account?email={email}", data=self.public)

    def secrets(self):
        """Lines of the key: none of them may be told anywhere."""
        return [line for line in self.pem.splitlines() if not line.startswith("-----")]


def tokens(market):
    """What was shown to lists since the journal was cleared last."""
    return [r["headers"].get("authorization") for r in market.get("/sim/requests")
            if not r["path"].endswith("/token")]
