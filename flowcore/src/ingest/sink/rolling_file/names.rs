use crate::base::Timestamp;

/// What a [`RollingFileSink`](super::RollingFileSink) calls its files, one after the other.
///
/// ```
/// use flowcore::base::Timestamp;
/// use flowcore::ingest::sink::{FileNames, RollingFileSink};
///
/// /// `part-0`, `part-1` and so on.
/// struct Parts(u64);
///
/// impl FileNames for Parts {
///     fn next(&mut self, _begun: Timestamp) -> String {
///         let name = format!("part-{}", self.0);
///         self.0 += 1;
///         name
///     }
/// }
///
/// let sink = RollingFileSink::new("/var/spool/events").named_by(Parts(0));
/// # let _ = sink;
/// ```
pub trait FileNames: Send + 'static {
    /// The name of a file that is begun at `now`, another one each time. It is asked again when the folder
    /// has a file of that name already.
    fn next(&mut self, now: Timestamp) -> String;
}

impl<N: FileNames + ?Sized> FileNames for Box<N> {
    fn next(&mut self, now: Timestamp) -> String {
        (**self).next(now)
    }
}

/// Prefix, milliseconds since 1970, number, suffix.
#[derive(Debug)]
pub(super) struct TimedNames {
    pub(super) prefix: String,
    pub(super) suffix: String,
    /// The last name's time and number.
    pub(super) last: Option<(i64, u64)>,
}

impl FileNames for TimedNames {
    fn next(&mut self, now: Timestamp) -> String {
        let millis = now.as_millis();
        let number = self.last.filter(|(last, _)| *last == millis).map_or(0, |(_, number)| number + 1);
        self.last = Some((millis, number));
        format!("{}{millis}-{number}{}", self.prefix, self.suffix)
    }
}
