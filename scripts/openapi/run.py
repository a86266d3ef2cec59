"""Starts the service and has schemathesis test it twice: as anybody, and as the operator."""

import argparse
import contextlib
import json
import os
import pathlib
import random
import subprocess
import sys

SEED = 20240801
EXAMPLES = 5
# The first start on a machine compiles the proving key.
START_S = 180
UNCHECKED = 2


@contextlib.contextmanager
def service(poa, data):
    """`poa serve` on a free loopback port: its URL and the operator's token."""
    # Nothing of the caller's configuration but where the compiled key lies.
    env = {k: v for k, v in os.environ.items() if not k.startswith("POA_") or k == "POA_CACHE_DIR"}
    options = ["--listen", "127.0.0.1:0", "--publish-interval-s", "1", "--trusted-proxy", "127.0.0.1"]
    with open("service.log", "wb") as log:
        command = [poa, "serve", "--json", "--data-dir", data, *options]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=env, text=True)
    try:
        for line in child.stdout:
            event = json.loads(line)
            if event["event"] == "listening":
                yield event["url"], pathlib.Path(event["operator_token_file"]).read_text().strip()
                return
        raise SystemExit(f"poa serve ended with {child.wait()}\n{pathlib.Path('service.log').read_text()}")
    finally:
        child.kill()
        child.wait()


def schemathesis(url, seed, examples, token):
    """One run over every operation; whether it found nothing."""
    who = "the operator" if token else "anybody"
    print(f"==> as {who}, seed {seed}, {examples} examples", flush=True)
    config = pathlib.Path("schemathesis.toml").read_text()
    if token:
        config += f'\n[auth.openapi.operatorToken]\nbearer = "{token}"\n'
    pathlib.Path("config.toml").write_text(config)
    command = [
        os.path.join(os.path.dirname(sys.executable), "schemathesis"),
        *("--config-file", "config.toml"),
        *("run", f"{url}/openapi.json", "--checks", "all", "--seed", str(seed), "--max-examples", str(examples)),
    ]
    return subprocess.run(command, env=os.environ | {"SCHEMATHESIS_HOOKS": "hooks"}).returncode == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fresh", type=int, metavar="EXAMPLES")
    parser.add_argument("poa")
    arguments = parser.parse_args()
    seed = random.SystemRandom().getrandbits(32) if arguments.fresh else SEED
    examples = arguments.fresh or EXAMPLES
    with service(arguments.poa, "data") as (url, token):
        found_nothing = [schemathesis(url, seed, examples, who) for who in (None, token)]
    sys.exit(0 if all(found_nothing) else 1)


if __name__ == "__main__":
    main()
