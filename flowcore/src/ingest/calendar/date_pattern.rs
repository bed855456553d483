use super::{CivilTime, MONTHS, TimeZone, instant_of};
use crate::base::Timestamp;

/// Reads dates that are written in a pattern of letters, such as `yyyy-MM-dd HH:mm:ss`.
///
/// Letters: `y` year (`yy`: the century whose year is nearest to 2000), `M` month (`MMM`, `MMMM`: its English
/// name), `d` day, `H` hour 0–23, `h` hour 1–12, `a` AM or PM, `m` minute, `s` second, `S` fraction of a
/// second, `Z` offset as `+hhmm` or `+hh:mm`. Text in single quotes stands for itself, and so does
/// what is no letter. What a pattern leaves out is that of 1970-01-01 at midnight. Without an offset the
/// zone decides.
///
/// ```
/// use flowcore::ingest::calendar::{DatePattern, FixedOffset};
///
/// let pattern = DatePattern::new("yyyy-MM-dd'T'HH:mm:ss.SSS")?;
/// let seoul = FixedOffset(9 * 3_600);
/// let instant = pattern.read("2024-02-29T09:00:00.5", &seoul).unwrap();
/// assert_eq!(instant.as_millis(), 1_709_164_800_500);
/// assert!(pattern.read("2023-02-29T09:00:00.5", &seoul).is_none());
/// # Ok::<(), flowcore::ingest::calendar::DatePatternError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatePattern(Vec<Field>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Field {
    Text(String),
    Letter(char, usize),
}

/// A letter of a date pattern has no meaning here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("date pattern {pattern}: letter {letter} at character {at} is not known")]
pub struct DatePatternError {
    /// The whole pattern.
    pub pattern: String,
    /// The letter.
    pub letter: char,
    /// Where it is, counted in characters from 1.
    pub at: usize,
}

/// What has been read.
#[derive(Default)]
struct Read {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    hour: i64,
    half: Option<i64>,
    minute: i64,
    second: i64,
    millis: i64,
    offset: Option<i64>,
}

impl DatePattern {
    /// The letters of `pattern`.
    ///
    /// # Errors
    /// [`DatePatternError`] for a letter that is not among those above.
    pub fn new(pattern: &str) -> Result<Self, DatePatternError> {
        let mut fields = Vec::new();
        let mut quoted = false;
        for (at, letter) in pattern.chars().enumerate() {
            match (letter, fields.last_mut()) {
                ('\'', _) => quoted = !quoted,
                (letter, Some(Field::Letter(last, width))) if !quoted && *last == letter => *width += 1,
                ('y' | 'M' | 'd' | 'H' | 'h' | 'a' | 'm' | 's' | 'S' | 'Z', _) if !quoted => {
                    fields.push(Field::Letter(letter, 1));
                }
                (letter, _) if !quoted && letter.is_ascii_alphabetic() => {
                    return Err(DatePatternError { pattern: pattern.to_owned(), letter, at: at + 1 });
                }
                (letter, Some(Field::Text(text))) => text.push(letter),
                (letter, _) => fields.push(Field::Text(letter.into())),
            }
        }
        Ok(Self(fields))
    }

    /// The instant that `text` names; `None` if it is not written so, or if there is no such time.
    pub fn read(&self, text: &str, zone: &dyn TimeZone) -> Option<Timestamp> {
        let (mut read, mut rest) = (Read::default(), text);
        for (at, field) in self.0.iter().enumerate() {
            let adjacent = matches!(self.0.get(at + 1), Some(Field::Letter(letter, _)) if *letter != 'a');
            rest = match field {
                Field::Text(text) => rest.strip_prefix(text.as_str())?,
                Field::Letter(letter, width) => read.field(*letter, *width, adjacent, rest)?,
            };
        }
        if rest.is_empty() { read.instant(zone) } else { None }
    }
}

