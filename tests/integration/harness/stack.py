"""A cluster with a gateway in front of it, as most tests want it."""
import os
import shutil
import tempfile
from pathlib import Path

from .cluster import Cluster
from .gateway import PASSWORDS, Gateway
from .wire import Wire


class Stack:
    def __init__(self, **changes):
        base = os.environ.get("SLUICE_TEST_DIR")
        if base:
            Path(base).mkdir(parents=True, exist_ok=True)
        self.directory = Path(tempfile.mkdtemp(prefix="sluice-test-", dir=base))
        self.directory.chmod(0o755)
        self.cluster = Cluster(self.directory / "cluster")
        self.gateway = Gateway(self.directory / "gateway", self.cluster, **changes)

    def start(self):
        try:
            self.cluster.create()
            self.cluster.start()
            self.cluster.load()
            self.gateway.prepare()
            self.gateway.start()
        except BaseException:
            self._discard()
            raise
        return self

    def stop(self):
        try:
            self.gateway.stop()
        finally:
            self._discard()

    def _discard(self):
        if self.gateway.alive():
            self.gateway.process.kill()
            self.gateway.process.wait()
        self.cluster.remove()
        if not os.environ.get("SLUICE_KEEP_TEST_DIR"):
            shutil.rmtree(self.directory, ignore_errors=True)

    def wire(self, user, database, **more):
        return Wire(self.gateway.port, user, PASSWORDS[user], database, **more)

    def dsn(self, user, database, **more):
        return self.gateway.dsn(user, database, **more)
