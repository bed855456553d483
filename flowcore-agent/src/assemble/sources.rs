use flowcore::ingest::AgentBuilder;

use super::{AssembleError, for_ever, kind, no_factory, no_factory_of, part_type, type_name, words};
use crate::keys::Section;
use crate::model::ComponentConfig;
use crate::registry::{BoxedInterceptor, BoxedSelector, Registry, Settings};

pub(super) fn add(
    builder: AgentBuilder,
    source: &ComponentConfig,
    registry: &Registry,
) -> Result<AgentBuilder, AssembleError> {
    let settings = Settings::new(source, kind(source), registry);
    let made = registry.make_source(type_name(source), &settings).ok_or_else(|| no_factory(source))??;
    let mut builder = builder.source(source.name.as_str(), made).restart(for_ever());
    for name in words(source, "interceptors") {
        builder = builder.interceptor(interceptor(source, name, registry)?);
    }
    Ok(builder.selector(selector(source, registry)?).into(words(source, "channels")))
}

/// The interceptor of a source that is named `name`.
pub(crate) fn interceptor(
    source: &ComponentConfig,
    name: &str,
    registry: &Registry,
) -> Result<BoxedInterceptor, AssembleError> {
    let prefix = format!("interceptors.{name}.");
    let written = source.value(&format!("{prefix}type")).unwrap_or("");
    let (kind, name) = part_type(Section::Interceptor, written);
    let settings = Settings::new(source, None, registry).of_part(kind, &prefix);
    let made = registry.make_interceptor(name, &settings);
    Ok(made.ok_or_else(|| no_factory_of(source, written))??)
}

/// What chooses the channels of a source's events.
pub(crate) fn selector(
    source: &ComponentConfig,
    registry: &Registry,
) -> Result<BoxedSelector, AssembleError> {
    let written = source.value("selector.type").unwrap_or("replicating");
    let (kind, name) = part_type(Section::Selector, written);
    let settings = Settings::new(source, None, registry).of_part(kind, "selector.");
    let made = registry.make_selector(name, &settings, &words(source, "channels"));
    Ok(made.ok_or_else(|| no_factory_of(source, written))??)
}
