// MQTT 3.1.1 as bytes: what a page sends, and what it takes from a broker.

export class Malformed extends Error {}

export const TYPE = {
  CONNACK: 2,
  PUBLISH: 3,
  PUBACK: 4,
  PUBREC: 5,
  PUBREL: 6,
  PUBCOMP: 7,
  SUBACK: 9,
  PINGRESP: 13,
};

const NAMES = Object.fromEntries(Object.entries(TYPE).map(([name, type]) => [type, name]));
const REFUSALS = [
  "",
  "it does not speak MQTT 3.1.1",
  "it does not take this client's id",
  "it is not available",
  "it wants another user or password",
  "it allows no anonymous readers",
];
const FIRST_BUFFER = 4096;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function text(value) {
  const bytes = encoder.encode(value);
  return [...number(bytes.length), ...bytes];
}

const number = (value) => [value >> 8, value & 255];

function packet(head, body) {
  const length = [];
  let left = body.length;
  do {
    length.push(left > 127 ? (left & 127) | 128 : left);
    left >>= 7;
  } while (left > 0);
  return Uint8Array.from([head, ...length, ...body]);
}

// A clean session without a user.
export function connect(client, keepAlive) {
  return packet(0x10, [...text("MQTT"), 4, 2, ...number(keepAlive), ...text(client)]);
}

export function subscribe(id, filters, qos) {
  return packet(0x82, [...number(id), ...filters.flatMap((filter) => [...text(filter), qos])]);
}

// PUBACK, PUBREC or PUBCOMP.
export const answer = (type, id) => packet(type << 4, number(id));
export const ping = () => packet(0xc0, []);
export const disconnect = () => packet(0xe0, []);

// Puts packets together from bytes that come in pieces of any size. What waits for its rest is never longer
// than the limit: a packet that says it will be is refused by its first bytes.
export class Splitter {
  #limit;
  #buffer = new Uint8Array(FIRST_BUFFER);
  #length = 0;

  constructor(limit) {
    this.#limit = limit;
  }

  // Calls take({ type, flags, body }) for each packet that is whole now, and stops when it returns false.
  push(bytes, take) {
    this.#append(bytes);
    let start = 0;
    for (;;) {
      const found = this.#find(start);
      if (!found) break;
      start = found.end;
      if (take(found) === false) break;
    }
    this.#buffer.copyWithin(0, start, this.#length);
    this.#length -= start;
  }

  #append(bytes) {
    const needed = this.#length + bytes.length;
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
      grown.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = needed;
  }

  #find(start) {
    let length = 0;
    for (let place = 1; place <= 4; place++) {
      if (start + place >= this.#length) return null;
      const byte = this.#buffer[start + place];
      length += (byte & 127) * 128 ** (place - 1);
      if (byte < 128) return this.#cut(start, start + place + 1, length);
    }
    throw new Malformed("a packet whose length does not end");
  }

  #cut(start, body, length) {
    if (length > this.#limit) throw new Malformed(`a packet of ${length} bytes, where ${this.#limit} are allowed`);
    const end = body + length;
    if (end > this.#length) return null;
    const head = this.#buffer[start];
    return { type: head >> 4, flags: head & 15, body: this.#buffer.slice(body, end), end };
  }
}

const read16 = (bytes, place) => bytes[place] * 256 + bytes[place + 1];

function expect(condition, { type }, what) {
  if (!condition) throw new Malformed(`a ${NAMES[type] ?? `packet of type ${type}`} ${what}`);
}

// Throws if there is no session; its message says why.
export function readConnack(packet) {
  expect(packet.flags === 0 && packet.body.length === 2 && packet.body[0] <= 1, packet, "that is not one");
  const code = packet.body[1];
  if (code > 0) throw new Malformed(`no session: ${REFUSALS[code] ?? `code ${code}`}`);
}

export function readSuback(packet, id, count) {
  const { flags, body } = packet;
  expect(flags === 0 && body.length === 2 + count && read16(body, 0) === id, packet, "for another subscription");
  if (body.subarray(2).some((code) => code > 2)) throw new Malformed("no subscription: it is not allowed");
}

// The packet's id of a PUBREL.
export function readRelease(packet) {
  expect(packet.flags === 2 && packet.body.length === 2, packet, "that is not one");
  return read16(packet.body, 0);
}

export function readPublish(packet) {
  const { flags, body } = packet;
  const qos = (flags >> 1) & 3;
  expect(qos < 3, packet, "of a quality that there is not");
  expect(body.length >= 2, packet, "without a topic");
  const name = 2 + read16(body, 0);
  const start = qos > 0 ? name + 2 : name;
  expect(start <= body.length && name > 2, packet, "whose topic does not fit");
  const id = qos > 0 ? read16(body, name) : null;
  expect(id !== 0, packet, "without a packet id");
  return { topic: readTopic(packet, name), qos, id, retained: (flags & 1) === 1, payload: body.subarray(start) };
}

function readTopic(packet, end) {
  let topic = "";
  try {
    topic = decoder.decode(packet.body.subarray(2, end));
  } catch {
    expect(false, packet, "whose topic is not text");
  }
  expect(!/[\0+#]/.test(topic), packet, "with a topic that no message can have");
  return topic;
}
