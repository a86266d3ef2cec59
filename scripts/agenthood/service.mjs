// The service as a process, and calls to it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** The check could not be made: exit 2, as opposed to an answer that is not as published. */
export class Unchecked extends Error {}

/** The first start on a machine compiles the proving key. */
const START_MS = 180_000;

export class Service {
  #child;
  #token;
  #clients = 0;

  /** Starts `poa serve` on a free loopback port; resolves once it listens. */
  static async start(binary, data) {
    const service = new Service();
    // Nothing of the caller's configuration but where the compiled key lies.
    const kept = ([name]) => !name.startsWith("POA_") || name === "POA_CACHE_DIR";
    const options = ["--listen", "127.0.0.1:0", "--publish-interval-s", "1", "--trusted-proxy", "127.0.0.1"];
    const child = spawn(binary, ["serve", "--json", "--data-dir", data, ...options], {
      env: Object.fromEntries(Object.entries(process.env).filter(kept)),
      stdio: ["ignore", "pipe", "pipe"],
    });
    service.#child = child;
    let log = "";
    child.stderr.on("data", (text) => (log = (log + text).slice(-4000)));
    const listening = new Promise((resolve, reject) => {
      const give = (why) => reject(new Unchecked(`poa serve ${why}\n${log}`));
      const timer = setTimeout(() => give("did not listen in time"), START_MS);
      child.once("error", (error) => give(error.message));
      child.once("exit", (code) => give(`ended with ${code}`));
      createInterface({ input: child.stdout }).on("line", (line) => {
        const event = JSON.parse(line);
        if (event.event !== "listening") return;
        clearTimeout(timer);
        resolve(event);
      });
    });
    try {
      const event = await listening;
      service.url = event.url;
      service.#token = readFileSync(event.operator_token_file, "utf8").trim();
    } catch (error) {
      child.kill();
      throw error;
    }
    return service;
  }

  async stop() {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill();
    await ended;
  }

  /** One call. Each comes from a client of its own unless one is named: the limits have their own case. */
  async call(method, path, body, { client, headers = {} } = {}) {
    const number = ++this.#clients;
    const address = client ?? `10.1.${number >> 8}.${number & 255}`;
    const sent = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
    const answer = await fetch(this.url + path, {
      method,
      body: sent,
      headers: { "content-type": "application/json", "x-forwarded-for": address, ...headers },
      signal: AbortSignal.timeout(30_000),
    });
    const text = await answer.text();
    const json = /json/.test(answer.headers.get("content-type") ?? "") ? JSON.parse(text) : undefined;
    return { status: answer.status, headers: answer.headers, text, json };
  }

  post(path, body, options) {
    return this.call("POST", path, body, options);
  }

  get(path, headers) {
    return this.call("GET", path, undefined, { headers });
  }

  /** A call with the operator's token, which must succeed. */
  async operator(method, path, body) {
    const answer = await this.call(method, path, body, { headers: { authorization: `Bearer ${this.#token}` } });
    if (answer.status >= 300) throw new Unchecked(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }
}
