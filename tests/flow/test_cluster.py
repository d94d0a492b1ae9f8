"""tests/cluster.py itself: with and without /dev/shm, stopped whatever happens, never skipped."""
import os
import pathlib
import signal
import subprocess
import sys

import psycopg2
import pytest

import cluster as under_test
from cluster import Cluster, NoPostgres
from lib.patience import PATIENCE_S, until


def asked(started, sql, **how):
    db = psycopg2.connect(started.url(**how))
    try:
        cursor = db.cursor()
        cursor.execute(sql)
        return cursor.fetchone()
    finally:
        db.close()


@pytest.mark.parametrize("no_shm, kind", [("1", "mmap"), (None, None)])
def test_with_and_without_shared_memory(monkeypatch, no_shm, kind):
    """Where there is no /dev/shm the cluster lies elsewhere and maps files; nothing of it is left."""
    if no_shm:
        monkeypatch.setenv("ASSAY_TEST_NO_SHM", no_shm)
    else:
        monkeypatch.delenv("ASSAY_TEST_NO_SHM", raising=False)
        kind = "posix" if os.access("/dev/shm", os.W_OK) else "mmap"
    with Cluster() as started:
        assert asked(started, "SHOW dynamic_shared_memory_type") == (kind,)
        assert asked(started, "SELECT count(*)::int FROM generate_series(1, 1000)") == (1000,)
        assert no_shm is None or "/dev/shm" not in str(started.place)
        place, process = started.place, started.process
    assert not place.exists() and process.poll() is not None


def test_nobody_enters_without_the_password():
    """Each connection is asked for it, and it has letters that a URL must quote."""
    with Cluster() as started:
        assert asked(started, "SELECT current_user") == ("assay",)
        started.password, right = "wrong", started.password
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            asked(started, "SELECT 1")
        started.password = right
        assert right not in started.url() and not right.isalnum()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL])
def test_stopped_and_started(how):
    """At the same port, with what was committed."""
    with Cluster(durable=True) as started:
        port = started.port
        db = psycopg2.connect(started.url())
        db.cursor().execute("CREATE TABLE kept (n int)")
        db.commit()
        started.stop(how)
        with pytest.raises(psycopg2.OperationalError):
            asked(started, "SELECT 1")
        started.start()
        assert started.port == port
        assert asked(started, "SELECT count(*) FROM kept") == (0,)


def test_no_postgres_is_a_failure(monkeypatch, tmp_path, capsys):
    """A sentence that says what to install; exit 1, and the command is not run."""
    monkeypatch.setattr(under_test, "INSTALLED", tmp_path)
    monkeypatch.setattr(under_test.shutil, "which", lambda name: None)
    with pytest.raises(NoPostgres, match="apt-get install postgresql"):
        Cluster()
    assert under_test.main(["run", "--", "touch", str(tmp_path / "ran")]) == 1
    assert "no PostgreSQL server" in capsys.readouterr().err
    assert not (tmp_path / "ran").exists()


PROGRAM = [sys.executable, under_test.__file__, "run", "--"]


@pytest.mark.parametrize("command, code", [("true", 0), ("exit 7", 7), ("kill -ABRT $$", 134)])
def test_status_of_the_command(command, code):
    """What the command ends with is what the run ends with, so that a crash is seen."""
    done = subprocess.run([*PROGRAM, "sh", "-c", command], check=False, timeout=PATIENCE_S)
    assert done.returncode == code


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_of_it(how):
    """The command and the server are gone, and the directory."""
    run = subprocess.Popen([*PROGRAM, "sh", "-c", "echo $ASSAY_TEST_POSTGRES; exec sleep 300"],
                           stdout=subprocess.PIPE, text=True)
    url = run.stdout.readline().strip()
    assert url.startswith("postgresql://assay:")
    db = psycopg2.connect(url)
    cursor = db.cursor()
    cursor.execute("SHOW data_directory")
    place = pathlib.Path(cursor.fetchone()[0]).parent
    assert place.is_dir()
    run.send_signal(how)
    assert run.wait(PATIENCE_S) == 128 + how
    run.stdout.close()
    until(lambda: not place.exists())
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(url)
