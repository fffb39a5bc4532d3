// A node that offers only some of its methods: a proxy that hides the others.
import { WebSocket, WebSocketServer } from 'ws';
import type { AddressInfo } from 'node:net';

/** The groups of the new JSON-RPC specification; everything else is the legacy interface. */
const NEW_GROUPS = /^(chainHead|chainSpec|transaction|transactionWatch|archive)_v1_/;

export type Offer = 'new' | 'legacy';

interface Message {
  id?: number | string;
  method?: string;
  result?: { methods?: string[] };
}

const isOffered = (offer: Offer, method: string): boolean =>
  method === 'rpc_methods' || NEW_GROUPS.test(method) === (offer === 'new');

/** Serve the node at `url` with the offered methods alone; return where, and how to end it. */
export async function restricted(url: string, offer: Offer) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (client) => connect(client, new WebSocket(url), offer));
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    for (const client of server.clients) client.terminate();
    server.close();
  };
  return { url: `ws://127.0.0.1:${port}`, close };
}

function connect(client: WebSocket, node: WebSocket, offer: Offer) {
  const opened = new Promise((resolve) => node.once('open', resolve));
  client.on('message', async (data) => {
    const { id, method = '' } = JSON.parse(data.toString()) as Message;
    await opened;
    if (isOffered(offer, method)) node.send(data.toString());
    else client.send(JSON.stringify({ jsonrpc: '2.0', id, error: NOT_FOUND }));
  });
  node.on('message', (data) => {
    const message = JSON.parse(data.toString()) as Message;
    const methods = message.result?.methods;
    if (Array.isArray(methods))
      message.result!.methods = methods.filter((method) => isOffered(offer, method));
    client.send(JSON.stringify(message));
  });
  client.on('close', () => node.terminate());
  node.on('close', () => client.terminate());
}

const NOT_FOUND = { code: -32601, message: 'Method not found' };
