#!/usr/bin/env python3
"""A throw-away PostgreSQL cluster: made, started, stopped and removed by the test run itself.

    with Cluster() as cluster: … cluster.url("postgres") …
    cluster.py run -- COMMAND…      COMMAND finds it in ASSAY_TEST_POSTGRES

It listens on a free loopback port, asks everybody for a password (SCRAM) and syncs nothing to disk.
It lies in memory where there is room, else in the directory for temporary files;
ASSAY_TEST_NO_SHM=1 behaves as in a container without /dev/shm.  PostgreSQL refuses to run as root:
then it runs as user postgres.  A machine without PostgreSQL is a failure, never a skip.
"""
import contextlib
import ctypes
import os
import pathlib
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

INSTALLED = pathlib.Path("/usr/lib/postgresql")  # Debian's: one directory a version
USER = "assay"
STARTS_IN_S = 120  # a machine may be busy
STOPS_IN_S = 60
ROOM = 1 << 30  # in memory, for a cluster to lie there
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)

# What the server is told, besides where it is.  No table of a test is large enough to be shared out.
SETTINGS = {
    "autovacuum": "off",
    "jit": "off",
    "listen_addresses": "127.0.0.1",
    "log_checkpoints": "off",
    "max_connections": "60",
    "max_parallel_workers_per_gather": "0",
    "max_wal_senders": "0",
    "shared_buffers": "32MB",
    "unix_socket_directories": "",
    "wal_level": "minimal",
}
# Nothing is ever synced to a disk: that a machine loses its power is not tested here.
CARELESS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
DURABLE = {"fsync": "off"}


class NoPostgres(Exception):
    """One sentence for whoever runs the tests."""


def newest_server():
    """Directory of initdb and postgres."""
    def version(path):
        return [int(part) if part.isdigit() else 0 for part in path.parent.name.split(".")]

    places = sorted(INSTALLED.glob("*/bin"), key=version, reverse=True)
    if shutil.which("pg_config"):
        said = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=False)
        places.append(pathlib.Path(said.stdout.strip()))
    if shutil.which("initdb"):
        places.append(pathlib.Path(shutil.which("initdb")).resolve().parent)
    for place in places:
        if all(os.access(place / name, os.X_OK) for name in ("initdb", "postgres")):
            return place
    raise NoPostgres("no PostgreSQL server here: the tests need initdb and postgres"
                     " (Debian: apt-get install postgresql), looked in "
                     + ", ".join(map(str, [INSTALLED / "*/bin", "PATH", *places])))


def account():
    """Whom the server runs as: nobody in particular, or, for root, user postgres."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        raise NoPostgres("PostgreSQL does not run as root, and there is no user postgres") from None


def memory():
    """/dev/shm where it can be used at all."""
    shm = pathlib.Path("/dev/shm")
    if os.environ.get("ASSAY_TEST_NO_SHM") == "1" or not os.access(shm, os.W_OK):
        return None
    return shm


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def end_with_parent():
    """In the child: whoever starts the server takes it along, also when killed."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


