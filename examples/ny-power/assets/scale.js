// Axes and SVG: steps that people count in, and where they are.

import { wallTime } from "/time.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const STEPS = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2 * 1440, 7 * 1440].map((minutes) => minutes * MINUTE);

export function make(name, attributes = {}, parent) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent?.append(element);
  return element;
}

export function place(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

// Steps of 1, 2 or 5 times a power of ten, about `count` of them, that reach from below `low` to above `high`.
export function ticks(low, high, count) {
  const rough = Math.max(high - low, 1e-9) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((step) => step >= rough * 0.999);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

// Instants between two others at which New York's clocks show something round, at most `most` of them. In
// autumn there are two of one name, an hour apart.
export function timeTicks(from, to, most) {
  const step = STEPS.find((step) => (to - from) / step <= most) ?? STEPS.at(-1);
  const stride = Math.min(step, HOUR);
  const instants = [];
  for (let at = Math.ceil(from / stride) * stride; at <= to; at += stride) {
    if (step <= HOUR || onStep(at, step / HOUR)) instants.push(at);
  }
  return instants;
}

function onStep(at, hours) {
  const { hour } = wallTime(at);
  if (hours <= 24) return hour % hours === 0;
  return hour === 0 && Math.round(at / (24 * HOUR)) % (hours / 24) === 0;
}
