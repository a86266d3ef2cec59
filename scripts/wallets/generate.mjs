// Writes test-vectors/wallets/signatures.json: what real wallets' code signs for our messages.
//
//   npm ci --ignore-scripts && node generate.mjs > ../../test-vectors/wallets/signatures.json
//
// sr25519 signatures are randomised, so two runs differ in those.
import { readFileSync } from 'node:fs'
import { stringToU8a, u8aToHex, u8aWrapBytes } from '@polkadot/util'
import { addressEq, cryptoWaitReady, encodeAddress, evmToAddress, signatureVerify } from '@polkadot/util-crypto'
import { Keyring } from '@polkadot/keyring'

const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url)))
await cryptoWaitReady()

const agent = '5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty'
const messages = [
  `poa:${agent}:${'0123456789abcdef'.repeat(4)}`,
  `poa-revoke:${agent}:${'00ff'.repeat(8)}`,
]
const wordlist = 'bottom drive obey lake curtain smoke basket hold race lonely fit walk'

/** The 32-byte accounts that an Ethereum-style key pair stands for. */
function ethereumAccounts(pair) {
  const padded = new Uint8Array(32)
  padded.set(pair.addressRaw, 12)
  return [evmToAddress(pair.addressRaw, 42), encodeAddress(padded, 42)]
}

const cases = []
for (const type of ['sr25519', 'ed25519', 'ecdsa', 'ethereum']) {
  const path = type === 'ethereum' ? `${wordlist}/m/44'/60'/0'/0/0` : `${wordlist}//poa`
  const pair = new Keyring({ type, ss58Format: 42 }).addFromUri(path)
  const accounts = type === 'ethereum' ? ethereumAccounts(pair) : [pair.address]
  for (const message of messages) {
    for (const wrapped of [false, true]) {
      const bytes = wrapped ? u8aWrapBytes(message) : stringToU8a(message)
      for (const withType of [false, true]) {
        const signature = u8aToHex(pair.sign(bytes, { withType }))
        for (const account of accounts) {
          // The library's own check knows accounts that end in the Ethereum address, not the hashed mapping.
          const accepted = signatureVerify(message, signature, account).isValid
          const hashed = type === 'ethereum' && addressEq(account, accounts[0])
          if (!accepted && !hashed) throw new Error(`${type} ${account}: the library refuses its own signature`)
          cases.push({ scheme: type, account, message, wrapped, withType, signature, accepted })
        }
      }
    }
  }
}

const packages = Object.entries(dependencies).map(([name, version]) => `${name} ${version}`)
const comment = 'Signatures of wallet key pairs over raw and wrapped messages; `accepted` is signatureVerify.'
console.log(JSON.stringify({ generated_by: 'scripts/wallets/generate.mjs', packages, comment, cases }, null, 1))
