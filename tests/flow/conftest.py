"""Where the programs under test are: $ASSAY_BUILD, by default ../../build."""
import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Taken out of the environment: assay warns about ASSAY_* names it does not know.
BUILD = pathlib.Path(os.environ.pop("ASSAY_BUILD", ROOT / "build")).resolve()


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
    return program(pathlib.Path(os.environ.get("SETTINGSTOOL", BUILD / "tests/settingstool")))


@pytest.fixture(scope="session")
def shared_dir():
    """Recorded documents beside the repository; tests skip plainly where they are absent."""
    path = ROOT.parent / "shared"
    return path if path.is_dir() else None
