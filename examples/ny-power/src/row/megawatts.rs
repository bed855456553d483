//! The output of a fuel.

use crate::excerpt::excerpt;

/// More than any grid has: what is above it is no output.
const MAX_MEGAWATTS: f64 = 1e6;

/// Why an output is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MegawattsError {
    /// There is none.
    #[error("the output is missing")]
    Missing,
    /// It is below zero. What a pumped storage takes is no generation, and the model has no factor for it.
    #[error("the output {0} is negative")]
    Negative(String),
    /// It is not written in digits with a point.
    #[error("the output `{0}` is no number")]
    NotANumber(String),
    /// No grid has that much.
    #[error("the output {0} is above a million megawatts")]
    TooLarge(String),
}

/// A number of digits with a point or without one: no exponent, no infinity.
pub(super) fn megawatts(field: &[u8]) -> Result<f64, MegawattsError> {
    let digits = field.strip_prefix(b"-").unwrap_or(field);
    let number = || str::from_utf8(field).ok()?.parse::<f64>().ok();
    match number().filter(|_| is_plain(digits)) {
        _ if field.trim_ascii().is_empty() => Err(MegawattsError::Missing),
        None => Err(MegawattsError::NotANumber(excerpt(field))),
        Some(mw) if mw < 0.0 => Err(MegawattsError::Negative(excerpt(field))),
        Some(mw) if mw > MAX_MEGAWATTS => Err(MegawattsError::TooLarge(excerpt(field))),
        // Without the sign that a zero can have.
        Some(mw) => Ok(mw.abs()),
    }
}

fn is_plain(digits: &[u8]) -> bool {
    let mut parts = digits.split(|&byte| byte == b'.');
    let is_number = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    parts.next().is_some_and(is_number) && parts.next().is_none_or(is_number) && parts.next().is_none()
}

/// A number as the operator writes it, with one decimal and few digits; `None` for every other.
pub(super) fn tenths(field: &[u8]) -> Option<f64> {
    let [whole @ .., b'.', tenth] = field else { return None };
    if whole.is_empty() || whole.len() > 5 || !tenth.is_ascii_digit() {
        return None;
    }
    let mut number = 0;
    for digit in whole {
        number = digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0'))?;
    }
    // Both are exact, so the quotient is the number that is nearest.
    Some(f64::from(number * 10 + u32::from(tenth - b'0')) / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_with_a_point_or_without_are_an_output() {
        for (text, mw) in [("2681.0", 2681.0), ("0", 0.0), ("0.25", 0.25), ("007.5", 7.5), ("1000000", 1e6)] {
            assert_eq!(megawatts(text.as_bytes()), Ok(mw));
        }
    }

    #[test]
    fn a_zero_has_no_sign() {
        assert_eq!(megawatts(b"-0.0").map(f64::is_sign_negative), Ok(false));
    }

    #[test]
    fn what_is_no_output_is_refused_with_its_reason() {
        use MegawattsError as E;
        for text in ["", " ", "\t"] {
            assert_eq!(megawatts(text.as_bytes()), Err(E::Missing));
        }
        for text in ["-1", "-0.1", "-99999999999999"] {
            assert_eq!(megawatts(text.as_bytes()), Err(E::Negative(text.to_owned())));
        }
        for text in
            ["NaN", "inf", "-inf", "1e3", "+5", "5.", ".5", "1.2.3", "--1", "0x10", "1,5", "12a", " 5"]
        {
            assert_eq!(megawatts(text.as_bytes()), Err(E::NotANumber(text.to_owned())));
        }
        for text in ["1000000.1", "99999999999999"] {
            assert_eq!(megawatts(text.as_bytes()), Err(E::TooLarge(text.to_owned())));
        }
        assert_eq!(megawatts(&[b'9'; 500]), Err(E::TooLarge("9".repeat(40) + "…")));
        assert_eq!(megawatts(b"\xff"), Err(E::NotANumber("\u{fffd}".to_owned())));
    }

    #[test]
    fn the_short_way_reads_what_the_long_way_reads() {
        for tenth in 0..100_000_u32 {
            let text = format!("{}.{}", tenth * 7 / 10, tenth * 7 % 10);
            assert_eq!(tenths(text.as_bytes()), megawatts(text.as_bytes()).ok(), "{text}");
        }
        for text in ["", ".5", "5", "5.", "x.5", "5.x", "-5.0", "123456.0", "1.25"] {
            assert_eq!(tenths(text.as_bytes()), None, "{text}");
        }
    }
}
