//! When what is fetched, on a clock of the tests' own.

use std::time::Duration;

use flowcore::base::Timestamp;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use ny_power::live::{Answer, Event, Poll, PollConfig, Step, Validators};

use super::operator::{Received, file, instants, midnight, name};

pub(crate) fn instant(at: jiff::Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millisecond())
}

pub(crate) fn local(date: Date, hour: u64, minute: u64) -> Timestamp {
    instant(midnight(date)) + Duration::from_mins(60 * hour + minute)
}

pub(crate) fn version(number: usize) -> Validators {
    Validators { etag: Some(number.to_string().parse().unwrap()), last_modified: None }
}

fn whole(text: &str) -> Answer {
    Answer::File { body: text.to_owned().into(), validators: version(text.len()) }
}

const DAY: Date = date(2016, 4, 15);

/// A poll and its clock.
struct Scene {
    poll: Poll,
    now: Timestamp,
    received: Received,
    troubles: Vec<(String, bool)>,
}

impl Scene {
    fn at(now: Timestamp, config: PollConfig) -> Self {
        let poll = Poll::new(PollConfig { seed: 1, ..config }, now);
        Self { poll, now, received: Received::default(), troubles: Vec::new() }
    }

    /// Lets time pass until something is fetched, and says what.
    fn fetched(&mut self) -> (String, Validators) {
        loop {
            match self.poll.next(self.now) {
                Step::Fetch(fetch) => return (fetch.file.to_string(), fetch.known),
                Step::Wait(until) => {
                    assert!(until > self.now);
                    self.now = until;
                }
            }
        }
    }

    fn answer(&mut self, answer: Answer) {
        for event in self.poll.answered(self.now, answer) {
            match event {
                Event::Rows(rows) => self.received.read(&rows),
                Event::Trouble(trouble) => {
                    let given_up = trouble.given_up;
                    self.troubles.push((format!("{}: {}", trouble.file, trouble.reason), given_up));
                }
            }
        }
    }

    fn ask(&mut self, answer: Answer) -> String {
        let (file, _) = self.fetched();
        self.answer(answer);
        file
    }
}

#[test]
fn a_file_is_asked_for_every_minute_with_the_version_that_is_known() {
    let start = local(DAY, 12, 0);
    let mut scene = Scene::at(start, PollConfig::default());
    assert_eq!(scene.fetched(), (name(DAY), Validators::default()));
    scene.answer(whole(&file(DAY, midnight(DAY) + 1.hour())));
    assert_eq!(scene.received.instants.len(), 12);
    for minute in 1..10 {
        let (file, known) = scene.fetched();
        assert_eq!((file, scene.now), (name(DAY), start + Duration::from_mins(minute)));
        assert!(known.etag.is_some());
        scene.answer(Answer::NotModified);
    }
    assert_eq!((scene.received.instants.len(), scene.troubles.len()), (12, 0));
}

#[test]
fn yesterdays_file_is_kept_until_its_closing_row() {
    let tomorrow = DAY.saturating_add(1.day());
    let mut scene = Scene::at(local(DAY, 23, 50), PollConfig::default());
    let mut asked = Vec::new();
    // The rows are ten minutes late.
    while scene.received.instants.len() < instants(DAY).len() + 1 {
        let (asked_file, _) = scene.fetched();
        let until = jiff::Timestamp::from_millisecond(scene.now.as_millis()).unwrap() - 10.minutes();
        let date = if asked_file == name(DAY) { DAY } else { tomorrow };
        if asked.last() != Some(&asked_file) {
            asked.push(asked_file);
        }
        let has_rows = until >= instants(date)[0];
        scene.answer(if has_rows { whole(&file(date, until)) } else { Answer::Missing });
    }
    assert_eq!(asked, [name(DAY), name(tomorrow)]);
    let expected: Vec<_> = instants(DAY).into_iter().chain(instants(tomorrow)).take(289).collect();
    assert_eq!(scene.received.instants, expected);
    assert_eq!((scene.received.refused.len(), scene.troubles.len()), (0, 0));
}

