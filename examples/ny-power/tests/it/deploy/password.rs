//! Nobody's password is in the chart: it is made once, or the user's.

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::api_server::ApiServer;
use super::helm::Helm;
use super::manifests::{Manifests, items, text};
use super::values::cases;

const SECRET: &str = "demo-ny-power-password";

#[test]
fn it_comes_from_a_secret_alone() {
    let helm = Helm::new();
    for (case, values) in cases() {
        let manifests = helm.template(&values);
        let mut users = Vec::new();
        for container in manifests.containers() {
            for variable in items(&container.spec["env"]) {
                if variable["name"] == "MQTT_PUMP_PASS" {
                    let reference = &variable["valueFrom"]["secretKeyRef"];
                    assert!(variable.get("value").is_none() && reference.is_object(), "{case}: {variable}");
                    users.push(container.name());
                }
            }
        }
        users.sort_unstable();
        // Beside a Mosquitto, it is for the one who writes the file of passwords.
        let of_broker = if case == "mosquitto" { "config" } else { "broker" };
        let mut expected = ["archive", of_broker, "pump"];
        expected.sort_unstable();
        assert_eq!(users, expected, "{case}");
    }
}

#[test]
fn a_secret_that_is_there_is_used_and_none_is_made() {
    let values = json!({"password": {"existingSecret": "mine", "key": "pump"}});
    let manifests = Helm::new().template(&values);
    assert_eq!(manifests.of_kind("Secret").count(), 0);
    let variable = &manifests.container("pump").spec["env"][0];
    assert_eq!(variable["valueFrom"]["secretKeyRef"], json!({"name": "mine", "key": "pump"}));
}

#[test]
fn a_new_one_is_long_and_never_the_same() {
    let helm = Helm::new();
    let [one, other] = [(); 2].map(|()| password(&helm.template(&json!({}))));
    assert_eq!(one.len(), 32);
    assert!(one.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert_ne!(one, other);
}

#[test]
fn an_archives_address_with_a_password_is_in_no_argument() {
    let values = json!({"archive": {"urlSecret": {"name": "archive-address"}}});
    let manifests = Helm::new().template(&values);
    let archive = manifests.container("archive");
    assert!(archive.arguments().contains(&"--archive=$(ARCHIVE_URL)"));
    let variable = items(&archive.spec["env"]).into_iter().find(|one| one["name"] == "ARCHIVE_URL").unwrap();
    let reference = json!({"name": "archive-address", "key": "url"});
    assert_eq!(variable["valueFrom"]["secretKeyRef"], reference);
}

#[test]
fn an_upgrade_keeps_the_one_that_is_there() {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": SECRET, "namespace": "default"},
        "data": {"MQTT_PUMP_PASS": BASE64.encode(b"from the first installation")}});
    let server = ApiServer::start(Some(secret));
    let manifests = Helm::new().template_against(&server.address(), &json!({}));
    assert_eq!(password(&manifests), "from the first installation");
}

#[test]
fn an_installation_in_a_cluster_without_one_makes_one() {
    let server = ApiServer::start(None);
    let manifests = Helm::new().template_against(&server.address(), &json!({}));
    assert_eq!(password(&manifests).len(), 32);
}

fn password(manifests: &Manifests) -> String {
    let data: &Value = &manifests.get("Secret", SECRET)["data"]["MQTT_PUMP_PASS"];
    String::from_utf8(BASE64.decode(text(data).as_bytes()).unwrap()).unwrap()
}
