//! Values of every kind, and values that are refused.

use serde_json::{Value, json};

use super::helm::Helm;

/// What a person may want, by a name.
pub(super) fn cases() -> Vec<(&'static str, Value)> {
    let nowhere = json!({"persistence": {"enabled": false}});
    vec![
        ("default", json!({})),
        ("influxdb", json!({"influxdb": {"enabled": true}})),
        ("archive elsewhere", json!({"archive": {"url": "influx://db.example:8086"}})),
        ("archive by a secret", json!({"archive": {"urlSecret": {"name": "archive-address"}}})),
        ("ingress", json!({"ingress": {"enabled": true, "host": "power.example"}})),
        (
            "ingress with TLS",
            json!({"ingress": {"enabled": true, "host": "power.example", "className": "nginx",
                "tlsSecret": "certificate", "annotations": {"a.example/b": "c"}}}),
        ),
        ("existing secret", json!({"password": {"existingSecret": "mine", "key": "pump"}})),
        (
            "load balancer",
            json!({"broker": {"service": {"type": "LoadBalancer"}}, "web": {"service":
                {"type": "LoadBalancer", "port": 80}, "websocket": "ws://mqtt.example:9001"}}),
        ),
        ("mosquitto", json!({"broker": {"kind": "mosquitto"}})),
        ("generated day", json!({"pump": {"live": false}})),
        ("backlog", json!({"pump": {"backlogDays": 7}})),
        ("no volumes", json!({"broker": nowhere, "archive": nowhere})),
        (
            "volumes that are there",
            json!({"broker": {"persistence": {"existingClaim": "one"}},
                "archive": {"persistence": {"existingClaim": "two"}}}),
        ),
        (
            "where pods run",
            json!({"pullSecrets": ["registry"], "podAnnotations": {"a": "b"}, "nodeSelector": {"c": "d"},
                "tolerations": [{"key": "e", "operator": "Exists"}], "fullnameOverride": "power"}),
        ),
    ]
}

#[test]
fn values_that_are_wrong_are_refused_with_their_key() {
    let wrong = [
        ("/web/replicas", json!({"web": {"replicas": 0}})),
        ("/broker/kind", json!({"broker": {"kind": "rabbitmq"}})),
        ("brokr", json!({"brokr": {}})),
        ("paswordFile", json!({"password": {"paswordFile": "x"}})),
        ("/broker/service/mqttPort", json!({"broker": {"service": {"mqttPort": 65536}}})),
        ("/broker/service/type", json!({"broker": {"service": {"type": "Loadbalancer"}}})),
        ("/pump/live", json!({"pump": {"live": "yes"}})),
        ("/pump/backlogDays", json!({"pump": {"backlogDays": -1}})),
        ("/archive/window", json!({"archive": {"window": "20 hours"}})),
        ("/archive/url", json!({"archive": {"url": "http://db.example"}})),
        ("/archive/url", json!({"archive": {"url": "influx://user:password@db.example"}})),
        ("/web/websocket", json!({"web": {"websocket": "mqtt.example:9001"}})),
        ("/ingress/host", json!({"ingress": {"enabled": true}})),
        ("/ingress/websocketPath", json!({"ingress": {"websocketPath": "/mqtt"}})),
        ("/broker/persistence/size", json!({"broker": {"persistence": {"size": "much"}}})),
        ("/userId", json!({"userId": 0})),
        ("/web/resources", json!({"web": {"resources": {"limits": null}}})),
        ("/influxdb/image/tag", json!({"influxdb": {"image": {"tag": ""}}})),
    ];
    let helm = Helm::new();
    for (key, values) in wrong {
        let error = helm.try_template(&values).expect_err(key);
        assert!(error.contains("don't meet the specifications of the schema"), "{key}: {error}");
        // Older versions of Helm write `web.replicas` instead of `/web/replicas`.
        let dotted = key.trim_start_matches('/').replace('/', ".");
        assert!(error.contains(key) || error.contains(&dotted), "{key}: {error}");
    }
}

#[test]
fn an_archive_in_two_places_is_refused() {
    let both = json!({"influxdb": {"enabled": true}, "archive": {"url": "influx://db.example:8086"}});
    let error = Helm::new().try_template(&both).expect_err("two places");
    assert!(
        error.contains("only one of influxdb.enabled, archive.url and archive.urlSecret.name"),
        "{error}"
    );
}
