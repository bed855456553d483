use flowcore::base::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, ToSpan};

/// Letters of a stamp of RFC 3164 in its fixed form.
pub(super) const RFC_3164_LENGTH: usize = 15;
/// Letters of a stamp of RFC 5424 up to the seconds.
const SECONDS_LENGTH: usize = 19;

/// Milliseconds since 1970 of a stamp of RFC 5424, whose fraction is cut to three digits. One without a zone
/// is of `zone`.
pub(super) fn rfc_5424(stamp: &[u8], zone: &TimeZone) -> Option<i64> {
    let (seconds, rest) = stamp.split_at_checked(SECONDS_LENGTH)?;
    let seconds = date_time(seconds)?;
    let digits = match rest.strip_prefix(b".") {
        Some(fraction) => fraction.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        None => 0,
    };
    let (fraction, offset) = if digits == 0 { (&rest[..0], rest) } else { rest[1..].split_at(digits) };
    let millis =
        fraction.iter().chain(b"000").take(3).fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    let at = if offset.is_empty() {
        zone.to_ambiguous_timestamp(seconds).compatible().ok()?
    } else {
        offset_of(offset)?.to_timestamp(seconds).ok()?
    };
    at.as_millisecond().checked_add(millis)
}

/// `Z`, or `+hh:mm` and `-hh:mm`.
fn offset_of(text: &[u8]) -> Option<Offset> {
    match text {
        b"Z" => Some(Offset::UTC),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let minutes = number(&[*h1, *h2])? * 60 + number(&[*m1, *m2])?;
            let seconds = minutes * if *sign == b'-' { -60 } else { 60 };
            Offset::from_seconds(seconds).ok()
        }
        _ => None,
    }
}

/// `yyyy-MM-ddTHH:mm:ss`.
fn date_time(text: &[u8]) -> Option<DateTime> {
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if text.len() != SECONDS_LENGTH || marks.iter().any(|(at, mark)| text[*at] != *mark) {
        return None;
    }
    let part = |from: usize| number(&text[from..from + 2]).and_then(|part| i8::try_from(part).ok());
    let year = i16::try_from(number(&text[..4])?).ok()?;
    let date = Date::new(year, part(5)?, part(8)?).ok()?;
    Some(date.to_datetime(Time::new(part(11)?, part(14)?, part(17)?, 0).ok()?))
}

/// Milliseconds since 1970 of a stamp of RFC 3164, which has no year: this year, unless that is more than a
/// month in the future (then last year) or more than eleven months in the past (then next year).
pub(super) fn rfc_3164(stamp: &[u8], zone: &TimeZone, now: Timestamp) -> Option<i64> {
    let now = jiff::Timestamp::from_millisecond(now.as_millis()).ok()?.to_zoned(TimeZone::UTC);
    let of_year = |year: i16| in_year(stamp, zone, year);
    let this = now.year();
    let limit = |span: Span| {
        now.checked_add(span)
            .map_or(now.timestamp().as_millisecond(), |limit| limit.timestamp().as_millisecond())
    };
    match of_year(this) {
        Some(at) if at > limit(1.month()) => of_year(this - 1).or(Some(at)),
        Some(at) if at < limit(-11.months()) => of_year(this + 1).or(Some(at)),
        at => at,
    }
}

fn in_year(stamp: &[u8], zone: &TimeZone, year: i16) -> Option<i64> {
    const MONTHS: [&[u8]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    let mut words = stamp.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let (month, day, time) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || time.len() != 8 || time[2] != b':' || time[5] != b':' {
        return None;
    }
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let small = |text: &[u8]| number(text).and_then(|part| i8::try_from(part).ok());
    let date = Date::new(year, i8::try_from(month).ok()?, small(day)?).ok()?;
    let time = Time::new(small(&time[..2])?, small(&time[3..5])?, small(&time[6..])?, 0).ok()?;
    Some(zone.to_ambiguous_timestamp(date.to_datetime(time)).compatible().ok()?.as_millisecond())
}

/// Of at most four digits and nothing else.
fn number(digits: &[u8]) -> Option<i32> {
    let all = (1..=4).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    all.then(|| digits.iter().fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_york() -> TimeZone {
        TimeZone::get("America/New_York").unwrap()
    }

    fn millis(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn a_stamp_of_rfc_5424_counts_its_zone_and_three_digits_of_its_fraction() {
        for (stamp, expected) in [
            ("2003-08-24T05:14:15.000003-07:00", "2003-08-24T12:14:15Z"),
            ("2003-10-11T22:14:15.003Z", "2003-10-11T22:14:15.003Z"),
            ("2003-10-11T22:14:15.5Z", "2003-10-11T22:14:15.5Z"),
            ("2003-10-11T22:14:15.999999Z", "2003-10-11T22:14:15.999Z"),
            ("2003-10-11T22:14:15+05:30", "2003-10-11T16:44:15Z"),
            // Local time, in summer and in winter.
            ("2003-07-11T22:14:15", "2003-07-12T02:14:15Z"),
            ("2003-12-11T22:14:15.25", "2003-12-12T03:14:15.25Z"),
        ] {
            assert_eq!(rfc_5424(stamp.as_bytes(), &new_york()), Some(millis(expected)), "{stamp}");
        }
    }

    #[test]
    fn what_is_no_stamp_is_none() {
        for stamp in [
            "",
            "2003",
            "2003-13-11T22:14:15Z",
            "2003-02-30T22:14:15Z",
            "2003-10-11T22:14:15X",
            "2003-10-11T22:14:15.Z",
        ] {
            assert_eq!(rfc_5424(stamp.as_bytes(), &TimeZone::UTC), None, "{stamp}");
        }
        for stamp in ["", "Oct", "Oct 32 22:14:15", "Okt 11 22:14:15", "Oct 11 25:14:15", "Oct 11 22:14:15 x"]
        {
            assert_eq!(rfc_3164(stamp.as_bytes(), &TimeZone::UTC, Timestamp::default()), None, "{stamp}");
        }
    }

    #[test]
    fn the_year_of_rfc_3164_is_the_one_that_is_near() {
        for (now, stamp, expected) in [
            ("2014-06-15T12:00:00Z", "Jun 15 12:00:00", "2014-06-15T12:00:00Z"),
            ("2014-06-15T12:00:00Z", "Jul 15 11:59:59", "2014-07-15T11:59:59Z"),
            ("2014-06-15T12:00:00Z", "Jul 15 12:00:01", "2013-07-15T12:00:01Z"),
            ("2014-01-01T00:10:00Z", "Dec 31 23:59:59", "2013-12-31T23:59:59Z"),
            ("2014-12-31T23:59:59Z", "Jan  1 00:00:01", "2015-01-01T00:00:01Z"),
            ("2014-12-31T23:59:59Z", "Feb  1 00:00:00", "2014-02-01T00:00:00Z"),
        ] {
            let at = rfc_3164(stamp.as_bytes(), &TimeZone::UTC, Timestamp::from_millis(millis(now)));
            assert_eq!(at, Some(millis(expected)), "{stamp} at {now}");
        }
        let now = Timestamp::from_millis(millis("2014-06-15T12:00:00Z"));
        assert_eq!(rfc_3164(b"Jun 15 08:00:00", &new_york(), now), Some(now.as_millis()));
    }
}
