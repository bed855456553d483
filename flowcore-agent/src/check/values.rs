use std::path::Path;

use super::checker::Checker;
use super::settings::Part;
use crate::diagnostic::{Diagnostic, Span};
use crate::keys::{Key, Kind, Ours, ValueProblem, check_value, is_quoted};
use crate::model::{ComponentConfig, Setting};

impl Checker<'_> {
    /// A setting whose key is known.
    pub(super) fn setting(
        &mut self,
        component: &ComponentConfig,
        part: &Part<'_>,
        key: &Key,
        setting: &Setting,
    ) {
        if setting.value().is_empty() {
            return self.empty(component, key, setting);
        }
        self.ours(component, part, key, setting);
        if setting.is_deferred() {
            return;
        }
        if let Err(problem) = check_value(key.kind, setting.value()) {
            return self.bad_value(component, key, setting, problem);
        }
        match key.kind {
            Kind::Words | Kind::Named(_) | Kind::Ports if setting.value().contains(',') => {
                let message = format!("the words of `{}` are separated by blanks, not by commas", key.name);
                self.say(component, Diagnostic::error("commas", message).at(setting.value_span()));
            }
            Kind::Regex => self.backslashes(component, setting),
            Kind::FilePattern => {
                self.backslashes(component, setting);
                self.pattern_folder(component, part, setting);
            }
            Kind::File | Kind::Folder | Kind::OutFolder | Kind::Paths | Kind::Escaped => {
                self.path_value(component, key, setting);
            }
            _ => {}
        }
    }

    fn empty(&mut self, component: &ComponentConfig, key: &Key, setting: &Setting) {
        // An empty type is an absent one, which is said elsewhere.
        if key.name == "type" {
            return;
        }
        let diagnostic = match key.default {
            None if key.is_required => {
                Diagnostic::error("empty-value", format!("`{}` is empty", setting.key()))
            }
            default => {
                let holds = match default {
                    Some("") | None => String::new(),
                    Some(value) => format!(", the default {value} applies"),
                };
                let message = format!("the empty value of `{}` is ignored{holds}", setting.key());
                Diagnostic::warning("empty-value", message)
            }
        };
        self.say(component, diagnostic.at(setting.span()));
    }

    /// What becomes of a key here.
    fn ours(&mut self, component: &ComponentConfig, part: &Part<'_>, key: &Key, setting: &Setting) {
        let name = setting.key();
        let diagnostic = match key.ours {
            Ours::Same | Ours::New | Ours::AlsoSpelt(_) => return,
            Ours::RefusedIfTrue(_) if !setting.value().eq_ignore_ascii_case("true") => return,
            Ours::NoEffect(why) => {
                Diagnostic::warning("no-effect", format!("`{name}` has no effect")).help(why)
            }
            Ours::Refused(why) | Ours::RefusedIfTrue(why) => {
                Diagnostic::error("refused", format!("`{name}` is not accepted")).help(why)
            }
            Ours::OldName(new) => {
                let has_new = part.settings.iter().any(|(other, _)| *other == new);
                let what = if has_new { ", which is set as well and holds" } else { "" };
                let message = format!("`{name}` is the old name of `{new}`{what}");
                Diagnostic::warning("old-name", message).suggest((!has_new).then_some(new))
            }
        };
        self.say(component, diagnostic.at(setting.span_of_key(name)));
    }

    fn bad_value(
        &mut self,
        component: &ComponentConfig,
        key: &Key,
        setting: &Setting,
        problem: ValueProblem,
    ) {
        let message = format!("{}: `{}` {}", setting.key(), setting.shown(), problem.message);
        let span =
            problem.part.map_or_else(|| setting.value_span(), |(from, to)| setting.span_of_value(from, to));
        let mut error = Diagnostic::error(problem.code, message).at(span).suggest(problem.suggestion);
        error.help = problem.help;
        self.say(component, error);
        if matches!(key.kind, Kind::Regex | Kind::FilePattern) {
            self.backslashes(component, setting);
        }
    }

    fn backslashes(&mut self, component: &ComponentConfig, setting: &Setting) {
        for span in setting.dropped_backslashes() {
            let message = format!("a backslash of `{}` is dropped", setting.key());
            let help = "a backslash that is to stay is written twice: \\\\d";
            self.say(component, Diagnostic::warning("dropped-backslash", message).at(*span).help(help));
        }
    }

    /// A folder of a file group is a fixed one, unless it is said otherwise.
    fn pattern_folder(&mut self, component: &ComponentConfig, part: &Part<'_>, setting: &Setting) {
        let glob = format!("{}.glob", setting.key());
        let is_true = |value: &str| value.eq_ignore_ascii_case("true");
        let is_glob = part.settings.iter().any(|(name, other)| *name == glob && is_true(other.value()));
        let Some((folder, _)) = setting.value().rsplit_once('/') else { return };
        if !is_glob {
            let title = component.title();
            let help = format!("until it is, {title} reads nothing, also of its other file groups");
            self.expect_folder(component, folder, setting.span_of_value(0, folder.len()), help);
        }
    }

    fn expect_folder(&mut self, component: &ComponentConfig, folder: &str, at: Span, help: String) {
        if self.surroundings.folder_exists(Path::new(folder)) == Some(false) {
            let message = format!("the folder {folder} is not there");
            self.say(component, Diagnostic::warning("missing-folder", message).at(at).help(help));
        }
    }

    fn path_value(&mut self, component: &ComponentConfig, key: &Key, setting: &Setting) {
        let value = setting.value();
        if is_quoted(value) {
            let message = format!("the quotes are part of the value of `{}`", setting.key());
            self.say(component, Diagnostic::note("quoted", message).at(setting.value_span()));
        }
        // `C:\data` has lost its backslash.
        if value.as_bytes().get(1) == Some(&b':') {
            self.backslashes(component, setting);
        }
        let title = component.title();
        let help = match key.kind {
            Kind::Folder => format!("{title} needs it when it starts"),
            Kind::OutFolder => format!("{title} makes it when it starts; Flume would need it there"),
            _ => return,
        };
        self.expect_folder(component, value, setting.value_span(), help);
    }
}
