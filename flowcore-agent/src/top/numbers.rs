/// A number in five places, such as `999`, `12.3k`, `1.2M`.
pub(super) fn short(number: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    let number = number.max(0.0);
    for (unit, letter) in UNITS {
        // What would be rounded to 1000 belongs to the next unit.
        if number >= unit * 0.9995 {
            let scaled = number / unit;
            return if scaled < 99.95 {
                format!("{scaled:.1}{letter}")
            } else {
                format!("{scaled:.0}{letter}")
            };
        }
    }
    if number > 0.0 && number < 9.95 { format!("{number:.1}") } else { format!("{number:.0}") }
}

/// A count that is small is exact.
pub(super) fn count(number: f64) -> String {
    if number < 10_000.0 { format!("{number:.0}") } else { short(number) }
}

/// A stretch of time in one or two units.
pub(super) fn stretch(millis: i64) -> String {
    let seconds = millis.max(0) / 1000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_at_most_five_places() {
        let texts = [
            (0.0, "0"),
            (0.4, "0.4"),
            (9.96, "10"),
            (999.4, "999"),
            (999.6, "1.0k"),
            (12_345.0, "12.3k"),
            (99_960.0, "100k"),
            (999_600.0, "1.0M"),
            (3.2e9, "3.2G"),
        ];
        for (number, text) in texts {
            assert_eq!(short(number), text, "{number}");
        }
        assert_eq!(count(9_999.0), "9999");
    }

    #[test]
    fn stretches_have_two_units_at_most() {
        let texts = [(-5, "0 s"), (59_999, "59 s"), (61_000, "1 min 1 s"), (7_380_000, "2 h 3 min")];
        for (millis, text) in texts {
            assert_eq!(stretch(millis), text);
        }
        assert_eq!(stretch(90_000_000), "1 d 1 h");
    }
}
