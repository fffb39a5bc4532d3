// A js-libp2p peer that joins a StarMiner network, hears its blocks and sends it one transaction.
//
//     node node.mjs MULTIADDRESS GENESIS_HASH EXTRINSIC      (hashes and bytes in hex)
//
// Prints one JSON object a line, and ends when its standard input does.
import { createLibp2p } from 'libp2p';
import { gossipsub } from '@libp2p/gossipsub';
import { identify } from '@libp2p/identify';
import { noise } from '@libp2p/noise';
import { ping } from '@libp2p/ping';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { blake2b } from '@noble/hashes/blake2.js';

import { Requests, announcementOf, frames, send, serve, unhex } from './wire.mjs';

const MESSAGE_ID_BYTES = 20;

const address = multiaddr(process.argv[2]);
const genesis = unhex(process.argv[3]);
const extrinsic = unhex(process.argv[4]);

const prefix = Buffer.from(genesis.subarray(0, 4)).toString('hex');
const BLOCKS = `/${prefix}/blocks/1`;
const REQUESTS = `/${prefix}/req/1`;
const TRANSACTIONS = `/${prefix}/tx/1`;

/** Report one event. */
function tell(event, details = {}) {
  console.log(JSON.stringify({ event, ...details }));
}

/** Name a message by topic and payload, as StarMiner does: nobody signs gossip. */
function messageId({ topic, data }) {
  const key = new TextEncoder().encode(topic).subarray(0, 64);
  return blake2b(data, { dkLen: MESSAGE_ID_BYTES, key });
}

const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: {
    identify: identify(),
    ping: ping(),
    pubsub: gossipsub({ globalSignaturePolicy: 'StrictNoSign', msgIdFn: messageId }),
  },
});

/** Read what the peer sends us: its pool has nothing to tell but our own transaction. */
async function drain(stream) {
  for await (const _ of frames(stream));
}

node.addEventListener('peer:identify', ({ detail }) =>
  tell('identified', { protocols: detail.protocols.toSorted() }),
);
node.addEventListener('connection:close', () => tell('closed'));
node.services.pubsub.addEventListener('gossipsub:graft', ({ detail }) =>
  tell('grafted', { topic: detail.topic }),
);

await node.handle(REQUESTS, (stream) => serve(stream, genesis).catch(() => {}));
await node.handle(TRANSACTIONS, (stream) => drain(stream).catch(() => {}));

const firstBlock = new Promise((resolve) => {
  node.services.pubsub.addEventListener('message', ({ detail }) => {
    if (detail.topic !== BLOCKS) return;
    const block = announcementOf(detail.data);
    tell('block', block);
    resolve(block);
  });
});
node.services.pubsub.subscribe(BLOCKS);
tell('up', { peer: node.peerId.toString() });

const connection = await node.dial(address);
tell('dialled', { encryption: connection.encryption, muxer: connection.multiplexer });
tell('pinged', { milliseconds: await node.services.ping.ping(address) });

const requests = new Requests(await node.dialProtocol(address, REQUESTS));
tell('greeted', await requests.status(genesis));

const announced = await firstBlock;
tell('fetched', await requests.header(unhex(announced.hash)));

const transactions = await node.dialProtocol(address, TRANSACTIONS);
send(transactions, [extrinsic]);
tell('sent');

process.stdin.resume();
process.stdin.on('end', async () => {
  await node.stop();
  process.exit(0);
});
