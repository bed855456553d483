use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Backoff, Timestamp};
use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::day::{Day, back, date_of, millis};
use super::day_file::{DayFile, Rows};
use super::{Answer, PollConfig, Validators};
use crate::stamp::NEW_YORK;

/// For how many days the operator keeps daily files, at most.
const DAYS_KEPT: i64 = 14;

/// The operator's files begin on this day.
const FIRST_DAY: Date = date(2015, 12, 9);

/// So often a file of the past is had before what is left of it is taken as it is.
const MOST_LOOKS: u32 = 5;

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Ask for a file, and tell [`Poll::answered`].
    Fetch(Fetch),
    /// Nothing before this instant.
    Wait(Timestamp),
}

/// A file to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// Its name, as `20160401rtfuelmix.csv`.
    pub file: Arc<str>,
    /// The version that is known, if the file is not wanted as it was.
    pub known: Validators,
    /// Where else it may be: in the zip of its month, when its day is past.
    pub month: Option<String>,
}

/// What came of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// New rows.
    Rows(Rows),
    /// A file cannot be had. It is said once, until the file is had again or given up.
    Trouble(Trouble),
}

/// A file that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Its name.
    pub file: Arc<str>,
    /// Why.
    pub reason: String,
    /// It is not asked for again: what it may have had is missing.
    pub given_up: bool,
}

/// Says what to fetch and when, and what of it is new. It follows one file at a time.
///
/// ```
/// use flowcore::base::Timestamp;
/// use ny_power::live::{Answer, Event, Poll, PollConfig, Step};
/// // Noon of 2016-04-01 in New York.
/// let noon = Timestamp::from_millis(1_459_526_400_000);
/// let mut poll = Poll::new(PollConfig::default(), noon);
/// let Step::Fetch(fetch) = poll.next(noon) else { panic!("it is due") };
/// assert_eq!(&*fetch.file, "20160401rtfuelmix.csv");
/// let events = poll.answered(noon, Answer::Refused("it answered 403 Forbidden".to_owned()));
/// assert!(matches!(&events[..], [Event::Trouble(trouble)] if !trouble.given_up));
/// assert!(matches!(poll.next(noon), Step::Wait(_)));
/// ```
#[derive(Debug)]
pub struct Poll {
    config: PollConfig,
    day: Day,
    file: DayFile,
    known: Validators,
    due: Timestamp,
    backoff: Backoff,
    refusals: u32,
    /// How often a file of the past was had, and did not seem to be whole.
    looks: u32,
    /// Whether a failure was said since the last success.
    told: bool,
    random: u64,
}

impl Poll {
    /// Begins with the first day that may have something new.
    pub fn new(config: PollConfig, now: Timestamp) -> Self {
        let today = date_of(now);
        let oldest = back(today, DAYS_KEPT);
        let since = config.since.map_or(today, |since| since.to_zoned(NEW_YORK.clone()).date()).max(oldest);
        let backlog = back(today, i64::from(config.backlog_days)).max(FIRST_DAY);
        let first = date_of(now - config.keep).min(since).min(backlog);
        let day = Day::new(first);
        Self {
            backoff: config.backoff.clone(),
            random: config.seed,
            config,
            file: DayFile::new(&day.file()),
            day,
            known: Validators::default(),
            due: now,
            refusals: 0,
            looks: 0,
            told: false,
        }
    }

    /// What to do now.
    pub fn next(&self, now: Timestamp) -> Step {
        // The file of tomorrow is not there before tomorrow.
        let due = self.due.max(self.day.start);
        if now < due {
            return Step::Wait(due);
        }
        // So is one that is looked at for the last time.
        let file = Arc::clone(self.file.name());
        if self.is_past(now) {
            return Step::Fetch(Fetch { file, known: Validators::default(), month: Some(self.day.month()) });
        }
        Step::Fetch(Fetch { file, known: self.known.clone(), month: None })
    }

