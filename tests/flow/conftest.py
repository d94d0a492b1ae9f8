"""Where the programs under test are: $ASSAY_BUILD, by default ../../build; and on which stores.

A test that takes `store`, as `desk` and `start_assay` do, runs on SQLite unless it or its module is
marked @pytest.mark.stores("sqlite", "postgres"): then once on each.  The mark of a test wins over
that of its module.  PostgreSQL is a cluster of this run's own (tests/cluster.py).  Its databases are
copies of one that was migrated; marked @pytest.mark.empty a test, or its module, gets one that holds
nothing, as a SQLite file always does.
"""
import os
import pathlib
import sys
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from cluster import Cluster
from lib.assay import Assay
from lib.database import Databases, Sqlite
from lib.market import Market
from lib.receiver import Gate
from lib.serving import Serving
from lib.webtool import Webtool

# Taken out of the environment: assay warns about ASSAY_* names it does not know.
BUILD = pathlib.Path(os.environ.pop("ASSAY_BUILD", ROOT / "build")).resolve()

# Tests that find their program by a variable of its own get the one of this build.
for variable, place in (("BILLTOOL", "tests/billtool"), ("DECTOOL", "tests/dectool"),
                        ("MARKETSIM", "marketsim"), ("SETTINGSTOOL", "tests/settingstool")):
    os.environ.setdefault(variable, str(BUILD / place))


def program(path):
    """A missing program is a failure, not a skip: the front door builds it first."""
    if not path.exists():
        pytest.fail(f"{path} is not built: ./run build")
    return path


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def build_dir():
    return BUILD


@pytest.fixture(scope="session")
def assay():
    return program(BUILD / "assay")


@pytest.fixture(scope="session")
def marketsim():
    return program(BUILD / "marketsim")


@pytest.fixture(scope="session")
def settingstool():
    return program(pathlib.Path(os.environ["SETTINGSTOOL"]))


@pytest.fixture(scope="session")
def shared_dir():
    """Recorded documents beside the repository; tests skip plainly where they are absent."""
    path = ROOT.parent / "shared"
    return path if path.is_dir() else None


@pytest.fixture
def start_market(marketsim):
    """Simulated markets of this test's own: start_market(seed=…, scale=…, replay=…)."""
    markets = []

    def start(**how):
        markets.append(Market(marketsim, **how))
        return markets[-1]

    yield start
    for market in markets:
        market.stop()


@pytest.fixture
def market(start_market):
    return start_market()


@pytest.fixture
def start_gate():
    """Gates before a market, shut: start_gate(market, "openrouter.ai")."""
    gates = []

    def start(market, held):
        gates.append(Gate(market, held))
        return gates[-1]

    yield start
    for gate in gates:
        gate.stop()


@pytest.fixture(scope="module")
def start_webtool(build_dir):
    """Servers of toy routes: start_webtool(line_max=…, key=…).  Each must end in order, too."""
    tools = []

    def start(**limits):
        tools.append(Webtool(program(build_dir / "tests/webtool"), **limits))
        return tools[-1]

    yield start
    for tool in tools:
        tool.end()


@pytest.fixture
def quick_dir():
    """A directory in memory where there is such a place: hundreds of fsyncs cost time."""
    shm = pathlib.Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if os.access(shm, os.W_OK) else None) as path:
        yield pathlib.Path(path)


# ---- stores

def pytest_configure(config):
    config.addinivalue_line("markers", "stores(*kinds): the stores that a test runs on")
    config.addinivalue_line("markers", "long: begins first, so that no core waits for it at the end")
    config.addinivalue_line("markers", "empty: even a database of a server has no tables yet")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_generate_tests(metafunc):
    mark = metafunc.definition.get_closest_marker("stores")
    if mark and "store" in metafunc.fixturenames:
        metafunc.parametrize("store", mark.args, indirect=True)


@pytest.fixture(scope="session")
def cluster():
    """The PostgreSQL server of this run."""
    with Cluster() as started:
        yield started


@pytest.fixture(scope="session")
def databases(cluster):
    return Databases(cluster)


@pytest.fixture(scope="session")
def migrated(databases, assay, tmp_path_factory):
    """The same, and what to copy is there."""
    desk = Assay(assay, tmp_path_factory.mktemp("migrate"), database=databases.prepare())
    done = desk.run("migrate")
    assert done.code == 0, done
    return databases


@pytest.fixture
def store(request):
    """"sqlite" or "postgres"."""
    return getattr(request, "param", "sqlite")


@pytest.fixture
def new_database(store, request, quick_dir):
    """A new database of the store under test: new_database(home) for the desk in that place."""
    empty = request.node.get_closest_marker("empty") is not None
    name = "databases" if empty else "migrated"
    databases = request.getfixturevalue(name) if store == "postgres" else None
    taken = {}

    def new(home):
        if home not in taken:
            taken[home] = (databases.take(migrated=not empty) if databases
                           else Sqlite(quick_dir / home / "assay.db"))
        return taken[home]

    yield new
    for database in taken.values() if databases else ():
        databases.give_back(database)


@pytest.fixture
def start_assay(assay, quick_dir, new_database):
    """The program with a directory of its own, and a database: start_assay(market, NAME=value…)."""
    def start(market=None, home="home", **settings):
        (quick_dir / home).mkdir(exist_ok=True)
        return Assay(assay, quick_dir / home, market.url if market else None, new_database(home),
                     **settings)

    return start


@pytest.fixture
def desk(start_assay, market):
    """assay before the default market."""
    return start_assay(market)


@pytest.fixture
def serve():
    """Daemons of this test: serve(desk, NAME=value…)."""
    running = []

    def start(desk, *args, **env):
        running.append(Serving(desk, *args, **env))
        return running[-1]
    yield start
    for service in running:
        if service.process.poll() is None:
            service.kill()


@pytest.fixture
def gate(start_gate, market):
    """Before the market: lists of openrouter do not come until it is opened."""
    return start_gate(market, "openrouter.ai")


@pytest.fixture
def start(tmp_path):
    """Starts marketsims with options; each is stopped and must end cleanly."""
    from lib.sim import Sim  # reads $MARKETSIM, which is set above
    running = []

    def starter(*options):
        directory = tmp_path / f"sim{len(running)}"
        directory.mkdir()
        running.append(Sim(directory, *options))
        return running[-1]
    yield starter
    for sim in running:
        if sim.process.poll() is None:
            assert sim.stop() == 0


@pytest.fixture
def sim(start):
    return start()
