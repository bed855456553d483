//! Spout and bolt inside running topologies.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore::base::Backoff;
use flowcore::process::{Bolt, BoltError, NoOutput, RetryPolicy, RunningTopology, TopologyBuilder, for_each};
use flowcore_mqtt::{
    Message, MqttBolt, MqttClient, MqttConfig, MqttSource, MqttSourceConfig, MqttSpout, Publish, QoS,
    Session, Version,
};
use flowcore_testkit::{Driven, Recorder, ScriptedSpout, first_occurrences, numbers, pause, until, within};

use crate::proxy::CuttingProxy;
use crate::server::Server;

fn lasting(mqtt: MqttConfig, id: &str) -> MqttConfig {
    mqtt.client_id(id)
        .session(Session::Persistent(Duration::from_mins(10)))
        .backoff(Duration::from_millis(1), Duration::from_millis(4))
}

async fn stop(running: RunningTopology) {
    running.handle().stop();
    let report = within(running.wait()).await.unwrap();
    assert!(report.unsettled.is_empty(), "{report:?}");
}

async fn publish(server: &Server, topic: &str, range: std::ops::Range<usize>) {
    let mut client = MqttClient::new(server.config());
    let bodies = numbers(range).into_iter();
    within(client.publish(bodies.map(|body| Publish::new(topic, body)))).await.unwrap();
}

fn body(message: &Message) -> String {
    String::from_utf8(message.payload.to_vec()).unwrap()
}

/// From one topic to another, with a mark behind each message.
fn copy(from: MqttConfig, to: MqttConfig, qos: QoS) -> RunningTopology {
    let config = MqttSourceConfig::new(from).subscribe("from", qos).batch(16);
    let mut topology = TopologyBuilder::new("copy").max_pending(200).grace(Duration::from_mins(1));
    let messages = topology.spout("messages", move || MqttSpout::new(config.clone()));
    let write = move || {
        MqttBolt::new(to.clone(), move |message: &Message, out| {
            out.add(Publish::new("to", message.payload.clone()).qos(qos));
            out.add(Publish::new("mark", message.payload.clone()).qos(qos).retained());
        })
    };
    topology.bolt("write", write).global(&messages);
    topology.build().unwrap().start()
}

#[tokio::test]
async fn what_is_read_and_written_over_cut_connections_arrives_in_order() {
    let server = Server::start().await;
    for (seed, qos) in [(1, QoS::AtLeastOnce), (2, QoS::ExactlyOnce)] {
        let heard = MqttSourceConfig::new(server.config()).subscribe("to", qos);
        let mut heard = Driven::started(MqttSource::new(heard)).await;
        let down = CuttingProxy::before(server.port(), seed, 12_000, 15).await;
        let up = CuttingProxy::before(server.port(), seed + 100, 12_000, 15).await;
        let ids = [format!("reader {qos:?}"), format!("writer {qos:?}")];
        let running = copy(lasting(down.config(), &ids[0]), lasting(up.config(), &ids[1]), qos);
        // It has subscribed when the first message came through.
        until(async || {
            publish(&server, "from", 0..1).await;
            heard.batch_within(Duration::from_millis(100)).await.is_some_and(|batch| {
                batch.token.ack();
                true
            })
        })
        .await;
        publish(&server, "from", 1..1000).await;
        let mut came = vec!["entry 0".to_owned()];
        while came.last().is_none_or(|last| last != "entry 999") {
            came.extend(heard.acked(1).await);
        }
        assert_eq!(first_occurrences(came), numbers(0..1000));
        assert!(down.cuts() > 0 && up.cuts() > 0);
        stop(running).await;
        let mark = MqttClient::new(server.config()).retained("mark", Duration::from_secs(20)).await.unwrap();
        assert_eq!(mark[0].payload, "entry 999");
    }
}

#[tokio::test]
async fn a_tuple_is_acknowledged_when_all_of_its_messages_are() {
    let mut server = Server::start().await;
    let mqtt = lasting(server.config(), "writer").version(Version::V3_1_1);
    let script = ScriptedSpout::new().emit(0..10_usize).hold().emit(10..12);
    let mut topology = TopologyBuilder::new("publish");
    let tuples = topology.spout("tuples", script.factory());
    let write = move || {
        MqttBolt::new(mqtt.clone(), |number: &usize, out| {
            for part in 0..*number {
                let qos = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce][part % 3];
                out.add(Publish::new(format!("tuple/{number}/{part}"), "x").qos(qos).retained());
            }
        })
    };
    topology.bolt("write", write).shuffle(&tuples);
    let running = topology.build().unwrap().start();
    until(async || script.acked().len() == 10).await;
    server.stop();
    // It has noticed: what is sent at most once waits for the next connection.
    pause(200).await;
    script.release();
    pause(500).await;
    assert_eq!(script.acked().len(), 10, "the broker has not answered the last ones");
    server.up().await;
    within(running.wait()).await.unwrap();
    assert_eq!(script.acked().len(), 12);
    let kept = MqttClient::new(server.config()).retained("tuple/#", Duration::from_secs(20)).await.unwrap();
    assert_eq!(kept.len(), (0..12).sum::<usize>());
}

