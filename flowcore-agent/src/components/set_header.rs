use std::sync::Arc;

use flowcore::base::Clock;
use flowcore::event::Event;
use flowcore::ingest::Interceptor;

/// Sets one header on every event of a batch.
pub(crate) struct SetHeader {
    name: Arc<str>,
    value: Value,
    preserve: bool,
}

enum Value {
    Fixed(Arc<str>),
    /// Milliseconds since 1970.
    Time(Clock),
}

impl SetHeader {
    /// The time at which the batch came by.
    pub(crate) fn time(name: &str, preserve: bool) -> Self {
        Self { name: name.into(), value: Value::Time(Clock::system()), preserve }
    }

    pub(crate) fn fixed(name: &str, value: &str, preserve: bool) -> Self {
        Self { name: name.into(), value: Value::Fixed(value.into()), preserve }
    }
}

impl Interceptor<Event> for SetHeader {
    fn intercept(&mut self, mut events: Vec<Event>) -> Vec<Event> {
        let value: Arc<str> = match &self.value {
            Value::Fixed(value) => value.clone(),
            Value::Time(clock) => clock.now().as_millis().to_string().into(),
        };
        for event in &mut events {
            if !self.preserve || event.headers.get(&self.name).is_none() {
                event.headers.insert(self.name.clone(), value.clone());
            }
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_set_and_one_that_is_there_is_kept_if_that_is_asked_for() {
        let events = || vec![Event::new("a"), Event::new("b").with_header("h", "old")];
        let values = |mut set: SetHeader| {
            let events = set.intercept(events());
            events.iter().map(|event| event.headers.get("h").map(str::to_owned)).collect::<Vec<_>>()
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(values(SetHeader::fixed("h", "new", true)), [some("new"), some("old")]);
        assert_eq!(values(SetHeader::fixed("h", "new", false)), [some("new"), some("new")]);
        let times = values(SetHeader::time("h", false));
        assert!(times[0].as_deref().is_some_and(|time| time.parse::<u64>().is_ok()) && times[0] == times[1]);
    }
}
