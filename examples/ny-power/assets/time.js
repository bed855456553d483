// Instants, in milliseconds, and how New York's clocks show them.

const HOUR = 3_600_000;
const OFFSETS = { EDT: 4, EST: 5 };
const STAMP = /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d):(\d\d)(?::(\d\d))?$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z$/;

const CLOCK = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/New_York",
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZoneName: "short",
});

// { date: "04/09/2018", day: "04/09", time: "14:35:00", minutes: "14:35", hour: 14, zone: "EDT" }
export function wallTime(instant) {
  const part = Object.fromEntries(CLOCK.formatToParts(instant).map(({ type, value }) => [type, value]));
  const day = `${part.month}/${part.day}`;
  const minutes = `${part.hour}:${part.minute}`;
  const time = `${minutes}:${part.second}`;
  return { date: `${day}/${part.year}`, day, time, minutes, hour: Number(part.hour), zone: part.timeZoneName };
}

// As "04/09 14:35 EDT".
export function shortTime(instant) {
  const { day, minutes, zone } = wallTime(instant);
  return `${day} ${minutes} ${zone}`;
}

// NaN when it is none.
export function parseInstant(text) {
  return typeof text === "string" && INSTANT.test(text) ? Date.parse(text) : NaN;
}

// The instant of a wall time. Without its zone the repeated autumn hour is taken for its first half. NaN when
// there is no such time.
export function parseStamp(text, zone) {
  const match = STAMP.exec(text);
  if (!match) return NaN;
  const [month, day, year, hour, minute, second] = match.slice(1).map((part) => Number(part ?? 0));
  const plain = Date.UTC(year, month - 1, day, hour, minute, second);
  const expected = `${match[1]}/${match[2]}/${match[3]} ${match[4]}:${match[5]}:${match[6] ?? "00"}`;
  const zones = zone === undefined ? Object.keys(OFFSETS) : [zone];
  const instants = zones.map((zone) => plain + (OFFSETS[zone] ?? NaN) * HOUR);
  const found = instants.find((instant) => {
    if (Number.isNaN(instant)) return false;
    const { date, time } = wallTime(instant);
    return `${date} ${time}` === expected;
  });
  return found ?? NaN;
}

// As "45 minutes", "3 hours", "2 days".
export function stretch(millis) {
  const steps = [
    [86_400_000, "day"],
    [3_600_000, "hour"],
    [60_000, "minute"],
    [1_000, "second"],
  ];
  const size = Math.abs(millis);
  const [unit, name] = steps.find(([unit]) => size >= 2 * unit) ?? steps.at(-1);
  const count = Math.floor(size / unit);
  return `${count.toLocaleString("en-US")} ${name}${count === 1 ? "" : "s"}`;
}
