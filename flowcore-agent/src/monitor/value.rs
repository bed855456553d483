use serde::{Serialize, Serializer};

/// What a member of a component is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Count(u64),
    /// Milliseconds since 1970; 0: not yet.
    Millis(i64),
    Double(f64),
    Flag(bool),
    Names(Vec<String>),
    /// Not known, or not so.
    Nothing,
}

impl Value {
    /// As Flume writes it: the text of Java.
    pub(super) fn java_text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Millis(millis) => millis.to_string(),
            Self::Double(double) => java_double(*double),
            Self::Flag(flag) => flag.to_string(),
            Self::Names(names) => names.join(" "),
            Self::Nothing => String::new(),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Count(count) => serializer.serialize_u64(*count),
            Self::Millis(millis) => serializer.serialize_i64(*millis),
            Self::Double(double) => serializer.serialize_f64(*double),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Names(names) => names.serialize(serializer),
            Self::Nothing => serializer.serialize_unit(),
        }
    }
}

/// What `Double.toString` makes of it: plain between a thousandth and ten million, else with an exponent.
fn java_double(double: f64) -> String {
    let size = double.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        return format!("{double:?}");
    }
    let text = format!("{double:E}");
    match text.split_once('E') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_written_as_java_does() {
        let texts = [
            (0.0, "0.0"),
            (27.0, "27.0"),
            (0.1, "0.1"),
            (12.345_678, "12.345678"),
            (0.001, "0.001"),
            (0.000_9, "9.0E-4"),
            (1.0e7, "1.0E7"),
            (1.25e-5, "1.25E-5"),
            (f64::MAX, "1.7976931348623157E308"),
        ];
        for (double, text) in texts {
            assert_eq!(java_double(double), text);
        }
    }
}
