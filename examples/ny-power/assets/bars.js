// The fuel mix of one interval, as bars in SVG: upright where there is room, lying on a phone.

import { make, place, ticks } from "/scale.js";

const UPRIGHT = { top: 22, right: 6, bottom: 50, left: 60 };
const LYING = { top: 4, right: 48, bottom: 42, left: 128 };
const NARROW = 520;
const WIDEST_BAR = 56;
const LINES = 5;
const UNKNOWN = "fuel-other";
const LONGEST_LABEL = 18;

const amount = (value) => (value === null ? "–" : Math.round(value).toLocaleString("en-US"));
const short = (text) => (text.length > LONGEST_LABEL ? `${text.slice(0, LONGEST_LABEL - 1)}…` : text);

export class BarChart {
  #stage;
  #svg;
  #axis;
  #rows;
  #bars = new Map();

  constructor(stage) {
    this.#stage = stage;
    this.#svg = stage.querySelector("svg");
    this.#axis = make("g", { class: "grid", "aria-hidden": "true" }, this.#svg);
    this.#rows = make("g", { role: "list" }, this.#svg);
  }

  show(mix) {
    if (!mix) return;
    this.#stage.style.setProperty("--bars", mix.fuels.length);
    const { width, height } = this.#stage.getBoundingClientRect();
    this.#svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const frame = this.#measure(mix.fuels, width, height);
    this.#drawAxis(frame);
    const names = new Set(mix.fuels.map(([fuel]) => fuel));
    for (const [fuel, bar] of this.#bars) {
      if (!names.has(fuel)) bar.group.remove(), this.#bars.delete(fuel);
    }
    mix.fuels.forEach(([fuel, value], index) => this.#drawBar(frame, fuel, value, mix.units, index));
  }

  #measure(fuels, width, height) {
    const values = fuels.map(([, value]) => value ?? 0);
    const lying = width < NARROW;
    const margin = lying ? LYING : UPRIGHT;
    const steps = ticks(Math.min(0, ...values), Math.max(100, ...values), lying ? 3 : LINES);
    const [low, high] = [steps[0], steps.at(-1)];
    const [start, end] = lying ? [margin.left, width - margin.right] : [height - margin.bottom, margin.top];
    const along = (value) => start + ((value - low) / (high - low)) * (end - start);
    const room = lying ? height - margin.top - margin.bottom : width - margin.left - margin.right;
    return { width, height, lying, margin, steps, along, slot: room / fuels.length };
  }

  #drawAxis({ width, height, lying, margin, steps, along }) {
    this.#axis.replaceChildren();
    for (const value of steps) {
      const at = along(value);
      const line = lying
        ? { x1: at, x2: at, y1: margin.top, y2: height - margin.bottom }
        : { x1: margin.left, x2: width - margin.right, y1: at, y2: at };
      make("line", { ...line, class: value === 0 ? "base" : "" }, this.#axis);
      const text = lying ? { class: "time", x: at, y: height - margin.bottom + 16 } : { class: "value", x: margin.left - 8, y: at, dy: "0.32em" };
      make("text", text, this.#axis).textContent = value.toLocaleString("en-US");
    }
    const middle = lying ? (margin.left + width - margin.right) / 2 : (height - margin.bottom) / 2;
    const title = lying ? { x: middle, y: height - 6 } : { transform: `translate(12 ${middle}) rotate(-90)` };
    make("text", { class: "axis", ...title }, this.#axis).textContent = "Mega Watts";
  }

  #drawBar(frame, fuel, value, units, index) {
    const bar = this.#bars.get(fuel) ?? this.#enter(fuel);
    const { lying, margin, along, slot, height } = frame;
    const thick = Math.min(slot * 0.7, WIDEST_BAR);
    const across = (lying ? margin.top : margin.left) + index * slot + (slot - thick) / 2;
    const [from, to] = [along(0), along(value ?? 0)].sort((a, b) => a - b);
    const box = lying ? { x: from, y: across, width: to - from, height: thick } : { x: across, y: from, width: thick, height: to - from };
    place(bar.rect, box);
    bar.group.dataset.value = value ?? "";
    bar.group.setAttribute("aria-label", value === null ? `${fuel}: not known` : `${fuel}: ${amount(value)} ${units}`);
    bar.value.textContent = amount(value);
    bar.value.classList.toggle("lying", lying);
    const middle = across + thick / 2;
    place(bar.value, lying ? { x: to + 6, y: middle, dy: "0.32em" } : { x: middle, y: from - 6, dy: 0 });
    this.#label(bar, fuel, lying, lying ? [margin.left - 8, middle] : [middle, height - margin.bottom + 16]);
    // Others slide up when one leaves: the order in the document is the order on the page.
    if (this.#rows.children[index] !== bar.group) this.#rows.insertBefore(bar.group, this.#rows.children[index] ?? null);
  }

  #enter(fuel) {
    const group = make("g", { class: "bar", role: "listitem", "data-fuel": fuel }, this.#rows);
    const rect = make("rect", { class: colourOf(fuel) }, group);
    const value = make("text", { class: "amount", "aria-hidden": "true" }, group);
    const label = make("text", { class: "fuel", "aria-hidden": "true" }, group);
    make("title", {}, group).textContent = fuel;
    const bar = { group, rect, value, label };
    this.#bars.set(fuel, bar);
    return bar;
  }

  // Beside a lying bar on one line, below an upright one a word on each.
  #label({ label }, fuel, lying, [x, y]) {
    const lines = lying ? [short(fuel)] : fuel.split(" ", 3).map((word) => (word.length > 11 ? `${word.slice(0, 10)}…` : word));
    label.classList.toggle("lying", lying);
    label.replaceChildren();
    lines.forEach((line, index) => {
      make("tspan", { x, y: y + index * 13, dy: lying ? "0.32em" : 0 }, label).textContent = line;
    });
  }
}

const COLOURS = {
  Nuclear: "fuel-nuclear",
  Hydro: "fuel-hydro",
  "Natural Gas": "fuel-gas",
  "Dual Fuel": "fuel-dual",
  Wind: "fuel-wind",
  "Other Renewables": "fuel-renewables",
  "Other Fossil Fuels": "fuel-fossil",
};

function colourOf(fuel) {
  return Object.hasOwn(COLOURS, fuel) ? COLOURS[fuel] : UNKNOWN;
}
