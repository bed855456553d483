use super::checker::Checker;
use crate::diagnostic::Diagnostic;
use crate::model::{Group, Setting};

impl Checker<'_> {
    /// Asks those who would make the components. What is known to be wrong, or only known when it runs, is
    /// left alone.
    pub(super) fn trial(&mut self) {
        for component in Group::ALL.into_iter().flat_map(|group| self.agent.listed(group)) {
            if self.is_bad(component) || component.settings.iter().any(Setting::is_deferred) {
                continue;
            }
            for refused in self.surroundings.refused(component) {
                let setting = component.get(refused.key());
                let span = match setting {
                    Some(setting) => Some(setting.value_span()),
                    None => component.get("type").or(component.settings.first()).map(Setting::span),
                };
                self.say(component, Diagnostic::error("bad-setting", refused.to_string()).at(span));
            }
        }
    }
}
