// Reading a chain with @polkadot/api, as an explorer does: over WebSocket or HTTP.
import assert from 'node:assert/strict';
import { after } from 'node:test';

import { account, connect, ENDPOINT, it, provider, UNIT } from './common.mjs';

const api = await connect();
after(() => api.disconnect());

const ALICE = account('//Alice').address;
const BOB = account('//Bob').address;
const NOBODY = account('//Nobody').address;

it('says what chain it is', async () => {
  const [chain, name, version, properties, chainType] = await Promise.all([
    api.rpc.system.chain(),
    api.rpc.system.name(),
    api.rpc.system.version(),
    api.rpc.system.properties(),
    api.rpc.system.chainType(),
  ]);
  assert.equal(chain.toString(), 'StarMiner Development');
  assert.equal(name.toString(), 'starminer');
  assert.match(version.toString(), /^\d+\.\d+\.\d+/);
  assert.deepEqual(properties.tokenSymbol.unwrap().toJSON(), ['AGPU']);
  assert.deepEqual(properties.tokenDecimals.unwrap().toJSON(), [12]);
  assert.equal(properties.ss58Format.unwrap().toNumber(), api.consts.system.ss58Prefix.toNumber());
  assert.ok(chainType.isDevelopment);
});

it('names its runtime alike at every door', async () => {
  const [legacy, constant, called] = await Promise.all([
    api.rpc.state.getRuntimeVersion(),
    api.consts.system.version,
    api.call.core.version(),
  ]);
  for (const version of [legacy, constant, called]) {
    assert.equal(version.specName.toString(), 'starminer');
    assert.equal(version.specVersion.toString(), api.runtimeVersion.specVersion.toString());
    assert.deepEqual(version.apis.toHex(), legacy.apis.toHex());
  }
});

it('reports its health, roles and peers', async () => {
  const health = await api.rpc.system.health();
  assert.deepEqual(health.toJSON(), { peers: 0, isSyncing: false, shouldHavePeers: false });
  assert.deepEqual((await api.rpc.system.nodeRoles()).map(String), ['Authority']);
  assert.deepEqual((await api.rpc.system.peers()).toJSON(), []);
  assert.match((await api.rpc.system.localPeerId()).toString(), /^(12D3|Qm|16Uiu)/);
  const { startingBlock, currentBlock } = await api.rpc.system.syncState();
  assert.ok(startingBlock.toNumber() <= currentBlock.toNumber());
});

it('has constants', () => {
  assert.equal(api.consts.balances.existentialDeposit.toBigInt(), 10n ** 9n);
  assert.equal(api.consts.babe.expectedBlockTime.toNumber(), 3000);
  assert.equal(api.consts.babe.epochDuration.toNumber(), 10);
});

it('knows what an account owns', async () => {
  const { nonce, providers, data } = await api.query.system.account(BOB);
  assert.ok(data.free.toBigInt() > 0n);
  assert.ok(providers.toNumber() > 0);
  assert.ok(nonce.toNumber() >= 0);
});

it('gives the default for an account that does not exist', async () => {
  const account = await api.query.system.account(NOBODY);
  assert.equal(account.isEmpty || account.data.free.isZero(), true);
  assert.equal((await api.query.system.account.size(NOBODY)).toNumber(), 0);
});

it('answers the hash and the size of a value', async () => {
  const raw = await api.query.system.account.key(BOB);
  const [hash, size, value] = await Promise.all([
    api.query.system.account.hash(BOB),
    api.query.system.account.size(BOB),
    api.rpc.state.getStorage(raw),
  ]);
  assert.equal(hash.toHex(), api.registry.hash(value.unwrap().toU8a(true)).toHex());
  assert.equal(size.toNumber(), 80);
});

it('reads many values at once', async () => {
  const accounts = await api.query.system.account.multi([ALICE, BOB, NOBODY]);
  assert.deepEqual(
    accounts.map(({ data }) => data.free.isZero()),
    [false, false, true],
  );
});

it('lists a map', async () => {
  const entries = await api.query.system.account.entries();
  const owners = entries.map(([key]) => key.args[0].toString());
  assert.ok(owners.includes(ALICE) && owners.includes(BOB));
  assert.equal(new Set(owners).size, owners.length);
  assert.deepEqual(
    (await api.query.system.account.keys()).map((key) => key.toHex()),
    entries.map(([key]) => key.toHex()),
  );
});

