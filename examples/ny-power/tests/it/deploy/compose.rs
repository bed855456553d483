//! The compose files start the same roles as the chart.

use serde_json::{Value, json};

use super::helm::Helm;
use super::manifests::{items, object, text};

/// A file, with its anchors resolved and its merge keys merged.
pub(super) fn read(name: &str) -> Value {
    let file = std::fs::read_to_string(super::folder().join(name)).unwrap();
    let mut parsed: yaml_serde::Value = yaml_serde::from_str(&file).unwrap();
    parsed.apply_merge().unwrap();
    serde_json::to_value(parsed).unwrap()
}

pub(super) fn command(service: &Value) -> Vec<&str> {
    items(&service["command"]).into_iter().map(text).collect()
}

#[test]
fn each_role_is_told_the_same_as_in_the_chart() {
    let plain = (read("compose.yaml"), json!({}));
    let influxdb = (read("compose.influxdb.yaml"), json!({"influxdb": {"enabled": true}}));
    for (compose, values) in [plain, influxdb] {
        let manifests = Helm::new().template(&values);
        for (role, service) in object(&compose["services"]) {
            // Another image's own.
            if service["command"].is_null() {
                continue;
            }
            let chart = manifests.container(role).arguments().join(" ");
            let expected = chart.replace("//demo-ny-power-", "//");
            let mut expected: Vec<_> = expected.split(' ').collect();
            let mut command = command(service);
            expected[1..].sort_unstable();
            command[1..].sort_unstable();
            assert_eq!(command, expected, "{role}");
        }
    }
}

#[test]
fn all_roles_are_there() {
    let compose = read("compose.yaml");
    let roles: Vec<_> = object(&compose["services"]).keys().map(String::as_str).collect();
    assert_eq!(roles, ["archive", "broker", "pump", "web"]);
    for (role, service) in object(&compose["services"]) {
        assert_eq!(command(service)[0], role);
    }
}

#[test]
fn the_password_is_asked_for() {
    let compose = read("compose.yaml");
    for (role, service) in object(&compose["services"]) {
        let environment = &service["environment"];
        if role == "web" {
            assert!(environment.is_null());
        } else {
            assert!(text(&environment["MQTT_PUMP_PASS"]).starts_with("${MQTT_PUMP_PASS:?"), "{role}");
        }
    }
}

#[test]
fn services_have_limits_no_rights_and_no_open_ports() {
    let files = [read("compose.yaml"), read("compose.influxdb.yaml")];
    let services = files.iter().flat_map(|file| object(&file["services"]));
    // What the second file only changes has the rest from the first.
    let whole = services.filter(|(_, service)| !service["image"].is_null());
    let mut count = 0;
    for (name, service) in whole {
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(service["cap_drop"], json!(["ALL"]), "{name}");
        assert!(service["mem_limit"].is_string() && service["cpus"].is_number(), "{name}");
        let ports = items(&service["ports"]);
        assert!(ports.into_iter().all(|port| text(port).starts_with("127.0.0.1:")), "{name}");
        count += 1;
    }
    assert_eq!(count, 5);
}

#[test]
fn volumes_that_are_mounted_are_there() {
    let files = [read("compose.yaml"), read("compose.influxdb.yaml")];
    let mut mounted: Vec<&str> = Vec::new();
    for service in files.iter().flat_map(|file| object(&file["services"]).values()) {
        mounted.extend(items(&service["volumes"]).into_iter().filter_map(|one| text(one).split(':').next()));
    }
    let mut there: Vec<&str> =
        files.iter().flat_map(|file| object(&file["volumes"]).keys()).map(String::as_str).collect();
    mounted.sort_unstable();
    there.sort_unstable();
    assert_eq!(mounted, there);
}
