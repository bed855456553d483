use super::checker::Checker;
use crate::diagnostic::{Diagnostic, nearest};
use crate::keys::{ComponentType, Key, Section, Tier, all, find};
use crate::model::{ComponentConfig, Group, Setting};

/// What a type name stands for.
pub(super) enum Resolved {
    /// A type of Flume.
    BuiltIn(&'static ComponentType),
    /// A type of the user.
    Own,
    /// Nothing; that was said.
    Nothing,
}

impl<'a> Checker<'a> {
    /// One listed component: its type and its keys.
    pub(super) fn component(&mut self, component: &'a ComponentConfig) {
        if component.settings.is_empty() || component.name.contains(',') {
            return;
        }
        if component.group == Group::SinkGroups {
            return self.sink_group_keys(component);
        }
        let Some(setting) = component.get("type") else {
            // Nobody lists a slip of the pen: that it is not listed says enough.
            if component.listed.is_some() {
                self.no_type(component);
            }
            return self.parts_alone(component);
        };
        match self.resolve(component, component.group.section(), setting.value(), Some(setting)) {
            Resolved::BuiltIn(found) => {
                self.set_type(component, found);
                self.component_keys(component, found);
            }
            Resolved::Own | Resolved::Nothing => self.parts_alone(component),
        }
    }

    fn no_type(&mut self, component: &ComponentConfig) {
        let error = Diagnostic::error("no-type", format!("{} has no type", component.title()));
        let span = match component.settings.iter().find(|setting| setting.key() == "type") {
            Some(empty) => Some(empty.span()),
            None => component.settings.first().map(Setting::span),
        };
        let like = looks_like(component)
            .map(|(kind, key)| format!("; `{key}` is a key of {kind}"))
            .unwrap_or_default();
        let help = format!("set {}.type{like}", self.path(component));
        self.say(component, error.at(span).help(help));
    }

    /// What `name` stands for. `setting` is where it was written, if it was.
    pub(super) fn resolve(
        &mut self,
        component: &ComponentConfig,
        section: Section,
        name: &str,
        setting: Option<&Setting>,
    ) -> Resolved {
        if self.surroundings.has_own(section, name) {
            return Resolved::Own;
        }
        let span = setting.map(Setting::value_span);
        let Some(found) = find(section, name) else {
            let names = all(section).map(|known| known.name);
            let message = format!(
                "there is no {} of type `{}`",
                section.as_str(),
                setting.map_or(name, Setting::shown)
            );
            let error = Diagnostic::error("unknown-type", message).at(span).suggest(nearest(name, names));
            let help =
                "it is no type of Flume; a program of your own registers it with flowcore-agent's `Registry`";
            self.say(component, if name.contains('.') { error.help(help) } else { error });
            return Resolved::Nothing;
        };
        if let Some(right) = found.right_class {
            let message = format!("the class is `{right}`");
            let warning = Diagnostic::warning("builder", message).at(span).help("Flume would not find it");
            self.say(component, warning);
        }
        // A default part is its owner's affair.
        if let Some(setting) = setting {
            self.say_whether_it_runs(component, found.component, setting);
        }
        Resolved::BuiltIn(found.component)
    }

    fn say_whether_it_runs(&mut self, component: &ComponentConfig, found: &ComponentType, setting: &Setting) {
        let title = format!("{} {}", found.section.as_str(), found.name);
        let error = match found.tier {
            Tier::Second(instead) => {
                Diagnostic::error("not-supported", format!("{title} is known, but not supported"))
                    .help(instead)
            }
            _ if self.surroundings.runs(found) => return,
            Tier::OwnCrate(until_then) => {
                Diagnostic::error("not-yet", format!("{title} does not run yet")).help(until_then)
            }
            Tier::First => Diagnostic::error("not-yet", format!("{title} does not run yet"))
                .help("its keys were checked all the same"),
        };
        self.say(component, error.at(setting.value_span()));
    }
}

/// The only type that has one of the component's keys, perhaps with a prefix in front, and that key.
fn looks_like(component: &ComponentConfig) -> Option<(&'static str, &'static str)> {
    component.settings.iter().find_map(|setting| {
        let is_it = |key: &Key| {
            key.name == setting.key()
                || key.name.rsplit_once('.').is_some_and(|(_, last)| last == setting.key())
        };
        let mut owners = all(component.group.section()).filter_map(|kind| {
            Some((kind.name, kind.keys.iter().copied().flatten().find(|key| is_it(key))?.name))
        });
        owners.next().filter(|_| owners.next().is_none())
    })
}
