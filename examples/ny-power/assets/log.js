// The last messages, and which of them are shown: bounded, whatever comes.

export const MOST_LINES = 1000;
const LONGEST_TEXT = 16_384;
const LONGEST_TOPIC = 512;

const decoder = new TextDecoder();

// A message as a line: { topic, text, bytes, retained, rejected }.
export function lineOf({ topic, payload, retained }) {
  const text = decoder.decode(payload.subarray(0, LONGEST_TEXT));
  const rejected = topic === "ny-power/status/fuel-mix/rejected";
  return { topic: topic.slice(0, LONGEST_TOPIC), text, bytes: payload.length, cut: payload.length > LONGEST_TEXT, retained, rejected };
}

export class Log {
  #lines = [];
  #waiting = [];
  #filter = "";
  paused = false;
  seen = 0;
  rejected = 0;

  add(line) {
    this.seen += 1;
    if (line.rejected) this.rejected += 1;
    push(this.#waiting, line);
  }

  // How many are kept back while it is paused.
  get waiting() {
    return this.#waiting.length;
  }

  set filter(text) {
    this.#filter = text.toLowerCase();
  }

  // All kept lines that the filter lets through.
  get shown() {
    return this.#lines.filter((line) => this.#passes(line));
  }

  // Takes in what waited; the answer is what of it is shown. Nothing while it is paused.
  take() {
    if (this.paused) return [];
    const fresh = this.#waiting;
    this.#waiting = [];
    for (const line of fresh) push(this.#lines, line);
    return fresh.filter((line) => this.#passes(line));
  }

  clear() {
    this.#lines = [];
    this.#waiting = [];
  }

  #passes({ topic, text }) {
    return `${topic} ${text}`.toLowerCase().includes(this.#filter);
  }
}

// An array that forgets its oldest. It is cut now and then, not at every line.
function push(lines, line) {
  lines.push(line);
  if (lines.length >= 2 * MOST_LINES) lines.splice(0, lines.length - MOST_LINES);
}
