"""The marks that every personal value of the test data carries, and the search for them in received bytes."""
import base64
import hashlib
import re

MARKS = ("zebraname", "secretlocal", "-7391-", "9297391", "xyzzyaddr", "1961-07-", "シマウマ")
# What simple functions make of a raw value: a mask must hold under them, too.
DISGUISED = tuple(mark[::-1] for mark in MARKS[:2]) + tuple(mark.encode().hex() for mark in ("ebraname", "ecretloca", "yzzyaddr"))
HASHED = tuple(hashlib.md5(f"q{n}secretlocal@host{n % 5}.example".encode()).hexdigest() for n in range(1, 61))
BASE64 = re.compile(rb"[A-Za-z0-9+/]{16,}={0,2}")
NEEDLES = tuple(needle.encode() for needle in MARKS + DISGUISED + HASHED)


def leaked(received):
    """The marks found in the bytes; empty when no raw value arrived."""
    data = bytes(received).lower()
    found = {needle.decode() for needle in NEEDLES if needle in data}
    for part in BASE64.findall(bytes(received)):
        whole = part.rstrip(b"=")
        whole = whole[:len(whole) - (len(whole) % 4 == 1)]
        decoded = base64.b64decode(whole + b"=" * (-len(whole) % 4)).lower()
        found |= {needle.decode() for needle in NEEDLES if needle in decoded}
    return found
