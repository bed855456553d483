//! What a running topology can be told.

use std::time::Duration;

use flowcore::base::{Clock, Token};
use flowcore::process::{
    Bolt, BoltError, Emitter, Next, NoOutput, Outputs, Spout, SpoutError, TaskContext, for_each,
};
use flowcore_testkit::{Recorder, ScriptedSpout, run_until_idle, simulate};

use super::{topology, within_an_hour};

/// Emits a number every second.
struct EverySecond {
    clock: Clock,
    next: u64,
}

impl Spout for EverySecond {
    type Out = Emitter<u64>;

    async fn open(&mut self, context: &TaskContext) -> Result<(), SpoutError> {
        self.clock = context.clock.clone();
        Ok(())
    }

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        self.clock.sleep(Duration::from_secs(1)).await;
        out.emit(self.next);
        self.next += 1;
        Ok(Next::More)
    }
}

#[test]
fn a_paused_spout_emits_no_more_and_goes_on_when_it_is_resumed() {
    simulate(|clock| async move {
        let seen = Recorder::new();
        let mut topology = topology(clock.clone());
        let numbers = topology.spout("numbers", || EverySecond { clock: Clock::system(), next: 0 });
        let record = seen.clone();
        topology.bolt("record", move || record.bolt()).shuffle(&numbers);
        let running = topology.build().unwrap().start();
        let handle = running.handle();
        clock.sleep(Duration::from_millis(3500)).await;
        handle.pause("numbers").unwrap();
        clock.sleep(Duration::from_mins(1)).await;
        // The call that waited when it was paused still emits.
        assert_eq!(seen.items(), [0, 1, 2, 3]);
        handle.resume("numbers").unwrap();
        clock.sleep(Duration::from_millis(2500)).await;
        assert_eq!(seen.items(), [0, 1, 2, 3, 4, 5]);
        handle.stop();
        within_an_hour(running.wait()).await.unwrap();
    });
}

#[test]
fn a_topology_with_a_paused_spout_can_be_stopped() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().stay_open();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        topology.bolt("end", || for_each(|_: &u64| {})).shuffle(&numbers);
        let running = topology.build().unwrap().start();
        running.handle().pause("numbers").unwrap();
        run_until_idle().await;
        running.handle().stop();
        within_an_hour(running.wait()).await.unwrap();
    });
}

/// Acknowledges each tuple a minute later.
struct Later(Clock);

impl Bolt<u64> for Later {
    type Out = NoOutput;

    async fn execute(&mut self, _tuple: &u64, out: &mut NoOutput) -> Result<(), BoltError> {
        let token: Token = out.keep();
        self.0.sleep(Duration::from_mins(1)).await;
        token.ack();
        Ok(())
    }
}

#[test]
fn a_changed_max_pending_bounds_what_is_under_way_from_then_on() {
    simulate(|clock| async move {
        let script =
            (0..100_u64).fold(ScriptedSpout::new(), |script, number| script.emit([number])).stay_open();
        let mut topology = topology(clock.clone()).max_pending(2).batch(1);
        let numbers = topology.spout("numbers", script.factory());
        let slow = clock.clone();
        topology.bolt("later", move || Later(slow.clone())).shuffle(&numbers);
        let running = topology.build().unwrap().start();
        let handle = running.handle();
        run_until_idle().await;
        assert_eq!(handle.snapshot().component("numbers").emitted, 2);
        handle.set_max_pending("numbers", 5).unwrap();
        run_until_idle().await;
        assert_eq!(handle.snapshot().component("numbers").emitted, 5);
        handle.set_max_pending("numbers", 1).unwrap();
        clock.sleep(Duration::from_secs(60 * 3 + 30)).await;
        assert_eq!(handle.snapshot().component("numbers").emitted, 5, "three are done, two under way");
        handle.abort();
        within_an_hour(running.wait()).await.unwrap();
    });
}

#[test]
fn a_spout_that_there_is_not_cannot_be_told_anything() {
    simulate(|clock| async move {
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", ScriptedSpout::<u64>::new().factory());
        topology.bolt("end", || for_each(|_: &u64| {})).shuffle(&numbers);
        let running = topology.build().unwrap().start();
        let error = running.handle().pause("end").unwrap_err();
        assert_eq!(error.to_string(), "there is no spout called end");
        within_an_hour(running.wait()).await.unwrap();
    });
}
