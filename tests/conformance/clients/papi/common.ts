// What the scripts of polkadot-api need: a client of the node of the command line, and accounts.
import { after, test } from 'node:test';

import { Keyring } from '@polkadot/api';
import { bnToU8a, compactAddLength, compactToU8a, u8aConcat } from '@polkadot/util';
import { blake2AsU8a } from '@polkadot/util-crypto';
import { ed25519CreateDerive, sr25519CreateDerive } from '@polkadot-labs/hdkd';
import { DEV_MINI_SECRET, ss58Address } from '@polkadot-labs/hdkd-helpers';
import { createClient } from 'polkadot-api';
import { getPolkadotSigner } from 'polkadot-api/signer';
import { getWsProvider, getWsRawProvider } from 'polkadot-api/ws';
import { WebSocket } from 'ws';

import { dev } from './.papi/descriptors/dist/index.js';
import { restricted, type Offer } from './restricted.js';

export const UNIT = 10n ** 12n;

/** Long enough for ten blocks. */
const TIMEOUT_MILLISECONDS = 60_000;

/** Connect to the node at `url`; `raw` trusts it to follow the new specification to the letter. */
export async function connect(url: string, offer: Offer | 'raw') {
  const websocketClass = WebSocket as unknown as typeof globalThis.WebSocket;
  const door = offer === 'raw' ? { url, close: () => {} } : await restricted(url, offer);
  const provider = offer === 'raw' ? getWsRawProvider : getWsProvider;
  const client = createClient(provider(door.url, { websocketClass }));
  after(() => {
    client.destroy();
    door.close();
  });
  return { client, api: client.getTypedApi(dev) };
}

const CURVES = {
  Ed25519: ed25519CreateDerive(DEV_MINI_SECRET),
  Sr25519: sr25519CreateDerive(DEV_MINI_SECRET),
};

/** A development account, `//Alice`, with its signer. */
export function account(path: string, curve: keyof typeof CURVES = 'Sr25519') {
  const { publicKey, sign } = CURVES[curve](path);
  return { address: ss58Address(publicKey), signer: getPolkadotSigner(publicKey, curve, sign) };
}

/** The same with an ecdsa key: hdkd-helpers 0.0.30 loses the recovery id of such signatures. */
export function ecdsaAccount(path: string) {
  const pair = new Keyring({ type: 'ecdsa' }).addFromUri(path);
  const sign = (message: Uint8Array) => pair.sign(message);
  return { address: pair.address, signer: getPolkadotSigner(pair.addressRaw, 'Ecdsa', sign) };
}

/** State one true sentence about the node. */
export function it(sentence: string, body: () => Promise<void>) {
  return test(sentence, { timeout: TIMEOUT_MILLISECONDS }, body);
}

/** A number as the runtime writes a u32. */
export function u32(value: number) {
  return bnToU8a(value, { bitLength: 32, isLe: true });
}

/**
 * An immortal general transaction with the extensions of version 1, for which neither client has a
 * signer: the proof covers the hash of version, call, the other extensions and what they imply.
 */
export function provenTransaction(
  path: string, call: Uint8Array, nonce: number, implied: Uint8Array[],
) {
  const pair = new Keyring({ type: 'sr25519' }).addFromUri(path);
  const extra = u8aConcat([0], compactToU8a(nonce), compactToU8a(0), [0]);
  const message = blake2AsU8a(u8aConcat([1], call, extra, ...implied, [0]));
  // `sign` puts the scheme before the signature, as MultiSignature does
  const proof = u8aConcat([0], pair.sign(message, { withType: true }), pair.addressRaw);
  return compactAddLength(u8aConcat([0x45, 1], proof, extra, call));
}
