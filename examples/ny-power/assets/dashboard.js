// Puts the dashboard together: what comes, what is known of it, and who draws it.

import { BarChart } from "/bars.js";
import { follow } from "/connection.js";
import { Grid } from "/grid.js";
import { LineChart } from "/line.js";
import { Refusal, readFuel, readIntensity, readWindow } from "/messages.js";
import * as view from "/view.js";

const COMPUTED = "ny-power/computed/co2";
const ARCHIVE = "ny-power/archive/co2/";
const WEB_UI = "ny-power/application/webui";
const FUEL_MIX = "ny-power/upstream/fuel-mix/";
const FILTERS = [`${FUEL_MIX}#`, COMPUTED, `${ARCHIVE}#`, WEB_UI];

const state = { grid: new Grid(), line: { state: "connecting" }, liveSince: 0, refused: null };
const [lineStage, barStage] = [document.querySelector("#line-stage"), document.querySelector("#bar-stage")];
const lineChart = new LineChart(lineStage);
const barChart = new BarChart(barStage);
let frame = 0;

function draw() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    view.show(state);
    view.status(state);
    view.offer(state.grid, choose);
    lineChart.show(state.grid.window);
    barChart.show(state.grid.mix);
    if (state.grid.intensity) firstNumber();
  });
}

function choose(label) {
  state.grid.choose(label);
  draw();
}

// For whoever measures how long a reader waits.
function firstNumber() {
  if (performance.getEntriesByName("first-number").length === 0) performance.mark("first-number");
}

function receive({ topic, payload, retained }) {
  const { grid } = state;
  if (topic === COMPUTED) {
    grid.setIntensity(readIntensity(payload), retained, Date.now());
    view.title(grid.intensity);
  } else if (topic.startsWith(FUEL_MIX)) {
    grid.setFuel(readFuel(topic.slice(FUEL_MIX.length), payload));
  } else if (topic.startsWith(ARCHIVE)) {
    grid.setWindow(readWindow(topic.slice(ARCHIVE.length), payload));
  } else {
    return;
  }
  // What was wrong with it is over.
  if (state.refused?.topic === topic) state.refused = null;
}

follow(FILTERS, {
  message(arrived) {
    try {
      // Nothing there is a kept message that was taken back.
      if (arrived.payload.length > 0) receive(arrived);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      state.refused = { topic: arrived.topic, reason: error.message };
    }
    draw();
  },
  change(line) {
    if (line.state === "live") state.liveSince = Date.now();
    state.line = line;
    view.status(state);
  },
});

const resized = new ResizeObserver(draw);
for (const stage of [lineStage, barStage]) resized.observe(stage);
setInterval(() => view.status(state), 1000);
