use crate::base::Timestamp;

/// What a sender says about its event time, in band.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    /// No tuple with an earlier timestamp is expected from it. `None` as long as it cannot say;
    /// [`Timestamp::MAX`] when its input has come to its end. It only grows.
    pub(crate) watermark: Option<Timestamp>,
    /// It has had nothing to send for so long that it does not want to hold back others.
    pub(crate) idle: bool,
}

impl Mark {
    /// The input has come to its end.
    pub(crate) const END: Self = Self { watermark: Some(Timestamp::MAX), idle: false };

    /// The same or a later watermark.
    pub(crate) fn raised_to(self, watermark: Option<Timestamp>, idle: bool) -> Self {
        Self { watermark: self.watermark.max(watermark), idle }
    }

    pub(crate) fn is_end(self) -> bool {
        self.watermark == Some(Timestamp::MAX)
    }
}
