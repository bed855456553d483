use super::random::{SplitMix, mix};

/// The branches that orders are written for.
pub const BRANCHES: [&str; 4] = ["jeongja", "seohyeon", "sunae", "migeum"];
const AGE_GRADES: [&str; 10] =
    ["0010", "1020", "2030", "3040", "4050", "5060", "6070", "7080", "8090", "9999"];
const PAYMENTS: [&str; 3] = ["Cash", "Credit", "Debit"];
const COFFEE_TYPES: [&str; 9] = [
    "Espresso",
    "Espresso Macchiato",
    "Espresso con Panna",
    "Caffe Latte",
    "Flat White",
    "Cafe Breve",
    "Cappuccino",
    "Caffe Mocha",
    "Americano",
];
const MOST_CUPS: u64 = 10;

/// The line of order `number` of a seed, without its newline. Orders depend on seed and number only, so an
/// interrupted run goes on with what an uninterrupted one would have written.
pub fn random_order(seed: u64, number: u64) -> String {
    let mut line = Vec::new();
    write_order(seed, number, &mut line);
    line.pop();
    String::from_utf8(line).unwrap_or_default()
}

/// Appends the line with its newline, and says how many cups it has.
pub(super) fn write_order(seed: u64, number: u64, into: &mut Vec<u8>) -> u64 {
    let mut random = SplitMix::new(mix(seed.wrapping_add(mix(number))));
    field(into, "{\"branch\":\"", random.pick(&BRANCHES));
    field(into, "\",\"customerAgeGrade\":\"", random.pick(&AGE_GRADES));
    field(into, "\",\"paymentMethod\":\"", random.pick(&PAYMENTS));
    let cups = 1 + random.below(MOST_CUPS);
    for cup in 0..cups {
        let before = if cup == 0 { "\",\"orders\":[\"" } else { "\",\"" };
        field(into, before, random.pick(&COFFEE_TYPES));
    }
    into.extend_from_slice(b"\"]}\n");
    cups
}

fn field(into: &mut Vec<u8>, before: &str, name: &str) {
    into.extend_from_slice(before.as_bytes());
    into.extend_from_slice(name.as_bytes());
}
