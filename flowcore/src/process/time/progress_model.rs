//! What is merged, against a model that keeps everything that was ever said.

use std::sync::Arc;

use flowcore_testkit::Random;

use super::{Input, Mark, Progress};
use crate::base::Timestamp;
use crate::process::observe::HeldBackReason;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn said(watermark: i64) -> Mark {
    Mark { watermark: Some(at(watermark)), idle: false }
}

fn idle(watermark: Option<i64>) -> Mark {
    Mark { watermark: watermark.map(at), idle: true }
}

/// One input for each number of senders.
fn progress(senders: &[usize]) -> Progress {
    let input = |(at, &senders): (usize, &usize)| {
        Input::new(Arc::from(format!("input{at}")), 0, senders, Timestamp::default())
    };
    Progress::new(senders.iter().enumerate().map(input).collect())
}

#[test]
fn nothing_is_known_before_every_sender_has_said_something_or_is_idle() {
    let mut progress = progress(&[2, 1]);
    progress.hear(0, 0, said(10), at(1));
    progress.hear(1, 0, said(20), at(1));
    assert_eq!(progress.mark(), Mark::default());
    progress.hear(0, 1, idle(None), at(2));
    assert_eq!(progress.mark(), said(10));
}

#[test]
fn who_comes_back_from_idleness_takes_part_again_without_taking_the_watermark_back() {
    let mut progress = progress(&[1, 1]);
    progress.hear(0, 0, said(10), at(1));
    progress.hear(1, 0, idle(Some(5)), at(1));
    progress.hear(0, 0, said(30), at(2));
    assert_eq!(progress.mark(), said(30));
    progress.hear(1, 0, said(6), at(3));
    progress.hear(0, 0, said(50), at(3));
    assert_eq!(progress.mark(), said(30), "it stands until the other has caught up");
    progress.hear(1, 0, said(40), at(4));
    assert_eq!(progress.mark(), said(40));
}

#[test]
fn if_all_are_idle_the_furthest_counts_and_the_task_is_idle_itself() {
    let mut progress = progress(&[2]);
    progress.hear(0, 0, idle(Some(10)), at(1));
    progress.hear(0, 1, idle(Some(20)), at(1));
    assert_eq!(progress.mark(), idle(Some(20)));
}

#[test]
fn an_end_beside_an_idle_sender_is_not_the_end() {
    let mut progress = progress(&[2]);
    progress.hear(0, 0, said(10), at(1));
    progress.hear(0, 1, idle(None), at(1));
    progress.hear(0, 0, Mark::END, at(2));
    assert_eq!(progress.mark(), idle(Some(10)));
    progress.hear(0, 1, Mark::END, at(2));
    assert_eq!(progress.mark(), Mark::END);
}

#[test]
fn who_holds_back_is_named_with_since_when_and_why() {
    let mut progress = progress(&[1, 2]);
    assert_eq!(progress.held_back().map(|(held, _)| held.reason), Some(HeldBackReason::NothingYet));
    progress.hear(0, 0, said(10), at(1));
    progress.hear(1, 0, said(4), at(2));
    progress.hear(1, 1, said(5), at(3));
    progress.hear(1, 0, said(4), at(4));
    let (held, _) = progress.held_back().unwrap();
    assert_eq!((&*held.component, held.task), ("input1", 0));
    assert_eq!((held.watermark, held.since, held.reason), (Some(at(4)), at(2), HeldBackReason::Behind));
    progress.hear(1, 0, idle(Some(4)), at(5));
    assert_eq!(progress.held_back().map(|(held, _)| held.task), Some(1));
    for (input, sender) in [(0, 0), (1, 0), (1, 1)] {
        progress.hear(input, sender, Mark::END, at(6));
    }
    assert_eq!(progress.held_back(), None);
}

#[test]
fn an_input_without_event_time_says_nothing_and_holds_nothing_back() {
    let mut progress = progress(&[0, 1]);
    progress.hear(0, 0, said(1), at(1));
    assert_eq!(progress.mark(), Mark::default());
    progress.hear(1, 0, said(7), at(1));
    assert_eq!(progress.mark(), said(7));
    assert!(!super::Progress::new(Vec::new()).has_event_time());
}

/// The last of everything that each sender has said, and the largest of what followed.
#[derive(Default)]
struct Model {
    heard: Vec<Vec<Mark>>,
    merged: Option<Timestamp>,
}

impl Model {
    fn hear(&mut self, sender: usize, mark: Mark) {
        self.heard[sender].push(mark);
        let last = |marks: &Vec<Mark>| marks.last().copied().unwrap_or_default();
        let now: Vec<Mark> = self.heard.iter().map(last).collect();
        let open: Vec<Mark> = now.into_iter().filter(|mark| mark.watermark != Some(Timestamp::MAX)).collect();
        let active: Vec<Mark> = open.iter().copied().filter(|mark| !mark.idle).collect();
        let candidate = if open.is_empty() {
            Some(Timestamp::MAX)
        } else if active.is_empty() {
            open.iter().filter_map(|mark| mark.watermark).max()
        } else if active.iter().any(|mark| mark.watermark.is_none()) {
            None
        } else {
            active.iter().filter_map(|mark| mark.watermark).min()
        };
        if candidate > self.merged {
            self.merged = candidate;
        }
    }
}

#[test]
fn what_follows_is_what_follows_of_all_that_was_said() {
    for seed in 0..500 {
        println!("seed {seed}");
        let mut random = Random::new(seed);
        let inputs: Vec<usize> = (0..=random.index(3)).map(|_| 1 + random.index(4)).collect();
        let mut progress = progress(&inputs);
        let names: Vec<_> =
            inputs.iter().enumerate().flat_map(|(i, n)| (0..*n).map(move |s| (i, s))).collect();
        let mut marks = vec![Mark::default(); names.len()];
        let mut model = Model { heard: vec![Vec::new(); names.len()], merged: None };
        for step in 0..200 {
            let sender = random.index(names.len());
            let mark = &mut marks[sender];
            if !mark.is_end() {
                let by = i64::try_from(random.below(20)).unwrap();
                match random.below(10) {
                    0..6 => *mark = said(mark.watermark.map_or(-50, Timestamp::as_millis) + by),
                    6..9 => mark.idle = true,
                    _ if step > 150 => *mark = Mark::END,
                    _ => {}
                }
            }
            progress.hear(names[sender].0, names[sender].1, *mark, at(step));
            model.hear(sender, *mark);
            assert_eq!(progress.mark().watermark, model.merged, "after step {step}");
        }
    }
}
