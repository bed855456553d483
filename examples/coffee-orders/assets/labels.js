// What the page calls things. Types are in stack order, lowest first.

const GRADES = ["0010", "1020", "2030", "3040", "4050", "5060", "6070", "7080", "8090", "9999"];

const DIMENSIONS = {
  CustomerAgeGrades: {
    title: "Age of customer",
    units: ["order", "orders"],
    types: GRADES,
    label: (grade) => (grade === "9999" ? "90 and over" : `${Number(grade.slice(0, 2))} to ${Number(grade.slice(2)) - 1}`),
  },
  PaymentMethods: {
    title: "Payment",
    units: ["order", "orders"],
    types: ["Cash", "Credit", "Debit"],
    label: (type) => type,
  },
  Orders: {
    title: "Coffee",
    units: ["cup", "cups"],
    types: [
      "Espresso",
      "Espresso Macchiato",
      "Espresso con Panna",
      "Caffe Latte",
      "Flat White",
      "Cafe Breve",
      "Cappuccino",
      "Caffe Mocha",
      "Americano",
    ],
    label: (type) => type,
  },
};

const NUMBER = new Intl.NumberFormat("en");

export const titleOf = (dimension) => DIMENSIONS[dimension]?.title ?? dimension;

// Colour numbers of one dimension's types. What nobody foresaw is drawn too, in grey.
export function seriesOf(dimension, buckets) {
  const known = DIMENSIONS[dimension]?.types ?? [];
  const series = known.map((type, colour) => ({ type, label: labelOf(dimension, type), colour: `c${colour}` }));
  const others = new Set(buckets.flatMap((bucket) => bucket.counts.map((count) => count.type)));
  known.forEach((type) => others.delete(type));
  return series.concat([...others].sort().map((type) => ({ type, label: type, colour: "other" })));
}

export function labelOf(dimension, type) {
  const known = DIMENSIONS[dimension];
  return known?.types.includes(type) ? known.label(type) : type;
}

export const branchOf = (branch) => (branch === "all" ? "All" : branch.charAt(0).toUpperCase() + branch.slice(1));

export const number = (value) => NUMBER.format(value);

export function amount(dimension, value) {
  const [one, many] = DIMENSIONS[dimension]?.units ?? ["", ""];
  return `${number(value)} ${value === 1 ? one : many}`;
}

export const unitsOf = (dimension) => DIMENSIONS[dimension]?.units[1] ?? "";

// A date is yyyyMMddHHmmss.
export const minuteOf = (date) => `${date.slice(10, 12)}:${date.slice(12, 14)}`;
export const clockOf = (date) => `${date.slice(8, 10)}:${minuteOf(date)}`;

export function stretch(millis) {
  const seconds = Math.round(millis / 1000);
  if (millis < 1000) return `${Math.round(millis)} ms`;
  if (seconds < 120) return `${seconds} seconds`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`;
  return `${Math.round(seconds / 3600)} hours`;
}

export function ago(millis) {
  const seconds = Math.floor(millis / 1000);
  if (seconds < 1) return "just now";
  if (seconds < 100) return `${seconds} s ago`;
  if (seconds < 6000) return `${Math.floor(seconds / 60)} min ago`;
  return `${Math.floor(seconds / 3600)} h ago`;
}

export const totalOf = (bucket) => bucket.counts.reduce((sum, count) => sum + count.count, 0);
export const countOf = (bucket, type) => bucket.counts.find((count) => count.type === type)?.count ?? 0;
