// Every version of the metadata describes the same runtime to @polkadot/api.
import assert from 'node:assert/strict';
import { after } from 'node:test';

import { Metadata, TypeRegistry } from '@polkadot/types';
import { expandMetadata } from '@polkadot/types/metadata';

import { connect, it, provider } from './common.mjs';

const api = await connect();
after(() => api.disconnect());

const VERSIONS = [14, 15, 16];

async function metadataAt(version) {
  const opaque = await api.call.metadata.metadataAtVersion(version);
  const registry = new TypeRegistry();
  const metadata = new Metadata(registry, opaque.unwrap().toHex());
  registry.setMetadata(metadata);
  return { metadata, registry };
}

/** What an application finds by name: section -> names. */
function namesOf({ metadata, registry }) {
  const { consts, errors, events, query, tx } = expandMetadata(registry, metadata);
  const names = (sections) =>
    Object.fromEntries(Object.entries(sections).map(([name, items]) => [name, Object.keys(items)]));
  return { consts: names(consts), errors: names(errors), events: names(events),
    query: names(query), tx: names(tx) };
}

it('lists its versions', async () => {
  const versions = (await api.call.metadata.metadataVersions()).map((version) => version.toNumber());
  assert.deepEqual(versions, VERSIONS);
});

it('gives version 14 at the old doors', async () => {
  assert.equal((await api.rpc.state.getMetadata()).version, 14);
  const called = await provider.send('state_call', ['Metadata_metadata', '0x']);
  const { inner } = api.createType('OpaqueMetadata', called);
  assert.equal(new Metadata(new TypeRegistry(), inner.toHex()).version, 14);
});

it('gives none for a version that does not exist', async () => {
  assert.ok((await api.call.metadata.metadataAtVersion(13)).isNone);
  assert.ok((await api.call.metadata.metadataAtVersion(17)).isNone);
});

for (const version of VERSIONS) {
  it(`names the same things in version ${version} as the connected API does`, async () => {
    const found = await metadataAt(version);
    assert.equal(found.metadata.version, version);
    const { consts, query, tx } = namesOf(found);
    for (const [section, names] of Object.entries(tx))
      assert.deepEqual(names, Object.keys(api.tx[section]));
    for (const [section, names] of Object.entries(query))
      assert.deepEqual(names.sort(), Object.keys(api.query[section]).sort());
    for (const [section, names] of Object.entries(consts))
      assert.deepEqual(names, Object.keys(api.consts[section]));
  });
}

it('names the same in all versions', async () => {
  const [v14, v15, v16] = (await Promise.all(VERSIONS.map(metadataAt))).map(namesOf);
  assert.deepEqual(v15, v14);
  assert.deepEqual(v16, v14);
});

it('lists the signed extensions that wallets know, in order', async () => {
  const known = [
    'CheckNonZeroSender', 'CheckSpecVersion', 'CheckTxVersion', 'CheckGenesis', 'CheckMortality',
    'CheckNonce', 'CheckWeight', 'ChargeTransactionPayment', 'CheckMetadataHash',
  ];
  for (const version of [14, 15])
    assert.deepEqual((await metadataAt(version)).registry.signedExtensions, known);
  // This client makes one list of all that version 16 lists by version.
  assert.deepEqual(api.registry.signedExtensions, [...known, 'VerifyMultiSignature']);
  const { extrinsic } = (await metadataAt(16)).metadata.asV16;
  assert.deepEqual(extrinsic.transactionExtensionsByVersion.toJSON(), {
    0: [0, 1, 2, 3, 4, 5, 6, 7, 8], 1: [9, 0, 1, 2, 3, 4, 5, 6, 7, 8],
  });
});

it('describes its runtime APIs, so that a client needs no list of its own', async () => {
  const { metadata } = await metadataAt(15);
  const apis = metadata.asV15.apis.map(({ name }) => name.toString());
  for (const name of ['Core', 'Metadata', 'AccountNonceApi', 'TransactionPaymentApi'])
    assert.ok(apis.includes(name), `${name} is not among ${apis}`);
});

it('documents every call', () => {
  const silent = Object.entries(api.tx).flatMap(([section, calls]) =>
    Object.entries(calls)
      .filter(([, call]) => call.meta.docs.join('').trim() === '')
      .map(([name]) => `${section}.${name}`),
  );
  assert.deepEqual(silent, []);
});
