// Signing and sending with @polkadot/api, as a wallet does.
import assert from 'node:assert/strict';
import { after } from 'node:test';

import { createKeyDerived, encodeAddress } from '@polkadot/util-crypto';

import { account, connect, finalized, included, it, provider, UNIT } from './common.mjs';

const api = await connect();
after(() => api.disconnect());

const sender = account('//Dave');
const receiver = account('//Receiver').address;
const transfer = (amount = UNIT) => api.tx.balances.transferKeepAlive(receiver, amount);
const freeOf = async (who, at = api) =>
  (await at.query.system.account(who)).data.free.toBigInt();

/** The fee that the events of a transaction say was paid. */
function feeOf({ events }) {
  const { event } = events.find((record) => api.events.transactionPayment.TransactionFeePaid.is(record.event));
  return { fee: event.data.actualFee.toBigInt(), tip: event.data.tip.toBigInt() };
}

/** The name of the error in ExtrinsicFailed, found as the documentation of the API says. */
function errorOf({ dispatchError }) {
  const { section, name, docs } = api.registry.findMetaError(dispatchError.asModule);
  return { name: `${section}.${name}`, docs: docs.join(' ') };
}

it('moves what a transfer says and takes the fee it foretold', async () => {
  const before = [await freeOf(sender.address), await freeOf(receiver)];
  const { partialFee, weight, class: kind } = await transfer().paymentInfo(sender);
  const result = await finalized(api, transfer(), sender);
  const at = await api.at(result.status.asFinalized);
  const seen = result.seen.filter((status) => status !== 'Broadcast');
  assert.deepEqual(seen, ['Ready', 'InBlock', 'Finalized']);
  assert.ok(kind.isNormal && weight.refTime.toBigInt() > 0n);
  assert.deepEqual(feeOf(result), { fee: partialFee.toBigInt(), tip: 0n });
  assert.deepEqual(
    [await freeOf(sender.address, at), await freeOf(receiver, at)],
    [before[0] - UNIT - partialFee.toBigInt(), before[1] + UNIT],
  );
});

it('emits the events of a transfer in order', async () => {
  const { events } = await included(api, transfer(), sender);
  const names = events.map(({ event }) => `${event.section}.${event.method}`);
  const order = ['balances.Withdraw', 'balances.Transfer', 'transactionPayment.TransactionFeePaid',
    'system.ExtrinsicSuccess'];
  assert.deepEqual(names.filter((name) => order.includes(name)), order);
});

it('shows the transaction in its block, decoded, with its signer', async () => {
  const result = await included(api, transfer(7n * UNIT), sender);
  const { block } = await api.rpc.chain.getBlock(result.status.asInBlock);
  const found = block.extrinsics[result.txIndex];
  assert.equal(found.hash.toHex(), result.txHash.toHex());
  assert.equal(found.signer.toString(), sender.address);
  assert.deepEqual(found.method.toHuman(), {
    args: { dest: { Id: receiver }, value: '7,000,000,000,000' },
    method: 'transferKeepAlive',
    section: 'balances',
  });
});

it('foretells a fee in its parts', async () => {
  const signed = await transfer().signAsync(sender, {});
  const [{ inclusionFee }, { partialFee }] = [
    await api.call.transactionPaymentApi.queryFeeDetails(signed.toU8a(), signed.encodedLength),
    await api.call.transactionPaymentApi.queryInfo(signed.toU8a(), signed.encodedLength),
  ];
  const { baseFee, lenFee, adjustedWeightFee } = inclusionFee.unwrap();
  const sum = baseFee.toBigInt() + lenFee.toBigInt() + adjustedWeightFee.toBigInt();
  assert.equal(sum, partialFee.toBigInt());
  const legacy = await api.rpc.payment.queryFeeDetails(signed.toHex());
  assert.equal(legacy.inclusionFee.unwrap().baseFee.toBigInt(), baseFee.toBigInt());
  // api.rpc.payment.queryInfo itself reads the weights of 2021 and fails with any newer node.
  const info = await provider.send('payment_queryInfo', [signed.toHex()]);
  assert.equal(info.partialFee, partialFee.toString());
});

