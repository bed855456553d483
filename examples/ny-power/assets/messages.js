// Messages as text and numbers. What is not as it should be is a Refusal that says what is wrong.

import { parseInstant, parseStamp } from "/time.js";

const MOST_INTENSITY = 100_000;
const MOST_POWER = 1_000_000;
const MOST_POINTS = 20_000;
const LONGEST_WINDOW = 62 * 86_400_000;
const LONGEST_NAME = 60;

export class Refusal extends Error {}

const decoder = new TextDecoder("utf-8", { fatal: true });

function parse(payload) {
  let text = "";
  try {
    text = decoder.decode(payload);
  } catch {
    throw new Refusal("it is not text");
  }
  let message = null;
  try {
    message = JSON.parse(text);
  } catch {
    throw new Refusal("it is not JSON");
  }
  if (typeof message !== "object" || message === null) throw new Refusal("it is no JSON object");
  return message;
}

function number(value, most) {
  if (typeof value !== "number") throw new Refusal("a value is no number");
  if (!(Math.abs(value) <= most)) throw new Refusal(`a value of ${value} cannot be`);
  return value;
}

function name(text, what) {
  if (typeof text !== "string" || text.length === 0 || text.length > LONGEST_NAME) throw new Refusal(`${what} is missing or too long`);
  return text;
}

// The instant may be left out, the zone too: older pumps know the stamp alone.
function instantOf({ at, ts, zone }) {
  const stamp = parseStamp(ts, zone);
  const instant = at === undefined ? stamp : parseInstant(at);
  if (Number.isNaN(instant)) throw new Refusal("it has no time that can be");
  return instant;
}

function readValue(payload, most) {
  const message = parse(payload);
  const { ts, zone } = message;
  name(ts, "its time");
  return { at: instantOf(message), ts, zone, value: number(message.value, most), units: name(message.units, "its unit") };
}

export const readIntensity = (payload) => readValue(payload, MOST_INTENSITY);

export function readFuel(category, payload) {
  return { ...readValue(payload, MOST_POWER), fuel: name(category, "the fuel's name") };
}

// The points as [instant, value], ascending.
export function readWindow(label, payload) {
  const { units, ts, values } = parse(payload);
  if (!Array.isArray(ts) || !Array.isArray(values)) throw new Refusal("it has no points");
  if (ts.length !== values.length) throw new Refusal(`${ts.length} times for ${values.length} values`);
  if (ts.length > MOST_POINTS) throw new Refusal(`${ts.length} points are too many`);
  const points = ts.map((at, index) => [parseInstant(at), number(values[index], MOST_INTENSITY)]);
  points.forEach(([at], index) => {
    if (Number.isNaN(at)) throw new Refusal("a point has no time that can be");
    if (index > 0 && at <= points[index - 1][0]) throw new Refusal("its times do not ascend");
  });
  if (points.length > 0 && points.at(-1)[0] - points[0][0] > LONGEST_WINDOW) throw new Refusal("it is longer than two months");
  return { label: name(label, "the window's name"), units: name(units, "its unit"), points };
}
