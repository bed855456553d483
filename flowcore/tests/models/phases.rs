//! A topology closes when the last spout has nothing under way, and everybody hears of it.

use loom::thread;

use super::process::engine::{Phase, Phases};
use super::{block_on, explore, join};

#[test]
fn the_end_of_the_last_spout_is_noticed_whoever_it_is() {
    explore("two spouts become idle while the topology waits", Some(4), || {
        let phases = Phases::new(2);
        let spouts = [phases.idle(), phases.idle()].map(|idle| thread::spawn(move || idle.enter()));
        block_on(phases.all_idle());
        phases.advance(Phase::Closing);
        assert_eq!(phases.now(), Phase::Closing);
        join(spouts);
    });
}

/// One has a replay to send after it was idle: nothing closes before it is idle again.
#[test]
fn a_topology_does_not_close_while_a_spout_is_busy_again() {
    explore("a spout is idle, busy and idle again", None, || {
        let phases = Phases::new(1);
        let idle = phases.idle();
        idle.enter();
        idle.leave();
        let spout = thread::spawn(move || idle.enter());
        block_on(phases.all_idle());
        spout.join().unwrap();
    });
}

#[test]
fn every_task_hears_of_a_phase_and_none_goes_back() {
    explore("a stop and an abort meet, a task waits for the end", None, || {
        let phases = Phases::new(1);
        let mut watch = phases.watch();
        let task = thread::spawn(move || {
            block_on(watch.changed_from(Phase::Running));
            let first = watch.now();
            block_on(watch.reached(Phase::Aborting));
            assert!(first > Phase::Running);
            assert_eq!(watch.now(), Phase::Aborting);
        });
        let abort = {
            let phases = phases.clone();
            thread::spawn(move || phases.advance(Phase::Aborting))
        };
        phases.advance(Phase::Stopping);
        abort.join().unwrap();
        assert_eq!(phases.now(), Phase::Aborting);
        task.join().unwrap();
    });
}

#[test]
fn a_task_that_waits_for_its_end_hears_every_question_until_then() {
    explore("two ask and one aborts, a task answers", Some(3), || {
        let phases = Phases::new(1);
        let mut watch = phases.watch();
        let task = thread::spawn(move || {
            let mut answered = 0;
            loop {
                let signal = block_on(watch.reached_or_asked(Phase::Aborting, answered));
                assert!(signal.question >= answered);
                answered = signal.question;
                if signal.phase == Phase::Aborting {
                    break assert_eq!(answered, 2, "the last question");
                }
            }
        });
        let asks = {
            let phases = phases.clone();
            thread::spawn(move || assert!(phases.ask() > 0))
        };
        phases.ask();
        asks.join().unwrap();
        phases.advance(Phase::Aborting);
        task.join().unwrap();
    });
}
