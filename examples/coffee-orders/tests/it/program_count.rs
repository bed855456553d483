//! A file of orders counted by other code than the program's, and what must hold of any document.

use std::collections::BTreeMap;

use serde_json::Value;

pub(crate) const AGE: &str = "CustomerAgeGrades";
pub(crate) const PAYMENT: &str = "PaymentMethods";
pub(crate) const CUPS: &str = "Orders";

/// By branch and dimension: how often each name came.
pub(crate) type Sums = BTreeMap<(String, String), BTreeMap<String, u64>>;

/// What is counted of a whole file, or stored in all buckets together.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) orders: u64,
    pub(crate) cups: u64,
    pub(crate) rejected: Vec<u64>,
    pub(crate) sums: Sums,
}

impl Counted {
    /// Counts a file naively.
    pub(crate) fn of_file(bytes: &[u8]) -> Self {
        let mut counted = Self::default();
        let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        // What follows the last newline is no line yet.
        lines.pop();
        for (line, number) in lines.into_iter().zip(1..) {
            if counted.add(line).is_none() {
                counted.rejected.push(number);
            }
        }
        counted
    }

    fn add(&mut self, line: &[u8]) -> Option<()> {
        let order: Value = serde_json::from_slice(line).ok()?;
        let (age, payment) =
            (order.get("customerAgeGrade")?.as_str()?, order.get("paymentMethod")?.as_str()?);
        let cups: Vec<&str> =
            order.get("orders")?.as_array()?.iter().map(Value::as_str).collect::<Option<_>>()?;
        if cups.is_empty() || line.len() > 64 * 1024 {
            return None;
        }
        self.orders += 1;
        self.cups += cups.len() as u64;
        for branch in ["all"].into_iter().chain(order.get("branch").and_then(Value::as_str)) {
            self.count(branch, AGE, age);
            self.count(branch, PAYMENT, payment);
            for cup in &cups {
                self.count(branch, CUPS, cup);
            }
        }
        Some(())
    }

    fn count(&mut self, branch: &str, dimension: &str, name: &str) {
        let names = self.sums.entry((branch.to_owned(), dimension.to_owned())).or_default();
        *names.entry(name.to_owned()).or_default() += 1;
    }

    /// Adds up all buckets of a document of `dump` or `replay`.
    pub(crate) fn of_document(document: &Value) -> Self {
        let mut counted = Self {
            orders: document["orders"].as_u64().unwrap(),
            cups: document["cups"].as_u64().unwrap(),
            ..Self::default()
        };
        for rejected in document["rejected"].as_array().unwrap() {
            assert!(!rejected["reason"].as_str().unwrap().is_empty());
            counted.rejected.push(rejected["line"].as_u64().unwrap());
        }
        counted.rejected.sort_unstable();
        for bucket in document["buckets"].as_array().unwrap() {
            let key = (text(bucket, "branch"), text(bucket, "dimension"));
            let names = counted.sums.entry(key).or_default();
            for (name, count) in bucket["counts"].as_object().unwrap() {
                *names.entry(name.clone()).or_default() += count.as_u64().unwrap();
            }
        }
        counted
    }
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap().to_owned()
}

/// Checks what holds of every document: in each bucket and branch each order has one age grade and one
/// payment, and `all` is the sum of the branches, if every order has one. Names are at multiples of `seconds`.
pub(crate) fn assert_conserved(document: &Value, seconds: u64) {
    let mut buckets: BTreeMap<String, BTreeMap<String, BTreeMap<String, u64>>> = BTreeMap::new();
    for entry in document["buckets"].as_array().unwrap() {
        let counts = entry["counts"].as_object().unwrap();
        let sum = counts.values().map(|count| count.as_u64().unwrap()).sum();
        let branches = buckets.entry(text(entry, "bucket")).or_default();
        let known = branches.entry(text(entry, "branch")).or_default().insert(text(entry, "dimension"), sum);
        assert_eq!(known, None, "{entry} is there twice");
    }
    for (name, branches) in &buckets {
        assert_eq!(name[12..].parse::<u64>().unwrap() % seconds, 0, "{name} is no multiple of {seconds} s");
        for sums in branches.values() {
            assert_eq!(sums[AGE], sums[PAYMENT], "{name}: {branches:?}");
            assert!(sums[CUPS] >= sums[AGE], "{name}: {branches:?}");
        }
        for dimension in [AGE, PAYMENT, CUPS] {
            let of_branches = branches.iter().filter(|(branch, _)| *branch != "all");
            let sum: u64 = of_branches.map(|(_, sums)| sums[dimension]).sum();
            assert_eq!(sum, branches["all"][dimension], "{name}: {branches:?}");
        }
    }
}

/// The last line of the generator's log: orders and cups.
pub(crate) fn log_totals(log: &str) -> (u64, u64) {
    let last = log.lines().next_back().unwrap();
    let (rows, cups) = last.strip_prefix("row : ").unwrap().split_once(", count : ").unwrap();
    (rows.parse().unwrap(), cups.parse().unwrap())
}
