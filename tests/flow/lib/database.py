"""Where assay's tables lie, a SQLite file or a PostgreSQL database: asked alike, answering alike.

A statement is written once, in SQL that both understand, with ? for each value (`is_active = true`,
never 1; count(*) FILTER (WHERE …), never sum of a flag).  An answer is what SQLite would say:

    times   RFC 3339 text in the users' tables, milliseconds since 1970 elsewhere
    flags   0, 1, None
    money   exact text
    JSON    text

What PostgreSQL alone can do goes through `plain()`, in its own dialect and without values.
"""
import contextlib
import datetime
import pathlib
import sqlite3

import psycopg2
import psycopg2.extras

from lib.patience import PATIENCE_S, until

MARKET_TABLES = ("models", "model_versions", "prices")
TIMES_AS_TEXT = ("providers", "models", "models_current")
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
JUDGE = "judge"  # application_name of our own connections
TIMESTAMPTZ, BOOLEAN, NUMERIC, BYTEA = 1184, 16, 1700, 17


def stamp(ms):
    """Milliseconds → text as in the users' tables."""
    if ms is None:
        return None
    at = EPOCH + datetime.timedelta(milliseconds=ms)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


class Database:
    """`url` is what DATABASE_URL is set to; None: assay finds it by itself.  `secrets`: what no
    output may ever hold."""
    secrets = ()

    def select(self, sql, *values):
        with self.opened() as db:
            return db.execute(sql, values).fetchall()

    def one(self, sql, *values):
        rows = self.select(sql, *values)
        assert len(rows) == 1, rows
        return rows[0][0] if len(rows[0]) == 1 else rows[0]

    def operate(self, sql, *values):
        """What an operator does in a shell; says how many rows it touched."""
        with self.changed() as db:
            return db.execute(sql, values).rowcount

    def dump(self, *tables):
        """Every column of every row, at one instant."""
        with self.opened() as db:
            return {t: db.execute(f"SELECT * FROM {t} ORDER BY id").fetchall()
                    for t in tables or MARKET_TABLES}

    @contextlib.contextmanager
    def held(self):
        """One connection, and one instant, for many questions."""
        with self.opened() as db:
            yield Held(db)

    def columns(self, table):
        with self.opened() as db:
            return [d[0] for d in db.execute(f"SELECT * FROM {table} LIMIT 0").description]


class Held(Database):
    """A database as an open connection has it."""

    def __init__(self, db):
        self.db = db

    @contextlib.contextmanager
    def opened(self):
        yield self.db


