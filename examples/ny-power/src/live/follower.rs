use std::collections::VecDeque;

use bytes::Bytes;
use flowcore::base::Clock;
use hyper::header::{IF_MODIFIED_SINCE, IF_NONE_MATCH};

use super::{Answer, Event, Fetch, Poll, PollConfig, Step, Validators};
use crate::http::{HttpClient, HttpLimits, HttpRequest, Target};
use crate::input::member;

/// Where the operator has the daily files.
pub const PUBLIC_FILES: &str = "http://mis.nyiso.com/public/csv/rtfuelmix/";

/// Follows the files of a server.
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use flowcore::base::Clock;
/// use ny_power::live::{Event, Follower, PUBLIC_FILES, PollConfig};
/// use ny_power::reading::Reader;
///
/// let mut follower = Follower::new(PUBLIC_FILES.parse()?, PollConfig::default(), Clock::system());
/// let mut reader = Reader::default();
/// loop {
///     match follower.next().await {
///         Event::Rows(rows) => rows.read(&mut reader, &mut |reading| println!("{reading:?}")),
///         Event::Trouble(trouble) => println!("{}: {}", trouble.file, trouble.reason),
///     }
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Follower {
    folder: Target,
    client: HttpClient,
    clock: Clock,
    poll: Poll,
    events: VecDeque<Event>,
    /// The zip of a month that was fetched last, and its name: it has other days as well.
    month: Option<(String, Bytes)>,
}

impl Follower {
    /// Follows the files in a folder of a server, from now on and as `config` says.
    pub fn new(folder: Target, config: PollConfig, clock: Clock) -> Self {
        let poll = Poll::new(config, clock.now());
        Self {
            folder,
            client: HttpClient::new(HttpLimits::default()),
            clock,
            poll,
            events: VecDeque::new(),
            month: None,
        }
    }

    /// With other limits for what the server may take of our time and memory.
    #[must_use]
    pub fn limits(self, limits: HttpLimits) -> Self {
        Self { client: HttpClient::new(limits), ..self }
    }

    /// Waits for what is new, or wrong. It never ends, and it can be dropped at any moment: what was not
    /// given is fetched again.
    pub async fn next(&mut self) -> Event {
        loop {
            if let Some(event) = self.events.pop_front() {
                return event;
            }
            match self.poll.next(self.clock.now()) {
                Step::Wait(until) => self.clock.sleep_until(until).await,
                Step::Fetch(fetch) => {
                    let answer = self.fetch(fetch).await;
                    self.events.extend(self.poll.answered(self.clock.now(), answer));
                }
            }
        }
    }

    async fn fetch(&mut self, fetch: Fetch) -> Answer {
        let Fetch { file, known, month } = fetch;
        match (self.get(&file, known).await, month) {
            (Answer::Missing, Some(month)) => self.unpack(&file, month).await,
            (answer, _) => answer,
        }
    }

    async fn get(&self, file: &str, known: Validators) -> Answer {
        let Ok(target) = self.folder.child(file) else {
            return Answer::Refused(format!("{} has no such file", self.folder));
        };
        let mut request = HttpRequest::get(target);
        if let Some(etag) = known.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(date) = known.last_modified {
            request = request.header(IF_MODIFIED_SINCE, date);
        }
        self.client.send(request).await.into()
    }

    /// The file out of the zip of its month.
    async fn unpack(&mut self, file: &str, month: String) -> Answer {
        if self.month.as_ref().is_none_or(|(name, _)| *name != month) {
            match self.get(&month, Validators::default()).await {
                Answer::File { body, .. } => self.month = Some((month, body)),
                answer => return answer,
            }
        }
        let Some((name, zip)) = &self.month else { return Answer::Missing };
        match member(zip.to_vec(), file) {
            Ok(Some(body)) => Answer::File { body: body.into(), validators: Validators::default() },
            Ok(None) => Answer::Missing,
            Err(refusal) => {
                let answer = Answer::Refused(format!("{name}: {refusal}"));
                // It may be whole the next time.
                self.month = None;
                answer
            }
        }
    }
}
