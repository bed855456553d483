//! Watermarks travel on: through windows, and past inputs that are silent.

use std::time::Duration;

use flowcore::process::window::WindowSpec;
use flowcore_testkit::{Recorder, ScriptedSpout, simulate};

use super::{ms, order, orders, shown, tens, topology};
use crate::process::within_an_hour;

#[test]
fn storm_8_4_03_watermarks_travel_on_so_windows_over_results_close_by_them() {
    let script = ScriptedSpout::new();
    let script = (0..40).fold(script, |script, id| {
        script.emit([order(id, u8::try_from(id % 3).unwrap(), i64::try_from(id).unwrap())]).wait(ms(10))
    });
    let script = script.stay_open();
    let seen = Recorder::new();
    simulate(|clock| {
        let (script, seen) = (script.clone(), seen.clone());
        async move {
            let mut topology = topology(clock.clone());
            let orders = orders(&mut topology, "orders", &script);
            let tens =
                orders.key_by(|order| order.key).window("tens", tens()).count().ignore_late().parallelism(3);
            let twenties = WindowSpec::tumbling(ms(20)).unwrap();
            let total = |sum: &mut u64, result: &_| {
                let result: &flowcore::process::window::EventWindowResult<u8, u64> = result;
                *sum += result.contents;
            };
            let twenties = tens.results().window("twenties", twenties).fold(|| 0, total);
            twenties.late().for_each("late", |late| panic!("{late:?}"));
            let start = super::at(0);
            twenties
                .results()
                .map("pair", move |result| (result.window.start.since(start), result.contents))
                .bolt("record", move || seen.bolt());
            let running = topology.build().unwrap().start();
            clock.sleep(Duration::from_secs(5)).await;
            running.handle().stop();
            within_an_hour(running.wait()).await.unwrap();
        }
    });
    assert_eq!(seen.items()[0], (ms(0), 20));
    assert_eq!(seen.items().iter().map(|(_, orders)| orders).sum::<u64>(), 40);
}

#[test]
fn storm_8_4_01_an_input_that_is_idle_holds_windows_open_for_its_idle_time_alone() {
    let busy = ScriptedSpout::new().emit([order(1, 1, 1)]).wait(ms(100)).emit([order(2, 1, 20)]).stay_open();
    let silent = ScriptedSpout::new().emit([order(3, 1, 2)]).stay_open();
    let seen = Recorder::new();
    simulate(|clock| {
        let seen = seen.clone();
        async move {
            let mut topology = topology(clock.clone());
            let busy = orders(&mut topology, "busy", &busy);
            let silent = orders(&mut topology, "silent", &silent);
            let both = busy.merge("both", &[&silent]).timestamped_by(|order| super::at(order.at));
            let bolt = both.key_by(|order| order.key).window("windows", tens()).collect().ignore_late();
            let record = seen.clone();
            bolt.results().bolt("record", move || record.bolt());
            let running = topology.build().unwrap().start();
            clock.sleep(Duration::from_secs(9)).await;
            assert!(seen.is_empty(), "the silent one may have earlier tuples");
            clock.sleep(Duration::from_secs(2)).await;
            assert_eq!(seen.len(), 1);
            running.handle().stop();
            within_an_hour(running.wait()).await.unwrap();
        }
    });
    let mut ids = shown(&seen.items()[0]).3;
    ids.sort_unstable();
    assert_eq!(ids, [1, 3]);
}