class Sqlite(type(pathlib.Path()), Database):
    """The file itself."""
    kind = "sqlite"
    url = None

    @contextlib.contextmanager
    def opened(self):
        """A connection that cannot write; SQLite itself may still recover the file."""
        db = sqlite3.connect(self, timeout=PATIENCE_S)
        try:
            db.execute("PRAGMA query_only = 1")
            yield db
        finally:
            db.close()

    @contextlib.contextmanager
    def changed(self):
        db = sqlite3.connect(self, timeout=PATIENCE_S)
        try:
            with db:
                yield db
        finally:
            db.close()

    def assert_sound(self):
        assert self.select("PRAGMA integrity_check") == [("ok",)]
        assert self.select("PRAGMA foreign_key_check") == []

    @staticmethod
    def instant(ms):
        """As a value of a statement."""
        return ms

    def tables(self):
        with self.opened() as db:
            return {t for t, in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def content(self):
        """All that could give a secret away."""
        return b"".join(path.read_bytes() for path in sorted(self.parent.glob(self.name + "*")))


# ---- PostgreSQL

def as_number(value):
    return None if value is None else int(value)


def as_exact(value):
    return None if value is None else format(value, "f")


def as_bytes(value):
    return None if value is None else bytes(value)


def as_ms(value):
    if value is None:
        return None
    since = value - EPOCH
    assert since.microseconds % 1000 == 0, value
    return since // datetime.timedelta(milliseconds=1)


def as_stamp(value):
    """A user may write any instant: what is no whole millisecond is shown as it is."""
    if value is None or value.microsecond % 1000 == 0:
        return stamp(as_ms(value))
    return value.isoformat()


class Answer:
    """A cursor whose rows are what SQLite would say."""

    def __init__(self, cursor, users_tables):
        self.cursor, self.description, self.rowcount = cursor, cursor.description, cursor.rowcount
        self.readings = [self.reading(c, users_tables) for c in cursor.description or ()]

    @staticmethod
    def reading(column, users_tables):
        of_users = column.table_oid in users_tables
        return {TIMESTAMPTZ: as_stamp if of_users else as_ms, BOOLEAN: as_number,
                NUMERIC: as_exact, BYTEA: as_bytes}.get(column.type_code, lambda value: value)

    def __iter__(self):
        for row in self.cursor:
            yield tuple(read(value) for read, value in zip(self.readings, row))

    def fetchall(self):
        return list(self)


class Words:
    """A PostgreSQL connection that is asked as SQLite is."""

    def __init__(self, db):
        self.db = db
        tables = self.ask("SELECT to_regclass(name)::oid::bigint FROM unnest(%s) name",
                          [list(TIMES_AS_TEXT)])
        self.users_tables = {oid for oid, in tables if oid}

    def ask(self, sql, values=None):
        cursor = self.db.cursor()
        cursor.execute(sql, values)
        return cursor

    def execute(self, sql, values=()):
        if values:
            sql = sql.replace("%", "%%").replace("?", "%s")
        return Answer(self.ask(sql, values or None), self.users_tables)


class Postgres(Database):
    """A database of a server; `schema`: all of it happens in there."""
    kind = "postgres"

    def __init__(self, cluster, name, schema=None):
        self.cluster, self.name, self.schema = cluster, name, schema
        self.reader = None  # kept open: to be let in takes longer than most questions

    def __str__(self):
        return f"PostgreSQL database {self.name}"

    @property
    def secrets(self):
        """The part of the password that a URL spells as it is."""
        return [self.cluster.password.rstrip("@/:%")]

    @staticmethod
    def instant(ms):
        return EPOCH + datetime.timedelta(milliseconds=ms)

    @property
    def url(self):
        """Anew each time: a server that was stopped may have come back elsewhere."""
        options = {"options": f"-csearch_path={self.schema}"} if self.schema else {}
        return self.cluster.url(self.name, **options)

    def connect(self):
        db = psycopg2.connect(self.url, connect_timeout=PATIENCE_S, application_name=JUDGE)
        psycopg2.extras.register_default_json(db, loads=str)
        psycopg2.extras.register_default_jsonb(db, loads=str)
        db.cursor().execute("SET timezone = 'UTC'")
        db.commit()
        return db

    @contextlib.contextmanager
    def opened(self):
        """One instant, and nothing can be written."""
        db = self.read()
        try:
            yield Words(db)
        finally:
            if not db.closed:
                db.rollback()

    @contextlib.contextmanager
    def changed(self):
        db = self.connect()
        try:
            with db:
                yield Words(db)
        finally:
            db.close()

    def read(self):
        """The connection of last time, unless the server is another one by now."""
        try:
            self.reader.cursor().execute("SELECT 1")
        except (AttributeError, psycopg2.Error):
            self.reader = self.connect()
            self.reader.set_session(isolation_level="REPEATABLE READ", readonly=True)
        return self.reader

    @contextlib.contextmanager
    def plain(self):
        """psycopg2's own cursor, nothing translated; each statement stands by itself."""
        db = self.connect()
        try:
            db.autocommit = True
            yield db.cursor()
        finally:
            db.close()

    def tables(self):
        return {t for t, in self.select("SELECT table_name::text FROM information_schema.tables"
                                        " WHERE table_schema = current_schema()"
                                        " AND table_type = 'BASE TABLE'")}

    def content(self):
        """All that could give a secret away: every value of every row."""
        rows = self.dump(*sorted(self.tables() - {"schema_version"})) if self.tables() else {}
        return "\n".join(value.decode("latin-1") if isinstance(value, bytes) else str(value)
                         for table in rows.values() for row in table for value in row).encode()

    def sessions(self):
        """Of others on this database: (pid, state, what they wait for)."""
        return self.select("SELECT pid, state, wait_event_type FROM pg_stat_activity"
                           " WHERE datname = current_database() AND application_name <> ?", JUDGE)

    def assert_sound(self):
        """The server answers for keys and indexes; nobody who is gone has left a session."""
        until(lambda: not self.sessions(), self.sessions)


def of(database):
    """A path is a SQLite file."""
    return database if isinstance(database, Database) else Sqlite(database)


class Databases:
    """The databases of one server: made from a template that holds nothing, dropped when done.

    They sort as people do, not by bytes: what assay orders by bytes it must say itself.
    """

    TEMPLATE, MIGRATED = "assay_template", "assay_migrated"
    LINGUISTIC = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' STRATEGY file_copy"

    def __init__(self, cluster):
        self.cluster, self.made = cluster, 0
        self.server = Postgres(cluster, "postgres")
        with self.server.plain() as db:
            recent = db.connection.server_version >= 150000
            self.quickly = "STRATEGY file_copy" if recent else ""
            db.execute(f"CREATE DATABASE {self.TEMPLATE} " + (self.LINGUISTIC if recent else ""))

    def create(self, name, template, more=""):
        with self.server.plain() as db:
            db.execute(f"CREATE DATABASE {name} TEMPLATE {template} {self.quickly} {more}")
        return Postgres(self.cluster, name)

    def prepare(self):
        """A second template, to be migrated: a copy takes a fraction of what a migration does."""
        return self.create(self.MIGRATED, self.TEMPLATE)

    def take(self, more="", schema=None, migrated=False):
        """`more`: as in TABLESPACE small."""
        self.made += 1
        name = f"assay_{self.made}"
        self.create(name, self.MIGRATED if migrated else self.TEMPLATE, more)
        if schema:
            with Postgres(self.cluster, name).plain() as db:
                db.execute(f"CREATE SCHEMA {schema}")
        return Postgres(self.cluster, name, schema)

    def give_back(self, database):
        if database.reader:
            database.reader.close()
        with self.server.plain() as db:
            db.execute(f"DROP DATABASE IF EXISTS {database.name} WITH (FORCE)")
