// An unmodified polkadot-api, with types made from our metadata: reads, follows, signs and sends.
//
// Arguments: the node's URL, and what it may offer: `new` and `legacy` hide the other interface,
// `raw` leaves out the client's own repairs of nodes that stray from the specification.
import assert from 'node:assert/strict';

import { hexToU8a, u8aToHex } from '@polkadot/util';
import { Enum, InvalidTxError, type TxEvent } from 'polkadot-api';
import { withMetadataHash } from 'polkadot-api/signer';
import { firstValueFrom, lastValueFrom, take, toArray } from 'rxjs';

import { account, connect, ecdsaAccount, it, provenTransaction, u32, UNIT } from './common.js';
import type { Offer } from './restricted.js';

const [url, offer] = process.argv.slice(2) as [string, Offer | 'raw'];
const { client, api } = await connect(url, offer);

const ALICE = account('//Alice').address;
const BOB = account('//Bob').address;
const NOBODY = account('//Nobody').address;
const RECEIVER = account('//PapiReceiver').address;
const sender = account('//Charlie');

const transfer = (value = UNIT, to = RECEIVER) =>
  api.tx.Balances.transfer_keep_alive({ dest: Enum('Id', to), value });

it('says what chain it is', async () => {
  const { name, genesisHash, properties } = await client.getChainSpecData();
  // From legacy nodes the client takes the name of the program.
  assert.equal(name, offer === 'legacy' ? 'starminer' : 'StarMiner Development');
  assert.match(genesisHash, /^0x[0-9a-f]{64}$/);
  assert.deepEqual(properties, { ss58Format: 42, tokenDecimals: 12, tokenSymbol: 'AGPU' });
});

it('has the constants of its types', async () => {
  const { constants } = await api.getStaticApis();
  assert.equal(constants.Balances.ExistentialDeposit, 10n ** 9n);
  assert.equal(constants.Babe.ExpectedBlockTime, 3000n);
  assert.equal(constants.System.Version.spec_name, 'starminer');
});

it('is compatible with the types made from it', async () => {
  const { compat } = await api.getStaticApis();
  assert.ok(compat.tx.Balances.transfer_keep_alive.isCompatible());
  assert.ok(compat.query.System.Account.isCompatible());
  assert.ok(compat.apis.AccountNonceApi.account_nonce.isCompatible());
});

it('reads values, one and many', async () => {
  const bob = await api.query.System.Account.getValue(BOB);
  assert.ok(bob.data.free > 0n);
  assert.deepEqual(await api.query.Session.Validators.getValue(), [ALICE]);
  const many = await api.query.System.Account.getValues([[ALICE], [BOB], [NOBODY]]);
  assert.deepEqual(many.map(({ data }) => data.free > 0n), [true, true, false]);
});

it('lists a map', async () => {
  const entries = await api.query.System.Account.getEntries();
  const owners = entries.map(({ keyArgs: [owner] }) => owner);
  assert.ok(owners.includes(ALICE) && owners.includes(BOB));
  assert.equal(new Set(owners).size, owners.length);
});

it('reads the state of an earlier block', async () => {
  const { hash, number } = await client.getFinalizedBlock();
  const release = client.hodlBlock(hash);
  await firstValueFrom(client.finalizedBlock$.pipe(take(2), toArray()));
  assert.equal(await api.query.System.Number.getValue({ at: hash }), number);
  release();
});

it('calls the runtime', async () => {
  const nonce = await api.apis.AccountNonceApi.account_nonce(BOB);
  assert.equal(nonce, (await api.query.System.Account.getValue(BOB)).nonce);
  const version = await api.apis.Core.version();
  assert.equal(version.spec_name, 'starminer');
  assert.deepEqual(await api.apis.Metadata.metadata_versions(), [14, 15, 16]);
});

it('gives headers and bodies', async () => {
  const { hash, number, parent } = await client.getFinalizedBlock();
  const header = await client.getBlockHeader(hash);
  assert.deepEqual([header.number, header.parentHash], [number, parent]);
  const body = await client.getBlockBody(hash);
  assert.ok(body.length >= 1);
});

it('announces blocks without gaps', async () => {
  const blocks = await firstValueFrom(client.finalizedBlock$.pipe(take(3), toArray()));
  const [first] = blocks;
  assert.deepEqual(blocks.map(({ number }) => number), [0, 1, 2].map((i) => first!.number + i));
  const best = await firstValueFrom(client.bestBlocks$);
  assert.ok(best[0]!.number >= best.at(-1)!.number);
});

it('follows a value', async () => {
  const numbers = await firstValueFrom(
    api.query.System.Number.watchValue({ at: 'best' }).pipe(take(3), toArray()),
  );
  const [first] = numbers;
  assert.deepEqual(numbers.map(({ value }) => value), [0, 1, 2].map((i) => first!.value + i));
});

it('follows a map', async () => {
  const watched = firstValueFrom(
    api.query.System.Account.watchEntries().pipe(take(2), toArray()),
  );
  await transfer().signAndSubmit(sender.signer);
  const [all, change] = await watched;
  assert.ok(all!.entries.length > 10);
  assert.ok(change!.deltas!.upserted.length > 0);
});

