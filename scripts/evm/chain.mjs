// Contracts compiled by solc, and a chain of one process to call them on.

import { Common, Hardfork, Mainnet } from "@ethereumjs/common";
import { createEVM } from "@ethereumjs/evm";
import { Address } from "@ethereumjs/util";
import { keccak_256 } from "@noble/hashes/sha3.js";
import solc from "solc";

/** Addition, multiplication and pairing (EIP-196, EIP-197). */
export const PRECOMPILED = [6, 7, 8];

const GAS_LIMIT = 10_000_000n;
/** What a transaction pays before anything runs, and for each byte of calldata (EIP-2028). */
const TRANSACTION = 21_000;
const PER_BYTE = { zero: 4, other: 16 };

const SETTINGS = {
  // No instruction younger than 2022, for chains that lag.
  evmVersion: "paris",
  optimizer: { enabled: true, runs: 1_000_000 },
  outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.methodIdentifiers"] } },
};

/** The contract of this name; a warning is an error. */
export function compile(name, source) {
  const input = { language: "Solidity", sources: { "contract.sol": { content: source } }, settings: SETTINGS };
  const { errors, contracts } = JSON.parse(solc.compile(JSON.stringify(input)));
  const complaints = (errors ?? []).map((error) => error.formattedMessage);
  if (complaints.length > 0) throw new Error(`solc ${solc.version()}:\n${complaints.join("\n")}`);
  const { abi, evm } = contracts["contract.sol"][name];
  return {
    name,
    errors: errorsBySelector(abi),
    selectors: evm.methodIdentifiers,
    code: Buffer.from(evm.bytecode.object, "hex"),
    deployedBytes: evm.deployedBytecode.object.length / 2,
  };
}

function errorsBySelector(abi) {
  const errors = abi.filter((entry) => entry.type === "error");
  return new Map(errors.map(({ name, inputs }) => [selector(`${name}(${inputs.map(({ type }) => type)})`), name]));
}

function selector(signature) {
  return Buffer.from(keccak_256(new TextEncoder().encode(signature))).toString("hex", 0, 4);
}

/** Numbers as the ABI writes them, one after the other. */
export function words(numbers) {
  return Buffer.concat(numbers.map((number) => Buffer.from(BigInt(number).toString(16).padStart(64, "0"), "hex")));
}

/** Somebody, by number. */
export function account(number) {
  return new Address(Buffer.alloc(20).fill(number, 19));
}

/** What else a block's header says; the contracts ask for the time alone. */
const BLANK = {
  number: 0n,
  coinbase: account(0),
  difficulty: 0n,
  prevRandao: new Uint8Array(32),
  gasLimit: GAS_LIMIT,
  slotNumber: 0n,
  getBlobGasPrice: () => undefined,
};

/** A chain that may lack the precompiled contract of number `without`. */
export class Chain {
  #evm;
  #time = 0n;

  static async create({ hardfork = Hardfork.Cancun, without } = {}) {
    const chain = new Chain();
    const customPrecompiles = without === undefined ? [] : [{ address: account(without) }];
    chain.#evm = await createEVM({ common: new Common({ chain: Mainnet, hardfork }), customPrecompiles });
    // As a transaction begins (EIP-2929).
    for (const number of PRECOMPILED) chain.#evm.journal.addAlwaysWarmAddress(account(number).toString().slice(2), false);
    return chain;
  }

  /** Seconds since 1970, for the calls that follow. */
  set time(seconds) {
    this.#time = BigInt(seconds);
  }

  async #run(options) {
    const block = { header: { ...BLANK, timestamp: this.#time } };
    // A call that sends value needs no account that has it.
    const { execResult, createdAddress } = await this.#evm.runCall({ gasLimit: GAS_LIMIT, skipBalance: true, block, ...options });
    const { returnValue, exceptionError, executionGasUsed } = execResult;
    return { answer: Buffer.from(returnValue), failure: exceptionError?.error, gas: Number(executionGasUsed), createdAddress };
  }

  /** Its address, what it took, and `send(calldata, { caller, gasLimit, value })`. */
  async deploy(contract, constructorArguments = []) {
    const data = Buffer.concat([contract.code, words(constructorArguments)]);
    const { createdAddress: to, failure, gas } = await this.#run({ data });
    if (failure !== undefined) throw new Error(`${contract.name} is not deployed: ${failure}`);
    const send = async (data, options) => {
      const { answer, failure, gas } = await this.#run({ to, data, ...options });
      const error = failure === undefined ? undefined : named(contract.errors, answer, failure);
      return { answer, error, gas, transaction: intrinsic(data) + gas };
    };
    return { address: to, gas, send };
  }
}

function intrinsic(calldata) {
  const zeros = calldata.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0);
  return TRANSACTION + zeros * PER_BYTE.zero + (calldata.length - zeros) * PER_BYTE.other;
}

/** `Name(argument)`, or what the EVM says where the contract does not. */
function named(errors, answer, failure) {
  if (answer.length === 0) return failure;
  const name = errors.get(answer.toString("hex", 0, 4));
  if (name === undefined) throw new Error(`a refusal without a name: ${answer.toString("hex")}`);
  const argument = answer.subarray(4);
  return argument.length === 0 ? name : `${name}(${BigInt(`0x${argument.toString("hex")}`)})`;
}
