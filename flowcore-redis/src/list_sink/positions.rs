use flowcore::event::Event;

/// In which headers an event says where it is from.
#[derive(Debug, Clone)]
pub(super) struct PositionHeaders {
    pub(super) source: String,
    pub(super) position: String,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PositionError {
    #[error("an event has no header {0}")]
    Missing(String),
    #[error("the header {header} has the value {value:?}, which is no position")]
    NoNumber { header: String, value: String },
}

impl PositionHeaders {
    /// Source and position of `event`.
    pub(super) fn of<'a>(&self, event: &'a Event) -> Result<(&'a str, u64), PositionError> {
        let get = |name: &String| event.headers.get(name).ok_or_else(|| PositionError::Missing(name.clone()));
        let (source, value) = (get(&self.source)?, get(&self.position)?);
        let no_number = |_| PositionError::NoNumber {
            header: self.position.clone(),
            value: value.chars().take(40).collect(),
        };
        Ok((source, value.parse().map_err(no_number)?))
    }
}

/// Keys: list, positions. Arguments: source, position and body of each event. Answers how many were pushed.
///
/// Positions are compared as text, first by length: a number here has 53 bits only.
pub(super) const PUSH_NEW: &str = "
redis.call('LLEN', KEYS[1])
local last, pushed = {}, 0
for i = 1, #ARGV, 3 do
  local source, position = ARGV[i], ARGV[i + 1]
  local stored = last[source] or redis.call('HGET', KEYS[2], source) or ''
  if #position > #stored or (#position == #stored and position > stored) then
    redis.call('RPUSH', KEYS[1], ARGV[i + 2])
    stored = position
    pushed = pushed + 1
  end
  last[source] = stored
end
if pushed > 0 then
  for source, position in pairs(last) do redis.call('HSET', KEYS[2], source, position) end
end
return pushed";

#[cfg(test)]
mod tests {
    use super::*;

    fn headers() -> PositionHeaders {
        PositionHeaders { source: "file".into(), position: "at".into() }
    }

    #[test]
    fn source_and_position_are_read_from_their_headers() {
        let event = Event::new("x").with_header("file", "a.log").with_header("at", u64::MAX.to_string());
        assert_eq!(headers().of(&event), Ok(("a.log", u64::MAX)));
    }

    #[test]
    fn what_is_missing_or_no_number_is_named() {
        let event = Event::new("x").with_header("file", "a.log");
        assert_eq!(headers().of(&event), Err(PositionError::Missing("at".into())));
        let event = event.with_header("at", "-1");
        let error = headers().of(&event).unwrap_err();
        assert_eq!(error.to_string(), "the header at has the value \"-1\", which is no position");
    }
}
