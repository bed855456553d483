// What is known of the grid: the last intensity, the fuels of its interval, and the archive's windows.

import { Refusal } from "/messages.js";

// Intervals whose fuels are kept: the one shown, the one that is coming, and what was half sent before it.
const MOST_INTERVALS = 4;
const MOST_FUELS = 24;
const MOST_WINDOWS = 8;

export const FUELS = ["Nuclear", "Hydro", "Natural Gas", "Dual Fuel", "Wind", "Other Renewables", "Other Fossil Fuels"];

export class Grid {
  intensity = null;
  #mixes = new Map();
  #windows = new Map();
  #chosen = null;

  // An intensity comes after its fuels, so it says that they are whole. What came while the page looked on is
  // not older because the broker hands it out once more; what is new then came while the line was gone.
  setIntensity(intensity, retained, now) {
    const last = this.intensity;
    const kept = last?.at === intensity.at ? last.arrivedAt : last && now;
    this.intensity = { ...intensity, arrivedAt: retained ? kept : now };
  }

  setFuel({ at, fuel, ts, zone, value, units }) {
    const mix = this.#mixes.get(at) ?? { at, ts, zone, units, fuels: new Map() };
    // Last in line is the one that was told of last.
    this.#mixes.delete(at);
    this.#mixes.set(at, mix);
    if (mix.fuels.size < MOST_FUELS || mix.fuels.has(fuel)) mix.fuels.set(fuel, value);
    for (const other of this.#mixes.keys()) {
      if (this.#mixes.size <= MOST_INTERVALS) break;
      if (other !== this.intensity?.at) this.#mixes.delete(other);
    }
  }

  // The fuels of one interval: that of the intensity. A pump that stopped half way may have left none of it;
  // then the newest that has all fuels.
  get mix() {
    const same = this.#mixes.get(this.intensity?.at);
    const whole = [...this.#mixes.values()].filter(({ fuels }) => FUELS.every((fuel) => fuels.has(fuel)));
    const mix = same ?? whole.at(-1);
    return mix && { ...mix, fuels: inOrder(mix.fuels) };
  }

  setWindow(window) {
    if (!this.#windows.has(window.label) && this.#windows.size >= MOST_WINDOWS) throw new Refusal("there are too many windows");
    this.#windows.set(window.label, window);
  }

  choose(label) {
    this.#chosen = label;
  }

  get labels() {
    return [...this.#windows.keys()].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  }

  // What was chosen, or else the one that goes on longest: a window that nobody writes any more stays behind.
  get window() {
    const end = ({ points }) => points.at(-1)?.[0] ?? -Infinity;
    const start = ({ points }) => points[0]?.[0] ?? Infinity;
    const best = (one, other) => end(other) - end(one) || start(one) - start(other) || 0;
    return this.#windows.get(this.#chosen) ?? [...this.#windows.values()].sort(best)[0];
  }
}

// [fuel, value] in the page's order; null where there is none. What nobody foresaw is at the end.
function inOrder(fuels) {
  const others = [...fuels.keys()].filter((fuel) => !FUELS.includes(fuel)).sort();
  return [...FUELS, ...others].map((fuel) => [fuel, fuels.get(fuel) ?? null]);
}