#[test]
fn without_a_closing_row_yesterdays_file_is_kept_for_half_an_hour() {
    let tomorrow = DAY.saturating_add(1.day());
    let mut scene = Scene::at(local(DAY, 23, 58), PollConfig::default());
    let unclosed = file(DAY, midnight(tomorrow) - 1.minute());
    while scene.now < local(tomorrow, 0, 30) {
        assert_eq!(scene.ask(whole(&unclosed)), name(DAY), "{}", scene.now);
    }
    assert_eq!(scene.received.instants.len(), 287);
    assert_eq!(scene.ask(whole(&file(tomorrow, midnight(tomorrow) + 20.minutes()))), name(tomorrow));
    assert_eq!(scene.received.instants.len(), 291);
}

#[test]
fn a_program_that_starts_after_midnight_takes_up_yesterdays_file_while_it_may_grow() {
    let config = PollConfig::default;
    let yesterday = DAY.saturating_sub(1.day());
    assert_eq!(Scene::at(local(DAY, 0, 29), config()).fetched().0, name(yesterday));
    assert_eq!(Scene::at(local(DAY, 0, 30), config()).fetched().0, name(DAY));
    // Before midnight the closing row of today is not there yet; at midnight in London it is still today.
    assert_eq!(Scene::at(local(DAY, 23, 59), config()).fetched().0, name(DAY));
    assert_eq!(Scene::at(local(DAY, 20, 0), config()).fetched().0, name(DAY));
}

#[test]
fn it_goes_on_from_the_last_interval_that_is_known() {
    let first = |since: jiff::Timestamp| {
        let config = PollConfig { since: Some(since), ..PollConfig::default() };
        Scene::at(local(DAY, 12, 0), config).fetched().0
    };
    assert_eq!(first(midnight(DAY) + 8.hours()), name(DAY));
    // The closing row of a day: its file has nothing more.
    assert_eq!(first(midnight(DAY)), name(DAY));
    assert_eq!(first(midnight(DAY) - 5.minutes()), name(date(2016, 4, 14)));
    assert_eq!(first(midnight(date(2016, 4, 3))), name(date(2016, 4, 3)));
    assert_eq!(first(midnight(date(2015, 4, 3))), name(date(2016, 4, 1)));
    assert_eq!(first(midnight(date(2026, 4, 3))), name(DAY));
}

#[test]
fn the_backlog_is_fetched_first_one_file_after_the_other_without_a_pause() {
    let noon = local(DAY, 12, 0);
    let mut scene = Scene::at(noon, PollConfig { backlog_days: 3, ..PollConfig::default() });
    let mut expected = Vec::new();
    for ago in (1..=3).rev() {
        let date = DAY.saturating_sub(ago.days());
        assert_eq!(scene.ask(whole(&file(date, jiff::Timestamp::MAX))), name(date));
        expected.extend(instants(date));
    }
    assert_eq!(scene.fetched().0, name(DAY));
    assert_eq!(scene.now, noon);
    assert_eq!(scene.received.instants, expected);
}

#[test]
fn a_past_file_that_is_not_there_is_given_up_and_one_that_the_network_keeps_back_never() {
    let mut scene = Scene::at(local(DAY, 12, 0), PollConfig { backlog_days: 1, ..PollConfig::default() });
    let yesterday = DAY.saturating_sub(1.day());
    for _ in 0..100 {
        assert_eq!(scene.ask(Answer::Failed("no route".to_owned())), name(yesterday));
    }
    let away = (format!("{}: no route", name(yesterday)), false);
    assert_eq!(scene.troubles, std::slice::from_ref(&away));
    while scene.troubles.len() < 2 {
        assert_eq!(scene.ask(Answer::Missing), name(yesterday));
    }
    assert_eq!(scene.troubles, [away, (format!("{}: it is not there", name(yesterday)), true)]);
    assert_eq!(scene.fetched().0, name(DAY));
}

