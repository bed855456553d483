// The charts' numbers as tables.

import { shortTime } from "/time.js";

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function table(caption, head, rows) {
  const made = document.createElement("table");
  const top = document.createElement("tr");
  top.append(...head.map((text) => element("th", text, { scope: "col" })));
  const lines = rows.map(([first, ...others]) => {
    const line = document.createElement("tr");
    line.append(element("th", first, { scope: "row" }), ...others.map((text) => element("td", text)));
    return line;
  });
  made.append(element("caption", caption), top, ...lines);
  return made;
}

export function tables({ mix, window }) {
  const made = [];
  if (mix) {
    const rows = mix.fuels.map(([fuel, value]) => [fuel, value === null ? "–" : value.toLocaleString("en-US")]);
    made.push(table(`Fuel mix at ${shortTime(mix.at)}`, ["Fuel", mix.units], rows));
  }
  if (window) {
    const rows = window.points.toReversed().map(([at, value]) => [shortTime(at), value.toFixed(1)]);
    made.push(table(`Intensity, ${window.label}, newest first`, ["Interval that ended", window.units], rows));
  }
  return made;
}
