import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

from harness.gateway import PASSWORDS  # noqa: E402
from harness.stack import Stack  # noqa: E402


@pytest.fixture(scope="module")
def stack(request):
    """The test module may name settings to change in `CONFIG`."""
    running = Stack(**getattr(request.module, "CONFIG", {})).start()
    yield running
    running.stop()


@pytest.fixture
def connect(stack):
    """connect(user, database) → Wire; closed after the test, which also proves that the gateway outlived it."""
    opened = []

    def open_one(user, database, **more):
        opened.append(stack.wire(user, database, **more))
        return opened[-1]

    yield open_one
    for each in opened:
        each.end()
    assert stack.gateway.alive(), stack.gateway.log_text()[-6000:]


@pytest.fixture(scope="session")
def long_tests():
    return bool(os.environ.get("SLUICE_LONG_TESTS"))


@pytest.fixture(scope="session")
def passwords():
    return PASSWORDS