it('lists a map page by page, in the order of keys', async () => {
  const all = (await api.query.system.account.keys()).map((key) => key.toHex());
  const paged = [];
  for (let startKey; ; startKey = paged.at(-1)) {
    const page = await api.query.system.account.keysPaged({ args: [], pageSize: 5, startKey });
    paged.push(...page.map((key) => key.toHex()));
    if (page.length < 5) break;
  }
  assert.deepEqual(paged, all);
  assert.deepEqual(paged, [...paged].sort());
});

it('lists the entries of a map page by page', async () => {
  const page = await api.query.system.account.entriesPaged({ args: [], pageSize: 3 });
  assert.equal(page.length, 3);
  assert.ok(page.every(([, { data }]) => data.free.toBigInt() > 0n));
});

it('gives blocks, headers and hashes that agree', async () => {
  const hash = await api.rpc.chain.getFinalizedHead();
  const [{ block }, header] = await Promise.all([
    api.rpc.chain.getBlock(hash),
    api.rpc.chain.getHeader(hash),
  ]);
  assert.equal(block.header.hash.toHex(), hash.toHex());
  assert.equal(header.toHex(), block.header.toHex());
  assert.equal((await api.rpc.chain.getBlockHash(header.number.unwrap())).toHex(), hash.toHex());
  const [{ method }] = block.extrinsics;
  assert.equal(`${method.section}.${method.method}`, 'timestamp.set');
});

it('shows who made a block', async () => {
  const header = await api.derive.chain.getHeader(await api.rpc.chain.getFinalizedHead());
  assert.equal(header.author.toString(), ALICE);
});

it('has the block, its events and their extrinsics together', async () => {
  const { author, block, events, extrinsics } = await api.derive.chain.getBlock(
    await api.rpc.chain.getFinalizedHead(),
  );
  assert.equal(author.toString(), ALICE);
  assert.equal(extrinsics.length, block.extrinsics.length);
  assert.ok(events.length >= extrinsics.length);
  assert.ok(extrinsics.every(({ dispatchError, dispatchInfo }) => dispatchInfo && !dispatchError));
});

it('keeps the state of old blocks', async () => {
  const first = await api.rpc.chain.getBlockHash(1);
  const old = await api.at(first);
  assert.equal((await old.query.system.number()).toNumber(), 1);
  assert.equal((await old.query.system.parentHash()).toHex(), api.genesisHash.toHex());
  assert.ok((await old.query.system.events()).length > 0);
  const genesis = await api.at(api.genesisHash);
  const { data } = await genesis.query.system.account(BOB);
  assert.equal(data.free.toBigInt(), 1_000_000n * UNIT);
  assert.equal((await genesis.query.system.number()).toNumber(), 0);
});

it('says how a value changed over blocks', async () => {
  const [from, to] = await Promise.all([1, 2].map((n) => api.rpc.chain.getBlockHash(n)));
  const key = api.query.system.number.key();
  const changes = await api.rpc.state.queryStorage([key], from, to);
  assert.deepEqual(
    changes.map(([hash]) => hash.toHex()),
    [from.toHex(), to.toHex()],
  );
});

it('proves what it reads', async () => {
  const at = await api.rpc.chain.getFinalizedHead();
  const proof = await api.rpc.state.getReadProof([api.query.system.number.key()], at);
  const { stateRoot } = await api.rpc.chain.getHeader(at);
  assert.equal(proof.at.toHex(), at.toHex());
  const hashes = proof.proof.map((node) => api.registry.hash(node.toU8a(true)).toHex());
  assert.ok(hashes.includes(stateRoot.toHex()));
});

it('derives balances', async (context) => {
  if (!api.hasSubscriptions) return context.skip('derivation of the client follows new heads');
  const balances = await api.derive.balances.all(BOB);
  const account = await api.derive.balances.account(BOB);
  const { data } = await api.query.system.account(BOB);
  assert.equal(balances.accountId.toString(), BOB);
  assert.equal(balances.freeBalance.toString(), data.free.toString());
  assert.equal(account.freeBalance.toString(), data.free.toString());
  assert.ok(balances.transferable.toBigInt() > 0n);
  assert.ok(balances.availableBalance.toBigInt() <= data.free.toBigInt());
  assert.deepEqual(balances.lockedBreakdown, []);
});

