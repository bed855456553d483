use super::{Registry, SettingError, Settings};
use crate::assemble::{AssembleError, interceptor, kind, processor, selector, type_name, words};
use crate::keys::{ComponentType, Kind, Section, find};
use crate::model::{ComponentConfig, Group};

impl Registry {
    /// What the factories of a component's parts refuse, and its own if it is of the user's type. Those of
    /// built-in components may open files: they are not tried.
    pub(super) fn try_settings(&self, component: &ComponentConfig) -> Vec<SettingError> {
        let settings = Settings::new(component, kind(component), self);
        let name = type_name(component);
        let is_own = kind(component).is_none();
        let mut refused = Refused::default();
        match component.group {
            Group::Sources => {
                refused.note(is_own.then(|| self.make_source(name, &settings)).flatten());
                for name in
                    words(component, "interceptors").into_iter().filter(|name| !is_host(component, name))
                {
                    refused.note_of_part(interceptor(component, name, self));
                }
                refused.note_of_part(selector(component, self));
                if has_part(component, Section::Deserializer) {
                    refused.note(settings.own_deserializer("deserializer"));
                }
            }
            Group::Channels => refused.note(is_own.then(|| self.make_channel(name, &settings)).flatten()),
            Group::Sinks => {
                refused.note(is_own.then(|| self.make_sink(name, &settings)).flatten());
                for key in kind(component).into_iter().flat_map(ComponentType::all_keys) {
                    if key.kind == Kind::Type(Section::Serializer) {
                        refused.note(Some(settings.serializer(key.name)));
                    }
                }
            }
            Group::SinkGroups => refused.note_of_part(processor(component, self)),
            Group::ConfigFilters => {}
        }
        refused.0
    }
}

fn has_part(component: &ComponentConfig, section: Section) -> bool {
    kind(component).into_iter().flat_map(ComponentType::all_keys).any(|key| key.kind == Kind::Type(section))
}

/// It asks a resolver.
fn is_host(source: &ComponentConfig, name: &str) -> bool {
    let written = source.value(&format!("interceptors.{name}.type")).unwrap_or("");
    find(Section::Interceptor, written).is_some_and(|found| found.component.name == "host")
}

#[derive(Default)]
struct Refused(Vec<SettingError>);

impl Refused {
    fn note<M>(&mut self, made: Option<Result<M, SettingError>>) {
        self.0.extend(made.and_then(Result::err));
    }

    /// That there is no such type is said where types are looked at.
    fn note_of_part<M>(&mut self, made: Result<M, AssembleError>) {
        if let Err(AssembleError::Setting(error)) = made {
            self.0.push(error);
        }
    }
}
