// The console: every message as a line, the newest at the bottom.

import { complaint, follow } from "/connection.js";
import { Log, MOST_LINES, lineOf } from "/log.js";

const SHORT = 320;
// Hidden pages draw no frames, but go on taking in what waits.
const DRAW_EVERY = 100;
const NEAR_END = 24;

const find = (id) => document.getElementById(id);
const [lines, pane] = [find("lines"), find("pane")];
const log = new Log();
let timer = 0;

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function row(line) {
  const row = element("li", line.rejected ? "rejected" : "", "");
  if (line.rejected) row.append(element("strong", "mark", "rejected"), " ");
  if (line.retained) row.append(element("span", "mark", "kept"), " ");
  const body = element("span", "payload", line.text.slice(0, SHORT));
  row.append(element("span", "topic", line.topic), " ", body);
  if (line.text.length > SHORT) row.append(" ", more(line, body));
  return row;
}

function more(line, body) {
  const button = element("button", "more", `… ${line.bytes.toLocaleString("en-US")} bytes`);
  button.type = "button";
  button.addEventListener("click", () => {
    body.textContent = line.cut ? `${line.text}…` : line.text;
    button.remove();
  });
  return button;
}

const atEnd = () => pane.scrollHeight - pane.scrollTop - pane.clientHeight < NEAR_END;

function toEnd() {
  pane.scrollTop = pane.scrollHeight;
}

function draw() {
  timer = 0;
  const follows = atEnd();
  lines.append(...log.take().slice(-MOST_LINES).map(row));
  while (lines.children.length > MOST_LINES) lines.firstChild.remove();
  if (follows) toEnd();
  tell();
}

function drawAgain() {
  const follows = atEnd();
  lines.replaceChildren(...log.shown.slice(-MOST_LINES).map(row));
  if (follows) toEnd();
  tell();
}

function tell() {
  const rejected = log.rejected > 0 ? `, ${log.rejected.toLocaleString("en-US")} of them rejected input` : "";
  find("count").textContent = `${log.seen.toLocaleString("en-US")} message${log.seen === 1 ? "" : "s"}${rejected}`;
  find("pause").textContent = log.paused ? `Go on (${log.waiting.toLocaleString("en-US")} waiting)` : "Pause";
  find("pause").setAttribute("aria-pressed", String(log.paused));
  find("empty").hidden = lines.children.length > 0;
  find("empty").textContent = log.seen > 0 ? "No line matches." : "No message yet. They are here as they come.";
  find("newest").hidden = atEnd();
}

find("pause").addEventListener("click", () => {
  log.paused = !log.paused;
  draw();
});
find("clear").addEventListener("click", () => {
  log.clear();
  drawAgain();
});
find("filter").addEventListener("input", (event) => {
  log.filter = event.target.value;
  drawAgain();
});
find("newest").addEventListener("click", () => {
  toEnd();
  tell();
});
pane.addEventListener("scroll", () => (find("newest").hidden = atEnd()));
tell();

const listener = {
  message(arrived) {
    log.add(lineOf(arrived));
    timer ||= setTimeout(draw, DRAW_EVERY);
  },
  change(line) {
    if (line.state === "connecting" && document.body.dataset.state === "gone") return;
    document.body.dataset.state = line.state === "connecting" ? "waiting" : line.state;
    find("status").textContent = { connecting: "connecting", live: "live", gone: "disconnected" }[line.state];
    find("notice").hidden = line.state !== "gone";
    // It is read out when it changes.
    const text = line.state === "gone" ? complaint(line) : "";
    if (find("notice").textContent !== text) find("notice").textContent = text;
  },
};

// Each message is a line once.
follow(["ny-power/#"], listener, { qos: 2 });
