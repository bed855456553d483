//! Days of polling a server in all its moods, with a model of it: what is there is handed over, once, in
//! order.

use std::time::Duration;

use flowcore::base::Timestamp;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use ny_power::live::{Answer, Event, Fetch, Poll, PollConfig, Step};

use super::operator::{Received, file, instants, midnight, name};
use super::poll::{instant, local, version};

/// Numbers of a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// The operator's server. Rows are in the files some minutes after their instant.
struct Server {
    days: Vec<Day>,
    random: Random,
    /// How many minutes the rows are late.
    late: u64,
}

struct Day {
    file: String,
    text: String,
    /// Each instant, and how long the file is when its rows are in it.
    lengths: Vec<(Timestamp, usize)>,
}

impl Day {
    fn new(date: Date) -> Self {
        let text = file(date, jiff::Timestamp::MAX);
        let ends = text.match_indices('\n').map(|(end, _)| end - 1).skip(1).chain([text.len()]);
        let lengths = instants(date).into_iter().map(instant).zip(ends.skip(6).step_by(7)).collect();
        Self { file: name(date), text, lengths }
    }
}

impl Server {
    fn file(&self, fetch: &Fetch, now: Timestamp) -> Option<&str> {
        let day = self.days.iter().find(|day| day.file == *fetch.file)?;
        let until = now - Duration::from_mins(self.late);
        let (_, length) = day.lengths.iter().rev().find(|(at, _)| *at <= until)?;
        Some(&day.text[..*length])
    }

    fn answer(&mut self, fetch: &Fetch, now: Timestamp) -> Answer {
        let mood = self.random.below(12);
        let cut = usize::try_from(self.random.below(400)).unwrap();
        let Some(text) = self.file(fetch, now) else { return Answer::Missing };
        let version = version(text.len());
        let body = |text: &str| Answer::File { body: text.to_owned().into(), validators: version.clone() };
        match mood {
            0 => Answer::Failed("away".to_owned()),
            1 => Answer::Refused("it answered 403 Forbidden".to_owned()),
            2 => body("<html><body>Sorry</body></html>"),
            3 => body(&text[..text.len() / 2]),
            // Written only so far: half a row.
            4..=6 => body(&text[..text.len().saturating_sub(cut)]),
            _ if fetch.known == version => Answer::NotModified,
            _ => body(text),
        }
    }
}

fn follow(seed: u64, days: [Date; 3]) -> Received {
    println!("seed {seed}");
    let mut random = Random(seed * 2 + 1);
    let late = random.below(20);
    let mut server = Server { days: days.map(Day::new).into(), random, late };
    let mut now = local(days[0], 0, 40);
    let mut poll =
        Poll::new(PollConfig { seed, interval: Duration::from_mins(3), ..PollConfig::default() }, now);
    let mut received = Received::default();
    let end = instant(midnight(days[2])) + Duration::from_hours(26);
    while now < end {
        match poll.next(now) {
            Step::Wait(until) => {
                assert!(now < until && until <= now + Duration::from_hours(1), "{now}, {until}");
                now = until;
            }
            Step::Fetch(fetch) => {
                let answer = server.answer(&fetch, now);
                now = now + Duration::from_millis(server.random.below(5000));
                for event in poll.answered(now, answer) {
                    if let Event::Rows(rows) = event {
                        received.read(&rows);
                    }
                }
            }
        }
    }
    received
}

fn assert_follows(days: [Date; 3], counts: [usize; 3]) {
    for seed in 0..2 {
        let received = follow(seed, days);
        assert_eq!(received.refused, Vec::<String>::new());
        let expected: Vec<_> = days.into_iter().flat_map(instants).collect();
        assert_eq!(expected.len(), counts.iter().sum::<usize>());
        assert_eq!(received.instants, expected);
    }
}

#[test]
fn ordinary_days_are_followed_whatever_the_server_does() {
    let day = date(2016, 4, 15);
    assert_follows([day, day.saturating_add(1.day()), day.saturating_add(2.days())], [288; 3]);
}

#[test]
fn the_autumn_hour_that_comes_twice_is_followed() {
    let day = date(2025, 11, 1);
    assert_follows([day, day.saturating_add(1.day()), day.saturating_add(2.days())], [288, 300, 288]);
}

#[test]
fn the_spring_hour_that_is_left_out_is_not_invented() {
    let day = date(2026, 3, 7);
    assert_follows([day, day.saturating_add(1.day()), day.saturating_add(2.days())], [288, 276, 288]);
}
