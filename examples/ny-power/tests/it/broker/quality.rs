use super::running::Running;
use super::tool::{Subscriber, VERSIONS, pump};

#[tokio::test(flavor = "multi_thread")]
async fn each_quality_reaches_each_quality_in_both_versions() {
    let (broker, _dir) = Running::start().await;
    for sub_version in VERSIONS {
        for sub_quality in ["0", "1", "2"] {
            let topic = format!("ny-power/test/{sub_version}/{sub_quality}");
            let mut subscriber =
                Subscriber::start(broker.port, &["-V", sub_version, "-q", sub_quality, "-t", &topic]).await;
            for version in VERSIONS {
                for quality in ["0", "1", "2"] {
                    let payload = format!("{version} {quality}");
                    pump(broker.port, &["-V", version, "-q", quality, "-t", &topic, "-m", &payload]).await;
                    let least = quality.min(sub_quality);
                    assert_eq!(subscriber.next().await, format!("{topic} {least} 0 {payload}"));
                }
            }
        }
    }
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retained_messages_come_at_once_and_an_empty_one_clears() {
    let (broker, _dir) = Running::start().await;
    for (topic, payload) in [("ny-power/a", "1"), ("ny-power/b", "2"), ("ny-power/a", "3")] {
        pump(broker.port, &["-r", "-q", "1", "-t", topic, "-m", payload]).await;
    }
    for version in VERSIONS {
        let mut late = Subscriber::start(broker.port, &["-V", version, "-q", "2", "-t", "ny-power/#"]).await;
        assert_eq!(late.take(2).await, ["ny-power/a 1 1 3", "ny-power/b 1 1 2"]);
    }
    pump(broker.port, &["-r", "-n", "-q", "1", "-t", "ny-power/a"]).await;
    let mut late = Subscriber::start(broker.port, &["-t", "ny-power/+"]).await;
    assert_eq!(late.next().await, "ny-power/b 0 1 2");
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retained_messages_are_there_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..3 {
        let broker = Running::in_dir(dir.path(), ny_power::broker::Limits::default()).await;
        if round > 0 {
            let mut late = Subscriber::start(broker.port, &["-t", "ny-power/status"]).await;
            assert_eq!(late.next().await, format!("ny-power/status 0 1 {}", round - 1));
        }
        pump(broker.port, &["-r", "-q", "1", "-t", "ny-power/status", "-m", &round.to_string()]).await;
        drop(broker);
    }
}
