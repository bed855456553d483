// What a bar says when somebody points at it.

import { amount, clockOf, countOf, number, seriesOf, totalOf } from "/labels.js";

// The lines of the tooltip, top of the stack first.
export function explain(bucket, { choice, buckets }) {
  const rows = seriesOf(choice.type, buckets).reverse().filter(({ type }) => countOf(bucket, type) > 0);
  return [
    line([clockOf(bucket.date)], amount(choice.type, totalOf(bucket))),
    ...rows.map(({ type, label, colour }) => line([swatch(colour), label], number(countOf(bucket, type)))),
  ];
}

function line(name, value) {
  const [row, left, right] = ["p", "span", "b"].map((tag) => document.createElement(tag));
  left.append(...name);
  right.textContent = value;
  row.append(left, right);
  return row;
}

function swatch(colour) {
  const swatch = document.createElement("i");
  swatch.className = colour;
  return swatch;
}
