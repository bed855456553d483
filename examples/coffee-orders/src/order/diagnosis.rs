//! The slow path: says in a sentence what serde said about types.

use serde_json::{Map, Value};

use super::reject::{JsonType, Reject};

/// Why `text` is no order, given what the parser found first.
pub(super) fn explain(text: &str, error: &serde_json::Error) -> Reject {
    if text.trim().is_empty() {
        return Reject::Empty;
    }
    match serde_json::from_str::<Value>(text) {
        Err(broken) => Reject::Json { column: column(text, &broken), problem: problem(&broken) },
        Ok(Value::Object(fields)) => fields_problem(&fields).unwrap_or_else(|| other(text, error)),
        Ok(value) => Reject::NotAnObject { found: JsonType::of(&value) },
    }
}

/// The fields are right each for itself: then one of them is there more than once.
fn other(text: &str, error: &serde_json::Error) -> Reject {
    let problem = problem(error);
    if problem.starts_with("duplicate field") {
        return Reject::Twice { problem };
    }
    Reject::Json { column: column(text, error), problem }
}

/// Column 0 is what the parser says at a line's very start or after its newline.
fn column(text: &str, error: &serde_json::Error) -> usize {
    if error.line() > 1 { text.trim_end().len() + 1 } else { error.column().max(1) }
}

fn problem(error: &serde_json::Error) -> String {
    // The end of a line is no end of a file to who reads the rejects.
    if error.is_eof() {
        return "the line ends too early".to_owned();
    }
    let text = error.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    text[..end].to_owned()
}

fn fields_problem(fields: &Map<String, Value>) -> Option<Reject> {
    if let Some(branch) = fields.get("branch").filter(|branch| !branch.is_null() && !branch.is_string()) {
        return Some(wrong("branch", branch, JsonType::Text));
    }
    text_problem(fields, "customerAgeGrade")
        .or_else(|| text_problem(fields, "paymentMethod"))
        .or_else(|| cups_problem(fields))
}

fn text_problem(fields: &Map<String, Value>, field: &'static str) -> Option<Reject> {
    match fields.get(field) {
        None => Some(Reject::Missing { field }),
        Some(Value::String(_)) => None,
        Some(value) => Some(wrong(field, value, JsonType::Text)),
    }
}

fn cups_problem(fields: &Map<String, Value>) -> Option<Reject> {
    match fields.get("orders") {
        None => Some(Reject::Missing { field: "orders" }),
        Some(Value::Array(cups)) => {
            let cup = cups.iter().position(|cup| !cup.is_string())?;
            Some(Reject::WrongCup { cup: cup + 1, found: JsonType::of(&cups[cup]) })
        }
        Some(value) => Some(wrong("orders", value, JsonType::List)),
    }
}

fn wrong(field: &'static str, value: &Value, expected: JsonType) -> Reject {
    Reject::WrongType { field, found: JsonType::of(value), expected }
}
