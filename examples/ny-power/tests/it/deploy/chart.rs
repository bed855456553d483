//! The chart as a whole: Helm's own check, Kubernetes' schemas, and whether its parts find each other.

use serde_json::{Value, json};

use super::helm::Helm;
use super::manifests::{Manifests, items, object, text};
use super::values::cases;

#[test]
fn helm_finds_nothing_to_complain_about() {
    let helm = Helm::new();
    for (case, values) in cases() {
        let output = helm.lint(&values);
        assert!(output.status.success(), "{case}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn kubernetes_has_every_field() {
    let helm = Helm::new();
    for (case, values) in cases() {
        let manifests = helm.try_template(&values).unwrap_or_else(|error| panic!("{case}: {error}"));
        helm.validate(&manifests).unwrap_or_else(|error| panic!("{case}: {error}"));
    }
}

#[test]
fn a_field_that_kubernetes_does_not_have_is_found() {
    let helm = Helm::new();
    let manifests = helm.try_template(&json!({})).unwrap().replace("imagePullPolicy:", "imagePolicy:");
    let error = helm.validate(&manifests).expect_err("a wrong field");
    assert!(error.contains("imagePolicy"), "{error}");
}

#[test]
fn every_service_leads_to_a_port_of_a_pod() {
    let helm = Helm::new();
    for (case, values) in cases() {
        let manifests = helm.template(&values);
        for service in manifests.of_kind("Service") {
            let selector = &service["spec"]["selector"];
            let containers = manifests.containers();
            let behind: Vec<_> = containers.iter().filter(|one| one.is_selected(selector)).collect();
            assert!(!behind.is_empty(), "{case}: {service}");
            for port in items(&service["spec"]["ports"]) {
                let target = text(&port["targetPort"]);
                assert!(behind.iter().any(|one| one.ports().contains(&target)), "{case}: {service}");
            }
        }
    }
}

#[test]
fn a_selector_does_not_find_pods_of_another_component() {
    let manifests = Helm::new().template(&json!({"influxdb": {"enabled": true}}));
    for workload in manifests.workloads() {
        let selector = &workload["spec"]["selector"]["matchLabels"];
        let found = manifests.workloads().filter(|other| {
            let labels = object(&other["spec"]["template"]["metadata"]["labels"]);
            object(selector).iter().all(|(label, value)| labels.get(label) == Some(value))
        });
        assert_eq!(found.count(), 1, "{selector}");
    }
}

#[test]
fn the_broker_that_others_are_told_of_is_there() {
    let values = json!({"broker": {"service": {"mqttPort": 11883}}, "influxdb": {"enabled": true}});
    let manifests = Helm::new().template(&values);
    for component in ["pump", "archive"] {
        let arguments = manifests.container(component).arguments();
        assert!(arguments.contains(&"--broker=mqtt://demo-ny-power-broker:11883"), "{arguments:?}");
    }
    assert_eq!(port(&manifests, "demo-ny-power-broker", "mqtt"), 11883);
    let archive = manifests.container("archive").arguments();
    assert!(archive.contains(&"--archive=influx://demo-ny-power-influxdb:8086"), "{archive:?}");
    assert_eq!(port(&manifests, "demo-ny-power-influxdb", "http"), 8086);
}

#[test]
fn pages_are_told_where_browsers_find_the_websocket() {
    let ingress =
        |tls: &str| json!({"ingress": {"enabled": true, "host": "power.example", "tlsSecret": tls}});
    let expected = [
        ("--ws-port=9001", json!({})),
        ("--ws-port=81", json!({"broker": {"service": {"websocketPort": 81}}})),
        ("--websocket=ws://power.example/ws", ingress("")),
        ("--websocket=wss://power.example/ws", ingress("certificate")),
        ("--websocket=ws://mqtt.example:9001", json!({"web": {"websocket": "ws://mqtt.example:9001"}})),
    ];
    for (argument, values) in expected {
        let manifests = Helm::new().template(&values);
        assert_eq!(manifests.container("web").arguments().last(), Some(&argument));
    }
}

#[test]
fn an_ingress_has_the_pages_and_the_websocket() {
    let values = json!({"ingress": {"enabled": true, "host": "power.example"}});
    let manifests = Helm::new().template(&values);
    let ingress = manifests.get("Ingress", "demo-ny-power");
    let paths = items(&ingress["spec"]["rules"][0]["http"]["paths"]);
    assert_eq!(paths.iter().map(|path| text(&path["path"])).collect::<Vec<_>>(), ["/ws", "/"]);
    for path in paths {
        let backend = &path["backend"]["service"];
        port(&manifests, text(&backend["name"]), text(&backend["port"]["name"]));
    }
}

/// The number of a Service's port.
fn port(manifests: &Manifests, service: &str, name: &str) -> u64 {
    let ports = items(&manifests.get("Service", service)["spec"]["ports"]);
    let port = ports.into_iter().find(|port| port["name"] == name);
    port.and_then(|port: &Value| port["port"].as_u64()).unwrap_or_else(|| panic!("{service} has no {name}"))
}
