use crate::base::Timestamp;

pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(crate) const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const DAY: i64 = 86_400_000;

/// A date and a time of day, in whatever zone. Gregorian, also before there was such a calendar.
///
/// ```
/// use flowcore::base::Timestamp;
/// use flowcore::ingest::calendar::CivilTime;
///
/// let time = CivilTime::at(Timestamp::from_millis(1_709_251_199_500), 3_600);
/// assert_eq!((time.year, time.month, time.day), (2024, 3, 1));
/// assert_eq!((time.hour, time.minute, time.second, time.millis), (0, 59, 59, 500));
/// assert_eq!((time.weekday, time.day_of_year), (5, 61));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CivilTime {
    /// The year; 0 is the one before 1.
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
    /// 0 to 23.
    pub hour: i64,
    /// 0 to 59.
    pub minute: i64,
    /// 0 to 59.
    pub second: i64,
    /// 0 to 999.
    pub millis: i64,
    /// 0 is Sunday.
    pub weekday: i64,
    /// 1 to 366.
    pub day_of_year: i64,
}

impl CivilTime {
    /// What clocks show at `instant` where they are `offset` seconds ahead of UTC.
    pub fn at(instant: Timestamp, offset: i32) -> Self {
        let local = instant.as_millis().saturating_add(i64::from(offset) * 1_000);
        let (days, time) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let (year, month, day) = date_of(days);
        Self {
            year,
            month,
            day,
            hour: time / 3_600_000,
            minute: time / 60_000 % 60,
            second: time / 1_000 % 60,
            millis: time % 1_000,
            weekday: (days + 4).rem_euclid(7),
            day_of_year: days - days_of(year, 1, 1) + 1,
        }
    }

    /// The instant at which clocks of UTC show it; `None` if there is no such date or time of day.
    pub fn in_utc(&self) -> Option<Timestamp> {
        let date = (1..=12).contains(&self.month) && self.day >= 1 && self.year.abs() < 1_000_000;
        let time = (0..24).contains(&self.hour)
            && (0..60).contains(&self.minute)
            && (0..60).contains(&self.second)
            && (0..1_000).contains(&self.millis);
        if !date || !time {
            return None;
        }
        let days = days_of(self.year, self.month, self.day);
        let seconds = (self.hour * 60 + self.minute) * 60 + self.second;
        let exists = date_of(days) == (self.year, self.month, self.day);
        exists.then(|| Timestamp::from_millis(days * DAY + seconds * 1_000 + self.millis))
    }
}

/// Days since 1970. Years begin in March here, so that the leap day is the last one.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * from_march + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_eight_centuries_follows_the_one_before() {
        let (mut expected, mut weekday) = ((1600, 1, 1), 6);
        for days in days_of(1600, 1, 1)..days_of(2400, 1, 1) {
            let time = CivilTime::at(Timestamp::from_millis(days * DAY + 5), 0);
            assert_eq!(((time.year, time.month, time.day), time.weekday), (expected, weekday));
            assert_eq!(time.in_utc(), Some(Timestamp::from_millis(days * DAY + 5)));
            let (year, month, day) = expected;
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let long = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            expected = match (month, day) {
                (12, 31) => (year + 1, 1, 1),
                (month, day) if day == long[usize::try_from(month - 1).unwrap()] => (year, month + 1, 1),
                (month, day) => (year, month, day + 1),
            };
            weekday = (weekday + 1) % 7;
        }
    }

    #[test]
    fn what_no_clock_shows_is_no_instant() {
        let noon = CivilTime::at(Timestamp::from_millis(DAY / 2), 0);
        assert!(noon.in_utc().is_some());
        let wrong = [
            CivilTime { month: 2, day: 29, ..noon },
            CivilTime { month: 13, ..noon },
            CivilTime { day: 0, ..noon },
            CivilTime { hour: 24, ..noon },
            CivilTime { year: i64::MAX, ..noon },
        ];
        assert!(wrong.iter().all(|time| time.in_utc().is_none()));
    }

    #[test]
    fn the_ends_of_time_are_no_panic() {
        for instant in [Timestamp::MIN, Timestamp::MAX] {
            let time = CivilTime::at(instant, i32::MAX);
            assert!((1..=12).contains(&time.month));
        }
    }
}
