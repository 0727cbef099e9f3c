"""node-postgres: a small program does the driving (node/drive.js)."""
import subprocess
from pathlib import Path

import pytest

from harness.markers import leaked

FOLDER = Path(__file__).parent / "node"


def test_node_postgres(stack):
    if not (FOLDER / "node_modules" / "pg").exists():
        pytest.fail("node-postgres is not installed: run `npm ci` in tests/integration/node (scripts/test does)")
    done = subprocess.run(["node", "drive.js", str(stack.gateway.port)], cwd=FOLDER, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert done.stdout.startswith("SEEN ") and not leaked(done.stdout.encode())
