//! Settings of TLS that hold for every component that has none of its own: from `-D` and the environment.

use crate::interpolate::Lookups;
use crate::keys::find;
use crate::model::{ComponentConfig, Config, Group};

/// A key, where its value comes from (a property, which wins, or a variable), and the keys whose presence
/// keeps it out.
struct Global {
    key: &'static str,
    property: &'static str,
    variable: &'static str,
    old_name: &'static str,
}

const fn global(key: &'static str, property: &'static str, variable: &'static str) -> Global {
    Global { key, property, variable, old_name: key }
}

const SERVER: &[Global] = &[
    global("keystore", "javax.net.ssl.keyStore", "FLUME_SSL_KEYSTORE_PATH"),
    Global {
        old_name: "keystorePassword",
        ..global("keystore-password", "javax.net.ssl.keyStorePassword", "FLUME_SSL_KEYSTORE_PASSWORD")
    },
    global("keystore-type", "javax.net.ssl.keyStoreType", "FLUME_SSL_KEYSTORE_TYPE"),
];

const CLIENT: &[Global] = &[
    global("truststore", "javax.net.ssl.trustStore", "FLUME_SSL_TRUSTSTORE_PATH"),
    global("truststore-password", "javax.net.ssl.trustStorePassword", "FLUME_SSL_TRUSTSTORE_PASSWORD"),
    global("truststore-type", "javax.net.ssl.trustStoreType", "FLUME_SSL_TRUSTSTORE_TYPE"),
];

/// Lists with commas between.
const BOTH: &[Global] = &[
    global("include-protocols", "flume.ssl.include.protocols", "FLUME_SSL_INCLUDE_PROTOCOLS"),
    Global {
        old_name: "excludeProtocols",
        ..global("exclude-protocols", "flume.ssl.exclude.protocols", "FLUME_SSL_EXCLUDE_PROTOCOLS")
    },
    global("include-cipher-suites", "flume.ssl.include.cipherSuites", "FLUME_SSL_INCLUDE_CIPHERSUITES"),
    global("exclude-cipher-suites", "flume.ssl.exclude.cipherSuites", "FLUME_SSL_EXCLUDE_CIPHERSUITES"),
];

/// Gives the components that speak TLS what they do not say themselves.
pub(crate) fn supply(config: &mut Config, lookups: &Lookups<'_>) {
    for component in config.agents.iter_mut().flat_map(|agent| &mut agent.components) {
        if !speaks_tls(component) {
            continue;
        }
        let own = match component.group {
            Group::Sources => SERVER,
            _ => CLIENT,
        };
        for global in own {
            fill(component, global, value(global, lookups));
        }
        for global in BOTH {
            let list = value(global, lookups).map(|list| list.replace(',', " "));
            fill(component, global, list);
        }
    }
}

fn speaks_tls(component: &ComponentConfig) -> bool {
    let kind = component.value("type").and_then(|name| find(component.group.section(), name));
    let is_on = |key: &str| component.value(key).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    kind.is_some_and(|kind| kind.component.key("ssl").is_some()) && (is_on("ssl") || is_on("enableSSL"))
}

fn value(global: &Global, lookups: &Lookups<'_>) -> Option<String> {
    let property = lookups.system.get(global.property).cloned();
    property.or_else(|| (lookups.environment)(global.variable)).filter(|value| !value.trim().is_empty())
}

fn fill(component: &mut ComponentConfig, global: &Global, value: Option<String>) {
    let Some(value) = value else { return };
    if component.get(global.key).is_some() || component.get(global.old_name).is_some() {
        return;
    }
    let Some(near) = component.get("ssl").or(component.get("enableSSL")) else { return };
    let supplied = near.supply(global.key, &value);
    component.settings.push(supplied);
}
