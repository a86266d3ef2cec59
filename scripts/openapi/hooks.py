"""What schemathesis has to be told of this API: texts whose form JSON Schema cannot state, and media types."""

import hashlib
import ipaddress
import itertools

import schemathesis
from hypothesis import strategies as st

CALLERS = itertools.count(int(ipaddress.IPv4Address("10.0.0.1")))
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
JWS_TYPES = ("application/jose", "application/jwt", "application/vc+jwt")
# Order of BN254's scalar field.
SCALARS = 0x30644E72E131A029B85045B68181585D2833E84879B9709143E1F593F0000001


@schemathesis.hook
def before_call(context, case, kwargs):
    """Each call comes from another address: calls are counted by address, and 429 would hide all other answers."""
    case.headers["X-Forwarded-For"] = str(ipaddress.IPv4Address(next(CALLERS)))


@schemathesis.hook
def map_body(context, body):
    """Strict JSON writes whole numbers without a fraction; to JSON Schema 1.0 and 1 are the same."""
    if isinstance(body, dict):
        return {name: map_body(context, value) for name, value in body.items()}
    if isinstance(body, list):
        return [map_body(context, value) for value in body]
    if isinstance(body, float) and body.is_integer():
        return int(body)
    return body


@schemathesis.serializer(*JWS_TYPES)
def write_jws(context, value):
    """A JWS is sent as it is."""
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.deserializer(*JWS_TYPES, "application/statuslist+jwt", "text/*")
def read_text(context, response):
    return response.text


@schemathesis.deserializer(
    "application/vc", "application/did", "application/did-resolution", "application/did-url-dereferencing"
)
def read_json(context, response):
    return response.json()


def base58(data):
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def ss58(account):
    """An address of network 42, which `poa serve` takes unless told otherwise."""
    body = b"\x2a" + account
    return base58(body + hashlib.blake2b(b"SS58PRE" + body).digest()[:2])


def ed25519_multikey(seed):
    """The public key of a seed (RFC 8032, 5.1.5), as a Multikey."""
    p = 2**255 - 19
    d = -121665 * pow(121666, -1, p) % p

    def add(a, b):
        (x1, y1), (x2, y2) = a, b
        t = d * x1 * x2 * y1 * y2
        return ((x1 * y2 + x2 * y1) * pow(1 + t, -1, p) % p, (y1 * y2 + x1 * x2) * pow(1 - t, -1, p) % p)

    y = 4 * pow(5, -1, p) % p
    square = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
    x = pow(square, (p + 3) // 8, p)
    if x * x % p != square:
        x = x * pow(2, (p - 1) // 4, p) % p
    point, sum_ = (p - x if x & 1 else x, y), (0, 1)
    scalar = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little") & ((1 << 254) - 8) | (1 << 254)
    while scalar:
        if scalar & 1:
            sum_ = add(sum_, point)
        point, scalar = add(point, point), scalar >> 1
    encoded = sum_[1] | (sum_[0] & 1) << 255
    return "z" + base58(b"\xed\x01" + encoded.to_bytes(32, "little"))


octets = st.binary(min_size=32, max_size=32)
# The account of nothing but zeros belongs to nobody.
schemathesis.openapi.format("ss58", octets.filter(any).map(ss58))
schemathesis.openapi.format("ed25519-multikey", octets.map(ed25519_multikey))
schemathesis.openapi.format("bn254-scalar", st.integers(0, SCALARS - 1).map("0x{:064x}".format))
