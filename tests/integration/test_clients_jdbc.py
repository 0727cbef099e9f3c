"""pgjdbc: a small Java program does the driving (jdbc/Drive.java)."""
import subprocess
from pathlib import Path

from harness.markers import leaked

DRIVER = "/usr/share/java/postgresql.jar"
PROGRAM = Path(__file__).parent / "jdbc" / "Drive.java"


def test_pgjdbc(stack, tmp_path):
    subprocess.run(["javac", "-encoding", "UTF-8", "-cp", DRIVER, "-d", tmp_path, PROGRAM], check=True, timeout=120)
    done = subprocess.run(["java", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8", "-cp", f"{DRIVER}:{tmp_path}", "Drive", str(stack.gateway.port)],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SEEN " in done.stdout and not leaked(done.stdout.encode())
