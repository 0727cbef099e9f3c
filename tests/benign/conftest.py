import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]
sys.dont_write_bytecode = True

from bench import Bench, load_queries  # noqa: E402


@pytest.fixture(scope="session")
def bench():
    running = Bench().start()
    yield running
    running.stop()


def pytest_terminal_summary(terminalreporter):
    counts = [len(terminalreporter.stats.get(kind, ())) for kind in ("passed", "failed", "error")]
    if sum(counts):
        terminalreporter.write_line(f"benign: {len(load_queries())} queries; {counts[0]} of {sum(counts)} runs accepted and equal to the masks by hand ({100 * counts[0] / sum(counts):.1f} %)")
