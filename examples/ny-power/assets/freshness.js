// How new what is shown is. A page cannot ask whether days long gone are replayed: it sees it, when intervals
// that were old already still come one after the other.

import { stretch, wallTime } from "/time.js";

const OLD = 30 * 60_000;
// A real day that is fetched late is a day or two behind.
const CATCHING_UP = 48 * 3_600_000;
// At the pace of real time an interval is 13 minutes long at most.
const QUIET = 15 * 60_000;
// A replay shows itself within so long.
const FIRST_LOOK = 10_000;

// now, openedAt (the line is there since), shown: { at, arrivedAt } where arrivedAt is null for what the broker
// kept; all in milliseconds. The answer is { state, text, age, notice }: of these only the age changes by
// itself, so that the others can be read out when they change.
export function freshness({ now, openedAt, shown }) {
  if (!shown) return { state: "waiting", text: "connected, no data yet" };
  const { at, arrivedAt } = shown;
  const lag = now - at;
  if (Math.abs(lag) <= OLD) return { state: "live", text: "live" };
  if (arrivedAt === null) return now - openedAt < FIRST_LOOK ? { state: "live", text: "connected" } : stale(now, at);
  if (Math.abs(arrivedAt - at) <= OLD) return stale(now, at);
  const late = lag > 0 && lag < CATCHING_UP;
  const { date } = wallTime(at);
  const text = late ? `catching up, at ${date}` : `replay of ${date}`;
  const quiet = now - arrivedAt;
  if (quiet <= QUIET) return { state: "replay", text };
  const age = `nothing for ${stretch(quiet)}`;
  if (late) return { state: "old", text: "old data", age, notice: "The data is old: nothing has come for a while." };
  return { state: "quiet", text, age, notice: "Nothing has come for a while: the replay is over, or stands still." };
}

function stale(now, at) {
  const { date, minutes, zone } = wallTime(at);
  const age = now > at ? `${stretch(now - at)} ago` : `${stretch(at - now)} ahead of this device`;
  const notice = `This is old: its interval ended on ${date} at ${minutes} ${zone}. Nothing newer has come.`;
  return { state: "old", text: "old data", age, notice };
}