    /// The answer to what was fetched last: what is new, and what is wrong.
    pub fn answered(&mut self, now: Timestamp, answer: Answer) -> Vec<Event> {
        match answer {
            Answer::File { body, validators } => match self.file.take(&body) {
                Ok(rows) => {
                    // A file that was met half written may have its version already: it is asked for whole.
                    self.known = if self.file.is_whole() { validators } else { Validators::default() };
                    self.succeeded(now, rows)
                }
                Err(error) => self.refused(now, error.to_string(), self.config.refusals),
            },
            Answer::NotModified if self.known.is_empty() => {
                let reason = "it answered that nothing has changed, to who knows nothing";
                self.refused(now, reason.to_owned(), self.config.refusals)
            }
            Answer::NotModified => self.succeeded(now, None),
            // A day's file is made with its first rows.
            Answer::Missing if now < self.day.start + self.config.keep => self.ask_again(now),
            Answer::Missing => self.refused(now, "it is not there".to_owned(), self.config.refusals / 10),
            Answer::Refused(reason) => self.refused(now, reason, self.config.refusals),
            Answer::Failed(reason) => self.failed(now, reason).into_iter().collect(),
        }
    }

    fn ask_again(&mut self, now: Timestamp) -> Vec<Event> {
        self.due = now + self.config.interval;
        Vec::new()
    }

    fn succeeded(&mut self, now: Timestamp, rows: Option<Rows>) -> Vec<Event> {
        self.backoff.reset();
        (self.due, self.refusals, self.told) = (now + self.config.interval, 0, false);
        let mut events: Vec<_> = rows.map(Event::Rows).into_iter().collect();
        // A stamp far in the future is a mistake, not the closing row.
        let closing = self.day.end..self.day.end + self.config.keep;
        let is_closed = self.file.last().is_some_and(|last| closing.contains(&millis(last.at())));
        if is_closed || (self.is_past(now) && self.is_looked_at()) {
            if self.file.is_empty() {
                events.push(self.given_up("it is empty".to_owned()));
            }
            events.extend(self.next_day(now));
        }
        events
    }

    /// The server means it. A file of the past is given up at some time; today's may still come.
    fn refused(&mut self, now: Timestamp, reason: String, most: u32) -> Vec<Event> {
        self.known = Validators::default();
        self.refusals = self.refusals.saturating_add(1);
        if !self.is_past(now) || self.refusals < most.max(1) {
            return self.failed(now, reason).into_iter().collect();
        }
        let trouble = self.given_up(reason);
        self.next_day(now).into_iter().chain([trouble]).collect()
    }

    fn given_up(&self, reason: String) -> Event {
        Event::Trouble(Trouble { file: Arc::clone(self.file.name()), reason, given_up: true })
    }

    fn failed(&mut self, now: Timestamp, reason: String) -> Option<Event> {
        let delay = self.backoff.next_delay();
        self.due = now + self.shortened(delay);
        let file = Arc::clone(self.file.name());
        let told = std::mem::replace(&mut self.told, true);
        (!told).then_some(Event::Trouble(Trouble { file, reason, given_up: false }))
    }

    /// Nobody expects anything more of this day.
    fn is_past(&self, now: Timestamp) -> bool {
        now >= self.day.end + self.config.keep
    }

    /// The last look may have met the file half written: there is another one, but not for ever.
    fn is_looked_at(&mut self) -> bool {
        self.looks = self.looks.saturating_add(1);
        self.file.is_settled() || self.looks >= MOST_LOOKS
    }

    /// Goes on to the next day, and gives what is left of this one.
    fn next_day(&mut self, now: Timestamp) -> Option<Event> {
        let rest = self.file.finish();
        self.day = Day::new(self.day.date.saturating_add(1.day()));
        self.file = DayFile::new(&self.day.file());
        self.known = Validators::default();
        self.backoff.reset();
        (self.due, self.refusals, self.looks, self.told) = (now, 0, 0, false);
        rest.map(Event::Rows)
    }

    /// So that those who failed together do not come again together.
    fn shortened(&mut self, delay: Duration) -> Duration {
        // SplitMix64.
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let half = u64::try_from(delay.as_millis() / 2).unwrap_or(u64::MAX);
        delay.saturating_sub(Duration::from_millis((mixed ^ (mixed >> 31)) % half.max(1)))
    }
}
