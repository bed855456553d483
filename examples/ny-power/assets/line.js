// The intensity over time, as a line in SVG. It is drawn by instant, so the repeated autumn hour lies beside
// itself, and where nothing was measured there is no line.

import { make, place, ticks, timeTicks } from "/scale.js";
import { shortTime, wallTime } from "/time.js";

const MARGIN = { top: 16, right: 14, bottom: 40, left: 52 };
const LABEL_WIDTH = 62;
const GAP = 30 * 60_000;
// A window that hardly changes is not blown up.
const LEAST_SPAN = 10;
const MOST_LINES = 5;
const NOTHING = [];

export class LineChart {
  #stage;
  #svg;
  #cursor;
  #tooltip;
  #points = [];
  #frame = null;
  #units = "";
  #index = null;
  #size = "";

  constructor(stage) {
    this.#stage = stage;
    this.#svg = stage.querySelector("svg");
    this.#cursor = stage.querySelector(".cursor");
    this.#tooltip = stage.querySelector(".tooltip");
    this.#cursor.addEventListener("pointermove", (event) => this.#point(this.#nearest(event)));
    this.#cursor.addEventListener("pointerdown", (event) => this.#point(this.#nearest(event)));
    this.#cursor.addEventListener("pointerleave", () => this.#point(null));
    this.#cursor.addEventListener("keydown", (event) => this.#move(event));
    this.#cursor.addEventListener("focus", () => this.#cursor.matches(":focus-visible") && this.#point(this.#points.length - 1));
    this.#cursor.addEventListener("blur", () => this.#point(null));
  }

  show(window) {
    const points = window?.points ?? NOTHING;
    this.#cursor.hidden = points.length === 0;
    const { width, height } = this.#stage.getBoundingClientRect();
    const size = `${width} ${height}`;
    if (this.#points === points && this.#size === size) return;
    const here = this.#points[this.#index]?.[0];
    this.#size = size;
    this.#points = points;
    this.#units = window?.units ?? "";
    this.#svg.replaceChildren();
    if (points.length === 0) return this.#point(null);
    this.#frame = this.#measure(width, height);
    this.#drawValues();
    this.#drawTimes();
    this.#drawLine();
    const again = points.findIndex(([at]) => at === here);
    this.#point(again < 0 ? null : again);
    this.#tell();
  }

  #measure(width, height) {
    this.#svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const values = this.#points.map(([, value]) => value);
    const [lowest, highest] = [Math.min(...values), Math.max(...values)];
    // Room for what is written at the highest and the lowest.
    const pad = Math.max(LEAST_SPAN - (highest - lowest), (highest - lowest) * 0.16) / 2;
    const steps = ticks(lowest - pad, highest + pad, MOST_LINES);
    const [low, high] = [steps[0], steps.at(-1)];
    const [from, to] = [this.#points[0][0], this.#points.at(-1)[0]];
    const [right, bottom] = [width - MARGIN.right, height - MARGIN.bottom];
    const x = (at) => (to > from ? MARGIN.left + ((at - from) / (to - from)) * (right - MARGIN.left) : (MARGIN.left + right) / 2);
    const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - MARGIN.top);
    return { width, height, right, bottom, from, to, steps, x, y, lowest, highest };
  }

  #drawValues() {
    const { steps, right, y, height } = this.#frame;
    const grid = make("g", { class: "grid", "aria-hidden": "true" }, this.#svg);
    for (const value of steps) {
      make("line", { x1: MARGIN.left, x2: right, y1: y(value), y2: y(value) }, grid);
      make("text", { class: "value", x: MARGIN.left - 8, y: y(value), dy: "0.32em" }, grid).textContent = value.toLocaleString("en-US");
    }
    const title = make("text", { class: "axis", transform: `translate(12 ${(height - MARGIN.bottom) / 2}) rotate(-90)` }, grid);
    title.textContent = "g CO2 / kWh";
  }

