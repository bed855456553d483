// Stacked bars, one for each bucket, drawn as SVG. Bars are kept by their date, so that they slide.

import { amount, branchOf, clockOf, countOf, minuteOf, number, seriesOf, titleOf, totalOf } from "/labels.js";
import { BARS } from "/feed.js";
import { explain } from "/tooltip.js";

const MARGIN = { top: 14, bottom: 26, left: 44 };
// Half a label of the time axis, which may be wider than its bar.
const HALF_LABEL = 20;
const WIDEST_BAR = 44;
const LABEL_WIDTH = 39;
const TRANSITION = 250;

// Whole steps of 1, 2 or 5 times a power of ten, about four of them up to the largest value.
export function ticks(largest) {
  const rough = Math.max(largest, 4) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((step) => step >= rough);
  return Array.from({ length: Math.ceil(Math.max(largest, 4) / step) + 1 }, (_, index) => index * step);
}

function make(name, attributes = {}, parent) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent?.append(element);
  return element;
}

export class Chart {
  #stage;
  #svg;
  #tooltip;
  #band;
  #grid;
  #rows;
  #lines = new Map();
  #bars = new Map();
  #drawn = "";
  #active = null;
  #state = null;

  constructor(stage) {
    this.#stage = stage;
    this.#svg = stage.querySelector("svg");
    this.#tooltip = stage.querySelector(".tooltip");
    this.#band = make("rect", { class: "band" }, this.#svg);
    this.#grid = make("g", { class: "grid", "aria-hidden": "true" }, this.#svg);
    this.#rows = make("g", { class: "bars" }, this.#svg);
    this.#svg.addEventListener("keydown", (event) => this.#move(event));
    this.#svg.addEventListener("pointerleave", () => this.#point(this.#focused()));
  }

  show(state) {
    if (state.buckets.length === 0) {
      if (state.trouble) this.#clear();
      return;
    }
    const { branch, type } = state.choice;
    if (this.#drawn !== type) this.#clear();
    this.#drawn = type;
    this.#state = state;
    this.#svg.setAttribute("aria-label", `${titleOf(type)}, ${branchOf(branch)}`);
    const frame = this.#measure(state.buckets);
    this.#drawGrid(frame);
    this.#drawBars(frame, seriesOf(type, state.buckets));
    this.#point(this.#active);
  }

  #clear() {
    this.#rows.replaceChildren();
    this.#bars.clear();
    this.#point(null);
  }

