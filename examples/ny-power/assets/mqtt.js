// Follows topics of an MQTT broker over a websocket, and comes back by itself when the line breaks.

import {
  Malformed,
  Splitter,
  TYPE,
  answer,
  connect,
  disconnect,
  ping,
  readConnack,
  readPublish,
  readRelease,
  readSuback,
  subscribe,
} from "/packet.js";

const SUBSCRIPTION = 1;
const FIRST_RETRY = 500;
const LAST_RETRY = 10_000;
// A connection that held so long was a good one: the next try comes soon.
const GOOD_AFTER = 10_000;
const USUAL = { qos: 1, limit: 1 << 20, keepAlive: 60, answerWithin: 10_000 };

// Half of it is chance, so that pages that lost a broker together do not come back together.
export function retryAfter(failures) {
  const most = Math.min(FIRST_RETRY * 2 ** failures, LAST_RETRY);
  return most / 2 + (Math.random() * most) / 2;
}

function randomClient() {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return `page-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

// Calls listener.message({ topic, payload, retained, qos }) for each message, before it is acknowledged, and
// listener.change({ state, reason }) when the line is "connecting", "live" (subscribed), or "gone".
export class MqttClient {
  #address;
  #filters;
  #options;
  #listener;
  #client = randomClient();
  #socket = null;
  #splitter = null;
  #subscribed = false;
  #released = new Set();
  #failures = 0;
  #liveSince = null;
  #deadline = 0;
  #pinging = 0;
  #retry = 0;

  constructor(address, filters, listener, options = {}) {
    this.#address = address;
    this.#filters = filters;
    this.#listener = listener;
    this.#options = { ...USUAL, ...options };
  }

  start() {
    clearTimeout(this.#retry);
    this.#retry = 0;
    this.#listener.change({ state: "connecting" });
    try {
      this.#open(new WebSocket(this.#address, "mqtt"));
    } catch (error) {
      this.#gone(`the address ${this.#address} cannot be used: ${error.message}`);
    }
  }

  // Tries at once if it waits to try again. Else it asks whether the line still holds: a device that slept may
  // have lost it without a word.
  hurry() {
    if (this.#retry) this.start();
    else if (this.#subscribed && this.#socket) this.#ping();
  }

  stop() {
    clearTimeout(this.#retry);
    this.#retry = 0;
    if (this.#socket?.readyState === WebSocket.OPEN) this.#send(disconnect());
    this.#leave();
  }

  #open(socket) {
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#splitter = new Splitter(this.#options.limit);
    this.#subscribed = false;
    // The session is a clean one: the broker knows nothing of the last one's messages.
    this.#released.clear();
    this.#expectAnswer();
    const mine = (handle) => (event) => this.#socket === socket && handle(event);
    socket.onopen = mine(() => this.#greet());
    socket.onmessage = mine(({ data }) => this.#receive(data));
    socket.onclose = mine(() => this.#gone(this.#liveSince ? "the connection broke" : "the broker does not answer"));
  }

  #greet() {
    if (this.#socket.protocol !== "mqtt") return this.#gone("what answers is not an MQTT broker");
    this.#send(connect(this.#client, this.#options.keepAlive));
  }

  #receive(data) {
    const socket = this.#socket;
    try {
      if (!(data instanceof ArrayBuffer)) throw new Malformed("text where packets should be");
      this.#splitter.push(new Uint8Array(data), (packet) => {
        this.#take(packet);
        return this.#socket === socket;
      });
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.#gone(`the broker sent ${error.message}`);
    }
  }

  #take(packet) {
    if (packet.type === TYPE.CONNACK && !this.#pinging) return this.#welcome(packet);
    if (!this.#pinging) throw new Malformed("something else before its welcome");
    if (packet.type === TYPE.PUBLISH) return this.#publish(readPublish(packet));
    if (packet.type === TYPE.PUBREL) return this.#release(readRelease(packet));
    if (packet.type === TYPE.SUBACK && !this.#subscribed) return this.#live(packet);
    if (packet.type === TYPE.PINGRESP && packet.body.length === 0) return this.#answered();
    throw new Malformed(`a packet of type ${packet.type} where none belongs`);
  }

  #welcome(packet) {
    readConnack(packet);
    this.#send(subscribe(SUBSCRIPTION, this.#filters, this.#options.qos));
    this.#expectAnswer();
    this.#pinging = setInterval(() => this.#ping(), this.#options.keepAlive * 500);
  }

  #live(packet) {
    readSuback(packet, SUBSCRIPTION, this.#filters.length);
    this.#answered();
    this.#subscribed = true;
    this.#liveSince = performance.now();
    this.#listener.change({ state: "live" });
  }

  #publish(message) {
    const { id, qos } = message;
    if (!this.#released.has(id)) this.#listener.message(message);
    if (qos === 1) this.#send(answer(TYPE.PUBACK, id));
    if (qos === 2) {
      // Until it is released it may come again, and is the same one.
      this.#released.add(id);
      this.#send(answer(TYPE.PUBREC, id));
    }
  }

  #release(id) {
    this.#released.delete(id);
    this.#send(answer(TYPE.PUBCOMP, id));
  }

  #ping() {
    // One answer is waited for at a time.
    if (this.#deadline) return;
    this.#send(ping());
    this.#expectAnswer();
  }

  #send(bytes) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(bytes);
  }

  #answered() {
    clearTimeout(this.#deadline);
    this.#deadline = 0;
  }

  #expectAnswer() {
    this.#answered();
    this.#deadline = setTimeout(() => this.#gone("the broker does not answer"), this.#options.answerWithin);
  }

  #leave() {
    this.#answered();
    clearInterval(this.#pinging);
    this.#pinging = 0;
    const socket = this.#socket;
    this.#socket = null;
    this.#splitter = null;
    socket?.close();
  }

  #gone(reason) {
    this.#leave();
    const held = this.#liveSince === null ? 0 : performance.now() - this.#liveSince;
    this.#liveSince = null;
    this.#failures = held > GOOD_AFTER ? 0 : this.#failures + 1;
    const wait = retryAfter(this.#failures);
    this.#retry = setTimeout(() => this.start(), wait);
    this.#listener.change({ state: "gone", reason });
  }
}
