"""Protocol 3, spoken piece by piece. It keeps every byte that came in, so that tests can search them."""
import base64
import hashlib
import hmac
import os
import re
import socket
import ssl
import struct
from dataclasses import dataclass, field


class ServerError(Exception):
    def __init__(self, fields):
        self.fields = fields
        self.sqlstate = fields.get("C", "")
        super().__init__(f"{fields.get('S')} {self.sqlstate}: {fields.get('M')}"
                         + (f" (hint: {fields['H']})" if "H" in fields else ""))


class Closed(Exception):
    """The other side ended the connection."""


@dataclass
class Result:
    columns: list = field(default_factory=list)   # (name, table oid, attnum, type oid, size, typmod, format)
    rows: list = field(default_factory=list)      # tuples of bytes or None
    tags: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    notices: list = field(default_factory=list)
    status: str = ""
    kinds: str = ""                               # the type letters, in order
    copied: bytes = b""

    def texts(self):
        return [tuple(None if value is None else value.decode() for value in row) for row in self.rows]

    def one(self):
        assert not self.errors, self.errors
        return self.texts()[0][0]

    def raise_for_error(self):
        if self.errors:
            raise self.errors[0]
        return self


def message(kind, body=b""):
    return kind.encode() + struct.pack("!I", len(body) + 4) + body


def text(value):
    return value.encode() + b"\0"


def startup(parameters, version=196608):
    body = struct.pack("!I", version) + b"".join(text(k) + text(v) for k, v in parameters.items()) + b"\0"
    return struct.pack("!I", len(body) + 4) + body


def parse(sql, name="", types=()):
    return message("P", text(name) + text(sql) + struct.pack(f"!H{len(types)}I", len(types), *types))


def bind(values=(), statement="", portal="", formats=(), results=()):
    body = text(portal) + text(statement) + struct.pack(f"!H{len(formats)}H", len(formats), *formats)
    body += struct.pack("!H", len(values))
    for value in values:
        if value is None:
            body += struct.pack("!i", -1)
        else:
            data = value if isinstance(value, bytes) else str(value).encode()
            body += struct.pack("!i", len(data)) + data
    return message("B", body + struct.pack(f"!H{len(results)}H", len(results), *results))


def describe(kind="S", name=""):
    return message("D", kind.encode() + text(name))


def execute(portal="", rows=0):
    return message("E", text(portal) + struct.pack("!I", rows))


def close(kind="S", name=""):
    return message("C", kind.encode() + text(name))


def query(sql):
    return message("Q", text(sql))


SYNC, FLUSH, TERMINATE = message("S"), message("H"), message("X")


