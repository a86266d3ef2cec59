#!/usr/bin/env python3
"""Reads the conformance vectors without any code of this project and checks what needs no pairing.

    python3 test-vectors/conformance/check.py

Python's standard library alone. Every file's shape, ids and counts; and computed anew, from the definitions in
docs/protocol.md: Poseidon of test-vectors/poseidon; each derivation (Poseidon with constants drawn from the Grain LFSR, BabyJubJub, leaf, root, context,
nonces), the canonical form of JSON, fingerprints of trust documents, and what multibase, times and field elements say.
Exits with 1 and a line for each difference.
"""

import base64
import collections
import datetime
import hashlib
import json
import pathlib
import re
import sys
import uuid

R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
HERE = pathlib.Path(__file__).parent


class Refused(Exception):
    """The arguments are none."""


# Poseidon: constants as the reference implementation of the paper draws them (eprint 2019/458, appendix E).

PARTIAL_ROUNDS = dict(zip(range(2, 14), [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65]))
FULL_ROUNDS = 8
FIELD_BITS = 254
CONSTANTS = {}


def grain(width):
    """The bits of the Grain LFSR for circomlib's parameters of a width."""
    numbers = [(1, 2), (0, 4), (FIELD_BITS, 12), (width, 12), (FULL_ROUNDS, 10), (PARTIAL_ROUNDS[width], 10)]
    state = collections.deque(int(bit) for value, size in numbers for bit in f"{value:0{size}b}")
    state.extend([1] * 30)

    def clock():
        bit = state[62] ^ state[51] ^ state[38] ^ state[23] ^ state[13] ^ state[0]
        state.popleft()
        state.append(bit)
        return bit

    for _ in range(160):
        clock()
    while True:
        chosen, bit = clock(), clock()
        if chosen:
            yield bit


def constants(width):
    if width not in CONSTANTS:
        bits = grain(width)

        def draw():
            return int("".join(str(next(bits)) for _ in range(FIELD_BITS)), 2)

        rounds = []
        while len(rounds) < width * (FULL_ROUNDS + PARTIAL_ROUNDS[width]):
            number = draw()
            if number < R:
                rounds.append(number)
        points = [draw() % R for _ in range(2 * width)]
        assert len(set(points)) == 2 * width
        matrix = [[pow(x + y, -1, R) for y in points[width:]] for x in points[:width]]
        CONSTANTS[width] = rounds, matrix
    return CONSTANTS[width]


def poseidon(*inputs):
    width = len(inputs) + 1
    added, matrix = constants(width)
    state = [0, *inputs]
    partial = PARTIAL_ROUNDS[width]
    for turn in range(FULL_ROUNDS + partial):
        state = [(s + c) % R for s, c in zip(state, added[turn * width :])]
        full = turn < FULL_ROUNDS // 2 or turn >= FULL_ROUNDS // 2 + partial
        state = [pow(s, 5, R) if full or i == 0 else s for i, s in enumerate(state)]
        state = [sum(m * s for m, s in zip(row, state)) % R for row in matrix]
    return state[0]


# BabyJubJub in circomlib's coordinates.

A, D = 168700, 168696
L = 2736030358979909402780800718157159386076813972158567259200215660948447373041
BASE8 = (
    5299619240641551281634865583518297030282874472190772894086521144482721001553,
    16950150798460657717958625567821834550301663161624707787222815936182638968203,
)


def add(p, q):
    product = D * p[0] * q[0] * p[1] * q[1] % R
    x = (p[0] * q[1] + p[1] * q[0]) * pow(1 + product, -1, R) % R
    y = (p[1] * q[1] - A * p[0] * q[0]) * pow(1 - product, -1, R) % R
    return x, y


def multiply(k, point):
    result = (0, 1)
    while k:
        if k & 1:
            result = add(result, point)
        point, k = add(point, point), k >> 1
    return result


# Texts.


