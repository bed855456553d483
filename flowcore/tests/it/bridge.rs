//! Where ingest and process meet, in virtual time: one token from the put to the last delivery.

use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Clock, Token};
use flowcore::bridge::{ChannelBolt, ChannelSpout, SinkBolt};
use flowcore::ingest::{Channel, MemoryChannel};
use flowcore::process::{TopologyBuilder, inspect, map};
use flowcore_testkit::{FlakySink, Plan, Recorder, ScriptedSpout, Slow, run_until_idle, simulate};

type Shared = Arc<dyn Channel<String>>;

fn channel(capacity: usize, transaction: usize) -> Shared {
    let channel = MemoryChannel::<String>::builder().capacity(capacity).transaction(transaction);
    Arc::new(channel.keep_alive(Duration::from_secs(1)).build("memory"))
}

fn lines(from: usize, to: usize) -> Vec<String> {
    (from..to).map(|n| n.to_string()).collect()
}

async fn put(channel: &Shared, events: Vec<String>, told: &Recorder<(usize, bool)>) {
    let (tell, count) = (told.clone(), events.len());
    let mut put = channel.begin_put().await.unwrap();
    put.put(events).await.unwrap();
    put.commit(Token::new(move |outcome| tell.push((count, outcome.is_ok())))).await.unwrap();
}

fn topology(clock: Clock) -> TopologyBuilder {
    TopologyBuilder::new("bridge").clock(clock)
}

#[test]
fn the_token_of_a_put_is_answered_only_after_the_sink_has_delivered() {
    simulate(|clock| async move {
        let (channel, told, seen) = (channel(1_000, 100), Recorder::new(), Recorder::new());
        put(&channel, lines(0, 30), &told).await;
        put(&channel, lines(30, 70), &told).await;
        let (read, sink, answers) = (Arc::clone(&channel), seen.clone(), told.clone());
        let mut topology = topology(clock.clone());
        let events = topology.spout("events", move || ChannelSpout::new(Arc::clone(&read)).batch(10));
        let same = topology
            .bolt("look", move || {
                let answers = answers.clone();
                let look = inspect(move |_: &String| assert!(answers.is_empty(), "told too early"));
                Slow::new(look, Duration::from_millis(1))
            })
            .shuffle(&events);
        let linger = Duration::from_secs(5);
        topology.bolt("sink", move || SinkBolt::with_batch(sink.sink(), 50, linger)).shuffle(&same);
        let running = topology.build().unwrap().start();
        clock.sleep(Duration::from_secs(1)).await;
        assert_eq!((seen.len(), told.items()), (50, vec![]), "half of a batch is not acknowledged yet");
        clock.sleep(Duration::from_secs(9)).await;
        assert_eq!(seen.items(), lines(0, 70));
        assert_eq!(told.items(), [(30, true), (40, true)]);
        channel.close();
        assert_eq!(running.wait().await.unwrap().unsettled, []);
    });
}

#[test]
fn a_sink_that_fails_delays_but_loses_nothing_and_keeps_the_order() {
    for seed in 0..40 {
        simulate(|clock| async move {
            let (channel, told, seen) = (channel(10_000, 1_000), Recorder::new(), Recorder::new());
            for batch in 0..10 {
                put(&channel, lines(batch * 37, (batch + 1) * 37), &told).await;
            }
            channel.close();
            let (read, sink, plan) = (Arc::clone(&channel), seen.clone(), Plan::percent(seed, 40, 0));
            let mut topology = topology(clock.clone()).batch(64).grace(Duration::from_mins(10));
            let events = topology.spout("events", move || ChannelSpout::new(Arc::clone(&read)));
            topology
                .bolt("sink", move || {
                    let sink = FlakySink::new(sink.sink(), plan.clone());
                    SinkBolt::with_batch(sink, 10, Duration::from_millis(20))
                })
                .shuffle(&events);
            let report = topology.build().unwrap().run().await.unwrap();
            assert_eq!(seen.items(), lines(0, 370), "seed {seed}");
            assert_eq!(told.items(), vec![(37, true); 10], "seed {seed}");
            assert_eq!(report.unsettled, [], "seed {seed}");
            assert_eq!(report.snapshot.component("events").replayed, 0);
        });
    }
}

/// Never delivers more than ten at once.
struct AtMostTen(Recorder<String>, Plan);

#[async_trait::async_trait]
impl flowcore::ingest::Sink<String> for AtMostTen {
    async fn deliver(&mut self, events: &[String]) -> Result<(), flowcore::ingest::SinkError> {
        assert!(events.len() <= 10, "{} at once", events.len());
        FlakySink::new(self.0.sink(), self.1.clone()).deliver(events).await
    }
}

