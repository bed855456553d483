//! What peers in Java need.

use crate::workspace::find_program;

/// What is not there of it.
pub(crate) fn missing() -> Option<String> {
    missing_of(|program| find_program(program).is_some())
}

fn missing_of(is_there: impl Fn(&str) -> bool) -> Option<String> {
    let absent: Vec<_> = ["java", "mvn"].into_iter().filter(|program| !is_there(program)).collect();
    (!absent.is_empty()).then(|| format!("there is no `{}` on the path", absent.join("` and no `")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(missing_of(|_| true), None);
        let no_maven = missing_of(|program| program == "java");
        assert_eq!(no_maven.as_deref(), Some("there is no `mvn` on the path"));
        assert_eq!(missing_of(|_| false).as_deref(), Some("there is no `java` and no `mvn` on the path"));
    }
}