it('tries a transaction without doing it', async () => {
  const { nonce } = await api.query.system.account(sender.address);
  const good = await transfer().signAsync(sender, { nonce });
  const outcome = await api.rpc.system.dryRun(good.toHex());
  assert.ok(outcome.isOk && outcome.asOk.isOk, outcome.toString());
  const rich = await transfer(10n ** 30n).signAsync(sender, { nonce });
  const refused = await api.rpc.system.dryRun(rich.toHex());
  assert.ok(refused.asOk.isErr, refused.toString());
  const stale = await transfer().signAsync(sender, { nonce: 0 });
  const invalid = await api.rpc.system.dryRun(stale.toHex());
  assert.ok(invalid.isErr && invalid.asErr.asInvalid.isStale, invalid.toString());
});

it('takes the fee of a call that fails, and says why it failed', async () => {
  const before = await freeOf(sender.address);
  const result = await included(api, transfer(10n ** 30n), sender);
  const after = await freeOf(sender.address, await api.at(result.status.asInBlock));
  const named = result.dispatchError.isModule
    ? errorOf(result).name
    : result.dispatchError.toString();
  assert.match(named, /balances\.InsufficientBalance|FundsUnavailable/);
  assert.equal(after, before - feeOf(result).fee);
});

it('decodes the error of any pallet with its words', async () => {
  const result = await included(api, api.tx.providers.chill(), account('//Eve'));
  const { name, docs } = errorOf(result);
  assert.equal(name, 'providers.NotRegistered');
  assert.ok(docs.length > 10, docs);
});

it('refuses dust below the existential deposit', async () => {
  const nobody = account(`//Dust${Date.now()}`).address;
  const result = await included(api, api.tx.balances.transferAllowDeath(nobody, 1n), sender);
  const named = result.dispatchError.isModule
    ? errorOf(result).name
    : result.dispatchError.toString();
  assert.match(named, /balances\.ExistentialDeposit|BelowMinimum/);
});

it('takes a mortal transaction while it lives', async () => {
  const result = await included(api, transfer(), sender, { era: 64 });
  const { block } = await api.rpc.chain.getBlock(result.status.asInBlock);
  const { era } = block.extrinsics[result.txIndex];
  assert.equal(era.asMortalEra.period.toNumber(), 64);
});

it('takes an immortal transaction', async () => {
  const result = await included(api, transfer(), sender, { era: 0 });
  const { block } = await api.rpc.chain.getBlock(result.status.asInBlock);
  assert.ok(block.extrinsics[result.txIndex].era.isImmortalEra);
});

it('refuses a mortal transaction after its death', async () => {
  const current = (await api.rpc.chain.getHeader()).number.toNumber();
  const { nonce } = await api.query.system.account(sender.address);
  const era = api.createType('ExtrinsicEra', { current: current + 1000, period: 4 });
  const dead = await transfer().signAsync(sender, { blockHash: api.genesisHash, era, nonce });
  await assert.rejects(api.rpc.author.submitExtrinsic(dead), /1010: Invalid Transaction: (Transaction has (an ancient birth block|a bad signature))/);
});

it('takes a tip and says so', async () => {
  const tip = UNIT / 1000n;
  const { partialFee } = await transfer().paymentInfo(sender);
  const result = await included(api, transfer(), sender, { tip });
  const paid = feeOf(result);
  assert.equal(paid.tip, tip);
  assert.ok(paid.fee >= partialFee.toBigInt() + tip);
});

for (const type of ['ed25519', 'sr25519', 'ecdsa']) {
  it(`takes the signature of an ${type} account`, async () => {
    const signer = account('//Wallet', type);
    const funding = api.tx.balances.transferKeepAlive(signer.address, 10n * UNIT);
    assert.equal((await included(api, funding, account('//Bob'))).dispatchError, undefined);
    const result = await included(api, transfer(), signer);
    assert.equal(result.dispatchError, undefined);
    const { block } = await api.rpc.chain.getBlock(result.status.asInBlock);
    assert.equal(block.extrinsics[result.txIndex].signer.toString(), signer.address);
  });
}

