use super::checker::Checker;
use crate::diagnostic::Diagnostic;
use crate::model::{Group, Setting};

impl Checker<'_> {
    /// A filter without rules; rules that nobody asks for.
    pub(super) fn ip_filters(&mut self) {
        for (source, kind) in self.declared(Group::Sources) {
            if kind.key("ipFilter").is_none() {
                continue;
            }
            let is_on = source.value("ipFilter").is_some_and(|on| on.eq_ignore_ascii_case("true"));
            let rules = source.get("ipFilterRules");
            if is_on && rules.is_none() {
                let message = format!("{} filters addresses and needs `ipFilterRules`", source.title());
                let error = Diagnostic::error("missing-key", message);
                let error = error.at(source.get("ipFilter").map(Setting::span));
                self.say(source, error.help("such as allow:ip:127.*,deny:ip:*"));
            }
            if let (false, Some(rules)) = (is_on, rules) {
                let message = format!("{} lets everybody in: `ipFilter` is not true", source.title());
                let warning = Diagnostic::warning("filter-is-off", message).at(rules.span());
                self.say(source, warning.help("the rules count with ipFilter = true"));
            }
        }
    }
}
