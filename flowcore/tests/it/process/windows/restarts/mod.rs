//! Windows whose bolts fail and are made anew, over inputs that fall silent, beside a model that keeps every
//! tuple: what they give, and what is told of those that are open.

mod inputs;
mod naive;

use std::collections::BTreeSet;

use flowcore::base::{Backoff, RestartPolicy};
use flowcore::process::RetryPolicy;
use flowcore::process::observe::{Explanation, WindowBounds};
use flowcore::process::window::{Collecting, EventWindowBolt, WindowSpec};
use flowcore_testkit::{Random, Recorder, simulate};

use super::{Order, at, ms, order, topology};
use crate::process::random::seeds::for_each_seed;
use crate::process::within_an_hour;
use inputs::{Model, Rounds};
use naive::{Books, Given, Grid, Open, Watched};

/// The windows of a task that were explained.
fn explained(why: &Explanation, task: usize) -> Vec<Open> {
    let windows = why.windows.iter().filter(|window| window.task == task).map(|window| &window.window);
    let open = windows.map(|window| {
        let WindowBounds::Time { start, end } = window.bounds else { panic!("{window:?}") };
        (start.as_millis(), end.as_millis(), window.tuples, window.keys.unwrap())
    });
    open.collect()
}

/// Whether everything that is told is so, and nothing is left out.
fn check(why: &Explanation, books: &Books, tasks: usize, settled: Option<&Model<'_>>) {
    assert_eq!((why.left_out, &why.unanswered[..]), (0, &[][..]));
    let mut state = books.state();
    for task in 0..tasks {
        let (open, known) = (explained(why, task), state.tasks.entry(task).or_default());
        let told = std::mem::take(&mut known.told);
        // One that is being made anew has none.
        assert!(told.contains(&open) || (told.is_empty() && open.is_empty()), "{open:?} is not {told:?}");
        assert!(!told.is_empty() || settled.is_none(), "by then it was made anew");
        for window in why.windows.iter().filter(|window| window.task == task) {
            assert_eq!(window.watermark, known.watermark);
        }
    }
    for window in &why.windows {
        if let Some(model) = settled {
            model.check(window);
        }
    }
}

fn run(seed: u64) {
    let random = &mut Random::new(seed);
    let slide = 10 + random.below(10);
    let size = slide + random.below(slide * 2);
    let (rounds, books) = (Rounds::random(random), Books::default());
    let (tasks, mishaps, batch) = (1 + random.index(3), random.below(25), 1 + random.index(16));
    let spec = WindowSpec::sliding(ms(size), ms(slide)).unwrap();
    let grid = Grid { size: i64::try_from(size).unwrap(), slide: i64::try_from(slide).unwrap() };
    let (results, late) = (Recorder::new(), Recorder::new());
    let (in_results, in_late, watched, rounds) = (results.clone(), late.clone(), books.clone(), &rounds);
    simulate(|clock| async move {
        let backoff = Backoff::new(ms(1), ms(10));
        let restart =
            RestartPolicy { backoff: backoff.clone(), max_restarts: u32::MAX, stable_after: ms(100) };
        let mut topology = topology(clock.clone())
            .batch(batch)
            .retry(RetryPolicy { max_attempts: u32::MAX, backoff })
            .restart(restart);
        let inputs = rounds.declare(&mut topology);
        let of_bolts = watched.clone();
        let windows = move || {
            let real = EventWindowBolt::new(spec, |o: &Order| at(o.at), |o: &Order| o.key, Collecting);
            Watched::new(real, grid, &of_bolts, mishaps, seed)
        };
        let mut bolt = topology.bolt("windows", windows).fields_by(&inputs[0], |order| order.key);
        for input in &inputs[1..] {
            bolt = bolt.fields_by(input, |order| order.key);
        }
        let bolt = bolt.parallelism(tasks);
        bolt.results().bolt("results", move || in_results.bolt());
        bolt.late().bolt("late", move || in_late.bolt());
        let running = topology.build().unwrap().start();
        let (handle, mut model) = (running.handle(), Model::new(rounds));
        for round in 0..rounds.len() {
            model.step(round);
            watched.state().mishaps_left = 6;
            // While it happens, and when all is quiet.
            for (after, settled) in [(random.below(300), None), (900, Some(&model))] {
                clock.sleep_until(Model::begin(round) + ms(after)).await;
                watched.state().tasks.values_mut().for_each(|task| task.told.clear());
                check(&handle.explain().await, &watched, tasks, settled);
            }
        }
        within_an_hour(running.wait()).await.unwrap();
    });
    let given = results.items().into_iter().map(|result| {
        let mut ids: Vec<_> = result.contents.iter().map(|order: &Order| order.id).collect();
        ids.sort_unstable();
        (result.window.start.as_millis(), result.key, ids)
    });
    let (given, mut expected) = (sorted(given), std::mem::take(&mut books.state().expected));
    for (_, _, ids) in &mut expected {
        ids.sort_unstable();
    }
    assert_eq!(given, sorted(expected));
    let mut aside: Vec<_> = late.items().iter().map(|late| late.tuple.id).collect();
    aside.sort_unstable();
    books.state().late.sort_unstable();
    assert_eq!(aside, books.state().late);
    let shown = given.iter().flat_map(|(_, _, ids)| ids).chain(&aside).collect::<BTreeSet<_>>();
    assert_eq!(shown.len(), rounds.orders(), "each tuple is in a window or aside");
}

fn sorted(given: impl IntoIterator<Item = Given>) -> Vec<Given> {
    let mut given: Vec<_> = given.into_iter().collect();
    given.sort_unstable();
    given
}

#[test]
fn windows_give_and_explain_what_a_model_of_all_tuples_says_with_idle_inputs_and_bolts_made_anew() {
    for_each_seed(90_000..90_150, run);
}
