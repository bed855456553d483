// Everything around the chart: what can be chosen, figures, legend, table, and how the line is.

import { ago, branchOf, clockOf, countOf, number, seriesOf, stretch, titleOf, totalOf, unitsOf } from "/labels.js";

const find = (id) => document.getElementById(id);

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function write(id, text) {
  const place = find(id);
  // A live region speaks at every change: make none without need.
  if (place.textContent !== text) place.textContent = text;
}

export function offer({ board }, choose) {
  radios("branches", "branch", board.branches, branchOf);
  radios("dimensions", "type", board.dimensions, titleOf);
  find("choice").onchange = (event) => choose(Object.fromEntries(new FormData(event.currentTarget)));
  find("choice").onsubmit = (event) => event.preventDefault();
}

function radios(id, name, values, label) {
  const fieldset = find(id);
  const now = [...fieldset.querySelectorAll("input")].map((input) => input.value);
  if (now.join() === values.join()) return;
  const checked = fieldset.querySelector("input:checked")?.value;
  const made = values.map((value) => {
    const input = element("input", "", { type: "radio", name, value });
    input.checked = value === checked;
    const holder = element("label", "");
    holder.append(input, element("span", label(value)));
    return holder;
  });
  fieldset.replaceChildren(fieldset.querySelector("legend"), ...made);
}

export function chosen({ branch, type }) {
  for (const input of find("choice").querySelectorAll("input")) {
    input.checked = input.value === (input.name === "branch" ? branch : type);
  }
}

export function show(state) {
  const { buckets, choice } = state;
  if (buckets.length === 0) {
    if (state.trouble) unknown();
    return;
  }
  document.body.dataset.dimension = choice.type;
  const series = seriesOf(choice.type, buckets).map((entry) => ({
    ...entry,
    total: buckets.reduce((sum, bucket) => sum + countOf(bucket, entry.type), 0),
  }));
  figures(state, series);
  legend(series);
  empty(state, series);
  if (find("numbers").open) table(state, series);
  find("numbers").ontoggle = () => find("numbers").open && table(state, series);
}

// Another choice while nobody answers: better nothing than the figures of the last one.
function unknown() {
  for (const id of ["current", "total", "most"]) write(id, "–");
  for (const id of ["current-note", "total-note", "most-note"]) write(id, "\u00a0");
  for (const id of ["caption", "table", "legend"]) find(id).replaceChildren();
  delete find("legend").dataset.key;
  find("empty").hidden = false;
  find("empty").replaceChildren(element("strong", "Not known yet"), element("span", "It is here when the server is back."));
}

function figures({ buckets, board, choice }, series) {
  const current = buckets.at(-1);
  const span = stretch(board.bucketMillis * buckets.length);
  const total = series.reduce((sum, { total }) => sum + total, 0);
  const most = series.reduce((best, entry) => (entry.total > best.total ? entry : best));
  const units = unitsOf(choice.type);
  const where = choice.branch === "all" ? "all branches" : branchOf(choice.branch);
  write("current", number(totalOf(current)));
  write("current-note", `${units} since ${clockOf(current.date)}`);
  write("total-title", `Last ${span}`);
  write("total", number(total));
  write("total-note", `${units}, ${where}`);
  write("most", most.total > 0 ? most.label : "–");
  write("most-note", most.total > 0 ? `${Math.round((100 * most.total) / total)} % of ${number(total)}` : "nothing yet");
  write("caption", `${titleOf(choice.type)}, ${where}: ${units} in each ${stretch(board.bucketMillis)}`);
}

function legend(series) {
  const list = find("legend");
  const key = series.map(({ type }) => type).join();
  if (list.dataset.key !== key) {
    list.dataset.key = key;
    list.replaceChildren(
      ...series.map(({ type, label, colour }) => {
        const entry = element("li", "", { "data-type": type, title: type });
        entry.append(element("i", "", { class: colour }), element("span", label), element("b", ""));
        return entry;
      }),
    );
  }
  series.forEach(({ total }, index) => (list.children[index].lastChild.textContent = number(total)));
}

function empty({ buckets, board, choice }, series) {
  const nothing = series.every(({ total }) => total === 0);
  find("empty").hidden = !nothing;
  if (!nothing) return;
  const span = stretch(board.bucketMillis * buckets.length);
  const where = choice.branch === "all" ? "" : ` at ${branchOf(choice.branch)}`;
  find("empty").replaceChildren(
    element("strong", `No ${unitsOf(choice.type)}${where} in the last ${span}`),
    element("span", "This chart fills by itself: an order is here within a second of being written."),
  );
}

function table({ buckets, choice }, series) {
  const head = element("tr", "");
  head.append(element("th", "Bucket", { scope: "col" }));
  head.append(...series.map(({ label }) => element("th", label, { scope: "col" })));
  head.append(element("th", "Total", { scope: "col" }));
  const rows = buckets.toReversed().map((bucket) => {
    const row = element("tr", "");
    row.append(element("th", clockOf(bucket.date), { scope: "row" }));
    row.append(...series.map(({ type }) => element("td", number(countOf(bucket, type)))));
    row.append(element("td", number(totalOf(bucket))));
    return row;
  });
  find("table").replaceChildren(element("caption", find("caption").textContent), head, ...rows);
  find("table").dataset.dimension = choice.type;
}

export function status({ trouble, knownAt, movedAt, board }) {
  const now = Date.now();
  find("notice").hidden = !trouble;
  if (trouble) {
    document.body.dataset.state = "gone";
    write("status", "no connection");
    write("age", "");
    write("notice", complaint(trouble, knownAt));
    return;
  }
  if (!knownAt) return;
  const quiet = movedAt && now - movedAt > board.bucketMillis;
  document.body.dataset.state = quiet || !movedAt ? "quiet" : "live";
  write("status", quiet ? "live, quiet now" : "live");
  write("age", movedAt ? `last order ${ago(now - movedAt)}` : "waiting for the next order");
}

function complaint({ reason }, knownAt) {
  const what = reason ? `The server has no answer: ${reason}.` : "The server is gone.";
  const since = knownAt ? ` The chart shows what was known at ${new Date(knownAt).toLocaleTimeString("en-GB")}.` : "";
  return `${what} Trying again every few seconds; this page comes back by itself.${since}`;
}
