use std::time::Duration;

use crate::process::window::WindowSpecError;
use crate::process::window::spec::positive_millis;

/// Sessions: a window for each stretch in which the tuples of a key lie closer together than a gap. It ends a
/// gap after its last tuple; a tuple that lies between two sessions and less than a gap from both makes them
/// one.
///
/// ```
/// use flowcore::process::window::SessionSpec;
/// use std::time::Duration;
///
/// let visits = SessionSpec::with_gap(Duration::from_mins(30))?;
/// assert_eq!(visits.gap(), Duration::from_mins(30));
///
/// let error = SessionSpec::with_gap(Duration::ZERO).unwrap_err();
/// assert_eq!(error.to_string(), "window gap must be positive");
/// # Ok::<(), flowcore::process::window::WindowSpecError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionSpec {
    pub(super) gap: i64,
}

impl SessionSpec {
    /// Sessions that end when nothing came for as long as `gap`.
    ///
    /// # Errors
    /// [`WindowSpecError`] if it is zero, or no whole number of milliseconds.
    pub fn with_gap(gap: Duration) -> Result<Self, WindowSpecError> {
        positive_millis("gap", gap).map(|gap| Self { gap })
    }

    /// The gap.
    pub fn gap(&self) -> Duration {
        Duration::from_millis(self.gap.unsigned_abs())
    }
}
