"""pgbouncer in transaction mode before a cluster: every transaction may meet another session."""
import contextlib
import shutil
import socket
import subprocess
import urllib.parse

from cluster import USER, free_port
from lib.patience import PATIENCE_S, until

CONFIGURATION = """\
[databases]
{database} = host=127.0.0.1 port={server} dbname={database} user={user} password='{password}'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {place}/pool.users
pool_mode = transaction
default_pool_size = {size}
logfile = {place}/pool.log
pidfile = {place}/pool.pid
"""


def program():
    found = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    assert found, "no pgbouncer here (Debian: apt-get install pgbouncer)"
    return found


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@contextlib.contextmanager
def pooled(database, size):
    """A URL that leads to the database over `size` connections which everybody shares."""
    cluster, port = database.cluster, free_port()
    words = {"database": database.name, "server": cluster.port, "user": USER, "port": port,
             "password": cluster.password, "place": cluster.place, "size": size}
    for name, text in (("pool.users", f'"{USER}" "{cluster.password}"\n'),
                       ("pool.ini", CONFIGURATION.format(**words))):
        file = cluster.place / name
        file.touch(0o600)
        file.write_text(text)
        cluster.own(file)
    process = cluster.spawn([program(), "-q", cluster.place / "pool.ini"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: answers(port) or process.poll() is not None)
        assert process.poll() is None, "pgbouncer has ended"
        secret = urllib.parse.quote(cluster.password, safe="")
        yield f"postgresql://{USER}:{secret}@127.0.0.1:{port}/{database.name}"
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
