//! Channel selectors, sink processors and config filters.

use flowcore::base::random_u64;
use flowcore::ingest::selector::Route;
use flowcore::ingest::{
    FailoverPolicy, LoadBalancePolicy, LoadBalancingSelector, MultiplexingSelector, ReplicatingSelector,
};

use super::Family;
use crate::keys::Section;
use crate::registry::boxed::BoxedPolicy;
use crate::registry::{Registry, SettingError, Settings};

pub(super) const FAMILY: Family = Family {
    register,
    parts: &[
        // A sink that is alone.
        (Section::SinkProcessor, "default"),
        (Section::ConfigFilter, "env"),
        (Section::ConfigFilter, "external"),
    ],
    not_yet: &[],
};

fn register(registry: Registry) -> Registry {
    registry
        .selector("replicating", replicating)
        .selector("multiplexing", multiplexing)
        .selector("load_balancing", load_balancing)
        .sink_processor("failover", failover)
        .sink_processor("load_balance", load_balance)
}

fn replicating(settings: &Settings<'_>, channels: &[&str]) -> Result<ReplicatingSelector, SettingError> {
    let optional = numbers(settings, "optional", channels)?;
    let required = (0..channels.len()).filter(|channel| !optional.contains(channel));
    Ok(ReplicatingSelector::new(Route::required(required).and_optional(optional.iter().copied())))
}

fn multiplexing(settings: &Settings<'_>, channels: &[&str]) -> Result<MultiplexingSelector, SettingError> {
    let mut selector = MultiplexingSelector::on(settings.required("header")?);
    for (key, _) in settings.written() {
        if let Some(value) = key.strip_prefix("mapping.") {
            selector = selector.map(value, numbers(settings, key, channels)?);
        } else if let Some(value) = key.strip_prefix("optional.") {
            selector = selector.optional(value, numbers(settings, key, channels)?);
        }
    }
    Ok(selector.otherwise(numbers(settings, "default", channels)?))
}

fn load_balancing(settings: &Settings<'_>, channels: &[&str]) -> Result<LoadBalancingSelector, SettingError> {
    match settings.required("policy")?.to_ascii_uppercase().as_str() {
        "ROUND_ROBIN" => Ok(LoadBalancingSelector::round_robin(0..channels.len())),
        "RANDOM" => Ok(LoadBalancingSelector::random(0..channels.len(), random_u64())),
        _ => Err(settings.error("policy", "is neither ROUND_ROBIN nor RANDOM")),
    }
}

/// Where the channels of a list are among those of the source.
fn numbers(settings: &Settings<'_>, key: &str, channels: &[&str]) -> Result<Vec<usize>, SettingError> {
    let number = |name: &&str| {
        let at = channels.iter().position(|channel| channel == name);
        at.ok_or_else(|| settings.error(key, format!("names {name}, which is no channel of the source")))
    };
    settings.words(key).iter().map(number).collect()
}

fn failover(settings: &Settings<'_>, sinks: &[&str]) -> Result<FailoverPolicy, SettingError> {
    let priority = |sink: &&str| {
        let key = format!("priority.{sink}");
        settings.text(&key).map(|_| settings.number(&key)).transpose()
    };
    let priorities: Vec<Option<i64>> = sinks.iter().map(priority).collect::<Result<_, _>>()?;
    let policy = FailoverPolicy::new(priorities).map_err(|equal| {
        let name = |at: usize| sinks.get(at).copied().unwrap_or_default();
        let problem = format!("of {} and {} is {}", name(equal.first), name(equal.second), equal.priority);
        settings.error(&format!("priority.{}", name(equal.second)), problem)
    })?;
    Ok(policy.max_penalty(settings.millis("maxpenalty")?))
}

fn load_balance(settings: &Settings<'_>, sinks: &[&str]) -> Result<BoxedPolicy, SettingError> {
    let selector = settings.required("selector")?;
    let policy = match selector.to_ascii_lowercase().as_str() {
        "round_robin" => LoadBalancePolicy::round_robin(sinks.len()),
        "random" => LoadBalancePolicy::random(sinks.len(), random_u64()),
        // One's own.
        _ => {
            let made = settings.registry().make_sink_processor(selector, settings, sinks);
            let unknown =
                || settings.error("selector", "is neither round_robin, nor random, nor a registered name");
            return made.ok_or_else(unknown)?;
        }
    };
    let most = settings.millis("selector.maxTimeOut")?;
    Ok(BoxedPolicy::new(policy.backoff(settings.boolean("backoff")?).max_timeout(most)))
}