def element(text):
    if not re.fullmatch("0x[0-9a-f]{64}", text) or int(text, 16) >= R:
        raise Refused("element")
    return int(text, 16)


def hexadecimal(number):
    return f"0x{number:064x}"


def base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def base58(text):
    digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number = 0
    for digit in text:
        number = number * 58 + digits.index(digit)
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def canonical(value):
    """RFC 8785. Python's repr of a float is the shortest text that reads back, as JavaScript's is, in our range."""
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
        return "{" + ",".join(f"{canonical(name)}:{canonical(item)}" for name, item in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def digest(value):
    return hashlib.sha256(canonical(value).encode()).digest()


def to_field(tag, data):
    return int.from_bytes(hashlib.sha256(f"poa/v1/{tag}".encode() + b"\0" + data).digest()[:31], "big")


def agent_id(did):
    return uuid.UUID(did.rsplit(":", 1)[1]).int


def scope(audience):
    # Enough for the cases at hand: an origin or a DID without a path.
    if not re.fullmatch(r"https?://[^/]+|did:[a-z0-9]+:[^/?#]+", audience):
        raise Refused("audience")
    return to_field("scope", audience.encode())


# Derivations: each takes its arguments and gives what the file calls the output.


def identity(k):
    scalar = element(k)
    if not 0 < scalar < L:
        raise Refused("scalar")
    key = multiply(scalar, BASE8)
    return {"key": [hexadecimal(c) for c in key], "identity": hexadecimal(poseidon(*key))}


def root(leaf, index, siblings):
    if len(siblings) != 32:
        raise Refused("siblings")
    node = element(leaf)
    for level, sibling in enumerate(map(element, siblings)):
        node = poseidon(sibling, node) if index >> level & 1 else poseidon(node, sibling)
    return hexadecimal(node)


def leaf_hash(identity, pseudonym, agent, schema, attributes, expires_at, salt):
    first = [element(identity), element(pseudonym), agent_id(agent), element(schema)]
    return hexadecimal(poseidon(*first, *map(element, attributes), expires_at, element(salt)))


def schema_field(document):
    slots = ["reputation", "tasks_completed", "earnings_sats", "member_since", "capabilities", "build_hash"]
    if document["slots"] != slots:
        raise Refused("slots")
    return hexadecimal(to_field("schema", canonical(document).encode()))


def digest_to_field(sha256):
    data = bytes.fromhex(sha256)
    if len(data) != 32:
        raise Refused("digest")
    return hexadecimal(poseidon(int.from_bytes(data[:16], "big"), int.from_bytes(data[16:], "big")))


def holder_message(action, agent, issuer, key, pseudonym, nonce, exp):
    if action not in ("register", "rotate", "revoke") or [element(c) for c in key] == [0, 1]:
        raise Refused("message")
    message = {
        "action": action, "agent": agent, "issuer": issuer, "K": key, "N": pseudonym, "nonce": nonce, "exp": exp,
    }
    return hexadecimal(to_field("holder-pop", canonical(message).encode()))


def agenthood_nonce(seed, details):
    data = b"poa/v1/nonce\0" + bytes.fromhex(seed) + canonical(details).encode()
    return hashlib.sha256(data).hexdigest()


DERIVATIONS = {
    "to_field": lambda tag, bytes: hexadecimal(to_field(tag, bytes_of(bytes))),
    "digest_to_field": digest_to_field,
    "agent_id_of": lambda did: hexadecimal(agent_id(did)),
    "schema_field": schema_field,
    "disclosure_digest": lambda document: "sha256-" + base64.b64encode(digest(document)).decode(),
    "scope": lambda audience: hexadecimal(scope(audience)),
    "scope_in_period": lambda audience, period, i: hexadecimal(
        to_field("scope", b"\0".join([audience.encode(), period.encode(), str(i).encode()]))
    ),
    "identity": identity,
    "pseudonym_commitment": lambda n: hexadecimal(poseidon(element(n))),
    "nullifier": lambda n, scope: hexadecimal(poseidon(element(scope), element(n))),
    "salt": lambda ext, rho: hexadecimal(poseidon(element(ext), element(rho))),
    "leaf_hash": leaf_hash,
    "root": root,
    "context": lambda options, document: hexadecimal(to_field("context", digest(options) + digest(document))),
    "holder_message": holder_message,
    "agenthood_nonce": agenthood_nonce,
    "agent_claim_digest": lambda agent: digest(agent).hex(),
    "key_digest": lambda verifying_key: "urn:poa:vk:sha256:"
    + hashlib.sha256(base64url(verifying_key[1:])).hexdigest(),
}


def bytes_of(text):
    return bytes.fromhex(text)


def derive(arguments):
    function = DERIVATIONS[arguments["function"]]
    try:
        return function(**{name: value for name, value in arguments.items() if name not in ("kind", "function")})
    except Refused:
        return Refused


# Readers whose output says the same in other words.

READERS = {
    "multibase_u": lambda text: base64url(text[1:]).hex(),
    "multibase_z": lambda text: base58(text[1:]).hex(),
    "multikey": lambda text: base58(text[1:])[2:].hex(),
    "field_element": lambda text: str(element(text)),
    "time": lambda text: int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()),
}