class Wire:
    """One connection. With password=None it stops before the startup packet."""

    def __init__(self, port, user=None, password=None, database=None, timeout=30, tls=False, **parameters):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()
        self.received = bytearray()
        self.parameters = {}
        self.negotiated = None
        self.key = None
        if tls:
            self.start_tls()
        if password is not None:
            self.login(user, password, database, **parameters)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        try:
            self.socket.sendall(TERMINATE)
        except OSError:
            pass
        self.socket.close()

    def send(self, *parts):
        self.socket.sendall(b"".join(parts))

    def _fill(self, count):
        while len(self.buffer) < count:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                raise Closed(f"closed after {bytes(self.buffer)!r}")
            self.buffer += data
            self.received += data

    def read_bytes(self, count):
        self._fill(count)
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def read(self):
        head = self.read_bytes(5)
        return chr(head[0]), self.read_bytes(struct.unpack("!I", head[1:])[0] - 4)

    def at_end(self):
        """True when the other side has closed and sent nothing more."""
        try:
            self._fill(len(self.buffer) + 1)
            return False
        except Closed:
            return not self.buffer

    def start_tls(self):
        self.send(struct.pack("!II", 8, 80877103))
        answer = self.read_bytes(1)
        if answer != b"S":
            raise Closed(f"TLS refused with {answer!r}")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)

    def login(self, user, password, database, version=196608, **parameters):
        self.send(startup({"user": user, "database": database, **parameters}, version))
        self.authenticate(user, password)

    def authenticate(self, user, password):
        exchange = None
        while True:
            kind, body = self.read()
            if kind == "E":
                raise ServerError(fields_of(body))
            if kind == "v":
                count = struct.unpack("!I", body[4:8])[0]
                self.negotiated = (struct.unpack("!I", body[:4])[0], body[8:].split(b"\0")[:count])
            elif kind == "R":
                code = struct.unpack("!I", body[:4])[0]
                if code == 10:
                    exchange = Scram(password)
                    first = exchange.first().encode()
                    self.send(message("p", text("SCRAM-SHA-256") + struct.pack("!I", len(first)) + first))
                elif code == 11:
                    self.send(message("p", exchange.final(body[4:].decode()).encode()))
                elif code == 12:
                    exchange.check(body[4:].decode())
                else:
                    assert code == 0, f"authentication request {code}"
            elif kind == "S":
                name, value = body.split(b"\0")[:2]
                self.parameters[name.decode()] = value.decode()
            elif kind == "K":
                self.key = struct.unpack("!II", body)
            elif kind == "Z":
                return

    def until(self, stop="Z"):
        """Reads up to and including a message whose type is in `stop`."""
        result = Result()
        while True:
            kind, body = self.read()
            if kind != "S" and kind != "N":
                result.kinds += kind
            if kind == "T":
                result.columns = columns_of(body)
            elif kind == "D":
                result.rows.append(row_of(body))
            elif kind == "C":
                result.tags.append(body[:-1].decode())
            elif kind == "E":
                result.errors.append(ServerError(fields_of(body)))
            elif kind == "N":
                result.notices.append(fields_of(body))
            elif kind == "S":
                name, value = body.split(b"\0")[:2]
                self.parameters[name.decode()] = value.decode()
            elif kind == "d":
                result.copied += body
            elif kind == "Z":
                result.status = body.decode()
            if kind in stop:
                return result

    def query(self, sql):
        self.send(query(sql))
        return self.until()

    def extended(self, sql, values=(), results=(), types=(), formats=()):
        self.send(parse(sql, types=types), bind(values, results=results, formats=formats), describe("P"), execute(), SYNC)
        return self.until()

    def copy_in(self, sql, data):
        self.send(query(sql))
        answer = self.until("GZ")
        if "G" not in answer.kinds:
            return answer
        self.send(message("d", data), message("c"))
        return self.until()


def columns_of(body):
    columns, at = [], 2
    for _ in range(struct.unpack("!H", body[:2])[0]):
        end = body.index(b"\0", at)
        columns.append((body[at:end].decode(), *struct.unpack("!IhIhih", body[end + 1:end + 19])))
        at = end + 19
    return columns


def row_of(body):
    values, at = [], 2
    for _ in range(struct.unpack("!H", body[:2])[0]):
        size = struct.unpack("!i", body[at:at + 4])[0]
        at += 4
        values.append(None if size < 0 else body[at:at + size])
        at += max(size, 0)
    return tuple(values)


def fields_of(body):
    return {part[:1].decode(): part[1:].decode(errors="replace") for part in body.split(b"\0") if part}


class Scram:
    """RFC 5802 and RFC 7677, client side, without channel binding."""

    def __init__(self, password):
        self.password = password.encode()
        self.nonce = base64.b64encode(os.urandom(18)).decode()

    def first(self):
        self.bare = f"n=,r={self.nonce}"
        return "n,," + self.bare

    def final(self, server_first):
        parts = dict(re.findall(r"(\w)=([^,]*)", server_first))
        assert parts["r"].startswith(self.nonce)
        salted = hashlib.pbkdf2_hmac("sha256", self.password, base64.b64decode(parts["s"]), int(parts["i"]))
        without_proof = f"c=biws,r={parts['r']}"
        signed = f"{self.bare},{server_first},{without_proof}".encode()
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(client_key).digest(), signed, "sha256")
        self.expected = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), signed, "sha256")
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        return f"{without_proof},p={base64.b64encode(proof).decode()}"

    def check(self, server_final):
        assert base64.b64decode(server_final[2:]) == self.expected, "the server does not know the password"
