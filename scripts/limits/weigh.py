#!/usr/bin/env python3
"""Weighs what one request costs at worst: processor time of the service, and how long a health check waits beside it.

    scripts/limits/weigh.py target/release/poa [port]

Starts a service of its own in a temporary directory, fills it with two hundred agents and sends each route the most
expensive request found for it. Prints a Markdown table. Linux only: the processor time is read from /proc.
"""

import http.client
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HOST = "127.0.0.1"
V2 = "https://www.w3.org/ns/credentials/v2"
KEY = "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# Multikeys of Ed25519 points are needed for two hundred agents: public keys by RFC 8032 from random seeds.
P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P
BASE = (
    15112221349535400772501151409588531511454012693041857206046113283949847762202,
    46316835694926478169428394003475163141307993866256225615783033603165251855960,
)


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, P - 2, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - product, P - 2, P) % P
    return x, y


def base58(data):
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return text


def multikeys(count):
    """That many different keys: a random point and its sums with the base point."""
    point = BASE
    for bit in format(secrets.randbits(128) | 1 << 127, "b"):
        point = add(point, point)
        point = add(point, BASE) if bit == "1" else point
    for _ in range(count):
        encoded = (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")
        yield "z" + base58(b"\xed\x01" + encoded)
        point = add(point, BASE)


class Service:
    def __init__(self, binary, port):
        self.port, self.directory = port, tempfile.TemporaryDirectory()
        data = os.path.join(self.directory.name, "data")
        command = [binary, "serve", "--data-dir", data, "--listen", f"{HOST}:{port}", "--publish-interval-s", "1"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                if self.send("GET", "/ready")[0] == 200:
                    break
            except OSError:
                pass
            time.sleep(0.2)
        with open(os.path.join(data, "operator-token"), encoding="ascii") as file:
            self.token = file.read().strip()

    def send(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(HOST, self.port, timeout=120)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    def operator(self, path, body):
        headers = {"content-type": "application/json", "authorization": f"Bearer {self.token}"}
        status, answer = self.send("POST", path, json.dumps(body), headers)
        assert status in (200, 201), answer
        return json.loads(answer)

    def processor_s(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def members(bytes_most, values):
    """A JSON object of so many members, filled up to a size."""
    filler = max(1, (bytes_most - values * 12) // values)
    return json.dumps({f"{n:06}": "x" * filler for n in range(values)}, separators=(",", ":"))


def repeating(objects):
    """A credential in which every object names the context again, under sixteen proofs."""
    method = f"did:key:{KEY}#{KEY}"
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
        "proofValue": "z" + base58(bytes([7] * 64)),
    }
    subject = [{"@context": [V2], "id": f"urn:x:{n}"} for n in range(objects)]
    return {
        "@context": [V2],
        "type": ["VerifiableCredential"],
        "issuer": f"did:key:{KEY}",
        "credentialSubject": subject,
        "proof": [proof] * 16,
    }


def cases(agent):
    post = {"content-type": "application/json"}
    yield "GET /health", "", "GET", "/health", None, {}
    yield "GET /agents?limit=200", "200 agents", "GET", "/agents?limit=200", None, {}
    yield "GET /agents/{id}", "", "GET", f"/agents/{agent['id']}", None, {}
    yield "GET /1.0/identifiers/{did}", "", "GET", f"/1.0/identifiers/{agent['agent']}", None, {}
    for path in ("/", "/docs", "/docs/problems", "/openapi.json", "/metrics", "/ready", "/.well-known/did.json", "/poa/api/revoked"):
        yield f"GET {path}", "", "GET", path, None, {}
    for form in ("application/json", "application/vc+jwt"):
        yield "GET /status-lists/{id}", form, "GET", "/status-lists/revocation", None, {"accept": form}
    for values in (19_990, 80_000):
        body = members(870_000, values)
        yield "POST /verify", f"{len(body)} bytes, {values} members", "POST", "/verify", body, post
    batch = {"documents": [{"document": {"a": ["x"] * 500}}] * 32}
    yield "POST /verify", "a batch of 32 documents", "POST", "/verify", json.dumps(batch), post
    receipts = json.dumps({"attestations": ["a" * 2_000] * 500})
    yield "POST /attestations", "500 receipts", "POST", "/attestations", receipts, post
    # The greatest number of objects within the steps, and as many as fit into a document.
    for objects in (100, 800):
        body = json.dumps({"verifiableCredential": repeating(objects)}, separators=(",", ":"))
        label = f"{objects} objects that repeat the context, 16 proofs"
        yield "POST /vc-api/credentials/verify", label, "POST", "/vc-api/credentials/verify", body, post
    yield "POST /poa/api/verify", "32 KB, 2,000 members", "POST", "/poa/api/verify", members(32_000, 2_000), post
    yield "POST /zk-credentials", "16 KiB, not signed", "POST", "/zk-credentials", members(16_000, 1_000), post


def weigh(service, method, path, body, headers):
    """Median processor time of a request, and the longest health check beside ten of them."""
    waits, stop = [], threading.Event()

    def watch():
        while not stop.is_set():
            began = time.perf_counter()
            service.send("GET", "/health")
            waits.append(time.perf_counter() - began)
            time.sleep(0.002)

    rounds, times, status = 10, [], None
    for _ in range(3):
        before = service.processor_s()
        for _ in range(rounds):
            status, _ = service.send(method, path, body, headers)
        times.append((service.processor_s() - before) / rounds)
    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(rounds):
        service.send(method, path, body, headers)
    stop.set()
    watcher.join()
    return status, statistics.median(times) * 1000, max(waits) * 1000


def main():
    binary, port = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 9330
    service = Service(binary, port)
    try:
        for key in multikeys(200):
            body = {"name": "weighed", "custody": "issuer", "ed25519_public_key": key}
            agent = service.operator("/agents", body)
        print("| route | request | answer | processor, ms | longest health check beside it, ms |")
        print("|---|---|---|---|---|")
        for route, request, method, path, body, headers in cases(agent):
            status, processor, wait = weigh(service, method, path, body, headers)
            print(f"| `{route}` | {request or '–'} | {status} | {processor:.1f} | {wait:.1f} |", flush=True)
    finally:
        service.process.terminate()
        service.process.wait()


if __name__ == "__main__":
    main()
