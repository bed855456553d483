// The line to the server: live packets, the history behind them, and what happens when it breaks.

export const BARS = 20;

const FIRST_RETRY = 1000;
const LAST_RETRY = 5000;
const ANSWER_WITHIN = 5000;
// The store closes a bucket a little after its end.
const AFTER_BUCKET = 400;
const SHORTEST_RELOAD = 1000;

// Calls listener.board(board), .history(buckets), .packet(bucket), .live() and .gone(reason).
export class Feed {
  #listener;
  #choice;
  #source;
  #timer;
  #reload;
  #failures = 0;
  #bucket = 30000;
  #newest = "";
  #run = 0;
  // Packets that came while the history was on its way: they are newer than it.
  #meanwhile = null;

  constructor(listener) {
    this.#listener = listener;
    addEventListener("online", () => this.#hurry());
    addEventListener("visibilitychange", () => document.hidden || this.#hurry());
    addEventListener("pagehide", () => this.#close());
    addEventListener("pageshow", (event) => event.persisted && this.#connect());
  }

  watch(choice) {
    this.#choice = choice;
    this.#newest = "";
    this.#connect();
  }

  #hurry() {
    if (!this.#source && this.#choice) this.#connect();
  }

  #close() {
    this.#run += 1;
    this.#source?.close();
    this.#source = null;
    this.#meanwhile = null;
    clearTimeout(this.#timer);
    clearTimeout(this.#reload);
  }

  async #connect() {
    this.#close();
    const run = this.#run;
    const { branch, type } = this.#choice;
    const source = new EventSource(`/api/live?${new URLSearchParams({ branch, type })}`);
    this.#source = source;
    source.onopen = () => this.#opened(run);
    source.onmessage = (event) => this.#receive(JSON.parse(event.data).body);
    // It would try again by itself, but not after every kind of failure, and without saying when.
    source.onerror = () => this.#lost(run);
    // A server that takes the connection and says nothing.
    this.#timer = setTimeout(() => this.#lost(run), ANSWER_WITHIN);
  }

  async #opened(run) {
    clearTimeout(this.#timer);
    try {
      const board = await ask("/api/board");
      if (run !== this.#run) return;
      this.#bucket = board.bucketMillis;
      this.#listener.board(board);
      await this.#load(run);
    } catch (error) {
      this.#lost(run, error);
    }
  }

  async #load(run) {
    clearTimeout(this.#reload);
    if (run !== this.#run) return;
    this.#meanwhile = [];
    try {
      const { body } = await ask(`/api/statistics?${new URLSearchParams({ ...this.#choice, count: BARS })}`);
      if (run !== this.#run) return;
      const meanwhile = this.#meanwhile;
      this.#meanwhile = null;
      this.#failures = 0;
      this.#newest = body.at(-1)?.date ?? "";
      this.#listener.history(body);
      meanwhile.forEach((bucket) => this.#listener.packet(bucket));
      this.#listener.live();
      // Buckets go on when nobody orders, and a broken line is noticed.
      this.#reloadIn(run, this.#bucket - (Date.now() % this.#bucket) + AFTER_BUCKET);
    } catch (error) {
      this.#lost(run, error);
    }
  }

  #reloadIn(run, millis) {
    clearTimeout(this.#reload);
    this.#reload = setTimeout(() => this.#load(run), Math.max(millis, SHORTEST_RELOAD));
  }

  #receive(bucket) {
    this.#meanwhile?.push(bucket);
    this.#listener.packet(bucket);
    if (this.#newest && bucket.date > this.#newest && !this.#meanwhile) {
      this.#newest = bucket.date;
      this.#reloadIn(this.#run, AFTER_BUCKET);
    }
  }

  async #lost(run, error) {
    if (run !== this.#run) return;
    this.#close();
    this.#failures += 1;
    const pause = Math.min(FIRST_RETRY * 1.5 ** (this.#failures - 1), LAST_RETRY);
    this.#timer = setTimeout(() => this.#connect(), pause);
    this.#listener.gone(error?.answer);
  }
}

export async function ask(address) {
  const response = await fetch(address, { signal: AbortSignal.timeout(ANSWER_WITHIN) });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.error), { answer: answer.error });
  return answer;
}
