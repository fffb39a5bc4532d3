// Makes accounts.json with the real @polkadot/keyring, from where `npm ci` put it:
//     cd tests/conformance/clients
//     node --input-type=module - < ../vectors/polkadot_js/make.mjs > ../vectors/polkadot_js/accounts.json
import { Keyring, packageInfo } from '@polkadot/keyring';
import { u8aToHex, stringToU8a } from '@polkadot/util';
import {
  cryptoWaitReady, encodeAddress, jsonEncryptFormat, mnemonicToMiniSecret, naclEncrypt, scryptEncode, scryptToU8a,
} from '@polkadot/util-crypto';

await cryptoWaitReady();
const phrase = 'seed sock milk update focus rotate barely fade car face mechanic mercy';
const uris = {
  ed25519: ['//Alice', `${phrase}//hard//1`],
  sr25519: ['//Alice', `${phrase}//hard/soft/7///secret words`, phrase],
  ecdsa: ['//Alice', `${phrase}//0`],
};
const message = 'wanted: one signature';
const accounts = [];
const add = (pair, type, uri, password, json) =>
  accounts.push({
    type, uri, password, json,
    publicKey: u8aToHex(pair.publicKey),
    address: encodeAddress(pair.addressRaw, 42),
    signature: u8aToHex(pair.sign(stringToU8a(message))),
  });

for (const [type, list] of Object.entries(uris)) {
  for (const uri of list) {
    const keyring = new Keyring({ type, ss58Format: 42 });
    const pair = keyring.addFromUri(uri, { name: `${type} ${uri.slice(-6)}`, whenCreated: 1 });
    const password = `pass \u00fc ${type}`;
    add(pair, type, uri, password, pair.toJson(password));
  }
  const pair = new Keyring({ type }).addFromUri('//Bob', { name: 'open' });
  add(pair, type, '//Bob', null, pair.toJson());
}

// Each cost that polkadot-js ever wrote, by its own functions.
const presets = [[13, 10], [14, 5], [15, 3], [15, 1], [16, 2]];
for (const [log, p] of presets) {
  const pair = new Keyring({ type: 'sr25519' }).addFromUri('//Charlie');
  const params = { N: 1 << log, p, r: 8 };
  const { password, salt } = scryptEncode('preset', undefined, params);
  const { encrypted, nonce } = naclEncrypt(pair.encodePkcs8(), password.subarray(0, 32));
  const encoded = new Uint8Array([...scryptToU8a(salt, params), ...nonce, ...encrypted]);
  const json = { ...jsonEncryptFormat(encoded, ['pkcs8', 'sr25519'], true), address: pair.address, meta: {} };
  add(pair, 'sr25519', '//Charlie', 'preset', json);
}

// Generation 2: the seed instead of the expanded key, and the password itself as the key.
const seed = mnemonicToMiniSecret(phrase);
const old = new Keyring({ type: 'sr25519' }).addFromSeed(seed);
const header = [48, 83, 2, 1, 1, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
const plain = new Uint8Array([...header, ...seed, 161, 35, 3, 33, 0, ...old.publicKey]);
const key = new Uint8Array(32);
key.set(stringToU8a('second'));
const { encrypted, nonce } = naclEncrypt(plain, key);
add(old, 'sr25519', phrase, 'second', {
  encoded: u8aToHex(new Uint8Array([...nonce, ...encrypted])),
  encoding: { content: ['pkcs8', 'sr25519'], type: 'xsalsa20-poly1305', version: '2' },
  address: old.address, meta: {},
});

const source = `@polkadot/keyring ${packageInfo.version}`;
console.log(JSON.stringify({ source, message, accounts }, null, 1));
