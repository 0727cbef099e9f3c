"""The gateway as a process: its configuration, users, start, reload and end."""
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from .cluster import free_port

PROJECT = Path(__file__).resolve().parents[3]
SLUICE = os.environ.get("SLUICE_BIN", str(PROJECT / "build" / "dev" / "sluice"))
POLICY = PROJECT / "policies" / "three-tier" / "policy.yaml"
PASSWORDS = {"alice": "alice-pass", "bob": "bob-pass", "carol": "carol-pass", "dave": "dave-pass"}
SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|UndefinedBehaviorSanitizer|ThreadSanitizer|runtime error:")


def sluice(*arguments, stdin="", check=True):
    done = subprocess.run([SLUICE, *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=120)
    if check:
        assert done.returncode == 0, f"sluice {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done


class Gateway:
    """Users: alice is Admin, bob is Creator of the service billing, carol is Viewer, dave has no role."""

    source = POLICY
    attributes = ()      # of every user, as `key=value`

    def __init__(self, directory: Path, cluster, **changes):
        self.directory = directory
        self.cluster = cluster
        self.changes = changes
        self.process = None
        self.port = None
        self.policy = directory / "policy.yaml"
        self.users = directory / "users.yaml"
        self.config = directory / "conf.yaml"
        self.log = directory / "gateway.log"

    def prepare(self):
        self.directory.mkdir(parents=True)
        shutil.copy(self.source, self.policy)
        self._write_secret("upstream.password", self.cluster.gateway_password)
        self._write_secret("mask.key", secrets.token_hex(32))
        for name, password in PASSWORDS.items():
            given = [part for each in self.attributes for part in ("--attribute", each)]
            sluice("user", "add", "--users", self.users, "--name", name, *given, "--password-stdin", stdin=password + "\n")
        self.write_config()

    def _write_secret(self, name, text):
        path = self.directory / name
        path.write_text(text + "\n")
        path.chmod(0o600)

    def settings(self):
        def upstream(database):
            return {"host": self.cluster.address, "port": self.cluster.port, "database": database, "user": "gateway",
                    "password_file": "upstream.password", "tls": "disable"}
        settings = {
            "listen": [{"address": "127.0.0.1", "port": self.port}],
            "threads": 2,
            "policy": "policy.yaml", "users": "users.yaml", "state_directory": "state", "mask_key_file": "mask.key",
            "audit": {"directory": "audit", "key_file": "audit.key"},
            "catalog_refresh": "1s",
            "limits": {"login_timeout": "3s"},
            "upstreams": {name: upstream(name) for name in ("lake", "warehouse", "mart")},
            "databases": {
                "lake": {"upstream": "lake", "layers": {"*": "lake"}, "search_path": ["crm", "billing", "app", "support", "public"]},
                "warehouse": {"upstream": "warehouse", "layers": {"lake_raw": "lake", "*": "warehouse"},
                              "search_path": ["billing", "crm", "public"]},
                "mart": {"upstream": "mart", "layers": {"*": "mart"}, "search_path": ["sales", "public"]},
            },
        }
        for key, value in self.changes.items():
            settings[key] = {**settings[key], **value} if isinstance(settings.get(key), dict) else value
        return settings

    def write_config(self):
        self.port = self.port or free_port()
        (self.directory / "state").mkdir(exist_ok=True)
        (self.directory / "audit").mkdir(exist_ok=True)
        self.config.write_text(json.dumps(self.settings(), indent=1))  # JSON is YAML

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(["setpriv", "--pdeathsig=KILL", SLUICE, "serve", "--config", self.config],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                            start_new_session=True)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"the gateway ended with {self.process.returncode}:\n{self.log_text()}"
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError(f"the gateway does not listen:\n{self.log_text()}")

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def reload(self):
        """Sends SIGHUP and waits for the word about its outcome, which it returns with the rest of what was logged."""
        before = len(self.log_text())
        self.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 20
        while not re.search(r"reloaded policy and users|reload refused", said := self.log_text()[before:]):
            assert time.monotonic() < deadline, f"no outcome of the reload in the log:\n{said}"
            time.sleep(0.02)
        return said

    def stop(self):
        """Ends the process as an operator would, and is not content unless it ended well."""
        if self.process is None:
            return
        running = self.process.poll() is None
        if running:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        code, text = self.process.returncode, self.log_text()
        self.process = None
        assert running, f"the gateway had ended by itself with {code}:\n{text[-6000:]}"
        assert code == 0, f"the gateway ended with {code}:\n{text[-6000:]}"
        assert not SANITIZER.search(text), text[-6000:]

    def dsn(self, user, database, **more):
        parts = {"host": "127.0.0.1", "port": self.port, "dbname": database, "user": user,
                 "password": PASSWORDS[user], "connect_timeout": 20, **more}
        return " ".join(f"{key}={value}" for key, value in parts.items())

    def records(self):
        """Every audit record so far, oldest first."""
        lines = []
        for path in sorted((self.directory / "audit").glob("audit-*.jsonl")):
            for line in path.read_text().splitlines():
                if line.startswith("{"):
                    lines.append(json.loads(line))
        return lines
