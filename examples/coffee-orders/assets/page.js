// Puts the page together: what is chosen, what is known, and who draws it.

import { Chart } from "/chart.js";
import { BARS, Feed, ask } from "/feed.js";
import { totalOf } from "/labels.js";
import * as view from "/view.js";

const state = {
  choice: { branch: "all", type: "CustomerAgeGrades" },
  board: { branches: ["all"], dimensions: ["CustomerAgeGrades"], bucketMillis: 30000 },
  buckets: [],
  // When an order last came, and anything at all.
  movedAt: null,
  knownAt: null,
  trouble: null,
};

const chart = new Chart(document.querySelector("#stage"));
let frame = 0;

function draw() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    view.show(state);
    chart.show(state);
  });
}

function put(bucket) {
  const place = state.buckets.findIndex((other) => other.date >= bucket.date);
  const same = state.buckets[place];
  if (same?.date === bucket.date) {
    if (totalOf(same) !== totalOf(bucket)) state.movedAt = Date.now();
    state.buckets[place] = bucket;
  } else if (place < 0) {
    state.buckets = [...state.buckets, bucket].slice(-BARS);
    if (totalOf(bucket) > 0) state.movedAt = Date.now();
  }
}

const feed = new Feed({
  board(board) {
    state.board = board;
    view.offer(state, choose);
    const { branch, type } = readHash();
    if (branch !== state.choice.branch || type !== state.choice.type) choose({ branch, type });
  },
  history(buckets) {
    state.buckets = buckets;
    draw();
  },
  packet(bucket) {
    if (state.buckets.length === 0) return;
    state.knownAt = Date.now();
    put(bucket);
    draw();
  },
  live() {
    state.trouble = null;
    state.knownAt = Date.now();
    view.status(state);
    draw();
  },
  gone(reason) {
    state.trouble = { reason };
    view.status(state);
    draw();
  },
});

function readHash() {
  const hash = new URLSearchParams(location.hash.slice(1));
  const known = (list, value) => (list.includes(value) ? value : list[0]);
  return {
    branch: known(state.board.branches, hash.get("branch")),
    type: known(state.board.dimensions, hash.get("type")),
  };
}

function choose(choice) {
  if (choice.type !== state.choice.type || choice.branch !== state.choice.branch) {
    state.buckets = [];
    state.movedAt = null;
    state.knownAt = null;
  }
  state.choice = choice;
  const hash = `#${new URLSearchParams(choice)}`;
  if (location.hash !== hash) history.replaceState(null, "", hash);
  view.chosen(choice);
  if (state.trouble) draw();
  feed.watch(choice);
}

addEventListener("hashchange", () => choose(readHash()));
new ResizeObserver(draw).observe(document.querySelector("#stage"));
setInterval(() => view.status(state), 250);

async function start() {
  try {
    state.board = await ask("/api/board");
  } catch (error) {
    state.trouble = { reason: error.answer };
    view.status(state);
    setTimeout(start, 1000);
    return;
  }
  view.offer(state, choose);
  choose(readHash());
}

start();