#[tokio::test]
async fn a_bad_topic_makes_a_dead_letter_and_the_others_go_through() {
    let server = Server::start_with("message_size_limit 1000").await;
    let mqtt = server.config();
    let script = ScriptedSpout::new()
        .emit([("good/1", 1), ("bad/#", 1), ("", 1), ("large", 2000), ("good/2", 1)])
        .stay_open();
    let (letters, mut topology) = (Recorder::new(), TopologyBuilder::new("publish"));
    let spout = topology.spout("tuples", script.factory());
    let dead = spout.dead_letters();
    let record = letters.clone();
    let write = move || {
        MqttBolt::new(mqtt.clone(), |(topic, size): &(&str, usize), out| {
            out.add(Publish::new(*topic, vec![b'x'; *size]).retained());
        })
    };
    topology.bolt("write", write).shuffle(&spout);
    topology
        .bolt("letters", move || {
            let record = record.clone();
            for_each(move |letter: &flowcore::process::DeadLettered<(&'static str, usize)>| {
                record.push(letter.tuple().0);
            })
        })
        .global(&dead);
    // While the spout is open: a letter that comes when all inputs have ended may find its reader gone.
    let running = topology.build().unwrap().start();
    until(async || letters.len() == 3).await;
    stop(running).await;
    let mut refused = letters.items();
    refused.sort_unstable();
    assert_eq!(refused, ["", "bad/#", "large"]);
    let kept = MqttClient::new(server.config()).retained("#", Duration::from_secs(20)).await.unwrap();
    assert_eq!(kept.len(), 2);
}

#[tokio::test]
async fn a_missing_permission_stops_the_topology_and_says_why() {
    let server = Server::with_logins().await;
    let mqtt = server.guarded("flow:secret@");
    let script = ScriptedSpout::new().emit(0..10);
    let mut topology = TopologyBuilder::new("publish");
    let tuples = topology.spout("tuples", script.factory());
    let write = move || MqttBolt::new(mqtt.clone(), |_: &i32, out| out.add(Publish::new("elsewhere", "x")));
    topology.bolt("write", write).shuffle(&tuples);
    let error = within(topology.build().unwrap().run()).await.unwrap_err();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    assert!(text.contains("bolt write at 127.0.0.1:"), "{text}");
    assert!(text.ends_with("the user has no permission: not authorized (0x87)"), "{text}");
    assert!(script.acked().is_empty());
}

/// Fails every seventh call.
struct Flaky(Arc<Mutex<(usize, Vec<String>)>>);

impl Bolt<Message> for Flaky {
    type Out = NoOutput;

    async fn execute(&mut self, message: &Message, _out: &mut NoOutput) -> Result<(), BoltError> {
        let mut seen = self.0.lock().unwrap();
        seen.0 += 1;
        if seen.0.is_multiple_of(7) {
            return Err(BoltError::retry("not now"));
        }
        seen.1.push(body(message));
        Ok(())
    }
}

#[tokio::test]
async fn what_a_bolt_refuses_for_a_while_is_acknowledged_when_it_is_through() {
    let server = Server::start().await;
    let mqtt = lasting(server.config(), "reader");
    let config = || MqttSourceConfig::new(mqtt.clone()).subscribe("from", QoS::AtLeastOnce);
    Driven::started(MqttSource::new(config())).await.stop().await.unwrap();
    publish(&server, "from", 0..300).await;
    let seen = Arc::new(Mutex::new((0, Vec::new())));
    let backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(10));
    let mut topology = TopologyBuilder::new("flaky").retry(RetryPolicy { max_attempts: 50, backoff });
    let (read, to) = (config(), seen.clone());
    let messages = topology.spout("messages", move || MqttSpout::new(read.clone()));
    topology.bolt("flaky", move || Flaky(to.clone())).shuffle(&messages).parallelism(2);
    let running = topology.build().unwrap().start();
    until(async || seen.lock().unwrap().1.len() >= 300).await;
    stop(running).await;
    let mut came = seen.lock().unwrap().1.clone();
    came.sort_by_key(|body| body[6..].parse::<usize>().unwrap());
    assert_eq!(came, numbers(0..300));
    let mut rest = Driven::started(MqttSource::new(config())).await;
    publish(&server, "from", 300..301).await;
    assert_eq!(rest.acked(1).await, numbers(300..301), "the broker has nothing else to send");
}