#[test]
fn failures_are_said_once_and_waited_for_longer_and_longer_up_to_five_minutes() {
    let mut scene = Scene::at(local(DAY, 12, 0), PollConfig::default());
    let mut delays = Vec::new();
    for _ in 0..12 {
        scene.ask(Answer::Failed("it answered 503".to_owned()));
        let before = scene.now;
        scene.fetched();
        delays.push(scene.now.since(before));
    }
    for (delay, full) in delays.iter().zip([5, 10, 20, 40, 80, 160, 300, 300, 300, 300, 300, 300]) {
        let full = Duration::from_secs(full);
        assert!(full / 2 <= *delay && *delay <= full, "{delays:?}");
    }
    assert_eq!(scene.troubles, [(format!("{}: it answered 503", name(DAY)), false)]);
    scene.answer(whole(&file(DAY, midnight(DAY) + 1.hour())));
    scene.ask(Answer::Failed("it answered 503".to_owned()));
    assert_eq!(scene.troubles.len(), 2);
    assert_eq!(scene.received.instants.len(), 12);
}

#[test]
fn a_page_instead_of_the_file_is_trouble_and_the_next_file_is_read() {
    let mut scene = Scene::at(local(DAY, 12, 0), PollConfig::default());
    scene.ask(whole(&file(DAY, midnight(DAY) + 1.hour())));
    scene.ask(whole("<html>down for maintenance</html>"));
    let reason = "it is a web page, not a file of the fuel mix";
    assert_eq!(scene.troubles, [(format!("{}: {reason}", name(DAY)), false)]);
    // What the page was a version of is not asked for.
    assert_eq!(scene.fetched().1, Validators::default());
    scene.answer(whole(&file(DAY, midnight(DAY) + 2.hours())));
    assert_eq!((scene.received.instants.len(), scene.received.refused.len()), (24, 0));
}

#[test]
fn nothing_changed_is_no_answer_to_who_knows_nothing() {
    let mut scene = Scene::at(local(DAY, 12, 0), PollConfig::default());
    scene.ask(Answer::NotModified);
    assert_eq!(scene.troubles.len(), 1);
}

#[test]
fn todays_file_may_be_missing_for_a_while_and_then_it_is_trouble() {
    let mut scene = Scene::at(local(DAY, 0, 30), PollConfig::default());
    scene.ask(Answer::Missing);
    assert_eq!(scene.troubles, [(format!("{}: it is not there", name(DAY)), false)]);
    let mut early = Scene::at(local(DAY, 0, 0), PollConfig::default());
    early.ask(whole(&file(DAY.saturating_sub(1.day()), jiff::Timestamp::MAX)));
    while early.now < local(DAY, 0, 29) {
        early.ask(Answer::Missing);
    }
    assert_eq!(early.troubles, []);
}

#[test]
fn a_half_row_at_the_end_of_a_day_is_refused_by_its_row_and_nothing_else_is() {
    let mut scene = Scene::at(local(DAY, 12, 0), PollConfig { backlog_days: 1, ..PollConfig::default() });
    let yesterday = DAY.saturating_sub(1.day());
    let text = file(yesterday, jiff::Timestamp::MAX);
    for _ in 0..2 {
        assert_eq!(scene.ask(whole(&text[..text.len() - 3])), name(yesterday));
        assert_eq!(scene.received.instants.len(), 287);
    }
    let refused = &scene.received.refused;
    assert_eq!(
        refused[0],
        "20160414rtfuelmix.csv, row 2017: the input ends in `04/15/2016 00:00:00,EDT,Hydro,100`, without the decimal point of the rows before: half a row"
    );
    assert!(refused[1].starts_with(
        "20160414rtfuelmix.csv, row 2011: the interval 04/15/2016 00:00:00 EDT is without Hydro"
    ));
    assert_eq!(refused.len(), 2);
}

#[test]
fn a_past_file_that_x_up_after_a_second_look() {
    let mut scene = Scene::at(local(DAY, 12, 0), PollConfig { backlog_days: 1, ..PollConfig::default() });
    let yesterday = DAY.saturating_sub(1.day());
    for _ in 0..5 {
        assert_eq!(scene.ask(whole("")), name(yesterday));
    }
    assert_eq!(scene.fetched().0, name(DAY));
    assert_eq!(scene.troubles, [(format!("{}: it is empty", name(yesterday)), true)]);
}