  #measure(buckets) {
    const { width, height } = this.#stage.getBoundingClientRect();
    this.#svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const values = ticks(Math.max(...buckets.map(totalOf)));
    const bottom = height - MARGIN.bottom;
    // The last label is centred under the last bar and ends inside.
    const slot = Math.min((width - MARGIN.left) / BARS, (width - MARGIN.left - HALF_LABEL) / (BARS - 0.5));
    const right = MARGIN.left + BARS * slot;
    const y = (value) => bottom - (value / values.at(-1)) * (bottom - MARGIN.top);
    // A history that is shorter than the chart stands at the right.
    const x = (index) => MARGIN.left + slot * (index + BARS - buckets.length);
    return { width, right, bottom, slot, values, y, x, bar: Math.min(slot * 0.76, WIDEST_BAR) };
  }

  #drawGrid({ right, bottom, slot, values, y }) {
    this.#band.setAttribute("x", right - slot);
    this.#band.setAttribute("y", MARGIN.top);
    this.#band.setAttribute("width", slot);
    this.#band.setAttribute("height", bottom - MARGIN.top);
    for (const [value, line] of this.#lines) {
      if (!values.includes(value)) line.remove(), this.#lines.delete(value);
    }
    for (const value of values) {
      if (!this.#lines.has(value)) this.#lines.set(value, this.#line(value));
      const line = this.#lines.get(value);
      line.style.transform = `translateY(${y(value)}px)`;
      line.firstChild.setAttribute("x2", right);
    }
  }

  #line(value) {
    const line = make("g", { class: value === 0 ? "tick base" : "tick" }, this.#grid);
    make("line", { x1: MARGIN.left, y1: 0, y2: 0 }, line);
    make("text", { x: MARGIN.left - 8, dy: "0.32em" }, line).textContent = number(value);
    return line;
  }

  #drawBars(frame, series) {
    const { buckets } = this.#state;
    const dates = new Set(buckets.map((bucket) => bucket.date));
    for (const [date, bar] of this.#bars) {
      if (!dates.has(date)) this.#leave(date, bar, frame);
    }
    const every = Math.ceil(LABEL_WIDTH / frame.slot);
    const first = this.#bars.size === 0;
    buckets.forEach((bucket, index) => {
      const bar = this.#bars.get(bucket.date) ?? this.#enter(bucket, frame, first ? index : buckets.length);
      bar.group.style.transform = `translateX(${frame.x(index)}px)`;
      bar.group.classList.remove("new");
      bar.label.classList.toggle("off", (buckets.length - 1 - index) % every !== 0);
      this.#fill(bar, bucket, series, frame);
    });
    this.#rove();
  }

  #enter(bucket, frame, index) {
    const group = make("g", { class: "bar new", role: "img", tabindex: "-1", "data-date": bucket.date }, this.#rows);
    group.style.transform = `translateX(${frame.x(index)}px)`;
    const hit = make("rect", { class: "hit", y: MARGIN.top }, group);
    const label = make("text", { class: "time", "aria-hidden": "true" }, group);
    label.textContent = minuteOf(bucket.date);
    const bar = { group, hit, label, parts: new Map() };
    group.addEventListener("pointerenter", () => this.#point(bucket.date));
    group.addEventListener("focus", () => this.#point(bucket.date));
    group.addEventListener("blur", () => this.#point(null));
    this.#bars.set(bucket.date, bar);
    return bar;
  }

  #leave(date, bar, { slot }) {
    this.#bars.delete(date);
    bar.group.classList.add("leaving");
    bar.group.style.transform = `translateX(${MARGIN.left - slot}px)`;
    if (bar.group === document.activeElement) this.#bars.values().next().value?.group.focus();
    if (this.#active === date) this.#active = null;
    setTimeout(() => bar.group.remove(), TRANSITION);
  }

  #fill(bar, bucket, series, { slot, bottom, bar: width, y }) {
    let below = 0;
    const added = [];
    for (const { type, colour } of series) {
      const count = countOf(bucket, type);
      if (!bar.parts.has(type)) {
        const part = make("rect", { class: `part ${colour}`, "data-type": type, y: y(below), height: 0 });
        bar.group.insertBefore(part, bar.label);
        bar.parts.set(type, part);
        added.push(part);
      }
      below += count;
    }
    // New parts grow from where they stand.
    if (added.length > 0) bar.group.getBoundingClientRect();
    below = 0;
    for (const { type } of series) {
      const count = countOf(bucket, type);
      const height = y(below) - y(below + count);
      const part = bar.parts.get(type);
      // A line of background between two colours, where there is room for one.
      const drawn = height > 3 ? height - 1 : height;
      const place = { x: (slot - width) / 2, width, y: y(below) - drawn, height: drawn, "data-count": count };
      for (const [key, value] of Object.entries(place)) part.setAttribute(key, value);
      below += count;
    }
    bar.hit.setAttribute("width", slot);
    bar.hit.setAttribute("height", bottom - MARGIN.top);
    bar.label.setAttribute("x", slot / 2);
    bar.label.setAttribute("y", bottom + 18);
    bar.group.setAttribute("aria-label", this.#describe(bucket, series));
  }

  #describe(bucket, series) {
    const parts = series.map(({ type, label }) => [label, countOf(bucket, type)]).filter(([, count]) => count > 0);
    const text = parts.map(([label, count]) => `${label}: ${number(count)}`).join(", ");
    return `${clockOf(bucket.date)}, ${amount(this.#state.choice.type, totalOf(bucket))}${text && `. ${text}`}`;
  }

  // One stop for the tab key: the bar that was used last, or the newest.
  #rove() {
    const dates = [...this.#bars.keys()].sort();
    const stop = this.#focused() ?? dates.at(-1);
    for (const [date, bar] of this.#bars) bar.group.setAttribute("tabindex", date === stop ? "0" : "-1");
  }

  #focused() {
    return document.activeElement?.closest?.(".bar")?.dataset.date ?? null;
  }

  #move(event) {
    const dates = [...this.#bars.keys()].sort();
    const here = dates.indexOf(this.#focused());
    const steps = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: dates.length - 1 };
    const next = dates[steps[event.key]];
    if (event.key === "Escape") this.#point(null);
    if (here < 0 || !next) return;
    event.preventDefault();
    this.#bars.get(next).group.focus();
    this.#rove();
  }

  #point(date) {
    const bucket = this.#state?.buckets.find((bucket) => bucket.date === date);
    this.#active = bucket ? date : null;
    for (const [key, bar] of this.#bars) bar.group.classList.toggle("active", key === this.#active);
    this.#tooltip.hidden = !bucket;
    if (!bucket) return;
    this.#tooltip.replaceChildren(...explain(bucket, this.#state));
    this.#place(this.#state.buckets.indexOf(bucket));
  }

  // Beside the bar, on the side with more room.
  #place(index) {
    const { width, slot, x } = this.#measure(this.#state.buckets);
    const own = this.#tooltip.offsetWidth;
    const left = x(index) > width / 2 ? x(index) - own - 6 : x(index) + slot + 6;
    this.#tooltip.style.left = `${Math.max(0, Math.min(left, width - own))}px`;
  }
}
