use std::collections::BTreeMap;

use super::HttpSinkError;

/// What an answer means, by its status: an exact one before its group before the default.
///
/// ```
/// use flowcore_net::StatusRules;
///
/// let rules = StatusRules::new(true).with("2XX", false)?.with("204", true)?;
/// assert_eq!([200, 204, 500].map(|status| rules.holds(status)), [false, true, true]);
/// # Ok::<(), flowcore_net::HttpSinkError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusRules {
    exact: BTreeMap<u16, bool>,
    /// By the first digit.
    groups: BTreeMap<u16, bool>,
    default: bool,
}

impl StatusRules {
    /// The same for every status.
    pub fn new(default: bool) -> Self {
        Self { exact: BTreeMap::new(), groups: BTreeMap::new(), default }
    }

    /// What holds for a status such as `200`, or for a group of them such as `2XX`.
    ///
    /// # Errors
    /// [`HttpSinkError::Status`] when it is neither.
    pub fn with(mut self, statuses: &str, holds: bool) -> Result<Self, HttpSinkError> {
        let wrong = || HttpSinkError::Status { statuses: statuses.to_owned() };
        let bytes: [u8; 3] = statuses.as_bytes().try_into().map_err(|_| wrong())?;
        let first =
            char::from(bytes[0]).to_digit(10).filter(|digit| (1..=9).contains(digit)).ok_or_else(wrong)?;
        if bytes[1..].iter().all(|letter| letter.eq_ignore_ascii_case(&b'X')) {
            self.groups.insert(u16::try_from(first).map_err(|_| wrong())?, holds);
        } else {
            let digits = bytes.iter().all(u8::is_ascii_digit).then(|| statuses.parse().ok());
            self.exact.insert(digits.flatten().ok_or_else(wrong)?, holds);
        }
        Ok(self)
    }

    /// What holds for a status.
    pub fn holds(&self, status: u16) -> bool {
        let group = || self.groups.get(&(status / 100));
        *self.exact.get(&status).or_else(group).unwrap_or(&self.default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_status_goes_before_its_group_and_that_before_the_default() {
        let rules = StatusRules::new(false).with("503", false).unwrap().with("5xx", true).unwrap();
        assert_eq!([500, 503, 404].map(|status| rules.holds(status)), [true, false, false]);
        let rules = StatusRules::new(true).with("404", false).unwrap();
        assert_eq!([400, 404].map(|status| rules.holds(status)), [true, false]);
    }

    #[test]
    fn what_is_no_status_is_refused() {
        for statuses in ["", "2", "20", "2X0", "XXX", "0XX", "2000", "+20", "2é"] {
            assert!(StatusRules::new(true).with(statuses, true).is_err(), "{statuses}");
        }
    }
}
