//! What may be a topic, and what a filter.

/// Why a text is no topic or no filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TopicError {
    #[error("it is empty")]
    Empty,
    #[error("it is longer than 65,535 bytes")]
    TooLong,
    #[error("it has a NUL character")]
    Nul,
    #[error("it has a wildcard")]
    Wildcard,
    #[error("a wildcard must be a whole level, and # the last one")]
    Misplaced,
    #[error("a shared subscription is $share/group/filter")]
    Shared,
}

/// Checks a topic that is published to.
pub(crate) fn check_topic(topic: &str) -> Result<(), TopicError> {
    check_text(topic)?;
    if topic.contains(['+', '#']) { Err(TopicError::Wildcard) } else { Ok(()) }
}

/// Checks what is subscribed to.
pub(crate) fn check_filter(filter: &str) -> Result<(), TopicError> {
    check_text(filter)?;
    let Some(shared) = filter.strip_prefix("$share/") else { return check_levels(filter) };
    let (group, filter) = shared.split_once('/').ok_or(TopicError::Shared)?;
    if group.is_empty() || filter.is_empty() || group.contains(['+', '#']) {
        return Err(TopicError::Shared);
    }
    check_levels(filter)
}

fn check_text(text: &str) -> Result<(), TopicError> {
    match text {
        "" => Err(TopicError::Empty),
        _ if text.len() > usize::from(u16::MAX) => Err(TopicError::TooLong),
        _ if text.contains('\0') => Err(TopicError::Nul),
        _ => Ok(()),
    }
}

fn check_levels(filter: &str) -> Result<(), TopicError> {
    let mut levels = filter.split('/').peekable();
    while let Some(level) = levels.next() {
        let alone = level.len() == 1;
        if level.contains('+') && !alone || level.contains('#') && !(alone && levels.peek().is_none()) {
            return Err(TopicError::Misplaced);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_have_no_wildcards_and_are_not_empty() {
        for good in ["a", "/", "a b/c", "ny-power/upstream/fuel-mix/Dual Fuel", "$SYS/x"] {
            assert_eq!(check_topic(good), Ok(()), "{good}");
        }
        for (bad, why) in
            [("", TopicError::Empty), ("a/#", TopicError::Wildcard), ("+", TopicError::Wildcard)]
        {
            assert_eq!(check_topic(bad), Err(why), "{bad}");
        }
        assert_eq!(check_topic("a\0"), Err(TopicError::Nul));
        assert_eq!(check_topic(&"a".repeat(65_536)), Err(TopicError::TooLong));
    }

    #[test]
    fn filters_have_wildcards_as_whole_levels() {
        for good in ["#", "+", "a/+/b/#", "/#", "$share/g/a/+", "+/+", "$share/g//a"] {
            assert_eq!(check_filter(good), Ok(()), "{good}");
        }
        for bad in ["a#", "#/a", "a+/b", "a/#/b", "$share/g/a#"] {
            assert_eq!(check_filter(bad), Err(TopicError::Misplaced), "{bad}");
        }
        for bad in ["$share/g", "$share//a", "$share/g/", "$share/+/a"] {
            assert_eq!(check_filter(bad), Err(TopicError::Shared), "{bad}");
        }
    }
}