class Cluster:
    def __init__(self, durable=False, place=None, wal_segment_mib=16, **settings):
        """`durable`: as in earnest, every commit on disk, below `place`.  `settings`: over ours."""
        self.bin, self.account = newest_server(), account()
        # Characters that a URL must write as %XX: whoever takes it apart wrongly is not let in.
        self.password = secrets.token_hex(12) + "@/:%"
        self.settings = {**SETTINGS, **(DURABLE if durable else CARELESS), **settings}
        self.process = self.port = None
        shm = None if durable else memory()
        self.settings.setdefault("dynamic_shared_memory_type", "posix" if shm else "mmap")
        roomy = shm and shutil.disk_usage(shm).free > ROOM
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="assay-pg-", dir=shm if roomy else place))
        self.data, self.log = self.place / "data", self.place / "log"
        try:
            self.own(self.place)
            self.make(wal_segment_mib)
        except BaseException:
            self.remove()
            raise

    # ---- made and removed

    def own(self, path):
        if self.account:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def spawn(self, command, **how):
        """As the server's account."""
        if self.account:
            how.update(user=self.account.pw_uid, group=self.account.pw_gid, extra_groups=[])
        env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        return subprocess.Popen([str(word) for word in command], cwd=self.place, env=env,
                                stdin=subprocess.DEVNULL, **how)

    def make(self, wal_segment_mib):
        secret = self.place / "secret"
        secret.touch(0o600)
        secret.write_text(self.password)
        self.own(secret)
        process = self.spawn(
            [self.bin / "initdb", "--no-sync", "--no-instructions", "--auth=scram-sha-256",
             f"--pwfile={secret}", f"--username={USER}", f"--wal-segsize={wal_segment_mib}",
             "--encoding=UTF8", "--locale=C.UTF-8", "-D", self.data], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = process.communicate(timeout=4 * STARTS_IN_S)[0]
        secret.unlink()
        if process.returncode != 0:
            raise NoPostgres("initdb failed:\n" + said)

    def remove(self):
        shutil.rmtree(self.place, ignore_errors=True)

    # ---- started and stopped

    def start(self):
        """Ready when it returns.  The port stays the same over restarts."""
        deadline = time.monotonic() + STARTS_IN_S
        while not self.attempt(deadline):
            if time.monotonic() > deadline:
                raise NoPostgres(f"PostgreSQL did not start within {STARTS_IN_S} s:\n{self.said()}")
            time.sleep(0.05)
        return self

    def attempt(self, deadline):
        port = self.port or free_port()
        options = {**self.settings, "port": port}
        with open(self.log, "ab") as log:
            self.process = self.spawn(
                [self.bin / "postgres", "-D", self.data,
                 *(f"--{name}={value}" for name, value in options.items())],
                stdout=log, stderr=log, preexec_fn=end_with_parent, start_new_session=True)
        while self.process.poll() is None:
            if self.is_ready():
                self.port = port
                return True
            if time.monotonic() > deadline:
                self.stop(signal.SIGQUIT)
                return False
            time.sleep(0.01)
        # Somebody else took the port, or children of a killed server still hold its memory.
        self.process = None
        return False

    def is_ready(self):
        """By the eighth line of postmaster.pid, as pg_ctl does."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready"

    def stop(self, how=signal.SIGQUIT):
        """SIGQUIT: at once, without a last word to anybody; SIGINT: in order; SIGKILL: as a crash."""
        if not self.process:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.process.wait(STOPS_IN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOPS_IN_S)
        self.process = None

    def said(self):
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""

    def file_limit(self, size):
        """Every connection from now on may write `size` bytes a file; None: as much as it likes."""
        soft = "unlimited" if size is None else size
        process = self.spawn(["prlimit", f"--pid={self.process.pid}", f"--fsize={soft}:"],
                             stderr=subprocess.PIPE, text=True)
        why = process.communicate(timeout=STOPS_IN_S)[1]
        if process.returncode != 0:
            raise NoPostgres(f"no limit could be set on the server's files: {why}")

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.stop()
        self.remove()

    # ---- reached

    def url(self, database="postgres", **query):
        """`query`: as in options="-csearch_path=x"."""
        secret = urllib.parse.quote(self.password, safe="")
        more = "?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote) if query else ""
        return f"postgresql://{USER}:{secret}@127.0.0.1:{self.port}/{database}{more}"


def leave(number, _frame):
    sys.exit(128 + number)


def run(command):
    """The command's exit status; it and the cluster are gone afterwards, whatever came between."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(Cluster())
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="assay-store-"))
        url = cluster.url()
        env = {**os.environ, "ASSAY_TEST_POSTGRES": url,
               "ASSAY_TEST_DATABASES": f"sqlite:{place}/contract.db {url}"}
        process = subprocess.Popen(command, env=env)
        try:
            status = process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(STOPS_IN_S)
                process.kill()
                process.wait()
    return status if status >= 0 else 128 - status


def main(arguments):
    if arguments[:2] != ["run", "--"] or len(arguments) < 3:
        print("usage: cluster.py run -- COMMAND...", file=sys.stderr)
        return 2
    try:
        return run(arguments[2:])
    except NoPostgres as problem:
        print(f"cluster.py: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
