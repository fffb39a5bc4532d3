// Reads [{json, password}] from the file in ACCOUNTS, opens each with the real @polkadot/keyring, and
// prints what it found. Run from where `npm ci` put that package: tests/conformance/clients.
import { Keyring } from '@polkadot/keyring';
import { stringToU8a, u8aToHex } from '@polkadot/util';
import { cryptoWaitReady } from '@polkadot/util-crypto';
import { readFileSync } from 'node:fs';

await cryptoWaitReady();
const found = JSON.parse(readFileSync(process.env.ACCOUNTS, 'utf8')).map(({ json, password, message }) => {
  const pair = new Keyring({ ss58Format: 42 }).addFromJson(json);
  pair.unlock(password);
  return {
    type: pair.type,
    publicKey: u8aToHex(pair.publicKey),
    address: pair.address,
    meta: pair.meta,
    signature: u8aToHex(pair.sign(stringToU8a(message))),
  };
});
console.log(JSON.stringify(found));
