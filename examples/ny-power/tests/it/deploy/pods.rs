//! How pods run: their rights, limits, probes and volumes.

use serde_json::json;

use super::helm::Helm;
use super::manifests::{Container, Manifests, object, text};
use super::values::cases;

fn each_rendering(check: impl Fn(&str, &Manifests)) {
    let helm = Helm::new();
    for (case, values) in cases() {
        check(case, &helm.template(&values));
    }
}

#[test]
fn no_container_is_root_or_can_become_it() {
    each_rendering(|case, manifests| {
        for Container { pod, spec } in manifests.containers() {
            let place = format!("{case}: {}", spec["name"]);
            let (all, own) = (&pod["spec"]["securityContext"], &spec["securityContext"]);
            assert_eq!(all["runAsUser"], 10001, "{place}");
            assert_eq!(all["fsGroup"], 10001, "{place}");
            assert_eq!(all["seccompProfile"]["type"], "RuntimeDefault", "{place}");
            assert_eq!(own["runAsNonRoot"], true, "{place}");
            assert_eq!(own["readOnlyRootFilesystem"], true, "{place}");
            assert_eq!(own["allowPrivilegeEscalation"], false, "{place}");
            assert_eq!(own["capabilities"], json!({"drop": ["ALL"]}), "{place}");
            assert_eq!(pod["spec"]["automountServiceAccountToken"], false, "{place}");
        }
    });
}

#[test]
fn every_container_has_limits() {
    each_rendering(|case, manifests| {
        for container in manifests.containers() {
            for kind in ["requests", "limits"] {
                let amounts = object(&container.spec["resources"][kind]);
                let has = |what: &str| amounts.get(what).is_some_and(|amount| !text(amount).is_empty());
                assert!(has("cpu") && has("memory"), "{case}: {} has no {kind}", container.name());
            }
        }
    });
}

#[test]
fn whoever_listens_is_probed() {
    each_rendering(|case, manifests| {
        let containers = manifests.containers();
        let listening: Vec<_> = containers.iter().filter(|one| !one.ports().is_empty()).collect();
        assert!(listening.len() >= 2, "{case}: the broker and the pages listen");
        for container in listening {
            for probe in ["readinessProbe", "livenessProbe"] {
                let probe = &container.spec[probe];
                let way = if probe["tcpSocket"].is_null() { "httpGet" } else { "tcpSocket" };
                let port = text(&probe[way]["port"]);
                assert!(container.ports().contains(&port), "{case}: {}", container.name());
            }
        }
    });
}

#[test]
fn the_pages_are_asked_for_their_health() {
    let manifests = Helm::new().template(&json!({}));
    let web = manifests.container("web");
    assert_eq!(web.spec["readinessProbe"]["httpGet"]["path"], "/api/health");
    assert_eq!(manifests.get("Deployment", "demo-ny-power-web")["spec"]["replicas"], 2);
}

#[test]
fn what_must_not_run_twice_is_one_and_waits_for_its_end() {
    each_rendering(|case, manifests| {
        let sets: Vec<_> = manifests.of_kind("StatefulSet").collect();
        assert!(sets.len() >= 3, "{case}: broker, pump, archive");
        for set in sets {
            assert_eq!(set["spec"]["replicas"], 1, "{case}");
            manifests.get("Service", text(&set["spec"]["serviceName"]));
        }
    });
}

#[test]
fn what_is_written_lies_on_a_volume_that_stays() {
    let manifests = Helm::new().template(&json!({"influxdb": {"enabled": false}}));
    for component in ["broker", "archive"] {
        let container = manifests.container(component);
        assert!(container.arguments().contains(&"--dir=/data"), "{component}");
        let volume = container.volume("/data").unwrap();
        let claim =
            manifests.get("PersistentVolumeClaim", text(&volume["persistentVolumeClaim"]["claimName"]));
        assert_eq!(claim["metadata"]["annotations"]["helm.sh/resource-policy"], "keep");
    }
    let manifests = Helm::new().template(&json!({"influxdb": {"enabled": true}}));
    let volume = manifests.container("influxdb").volume("/var/lib/influxdb").unwrap();
    manifests.get("PersistentVolumeClaim", text(&volume["persistentVolumeClaim"]["claimName"]));
    assert!(manifests.container("archive").volume("/data").is_none());
}

#[test]
fn a_claim_that_is_there_is_used_and_none_is_made() {
    let values = json!({"broker": {"persistence": {"existingClaim": "one"}},
        "archive": {"persistence": {"enabled": false}}});
    let manifests = Helm::new().template(&values);
    let volume = manifests.container("broker").volume("/data").unwrap();
    assert_eq!(volume["persistentVolumeClaim"]["claimName"], "one");
    assert!(manifests.container("archive").volume("/data").unwrap()["emptyDir"].is_object());
    assert_eq!(manifests.of_kind("PersistentVolumeClaim").count(), 0);
}

#[test]
fn a_mosquitto_reads_what_broker_config_wrote() {
    let manifests = Helm::new().template(&json!({"broker": {"kind": "mosquitto"}}));
    let (config, broker) = (manifests.container("config"), manifests.container("broker"));
    assert_eq!(config.arguments()[..2], ["broker-config", "/data"]);
    assert_eq!(broker.spec["command"], json!(["mosquitto", "-c", "/data/mosquitto.conf"]));
    assert_eq!(config.volume("/data"), broker.volume("/data"));
    assert!(broker.spec["env"].is_null(), "the password is hashed before it sees it");
}
