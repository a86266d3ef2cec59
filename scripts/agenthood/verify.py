"""Verifies documents with PyJWT as the published recipe has it.

    verify.py JWKS_URL < DOCUMENTS

One compact JWS a line in; one JSON line out: the claims, or null when PyJWT refuses it under keys[0].
"""

import json
import sys
import urllib.request

import jwt


def main(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        key = jwt.PyJWK(json.load(answer)["keys"][0])
    for line in sys.stdin:
        try:
            claims = jwt.decode(line.strip(), key, algorithms=["EdDSA"])
        except jwt.InvalidTokenError:
            claims = None
        print(json.dumps(claims))


main(sys.argv[1])