impl Read {
    /// Reads a field and gives what is behind it.
    fn field<'a>(&mut self, letter: char, width: usize, adjacent: bool, text: &'a str) -> Option<&'a str> {
        let most = if adjacent { width } else { 9 };
        match (letter, width) {
            ('M', 3..) => return self.month_name(text),
            ('a', _) => return self.half(text),
            ('Z', _) => return self.offset(text),
            ('S', _) => return self.fraction(text, most),
            _ => {}
        }
        let (number, rest) = digits(text, most)?;
        match letter {
            'y' if width == 2 => self.year = Some(if number < 50 { 2_000 + number } else { 1_900 + number }),
            'y' => self.year = Some(number),
            'M' => self.month = Some(number),
            'd' => self.day = Some(number),
            'h' => self.hour = if (1..=12).contains(&number) { number % 12 } else { return None },
            'H' => self.hour = number,
            'm' => self.minute = number,
            _ => self.second = number,
        }
        Some(rest)
    }

    fn month_name<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let named = MONTHS.iter().zip(1..).find_map(|(name, number)| {
            let rest = without_prefix(text, name).or_else(|| without_prefix(text, name.get(..3)?));
            rest.map(|rest| (number, rest))
        });
        let (number, rest) = named?;
        self.month = Some(number);
        Some(rest)
    }

    fn half<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let morning = without_prefix(text, "AM").map(|rest| (0, rest));
        let (hours, rest) = morning.or_else(|| without_prefix(text, "PM").map(|rest| (12, rest)))?;
        self.half = Some(hours);
        Some(rest)
    }

    fn offset<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        if let Some(rest) = text.strip_prefix('Z') {
            self.offset = Some(0);
            return Some(rest);
        }
        let sign = if text.starts_with('-') { -1 } else { 1 };
        let (hours, rest) = digits(text.strip_prefix(['+', '-'])?, 2)?;
        let (minutes, rest) = digits(rest.strip_prefix(':').unwrap_or(rest), 2)?;
        self.offset = (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60);
        self.offset.map(|_| rest)
    }

    /// The first three digits count.
    fn fraction<'a>(&mut self, text: &'a str, most: usize) -> Option<&'a str> {
        let (_, rest) = digits(text, most)?;
        let digits = text.bytes().take(text.len() - rest.len());
        let digits = digits.map(|digit| i64::from(digit - b'0')).chain(std::iter::repeat(0));
        self.millis = digits.take(3).fold(0, |millis, digit| millis * 10 + digit);
        Some(rest)
    }

    fn instant(self, zone: &dyn TimeZone) -> Option<Timestamp> {
        let time = CivilTime {
            year: self.year.unwrap_or(1970),
            month: self.month.unwrap_or(1),
            day: self.day.unwrap_or(1),
            hour: self.hour + self.half.filter(|_| self.hour < 12).unwrap_or(0),
            minute: self.minute,
            second: self.second,
            millis: self.millis,
            weekday: 0,
            day_of_year: 0,
        };
        match self.offset {
            Some(offset) => Some(Timestamp::from_millis(time.in_utc()?.as_millis() - offset * 1_000)),
            None => instant_of(&time, zone),
        }
    }
}

/// Up to `most` digits, at least one.
fn digits(text: &str, most: usize) -> Option<(i64, &str)> {
    let len = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    Some((text.get(..len)?.parse().ok()?, text.get(len..)?))
}

fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| text.get(prefix.len()..)).flatten()
}

#[cfg(test)]
mod tests {
    use super::super::zone::tests::NewYork2024;
    use super::*;
    use crate::ingest::calendar::FixedOffset;

    fn read(pattern: &str, text: &str) -> Option<i64> {
        let pattern = DatePattern::new(pattern).unwrap();
        pattern.read(text, &FixedOffset::UTC).map(Timestamp::as_millis)
    }

    #[test]
    fn each_letter_is_read() {
        let noon = Some(1_709_208_000_000);
        assert_eq!(read("yyyy-MM-dd HH:mm:ss", "2024-02-29 12:00:00"), noon);
        assert_eq!(read("yyyyMMddHHmmssSSS", "20240229120000000"), noon);
        assert_eq!(read("dd/MMM/yyyy:HH:mm:ss Z", "29/Feb/2024:14:00:00 +0200"), noon);
        assert_eq!(read("d MMMM yy h:mm a", "29 february 24 12:00 PM"), noon);
        assert_eq!(read("yyyy-MM-dd'T'HH:mm:ssZ", "2024-02-29T11:30:00-00:30"), noon);
        assert_eq!(read("HH", "01"), Some(3_600_000), "the rest is that of 1970");
        assert_eq!(read("ss.SSS", "1.25"), Some(1_250));
    }

    #[test]
    fn what_is_not_written_so_is_nothing() {
        for text in ["", "2024", "2024-02-30", "2024-02-29 ", "2024-2x-01", "９-02-01", "2024-00-10"] {
            assert_eq!(read("yyyy-MM-dd", text), None, "{text}");
        }
        assert_eq!(read("h a", "13 PM"), None);
        assert_eq!(read("Z", "+9900"), None);
    }

    #[test]
    fn a_time_that_clocks_skip_is_nothing() {
        let pattern = DatePattern::new("yyyy-MM-dd HH:mm").unwrap();
        assert!(pattern.read("2024-03-10 02:30", &NewYork2024).is_none());
        assert!(pattern.read("2024-03-10 03:30", &NewYork2024).is_some());
    }

    #[test]
    fn a_letter_that_is_not_known_is_named_with_its_place() {
        let error = DatePattern::new("yyyy 'week' w").unwrap_err();
        assert_eq!(error.to_string(), "date pattern yyyy 'week' w: letter w at character 13 is not known");
    }
}
