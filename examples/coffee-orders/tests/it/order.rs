use std::path::Path;

use coffee_orders::document::Document;
use coffee_orders::order::Order;
use coffee_orders::statistics::{Dimension, Statistics, Totals};
use serde_json::{Value, json};

/// Three lines whose counts are plain to see, one of them no order.
const SAMPLE: &str = r#"{"customerAgeGrade": "1020", "paymentMethod": "Cash", "orders": ["Americano", "Espresso"]}
{"customerAgeGrade": "1020", "paymentMethod": "Debit"}
{"branch": "sunae", "customerAgeGrade": "0010", "paymentMethod": "Cash", "orders": ["Espresso"]}
"#;

fn document(lines: &str) -> Value {
    let mut statistics = Statistics::default();
    let mut rejected = Vec::new();
    for (line, number) in lines.lines().zip(1..) {
        match Order::parse(line.as_bytes()).and_then(|order| statistics.count(&order)) {
            Ok(()) => {}
            Err(reject) => rejected.push((number, reject.to_string())),
        }
    }
    statistics.check().unwrap();
    let totals = Totals { orders: statistics.orders(), cups: statistics.cups() };
    let mut document = Document::begin(Vec::new(), totals).unwrap();
    for (line, reason) in &rejected {
        document.rejected(*line, reason).unwrap();
    }
    document.bucket("20140928120000".parse().unwrap(), &statistics).unwrap();
    serde_json::from_slice(&document.end().unwrap()).unwrap()
}

fn entry(branch: &str, dimension: Dimension, counts: &Value) -> Value {
    json!({"branch": branch, "bucket": "20140928120000", "dimension": dimension, "counts": counts})
}

#[test]
fn a_sample_with_a_bad_line_is_counted_as_by_hand() {
    let grades = Dimension::CustomerAgeGrades;
    let expected = json!({
        "orders": 2,
        "cups": 3,
        "rejected": [{"line": 2, "reason": "the field `orders` is missing"}],
        "buckets": [
            entry("all", grades, &json!({"0010": 1, "1020": 1})),
            entry("all", Dimension::PaymentMethods, &json!({"Cash": 2})),
            entry("all", Dimension::Orders, &json!({"Americano": 1, "Espresso": 2})),
            entry("sunae", grades, &json!({"0010": 1})),
            entry("sunae", Dimension::PaymentMethods, &json!({"Cash": 1})),
            entry("sunae", Dimension::Orders, &json!({"Espresso": 1})),
        ],
    });
    assert_eq!(document(SAMPLE), expected);
}

#[test]
fn the_original_sample_gives_the_original_counts() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/coffee");
    if !shared.exists() {
        println!("{} is not there: the sample of this file stands for it", shared.display());
        return a_sample_with_a_bad_line_is_counted_as_by_hand();
    }
    let lines = std::fs::read_to_string(shared.join("sample_orders.jsonl")).unwrap();
    let golden: Value =
        serde_json::from_slice(&std::fs::read(shared.join("golden_counts.json")).unwrap()).unwrap();
    let buckets: Vec<Value> = Dimension::ALL.iter().map(|&d| entry("all", d, &golden[d.name()])).collect();
    let expected = json!({
        "orders": golden["orders"], "cups": golden["cups"], "rejected": [], "buckets": buckets,
    });
    assert_eq!(document(&lines), expected);
}
