// What every script of @polkadot/api needs: the node of the command line, and accounts.
import { test } from 'node:test';

import { ApiPromise, HttpProvider, Keyring, WsProvider } from '@polkadot/api';
import { cryptoWaitReady } from '@polkadot/util-crypto';

/** Where the node answers: the script's one argument, ws:// or http://. */
export const ENDPOINT = process.argv[2];

/** One planck of the node is 10^-12 of its token. */
export const UNIT = 10n ** 12n;

/** Ten blocks, and as patient as tests/support/patience.py; what never settles must fail by name. */
const TIMEOUT_MILLISECONDS = 4 * 60_000;

/** A transaction that takes longer ends its test with what was heard of it. */
const SETTLED_MILLISECONDS = TIMEOUT_MILLISECONDS / 2;

/** The connection alone, for what the API has no method for. */
export const provider = ENDPOINT.startsWith('ws')
  ? new WsProvider(ENDPOINT)
  : new HttpProvider(ENDPOINT);

export async function connect() {
  await cryptoWaitReady();
  return ApiPromise.create({ provider, noInitWarn: true, throwOnConnect: true });
}

/** A development account: `//Alice` as sr25519, ed25519 or ecdsa. */
export function account(uri, type = 'sr25519') {
  return new Keyring({ type }).addFromUri(uri);
}

/** State one true sentence about the node. */
export function it(sentence, body) {
  return test(sentence, { timeout: TIMEOUT_MILLISECONDS }, body);
}

/** Sign, send and wait until the transaction stands in a block; the dispatch error is not thrown. */
export function included(api, extrinsic, signer, options) {
  return settled(api, extrinsic, signer, options, (result) => result.isInBlock);
}

/** The same, until the block is final. */
export function finalized(api, extrinsic, signer, options) {
  return settled(api, extrinsic, signer, options, (result) => result.isFinalized);
}

async function settled(api, extrinsic, signer, options, isEnough) {
  // `nonce: -1` would not count what waits in the pool.
  const nonce = await api.rpc.system.accountNextIndex(signer.address);
  const seen = [];
  let timer;
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`the transaction is late; heard of it: ${seen}`));
    timer = setTimeout(late, SETTLED_MILLISECONDS);
    extrinsic
      .signAndSend(signer, { nonce, ...options }, (result) => {
        seen.push(result.status.type);
        if (result.isError) reject(new Error(`the transaction ended as ${result.status}`));
        if (isEnough(result)) resolve(Object.assign(result, { seen }));
      })
      .catch(reject);
  }).finally(() => clearTimeout(timer));
}

/** The first values that a subscription gives. */
export function firstOf(count, subscribe) {
  return new Promise((resolve, reject) => {
    const values = [];
    const stopping = subscribe((value) => {
      values.push(value);
      if (values.length === count) stopping.then((stop) => resolve([stop(), values][1]), reject);
    });
    stopping.catch(reject);
  });
}