it('takes transactions of one account in the order of their nonces', async () => {
  const nonce = (await api.rpc.system.accountNextIndex(sender.address)).toNumber();
  const results = await Promise.all(
    [0, 1, 2].map((i) => included(api, transfer(), sender, { nonce: nonce + i })),
  );
  assert.deepEqual(results.map(({ dispatchError }) => dispatchError), Array(3).fill(undefined));
  assert.equal(
    (await api.rpc.system.accountNextIndex(sender.address)).toNumber(),
    nonce + 3,
  );
});

it('shows what waits in the pool, and counts it in the next index', async () => {
  const nonce = (await api.rpc.system.accountNextIndex(sender.address)).toNumber();
  const future = await transfer().signAsync(sender, { nonce });
  const hash = await api.rpc.author.submitExtrinsic(future);
  assert.equal(hash.toHex(), future.hash.toHex());
  assert.equal((await api.rpc.system.accountNextIndex(sender.address)).toNumber(), nonce + 1);
  await assert.rejects(
    api.rpc.author.submitExtrinsic(future),
    /1013: Transaction Already Imported|1012: Transaction is temporarily banned|1010: .* outdated/,
  );
});

it('refuses a spent nonce and a forged signature in the words of Substrate', async () => {
  const stale = await transfer().signAsync(sender, { nonce: 0 });
  await assert.rejects(
    api.rpc.author.submitExtrinsic(stale),
    /1010: Invalid Transaction: Transaction is outdated/,
  );
  const { nonce } = await api.query.system.account(account('//Bob').address);
  const forged = await transfer().signAsync(account('//Bob'), { nonce: nonce.addn(1) });
  const bytes = forged.toU8a();
  bytes[60] ^= 1;
  await assert.rejects(
    api.rpc.author.submitExtrinsic(`0x${Buffer.from(bytes).toString('hex')}`),
    /1010: Invalid Transaction: Transaction has a bad signature/,
  );
});

it('refuses what the sender cannot pay for', async () => {
  const poor = account(`//Poor${Date.now()}`);
  const unpaid = await transfer().signAsync(poor, { nonce: 0 });
  await assert.rejects(
    api.rpc.author.submitExtrinsic(unpaid),
    /1010: Invalid Transaction: Inability to pay some fees/,
  );
});

it('signs a call of more than 256 bytes by its hash', async () => {
  const result = await included(api, api.tx.system.remarkWithEvent(`0x${'ab'.repeat(500)}`), sender);
  assert.equal(result.dispatchError, undefined);
  assert.ok(result.findRecord('system', 'Remarked'));
});

it('moves the second token alike', async () => {
  const result = await included(api, api.tx.amax.transferKeepAlive(receiver, UNIT), sender);
  assert.equal(result.dispatchError, undefined);
  const held = await api.query.amax.account(receiver);
  assert.ok(held.free.toBigInt() >= UNIT);
});

it('batches calls, all of them or none', async () => {
  const { batchAll, forceBatch } = api.tx.utility;
  const result = await included(api, batchAll([transfer(), transfer()]), sender);
  assert.equal(result.dispatchError, undefined);
  assert.equal(result.filterRecords('balances', 'Transfer').length, 2);
  const calls = [transfer(), api.tx.providers.chill()];
  const none = await included(api, batchAll(calls), sender);
  assert.ok(none.dispatchError.isModule);
  assert.equal(none.filterRecords('balances', 'Transfer').length, 0);
  const some = await included(api, forceBatch(calls), sender);
  const { event } = some.findRecord('utility', 'ItemFailed');
  const { section, name } = api.registry.findMetaError(event.data.error.asModule);
  assert.deepEqual([section, name], ['providers', 'NotRegistered']);
});

it('names the account that is derived from another', async () => {
  const derived = encodeAddress(createKeyDerived(sender.addressRaw, 7), api.registry.chainSS58);
  await included(api, api.tx.balances.transferKeepAlive(derived, 5n * UNIT), sender);
  const call = api.tx.balances.transferKeepAlive(receiver, UNIT);
  const result = await included(api, api.tx.utility.asDerivative(7, call), sender);
  assert.equal(result.dispatchError, undefined);
  assert.equal(result.findRecord('balances', 'Transfer').event.data.from.toString(), derived);
});
