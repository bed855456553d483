use super::view::{Component, View};

/// What changed from one view to the next.
pub(super) struct Rates<'a> {
    before: Option<&'a View>,
    seconds: f64,
}

impl<'a> Rates<'a> {
    #[expect(clippy::cast_precision_loss, reason = "seconds between two answers")]
    pub(super) fn between(before: Option<&'a View>, now: &View) -> Self {
        let millis = before.map_or(0, |before| now.time.saturating_sub(before.time));
        Self { before, seconds: millis as f64 / 1000.0 }
    }

    /// How much a member grew in a second. `None` at first, and after the agent was started again.
    pub(super) fn of(&self, component: &Component, member: &str) -> Option<f64> {
        let before = self.before?.find(component)?.number(member)?;
        let grown = component.number(member)? - before;
        (self.seconds > 0.0 && grown >= 0.0).then(|| grown / self.seconds)
    }
}
