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
    counts = {kind: len(terminalreporter.stats.get(kind, ())) for kind in ("passed", "failed", "error", "xfailed")}
    if total := sum(counts.values()):
        terminalreporter.write_line(f"benign: {len(load_queries())} queries; {counts['passed']} of {total} runs accepted and equal to the masks by hand "
                                    f"({100 * counts['passed'] / total:.1f} %), {counts['xfailed']} accepted with a known difference (bench.py, KNOWN)")