it('sends a transfer to finality for the fee foretold', async () => {
  const fee = await transfer().getEstimatedFees(sender.address);
  const before = await api.query.System.Account.getValue(sender.address);
  const result = await transfer().signAndSubmit(sender.signer);
  assert.ok(result.ok);
  const [paid] = api.event.TransactionPayment.TransactionFeePaid.filter(
    result.events.map((event) => ({ ...event, event })),
  );
  assert.equal(paid!.payload.actual_fee, fee);
  const later = await api.query.System.Account.getValue(sender.address, { at: result.block.hash });
  assert.equal(before.data.free - later.data.free, fee + UNIT);
});

it('tells the life of a transaction in order', async () => {
  const events: TxEvent[] = await lastValueFrom(
    transfer().signSubmitAndWatch(sender.signer, { tip: UNIT / 1000n }).pipe(toArray()),
  );
  const lives = events.map((event) =>
    event.type === 'txBestBlocksState' ? `${event.type} ${event.found}` : event.type,
  );
  assert.equal(lives[0], 'signed');
  assert.equal(lives[1], 'broadcasted');
  assert.equal(lives.at(-1), 'finalized');
  assert.ok(lives.includes('txBestBlocksState true'), lives.join());
});

it('takes mortal and immortal transactions', async () => {
  for (const mortality of [{ mortal: true, period: 64 }, { mortal: false }] as const) {
    const result = await transfer().signAndSubmit(sender.signer, { mortality });
    assert.ok(result.ok);
  }
});

it('decodes the error of a call that fails', async () => {
  const result = await api.tx.Providers.chill().signAndSubmit(sender.signer);
  assert.ok(!result.ok);
  assert.equal(result.dispatchError.type, 'Module');
  const { type, value } = result.dispatchError.value as { type: string; value: { type: string } };
  assert.deepEqual([type, value.type], ['Providers', 'NotRegistered']);
});

it('refuses a spent nonce with a typed error', async () => {
  const refused = transfer().signAndSubmit(sender.signer, { nonce: 0 });
  await assert.rejects(refused, (error) => {
    assert.ok(error instanceof InvalidTxError, String(error));
    assert.deepEqual([error.error.type, error.error.value.type], ['Invalid', 'Stale']);
    return true;
  });
});

const WALLETS = {
  ed25519: account('//PapiWallet', 'Ed25519'),
  sr25519: account('//PapiWallet'),
  ecdsa: ecdsaAccount('//PapiWallet'),
};

for (const [kind, wallet] of Object.entries(WALLETS)) {
  it(`takes the signature of an ${kind} account`, async () => {
    const funded = await transfer(5n * UNIT, wallet.address).signAndSubmit(sender.signer);
    assert.ok(funded.ok);
    const result = await transfer().signAndSubmit(wallet.signer);
    assert.ok(result.ok);
  });
}

it('takes a signature that covers the digest of the metadata, as a Ledger makes it', async () => {
  const signer = withMetadataHash({ decimals: 12, tokenSymbol: 'AGPU' }, sender.signer);
  const result = await transfer().signAndSubmit(signer);
  assert.ok(result.ok);
});

it('submits and follows a general transaction that VerifyMultiSignature authorizes', async () => {
  const wallet = WALLETS.sr25519;
  const call = await transfer().getEncodedData();
  const nonce = await api.apis.AccountNonceApi.account_nonce(wallet.address);
  const { genesisHash } = await client.getChainSpecData();
  const { System } = (await api.getStaticApis()).constants;
  const { spec_version, transaction_version } = System.Version;
  const tx = provenTransaction('//PapiWallet', call, nonce, [
    u32(spec_version), u32(transaction_version), hexToU8a(genesisHash), hexToU8a(genesisHash),
  ]);
  const result = await client.submit(tx);
  assert.ok(result.ok);
  const body = await client.getBlockBody(result.block.hash);
  assert.ok(body.some((one) => u8aToHex(one) === u8aToHex(tx)));
  assert.equal(await api.apis.AccountNonceApi.account_nonce(wallet.address), nonce + 1);
});

it('sends several calls in one, and reads what became of each', async () => {
  const to = Enum('Id', RECEIVER);
  const calls = [1n, 2n].map((value) =>
    Enum('Balances', Enum('transfer_keep_alive', { dest: to, value })),
  );
  const result = await api.tx.Utility.batch_all({ calls }).signAndSubmit(sender.signer);
  assert.ok(result.ok);
  const names = result.events.flatMap(({ type, value }) => (type === 'Utility' ? value.type : []));
  assert.deepEqual(names, ['ItemCompleted', 'ItemCompleted', 'BatchCompleted']);
});

it('decodes and repeats a call from its bytes', async () => {
  const bytes = await transfer(7n * UNIT).getEncodedData();
  const again = await api.txFromCallData(bytes);
  assert.deepEqual(again.decodedCall, transfer(7n * UNIT).decodedCall);
});
