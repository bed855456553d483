//! Names of topics, filters over them, and when one matches the other.

/// Before the group of a shared subscription.
const SHARE: &str = "$share/";

/// Whether a message may have this topic.
pub(super) fn is_name(topic: &str, longest: usize, deepest: usize) -> bool {
    is_sane(topic, longest, deepest) && !topic.contains(['#', '+'])
}

/// Whether it is a filter: `+` is a whole level, `#` the last one.
pub(super) fn is_filter(filter: &str, longest: usize, deepest: usize) -> bool {
    let last = filter.split('/').count().saturating_sub(1);
    let level_is_whole = |(index, level): (usize, &str)| match level {
        "#" => index == last,
        "+" => true,
        level => !level.contains(['#', '+']),
    };
    is_sane(filter, longest, deepest) && filter.split('/').enumerate().all(level_is_whole)
}

fn is_sane(topic: &str, longest: usize, deepest: usize) -> bool {
    let levels = || topic.bytes().filter(|byte| *byte == b'/').count() + 1;
    !topic.is_empty() && topic.len() <= longest && !topic.contains('\0') && levels() <= deepest
}

/// Whether a message with this topic is for who asked for this filter. A first level with `$` wants to be
/// named: no wildcard stands for it.
pub(super) fn matches(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') && filter.starts_with(['#', '+']) {
        return false;
    }
    let mut wanted = filter.split('/');
    let mut levels = topic.split('/');
    loop {
        match (wanted.next(), levels.next()) {
            // `a/#` is for `a` as well.
            (Some("#"), _) | (None, None) => return true,
            (Some("+"), Some(_)) => {}
            (Some(level), Some(found)) if level == found => {}
            _ => return false,
        }
    }
}

/// The group and the filter of a shared subscription; `None` when it is an ordinary one.
pub(super) fn shared(filter: &str) -> Option<(&str, &str)> {
    filter.strip_prefix(SHARE)?.split_once('/')
}

/// Whether a filter is a shared subscription that lacks its group or its filter.
pub(super) fn is_half_shared(filter: &str) -> bool {
    let whole =
        |(group, rest): (&str, &str)| !group.is_empty() && !group.contains(['#', '+']) && !rest.is_empty();
    filter.starts_with(SHARE) && !shared(filter).is_some_and(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_match_as_the_standard_says() {
        for (filter, topic, expected) in [
            ("a/b", "a/b", true),
            ("a/b", "a/b/c", false),
            ("a/b", "a", false),
            ("a/#", "a", true),
            ("a/#", "a/b/c", true),
            ("a/#", "ab", false),
            ("#", "a", true),
            ("#", "/", true),
            ("+", "a", true),
            ("+", "/a", false),
            ("+/+", "/a", true),
            ("/+", "/a", true),
            ("a/+", "a/", true),
            ("a/+", "a", false),
            ("a/+/c", "a/b/c", true),
            ("a/+/c", "a/b/d", false),
            ("#", "$SYS/x", false),
            ("+/x", "$SYS/x", false),
            ("$SYS/#", "$SYS/x", true),
            ("$SYS/+", "$SYS/x", true),
        ] {
            assert_eq!(matches(filter, topic), expected, "{filter} {topic}");
        }
    }

    #[test]
    fn wildcards_are_whole_levels_and_not_in_names() {
        for filter in ["a", "/", "#", "+", "a/#", "+/a/+", "a//b", "$share/g/a"] {
            assert!(is_filter(filter, 100, 10), "{filter}");
        }
        for filter in ["", "a#", "a/#/b", "a+", "a/b+/c", "a\0", "#/"] {
            assert!(!is_filter(filter, 100, 10), "{filter}");
        }
        for name in ["", "a/+", "#", "a\0"] {
            assert!(!is_name(name, 100, 10), "{name}");
        }
        assert!(is_name("ny-power/upstream/fuel-mix/Dual Fuel", 100, 10));
    }

    #[test]
    fn length_and_depth_are_limited() {
        assert!(is_name("a/b/c", 5, 3));
        assert!(!is_name("a/b/c", 4, 3));
        assert!(!is_name("a/b/c", 5, 2));
        assert!(!is_filter("a/b/#", 5, 2));
    }

    #[test]
    fn shared_filters_have_a_group_and_a_filter() {
        assert_eq!(shared("$share/g/a/#"), Some(("g", "a/#")));
        assert_eq!(shared("a/b"), None);
        assert!(!is_half_shared("$share/g/a"));
        for filter in ["$share/g", "$share//a", "$share/g/", "$share/+/a"] {
            assert!(is_half_shared(filter), "{filter}");
        }
    }
}