it('lists validators', async () => {
  assert.deepEqual((await api.query.session.validators()).map(String), [ALICE]);
});

it('derives what pages on staking show', async (context) => {
  if (!api.hasSubscriptions) return context.skip('derivation of the client follows new heads');
  const { eraLength, sessionLength, sessionsPerEra } = await api.derive.session.info();
  assert.equal(eraLength.toNumber(), sessionLength.toNumber() * sessionsPerEra.toNumber());
  assert.equal(sessionsPerEra.toNumber(), api.consts.staking.sessionsPerEra.toNumber());
  assert.equal(api.consts.staking.maxUnlockingChunks.toNumber(), 32);
  const { nominators, validators } = await api.derive.staking.eraSlashes(0);
  assert.deepEqual([nominators, validators], [{}, {}]);
  assert.ok((await api.derive.staking.ownSlash(ALICE, 0)).total.isZero());
  const [electorate] = (await api.derive.staking.electedInfo()).info;
  assert.equal(electorate.accountId.toString(), ALICE);
});

it('says what waits to be paid to stakers', async () => {
  assert.equal((await api.call.stakingApi.nominationsQuota(10n * UNIT)).toNumber(), 16);
  assert.equal((await api.call.stakingApi.erasStakersPageCount(0, ALICE)).toNumber(), 1);
  assert.ok((await api.call.stakingApi.pendingRewards(0, BOB)).isFalse);
});

it('calls the runtime', async () => {
  assert.equal(
    (await api.call.accountNonceApi.accountNonce(BOB)).toString(),
    (await api.rpc.system.accountNextIndex(BOB)).toString(),
  );
  assert.equal((await api.call.grandpaApi.currentSetId()).toString(), '0');
  assert.equal((await api.call.grandpaApi.grandpaAuthorities()).length, 1);
  const versions = (await api.call.metadata.metadataVersions()).map((v) => v.toNumber());
  assert.deepEqual(versions, [14, 15, 16]);
});

it('answers every call of the APIs that it advertises to wallets', async () => {
  const configuration = await api.call.babeApi.configuration();
  assert.equal(configuration.slotDuration.toNumber(), 3000);
  assert.equal(configuration.epochLength.toNumber(), 10);
  assert.ok((await api.call.babeApi.currentEpochStart()).toNumber() > 0);
  const [current, next] = [
    await api.call.babeApi.currentEpoch(),
    await api.call.babeApi.nextEpoch(),
  ];
  assert.equal(next.epochIndex.toNumber(), current.epochIndex.toNumber() + 1);
  assert.ok((await api.call.transactionPaymentApi.queryLengthToFee(100)).toBigInt() > 0n);
  const weight = { refTime: 10n ** 9n, proofSize: 0 };
  assert.ok((await api.call.transactionPaymentApi.queryWeightToFee(weight)).toBigInt() > 0n);
});

it('lists its methods', async () => {
  const methods = (await api.rpc.rpc.methods()).methods.map(String);
  assert.ok(methods.includes('state_getStorage') && methods.includes('chain_getBlock'));
});

it('refuses what it does not know as a Substrate node does', async () => {
  const send = (method, params) => provider.send(method, params);
  const unknown = `0x${'11'.repeat(32)}`;
  await assert.rejects(send('state_getStorage', ['0x00', unknown]), /^(RpcError|Error): 4003: .*UnknownBlock/);
  await assert.rejects(send('state_call', ['Nothing_at_all', '0x']), /^(RpcError|Error): 4003: .*not found/);
  await assert.rejects(send('no_such_method', []), /^(RpcError|Error): -32601: Method not found/);
  await assert.rejects(send('chain_getBlock', ['0x12']), /^(RpcError|Error): -32602: Invalid params/);
  assert.equal(await send('chain_getBlock', [unknown]), null);
  assert.equal(await send('chain_getBlockHash', [4_000_000_000]), null);
});

it(`speaks over ${new URL(ENDPOINT).protocol}`, () => {
  assert.equal(api.hasSubscriptions, ENDPOINT.startsWith('ws'));
});