  #drawTimes() {
    const { from, to, x, right, bottom } = this.#frame;
    const axis = make("g", { class: "times", "aria-hidden": "true" }, this.#svg);
    const most = Math.max(2, Math.floor((right - MARGIN.left) / LABEL_WIDTH));
    let before = null;
    for (const at of timeTicks(from, to, most)) {
      const { day, minutes, zone } = wallTime(at);
      make("line", { x1: x(at), x2: x(at), y1: bottom, y2: bottom + 4 }, axis);
      const inside = Math.min(Math.max(x(at), MARGIN.left + 12), right - 12);
      make("text", { class: "time", x: inside, y: bottom + 18, "data-at": at }, axis).textContent = minutes;
      const under = before === null ? `${day} ${zone}` : before.day !== day ? day : before.zone !== zone ? zone : "";
      if (under) make("text", { class: "day", x: Math.max(inside, MARGIN.left + 20), y: bottom + 33 }, axis).textContent = under;
      before = { day, zone };
    }
    make("line", { class: "base", x1: MARGIN.left, x2: right, y1: bottom, y2: bottom }, axis);
  }

  #drawLine() {
    const { x, y, lowest, highest } = this.#frame;
    const path = this.#points.map(([at, value], index) => {
      const broken = index === 0 || at - this.#points[index - 1][0] > GAP;
      return `${broken ? "M" : "L"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
    });
    make("path", { class: "line", d: path.join("") }, this.#svg);
    const [at, value] = this.#points.at(-1);
    make("circle", { class: "last", cx: x(at), cy: y(value), r: 4 }, this.#svg);
    if (highest - lowest < LEAST_SPAN) return;
    this.#mark(highest, -9);
    this.#mark(lowest, 17);
  }

  #mark(value, away) {
    const { x, y, right } = this.#frame;
    const [at] = this.#points.find(([, other]) => other === value);
    const inside = Math.min(Math.max(x(at), MARGIN.left + 14), right - 14);
    make("circle", { class: "extreme", cx: x(at), cy: y(value), r: 3 }, this.#svg);
    make("text", { class: "extreme", x: inside, y: y(value) + away }, this.#svg).textContent = Math.round(value).toLocaleString("en-US");
  }

  #nearest(event) {
    if (this.#points.length === 0) return null;
    const { x } = this.#frame;
    const here = event.clientX - this.#stage.getBoundingClientRect().left;
    let [low, high] = [0, this.#points.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (x(this.#points[middle][0]) <= here) low = middle;
      else high = middle;
    }
    return here - x(this.#points[low][0]) < x(this.#points[high][0]) - here ? low : high;
  }

  #move(event) {
    const last = this.#points.length - 1;
    const here = this.#index ?? last;
    const steps = { ArrowLeft: here - 1, ArrowRight: here + 1, PageUp: here + 12, PageDown: here - 12, Home: 0, End: last };
    if (event.key === "Escape") return this.#point(null);
    if (!(event.key in steps) || last < 0) return;
    event.preventDefault();
    this.#point(Math.min(Math.max(steps[event.key], 0), last));
  }

  #point(index) {
    this.#index = index;
    this.#svg.querySelector(".pointed")?.remove();
    this.#tooltip.hidden = index === null;
    if (index === null) return;
    const [at, value] = this.#points[index];
    const { x, y, bottom, width } = this.#frame;
    const group = make("g", { class: "pointed" }, this.#svg);
    make("line", { x1: x(at), x2: x(at), y1: MARGIN.top, y2: bottom }, group);
    make("circle", { cx: x(at), cy: y(value), r: 5 }, group);
    const [time, amount] = ["span", "b"].map((tag) => document.createElement(tag));
    time.textContent = shortTime(at);
    amount.textContent = `${value.toFixed(1)} ${this.#units}`;
    this.#tooltip.replaceChildren(time, amount);
    const own = this.#tooltip.offsetWidth;
    const left = x(at) > width / 2 ? x(at) - own - 10 : x(at) + 10;
    this.#tooltip.style.left = `${Math.max(0, Math.min(left, width - own))}px`;
    this.#tell();
  }

  // What a screen reader says of the place that the cursor is at.
  #tell() {
    const index = this.#index ?? this.#points.length - 1;
    const [at, value] = this.#points[index] ?? [];
    const text = at === undefined ? "" : `${shortTime(at)}: ${value.toFixed(1)} ${this.#units}`;
    place(this.#cursor, { "aria-valuemin": 1, "aria-valuemax": this.#points.length, "aria-valuenow": index + 1, "aria-valuetext": text });
  }
}