def fingerprint(text):
    document = json.loads(text)
    del document["proof"]
    return digest(document).hex()


def recompute(case):
    """What the output must be, or None where this program has no opinion."""
    given, accepted = case["input"], case["expect"]["verdict"] == "accepted"
    if given["kind"] == "derivation":
        return derive(given)
    if not accepted:
        return None
    if given["kind"] == "json":
        return canonical(json.loads(given["text"]))
    if given["kind"] == "trust":
        return fingerprint(given["text"])
    if given["kind"] == "text" and given["reader"] in READERS:
        return READERS[given["reader"]](given["text"])
    return None


def check_case(name, case, sources):
    assert set(case) <= {"id", "description", "source", "flags", "needs", "input", "expect"}, "its members"
    assert case["id"].startswith(f"{name}/"), "its id"
    assert case["source"] in sources, "its source"
    expect = case["expect"]
    verdicts = ("verified", "authentic") if case["input"]["kind"] == "document" else ("accepted",)
    assert expect["verdict"] in (*verdicts, "refused"), "its verdict"
    assert (expect["verdict"] == "refused") == ("check" in expect and "reason" in expect), "its check and reason"
    found = recompute(case)
    if found is Refused:
        assert expect["verdict"] == "refused", "refused here"
    elif found is not None:
        assert expect.get("output") == found, f"computed {found}"
    return found is not None


def check_poseidon():
    """The constants drawn here are the ones that circomlibjs uses, for every number of inputs."""
    for path in sorted(HERE.parent.glob("poseidon/h_*.json")):
        for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
            result = hexadecimal(poseidon(*(int(word, 16) for word in case["inputs"])))
            assert result == case["output"], f"{path.name} {case['name']}"


def main():
    check_poseidon()
    ids, wrong, computed = set(), [], 0
    counts = collections.Counter()
    for path in sorted(HERE.glob("*.json")):
        file = json.loads(path.read_text(encoding="utf-8"))
        assert file["schema"] == "conformance-vector.v1" and file["family"] == path.stem, path
        for case in file["cases"]:
            try:
                computed += check_case(path.stem, case, file["sources"])
                assert case["id"] not in ids, "an id twice"
            except AssertionError as error:
                wrong.append(f"{case['id']}: {error}")
            ids.add(case["id"])
            counts["refused" if case["expect"]["verdict"] == "refused" else "accepted"] += 1
    for line in wrong:
        print(line)
    accepted, refused = counts["accepted"], counts["refused"]
    print(f"{len(ids)} cases, {accepted} accepted, {refused} refused, {computed} computed anew, {len(wrong)} wrong")
    return 1 if wrong or refused <= accepted else 0


if __name__ == "__main__":
    sys.exit(main())
