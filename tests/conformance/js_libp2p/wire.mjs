// StarMiner's peer protocols in JavaScript: frames, the msgpack envelopes, and the SCALE of a header.
import { decode, encode } from '@msgpack/msgpack';
import { blake2b } from '@noble/hashes/blake2.js';

const FULL_NODE = 1;
const PROTOCOL_VERSION = 2;
const UNKNOWN = 3;

const STATUS = 0;
const BLOCK = 2;
const BLOCKS_RESPONSE = 1;
const REFUSAL = 4;

const HASH_BYTES = 32;
const LENGTH_BYTES = 4;
const MAX_FRAME_BYTES = 4 * 1024 * 1024;

export const hex = (bytes) => Buffer.from(bytes).toString('hex');
export const unhex = (text) => new Uint8Array(Buffer.from(text.replace(/^0x/, ''), 'hex'));
export const blake2_256 = (bytes) => blake2b(bytes, { dkLen: HASH_BYTES });

/** Prefix a payload with its length: u32, big-endian. */
function framed(payload) {
  const frame = new Uint8Array(LENGTH_BYTES + payload.length);
  new DataView(frame.buffer).setUint32(0, payload.length);
  frame.set(payload, LENGTH_BYTES);
  return frame;
}

/** Yield the payloads of a stream's frames. */
export async function* frames(stream) {
  let buffer = Buffer.alloc(0);
  for await (const part of stream) {
    buffer = Buffer.concat([buffer, part.subarray()]);
    while (buffer.length >= LENGTH_BYTES) {
      const size = buffer.readUInt32BE(0);
      if (size > MAX_FRAME_BYTES) throw new Error(`a frame of ${size} bytes`);
      if (buffer.length < LENGTH_BYTES + size) break;
      yield new Uint8Array(buffer.subarray(LENGTH_BYTES, LENGTH_BYTES + size));
      buffer = buffer.subarray(LENGTH_BYTES + size);
    }
  }
}

/** Send one msgpack value as a frame. */
export function send(stream, value) {
  stream.send(framed(encode(value)));
}

/** The status of a node that has the genesis block alone. */
function statusOf(genesis) {
  return [genesis, 0, genesis, 0, genesis, FULL_NODE, PROTOCOL_VERSION, 'js-peer/1'];
}

/** Answer a peer's requests: its handshake, and a refusal to everything else. */
export async function serve(stream, genesis) {
  for await (const frame of frames(stream)) {
    const [id, kind] = decode(frame);
    if (kind === STATUS) send(stream, [id, STATUS, [statusOf(genesis)]]);
    else send(stream, [id, REFUSAL, [UNKNOWN, 'this peer keeps no blocks']]);
  }
}

/** The asking side of a request stream, one question at a time. */
export class Requests {
  #stream;
  #answers;
  #id = 0;

  constructor(stream) {
    this.#stream = stream;
    this.#answers = frames(stream);
  }

  /** Exchange handshakes. */
  async status(genesis) {
    const [theirs] = await this.#ask(STATUS, [statusOf(genesis)], STATUS);
    return { genesis: hex(theirs[0]), best: theirs[1] };
  }

  /** Fetch the header of a block. */
  async header(hash) {
    const [blocks] = await this.#ask(BLOCK, [hash], BLOCKS_RESPONSE);
    return headerOf(blocks[0][0]);
  }

  async #ask(kind, fields, wanted) {
    const id = this.#id++;
    send(this.#stream, [id, kind, fields]);
    const [answered, got, body] = decode((await this.#answers.next()).value);
    if (answered !== id || got !== wanted) {
      throw new Error(`wanted answer ${id} of kind ${wanted}, got ${answered} of ${got}`);
    }
    return body;
  }
}

/** Read a gossiped block announcement: `[header, body or nil]`. */
export function announcementOf(payload) {
  const [header, body] = decode(payload);
  return { ...headerOf(header), extrinsics: (body?.[1] ?? []).map(hex) };
}

/** Read what a header begins with: the hash of the parent and the compact number. */
function headerOf(raw) {
  return {
    hash: hex(blake2_256(raw)),
    parent: hex(raw.subarray(0, HASH_BYTES)),
    number: compact(raw.subarray(HASH_BYTES)),
  };
}

/** Decode a compact number below 2^30. */
function compact(raw) {
  const mode = raw[0] & 3;
  if (mode === 0) return raw[0] >> 2;
  if (mode === 1) return (raw[0] | (raw[1] << 8)) >> 2;
  if (mode === 2) return new DataView(raw.buffer, raw.byteOffset).getUint32(0, true) >>> 2;
  throw new Error('a block number above 2^30');
}
