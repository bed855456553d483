use super::CivilTime;
use crate::base::Timestamp;

const DAY: std::time::Duration = std::time::Duration::from_hours(24);

/// Where clocks are set to a time of their own.
///
/// ```
/// use flowcore::base::Timestamp;
/// use flowcore::ingest::calendar::TimeZone;
///
/// /// Seoul has had no summer time since 1988.
/// struct Seoul;
///
/// impl TimeZone for Seoul {
///     fn offset(&self, _instant: Timestamp) -> i32 {
///         9 * 3_600
///     }
/// }
/// ```
pub trait TimeZone: Send + Sync + 'static {
    /// How many seconds its clocks are ahead of UTC at `instant`; less than a day.
    fn offset(&self, instant: Timestamp) -> i32;
}

/// Always so many seconds ahead of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FixedOffset(pub i32);

impl FixedOffset {
    /// UTC itself.
    pub const UTC: Self = Self(0);
}

impl TimeZone for FixedOffset {
    fn offset(&self, _instant: Timestamp) -> i32 {
        self.0
    }
}

/// The first instant at which clocks of `zone` show `time`; `None` if they never do, because they are put
/// forward over it, or because there is no such date.
pub fn instant_of(time: &CivilTime, zone: &dyn TimeZone) -> Option<Timestamp> {
    let utc = time.in_utc()?;
    let offsets = [zone.offset(utc - DAY), zone.offset(utc + DAY)];
    let shown = offsets.map(|offset| (utc.as_millis() - i64::from(offset) * 1_000, offset));
    let right = |(millis, offset): &(i64, i32)| zone.offset(Timestamp::from_millis(*millis)) == *offset;
    shown.into_iter().filter(right).map(|(millis, _)| Timestamp::from_millis(millis)).min()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// New York in 2024: summer from March 10 at 7:00 UTC to November 3 at 6:00 UTC.
    pub(crate) struct NewYork2024;

    impl TimeZone for NewYork2024 {
        fn offset(&self, instant: Timestamp) -> i32 {
            let summer = 1_710_054_000_000..1_730_613_600_000;
            if summer.contains(&instant.as_millis()) { -4 * 3_600 } else { -5 * 3_600 }
        }
    }

    fn shown(month: i64, day: i64, hour: i64, minute: i64) -> Option<i64> {
        let epoch = CivilTime::at(Timestamp::from_millis(0), 0);
        let time = CivilTime { year: 2024, month, day, hour, minute, ..epoch };
        instant_of(&time, &NewYork2024).map(|instant| instant.as_millis() / 1_000)
    }

    #[test]
    fn clocks_that_are_put_forward_skip_an_hour_and_those_put_back_show_one_twice() {
        assert_eq!(shown(3, 10, 1, 59), Some(1_710_053_940));
        assert_eq!(shown(3, 10, 2, 30), None);
        assert_eq!(shown(3, 10, 3, 0), Some(1_710_054_000));
        assert_eq!(shown(11, 3, 1, 30), Some(1_730_611_800), "the first of both");
        assert_eq!(shown(11, 3, 2, 0), Some(1_730_617_200));
    }
}
