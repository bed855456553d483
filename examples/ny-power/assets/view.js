// Everything around the charts: the headline, figures, captions, tables, and how the line is.

import { complaint } from "/connection.js";
import { freshness } from "/freshness.js";
import { tables } from "/table.js";
import { shortTime, stretch, wallTime } from "/time.js";

// An archive that ends so long before the headline is behind.
const BEHIND = 30 * 60_000;
const LONGEST_TOPIC = 200;

const find = (id) => document.getElementById(id);

// A live region speaks at every change: make none without need.
function write(id, text) {
  const place = find(id);
  if (place.textContent !== text) place.textContent = text;
}

const rounded = (value) => Math.round(value).toLocaleString("en-US");

export function show(state) {
  const { intensity, mix, window } = state.grid;
  headline(intensity);
  extremes(window);
  archive(window, intensity);
  fuels(mix);
  find("line-empty").hidden = Boolean(window?.points.length);
  find("bars-empty").hidden = Boolean(mix);
  const numbers = find("numbers");
  numbers.hidden = !mix && !window;
  const fill = () => numbers.open && find("tables").replaceChildren(...tables(state.grid));
  numbers.ontoggle = fill;
  fill();
}

// Apart from the rest: it is kept up in the tab's title when the tab is hidden, and nothing is drawn.
export function title(intensity) {
  document.title = intensity ? `${rounded(intensity.value)} ${intensity.units} · New York's grid` : "New York's grid";
}

function headline(intensity) {
  if (!intensity) return;
  const { at, ts, zone, value, units } = intensity;
  write("value", rounded(value));
  write("units", units);
  write("updated", `${ts} ${zone ?? wallTime(at).zone}`);
}

function extremes(window) {
  const points = window?.points ?? [];
  find("extremes").hidden = points.length === 0;
  if (points.length === 0) return;
  const lowest = points.reduce((best, point) => (point[1] < best[1] ? point : best));
  const highest = points.reduce((best, point) => (point[1] > best[1] ? point : best));
  const mean = points.reduce((sum, [, value]) => sum + value, 0) / points.length;
  for (const [id, [at, value]] of Object.entries({ lowest, highest })) {
    write(id, rounded(value));
    write(`${id}-at`, shortTime(at));
  }
  write("mean", rounded(mean));
  write("mean-over", spanOf(window.label));
}

// A window is called after its length.
function spanOf(label) {
  const match = /^(\d{1,4})h$/.exec(label);
  return match ? `last ${match[1]} hour${match[1] === "1" ? "" : "s"}` : label;
}

function archive(window, intensity) {
  if (!window) return;
  const end = window.points.at(-1)?.[0];
  const behind = intensity && end !== undefined && intensity.at - end > BEHIND;
  const late = behind ? `, ends ${stretch(intensity.at - end)} before the value above` : "";
  write("line-note", `${spanOf(window.label)}, New York time${late}`);
  write("line-name", window.label);
}

export function offer(grid, choose) {
  const { labels, window } = grid;
  const fieldset = find("windows");
  fieldset.hidden = labels.length < 2;
  const now = [...fieldset.querySelectorAll("input")].map((input) => input.value);
  if (now.join("\n") !== labels.join("\n")) fieldset.replaceChildren(fieldset.querySelector("legend"), ...labels.map(radio));
  for (const input of fieldset.querySelectorAll("input")) input.checked = input.value === window?.label;
  fieldset.onchange = (event) => choose(event.target.value);
}

function radio(label) {
  const [holder, input, name] = ["label", "input", "span"].map((tag) => document.createElement(tag));
  Object.assign(input, { type: "radio", name: "window", value: label });
  name.textContent = label;
  holder.append(input, name);
  return holder;
}

function fuels(mix) {
  if (!mix) return;
  const known = mix.fuels.filter(([, value]) => value !== null);
  const total = known.reduce((sum, [, value]) => sum + value, 0);
  const missing = mix.fuels.length - known.length;
  const parts = missing > 0 ? `, ${known.length} of ${mix.fuels.length} fuels` : "";
  write("bars-note", `${mix.ts} ${mix.zone ?? wallTime(mix.at).zone}, ${rounded(total)} ${mix.units} in all${parts}`);
}

export function status({ line, liveSince, grid, refused }) {
  find("refused").hidden = !refused;
  if (refused) write("refused", `A message on ${refused.topic.slice(0, LONGEST_TOPIC)} was left out: ${refused.reason}.`);
  if (line.state === "live") return fresh({ now: Date.now(), openedAt: liveSince, shown: grid.intensity });
  const gone = line.state === "gone" || document.body.dataset.state === "gone";
  document.body.dataset.state = gone ? "gone" : "waiting";
  write("status", gone ? "disconnected" : "connecting");
  write("age", "");
  find("notice").hidden = !gone;
  if (line.state === "gone") write("notice", complaint(line));
}

function fresh(known) {
  const { state, text, age, notice } = freshness(known);
  document.body.dataset.state = state;
  write("status", text);
  write("age", age ?? "");
  find("notice").hidden = !notice;
  if (notice) write("notice", notice);
}
