"""What a caller needs to be let in by every provider of marketsim: a key each, and a service account.

Any key will do, so each is named after its variable: where it turns up, it is known.  The account's
key pair is made by openssl when it is needed first; marketsim gets its public half.  Run as a
program it prints the keys, the account's left out, as NAME=value.
"""
import atexit
import functools
import json
import pathlib
import shutil
import subprocess
import tempfile
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
EMAIL = "robot@made-up.iam.gserviceaccount.test"
TOKEN_URI = "https://oauth2.googleapis.com/token"
CREDENTIALS = "GOOGLE_APPLICATION_CREDENTIALS"
DESCRIPTORS = {file.stem: json.loads(file.read_text())
               for file in sorted((ROOT / "providers").glob("*.json"))}
PROVIDERS = tuple(DESCRIPTORS)
# One variable a provider: the first that it knows.
KEY_OF = {slug: d["auth"]["env"][0] for slug, d in DESCRIPTORS.items()
          if d["auth"]["form"] not in ("none", "google")}
VARIABLES = {v["env"][0]: "made-up" for d in DESCRIPTORS.values()
             for v in d.get("variables", {}).values()}
KEYS = {**{name: f"key-of-the-tests-{name.lower()}" for name in KEY_OF.values()}, **VARIABLES}


def openssl(*args):
    return subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True).stdout


class Account:
    """Credentials of a service account, in a file in `place`."""

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

    def register(self, url):
        """With the token endpoint of the marketsim there."""
        post(url, f"service-account?email={urllib.parse.quote(self.email)}", self.public)

    def secrets(self):
        """Lines of the key: none of them may be told anywhere."""
        return [line for line in self.pem.splitlines() if not line.startswith("-----")]


def post(url, what, data=b""):
    with OPENER.open(f"{url}/sim/{what}", data=data, timeout=30) as answer:
        return answer.read()


@functools.cache
def account():
    """The one of this process."""
    place = pathlib.Path(tempfile.mkdtemp(prefix="account."))
    atexit.register(shutil.rmtree, place)
    return Account(place)


def environment(url, now_s=0):
    """Variables that open every list of the marketsim there, whose token endpoint's clock is set to
    `now_s`; 0 is the computer's."""
    account().register(url)
    post(url, f"issuer?now={now_s}")
    return {**KEYS, CREDENTIALS: str(account().file)}


if __name__ == "__main__":
    for name, value in KEYS.items():
        print(f"{name}={value}")
