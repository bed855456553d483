use std::sync::Arc;

use flowcore::base::{Clock, LocalDisk, Timestamp};

use super::Failure;
use crate::cli::SourceOptions;
use crate::generator::Day;
use crate::http::Target;
use crate::input::Input;
use crate::live::{Follower, PUBLIC_FILES, PollConfig};
use crate::reading::Reader;
use crate::stamp::{NEW_YORK, Stamp};
use crate::topology::{Feed, FeedError, FeedFactory, GeneratedFeed, LiveFeed, SavedFeed};

/// Where intervals come from, as the command line says.
pub(super) fn feed(options: &SourceOptions) -> Result<FeedFactory, Failure> {
    let folder: Target = options.url.as_deref().unwrap_or(PUBLIC_FILES).parse()?;
    let (options, clock) = (options.clone(), Clock::system());
    let seed = options.seed.unwrap_or_else(|| clock.now().as_millis().cast_unsigned());
    let yesterday = new_york_date(clock.now()).yesterday()?;
    Ok(Arc::new(move |last: Option<Stamp>| -> Result<Box<dyn Feed>, FeedError> {
        let reader = || last.map(Reader::after).unwrap_or_default();
        if let Some(path) = &options.input {
            let input = Input::open(Arc::new(LocalDisk), path)?.with_reader(reader());
            return Ok(Box::new(SavedFeed::new(input)));
        }
        if !options.live {
            // What is left of the last day, or the next one.
            let date = last.map_or(yesterday, |last| last.local().date());
            return Ok(Box::new(GeneratedFeed::new([Day::new(date, seed)], reader())));
        }
        let backlog_days = options.backlog.unwrap_or(0);
        let since = last.map(Stamp::at);
        let config = PollConfig { backlog_days, since, ..PollConfig::default() };
        // A backlog is for an archive that does not have it, whatever the status says.
        let reader = if backlog_days > 0 { Reader::default() } else { reader() };
        Ok(Box::new(LiveFeed::new(Follower::new(folder.clone(), config, clock.clone()), reader)))
    }))
}

/// The day that it is in New York.
fn new_york_date(now: Timestamp) -> jiff::civil::Date {
    let now = jiff::Timestamp::from_millisecond(now.as_millis()).unwrap_or_default();
    now.to_zoned(NEW_YORK.clone()).date()
}
