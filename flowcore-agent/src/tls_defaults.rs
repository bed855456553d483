//! Settings of TLS that hold for every component that has none of its own: from `-D` and the environment.

use crate::interpolate::Lookups;
use crate::keys::{ComponentType, find};
use crate::model::{ComponentConfig, Config, Group, Setting};

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
        supply_one(component, lookups);
    }
}

/// The same for one component.
pub(crate) fn supply_one(component: &mut ComponentConfig, lookups: &Lookups<'_>) {
    let kind = component.value("type").and_then(|name| find(component.group.section(), name));
    let Some(switch) = kind.and_then(|kind| tls_switch(kind.component, component)).cloned() else {
        return;
    };
    let own = match component.group {
        Group::Sources => SERVER,
        _ => CLIENT,
    };
    for global in own {
        fill(component, global, value(global, lookups), &switch);
    }
    for global in BOTH {
        let list = value(global, lookups).map(|list| list.replace(',', " "));
        fill(component, global, list, &switch);
    }
}

/// What says that a component speaks TLS, if it does.
pub(crate) fn tls_switch<'a>(kind: &ComponentType, component: &'a ComponentConfig) -> Option<&'a Setting> {
    let is_on = |setting: &&Setting| setting.value().eq_ignore_ascii_case("true");
    let switch = |key| component.get(key).filter(is_on);
    match kind.key("ssl") {
        Some(_) => switch("ssl").or_else(|| switch("enableSSL")),
        None => {
            component.get("endpoint").filter(|it| kind.key("truststore").is_some() && is_https(it.value()))
        }
    }
}

/// Whether what is sent to this URL goes by TLS.
pub(crate) fn is_https(endpoint: &str) -> bool {
    endpoint.trim().get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
}

fn value(global: &Global, lookups: &Lookups<'_>) -> Option<String> {
    let property = lookups.system.get(global.property).cloned();
    property.or_else(|| (lookups.environment)(global.variable)).filter(|value| !value.trim().is_empty())
}

fn fill(component: &mut ComponentConfig, global: &Global, value: Option<String>, near: &Setting) {
    let Some(value) = value else { return };
    if component.get(global.key).is_some() || component.get(global.old_name).is_some() {
        return;
    }
    let supplied = near.supply(global.key, &value);
    component.settings.push(supplied);
}
