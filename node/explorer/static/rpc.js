// JSON-RPC over one WebSocket to the node that served this page; reconnects by itself.

const RETRY_MS = [500, 1000, 2000, 5000, 10_000];
const CALL_MS = 20_000;

export class RpcError extends Error {
  constructor(error) {
    super(error.data ? `${error.message}: ${error.data}` : error.message);
    this.code = error.code;
  }
}

export class Connection {
  #socket = null;
  #calls = new Map();
  #feeds = new Map();
  #lastId = 0;
  #failures = 0;

  /** `onOpen` runs after every (re)connect, `onDown` with the reason after every loss. */
  constructor(url, onOpen, onDown) {
    this.url = url;
    this.onOpen = onOpen;
    this.onDown = onDown;
    this.#connect();
  }

  call(method, ...params) {
    return this.ask(method, params);
  }

  /** Call with parameters by place, in a list, or by name, in an object. */
  ask(method, params) {
    if (this.#socket?.readyState !== WebSocket.OPEN) {
      return Promise.reject(new Error("not connected to the node"));
    }
    const id = ++this.#lastId;
    this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#calls.delete(id);
        reject(new Error(`${method}: no answer within ${CALL_MS / 1000} s`));
      }, CALL_MS);
      this.#calls.set(id, { resolve, reject, timer });
    });
  }

  async subscribe(method, listener) {
    this.#feeds.set(await this.call(method), listener);
  }

  #connect() {
    this.#socket = new WebSocket(this.url);
    this.#socket.onopen = () => {
      this.#failures = 0;
      this.onOpen();
    };
    this.#socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
    this.#socket.onclose = (event) => this.#lost(event.reason || "the node does not answer");
  }

  #receive(message) {
    if (message.method) {
      this.#feeds.get(message.params.subscription)?.(message.params.result);
      return;
    }
    const call = this.#calls.get(message.id);
    if (!call) return;
    this.#calls.delete(message.id);
    clearTimeout(call.timer);
    if (message.error) call.reject(new RpcError(message.error));
    else call.resolve(message.result);
  }

  #lost(reason) {
    for (const call of this.#calls.values()) {
      clearTimeout(call.timer);
      call.reject(new Error(`connection lost: ${reason}`));
    }
    this.#calls.clear();
    this.#feeds.clear();
    const delay = RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)];
    this.onDown(reason, delay);
    setTimeout(() => this.#connect(), delay);
  }
}