#[test]
fn after_a_failure_batches_are_not_larger_than_they_may_be() {
    simulate(|clock| async move {
        let (seen, plan) = (Recorder::new(), Plan::fail_first(3));
        let sink = seen.clone();
        let script = ScriptedSpout::new().emit(lines(0, 500));
        let mut topology = topology(clock);
        let events = topology.spout("events", script.factory());
        let linger = Duration::from_millis(20);
        topology
            .bolt("sink", move || SinkBolt::with_batch(AtMostTen(sink.clone(), plan.clone()), 10, linger))
            .shuffle(&events);
        topology.build().unwrap().run().await.unwrap();
        assert_eq!(seen.items(), lines(0, 500));
        assert_eq!(script.acked().len(), 500);
    });
}

#[test]
fn a_channel_bolt_carries_the_tokens_into_its_channel() {
    simulate(|clock| async move {
        let (from, to, told) = (channel(1_000, 100), channel(1_000, 100), Recorder::new());
        put(&from, lines(0, 5), &told).await;
        let (read, write) = (Arc::clone(&from), Arc::clone(&to));
        let mut topology = topology(clock);
        let events = topology.spout("events", move || ChannelSpout::new(Arc::clone(&read)));
        let louder = topology.bolt("louder", || map(|line: &String| format!("{line}!"))).shuffle(&events);
        topology.bolt("write", move || ChannelBolt::new(Arc::clone(&write))).shuffle(&louder);
        let running = topology.build().unwrap().start();
        let take = to.take(100).await.unwrap();
        assert_eq!(take.events(), ["0!", "1!", "2!", "3!", "4!"]);
        assert!(told.is_empty(), "it is in the channel, not delivered");
        take.commit().await.unwrap();
        run_until_idle().await;
        assert_eq!(told.items(), [(5, true)]);
        from.close();
        running.wait().await.unwrap();
    });
}

#[test]
fn a_channel_bolt_waits_while_its_channel_is_full_and_keeps_the_order() {
    simulate(|clock| async move {
        let to = channel(10, 10);
        let script = ScriptedSpout::new().emit(lines(0, 200));
        let write = Arc::clone(&to);
        let mut topology = topology(clock.clone()).batch(10).grace(Duration::from_hours(1));
        let events = topology.spout("events", script.factory());
        let linger = Duration::from_millis(20);
        topology
            .bolt("write", move || ChannelBolt::with_batch(Arc::clone(&write), 10, linger))
            .shuffle(&events);
        let running = topology.build().unwrap().start();
        let mut taken = Vec::new();
        while taken.len() < 200 {
            clock.sleep(Duration::from_secs(5)).await;
            let take = to.take(10).await.unwrap();
            taken.extend(take.events().iter().map(ToString::to_string));
            take.commit().await.unwrap();
            run_until_idle().await;
            assert!(script.acked().len() <= taken.len(), "nothing is acknowledged before it is taken");
        }
        assert_eq!(taken, lines(0, 200));
        assert_eq!(script.acked(), taken);
        assert_eq!(running.wait().await.unwrap().unsettled, []);
    });
}

#[test]
fn a_stop_in_the_middle_of_a_batch_never_acknowledges_what_was_not_delivered() {
    for millis in 0..60 {
        simulate(|clock| async move {
            let (channel, told, seen) = (channel(1_000, 100), Recorder::new(), Recorder::new());
            for batch in 0..10 {
                put(&channel, lines(batch * 10, (batch + 1) * 10), &told).await;
            }
            let (read, sink) = (Arc::clone(&channel), seen.clone());
            let mut topology =
                topology(clock.clone()).batch(3).mailbox(1).max_pending(7).grace(Duration::from_millis(5));
            let events = topology.spout("events", move || ChannelSpout::new(Arc::clone(&read)).batch(25));
            let slow = topology
                .bolt("slow", || Slow::new(map(String::clone), Duration::from_millis(1)))
                .shuffle(&events);
            topology
                .bolt("sink", move || SinkBolt::with_batch(sink.sink(), 4, Duration::from_millis(3)))
                .shuffle(&slow);
            let running = topology.build().unwrap().start();
            clock.sleep(Duration::from_millis(millis)).await;
            if millis % 2 == 0 {
                running.handle().stop();
            } else {
                running.handle().abort();
            }
            running.wait().await.unwrap();
            let (delivered, acked) = (seen.len(), told.items().iter().filter(|(_, ok)| *ok).count() * 10);
            assert!(acked <= delivered, "{acked} acknowledged, {delivered} delivered");
            assert_eq!(seen.items(), lines(0, delivered));
        });
    }
}

#[test]
fn a_channel_that_refuses_a_batch_for_good_fails_the_topology_with_its_reason() {
    simulate(|clock| async move {
        let to = channel(10, 10);
        to.close();
        let script = ScriptedSpout::new().emit(lines(0, 5)).stay_open();
        let mut topology = topology(clock);
        let events = topology.spout("events", script.factory());
        topology.bolt("write", move || ChannelBolt::new(Arc::clone(&to))).shuffle(&events);
        // The error comes from the tick that puts the batch.
        let error = topology.build().unwrap().run().await.unwrap_err();
        assert_eq!((&*error.component, error.task), ("write", 0));
        assert!(error.cause.to_string().contains("closed"), "{}", error.cause);
        assert!(script.acked().is_empty());
    });
}
