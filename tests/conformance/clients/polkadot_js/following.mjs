// Following a chain with @polkadot/api over WebSocket: heads, storage, versions as they come.
import assert from 'node:assert/strict';
import { after } from 'node:test';

import { account, connect, firstOf, included, it, UNIT } from './common.mjs';

const api = await connect();
after(() => api.disconnect());

const ALICE = account('//Alice').address;

const numbersOf = (headers) => headers.map(({ number }) => number.toNumber());
const ascendByOne = (numbers) => numbers.every((n, i) => i === 0 || n === numbers[i - 1] + 1);

it('announces new heads, each the child of the one before', async () => {
  const heads = await firstOf(3, (push) => api.rpc.chain.subscribeNewHeads(push));
  assert.ok(ascendByOne(numbersOf(heads)));
  assert.equal(heads[2].parentHash.toHex(), heads[1].hash.toHex());
});

it('announces every head', async () => {
  const heads = await firstOf(2, (push) => api.rpc.chain.subscribeAllHeads(push));
  assert.ok(ascendByOne(numbersOf(heads)));
});

it('announces finalized heads in order, without gaps', async () => {
  const heads = await firstOf(3, (push) => api.rpc.chain.subscribeFinalizedHeads(push));
  assert.ok(ascendByOne(numbersOf(heads)));
  const hash = await api.rpc.chain.getBlockHash(heads[0].number.unwrap());
  assert.equal(hash.toHex(), heads[0].hash.toHex());
});

it('says the author of each new head', async () => {
  const heads = await firstOf(2, (push) => api.derive.chain.subscribeNewHeads(push));
  assert.deepEqual(heads.map(({ author }) => author.toString()), [ALICE, ALICE]);
});

it('gives each new block with its events', async () => {
  const [block] = await firstOf(1, (push) => api.derive.chain.subscribeNewBlocks(push));
  assert.equal(block.author.toString(), ALICE);
  assert.equal(block.extrinsics[0].extrinsic.method.method, 'set');
});

it('counts the best and the finalized blocks', async () => {
  const best = await firstOf(2, (push) => api.derive.chain.bestNumber(push));
  const [finalized] = await firstOf(1, (push) => api.derive.chain.bestNumberFinalized(push));
  assert.ok(best[0].toNumber() < best[1].toNumber());
  assert.ok(finalized.toNumber() <= best[1].toNumber());
});

it('tells the runtime version to whom subscribes', async () => {
  const [version] = await firstOf(1, (push) => api.rpc.state.subscribeRuntimeVersion(push));
  assert.equal(version.specName.toString(), 'starminer');
});

it('tells a value now and at every change', async () => {
  const numbers = await firstOf(3, (push) => api.query.system.number(push));
  assert.ok(ascendByOne(numbers.map((n) => n.toNumber())));
});

it('tells many values, one of which changes', async () => {
  const receiver = account('//Follower');
  let begin;
  const begun = new Promise((resolve) => (begin = resolve));
  const seen = firstOf(2, (push) =>
    api.query.system.account.multi([ALICE, receiver.address], ([alice, follower]) => {
      push([alice.data.free.toBigInt(), follower.data.free.toBigInt()]);
      begin();
    }),
  );
  await begun; // else the first values might be those after the transfer, and the last to come
  const transfer = api.tx.balances.transferKeepAlive(receiver.address, UNIT);
  await included(api, transfer, account('//Charlie'));
  const [[, before], [, later]] = await seen;
  assert.ok(later >= before);
});

it('tells values of several items at once', async () => {
  const pairs = await firstOf(2, (push) =>
    api.queryMulti([api.query.system.number, api.query.timestamp.now], push),
  );
  assert.ok(pairs[1][0].toNumber() > pairs[0][0].toNumber());
  assert.ok(pairs[1][1].toNumber() > pairs[0][1].toNumber());
});

it('tells every event', async () => {
  const [, events] = await firstOf(2, (push) => api.query.system.events(push));
  assert.ok(events.some(({ event }) => api.events.system.ExtrinsicSuccess.is(event)));
});

it('tells how far the session is', async () => {
  // Where there is no Staking, the client takes session 1 for the first of the era.
  while ((await api.query.session.currentIndex()).isZero())
    await firstOf(1, (push) => api.rpc.chain.subscribeFinalizedHeads(push));
  const progress = await api.derive.session.progress();
  assert.equal(progress.sessionLength.toNumber(), 10);
  assert.ok(progress.isEpoch && progress.sessionProgress.toNumber() < 10);
  assert.ok(progress.currentIndex.toNumber() >= 1);
});

it('sends justifications that decode', async () => {
  const [bytes] = await firstOf(1, (push) => api.rpc.grandpa.subscribeJustifications(push));
  const justification = api.createType('GrandpaJustification', bytes.toU8a(true));
  assert.equal(justification.commit.precommits.length, 1);
  assert.equal((await api.rpc.chain.getBlockHash(justification.commit.targetNumber)).toHex(),
    justification.commit.targetHash.toHex());
});

it('stops telling when asked to', async () => {
  const told = [];
  const stop = await api.rpc.chain.subscribeNewHeads(({ number }) => told.push(number.toNumber()));
  await firstOf(2, (push) => api.rpc.chain.subscribeFinalizedHeads(push));
  stop();
  const before = [...told];
  await firstOf(2, (push) => api.rpc.chain.subscribeFinalizedHeads(push));
  assert.deepEqual(told, before);
});
