use std::collections::VecDeque;

use flowcore::base::Clock;
use hyper::header::{IF_MODIFIED_SINCE, IF_NONE_MATCH};

use super::{Answer, Event, Fetch, Poll, PollConfig, Step};
use crate::http::{HttpClient, HttpLimits, HttpRequest, Target};

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
}

impl Follower {
    /// Follows the files in a folder of a server, from now on and as `config` says.
    pub fn new(folder: Target, config: PollConfig, clock: Clock) -> Self {
        let poll = Poll::new(config, clock.now());
        Self { folder, client: HttpClient::new(HttpLimits::default()), clock, poll, events: VecDeque::new() }
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

    async fn fetch(&self, fetch: Fetch) -> Answer {
        let Ok(target) = self.folder.child(&fetch.file) else {
            return Answer::Refused(format!("{} has no such file", self.folder));
        };
        let mut request = HttpRequest::get(target);
        if let Some(etag) = fetch.known.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(date) = fetch.known.last_modified {
            request = request.header(IF_MODIFIED_SINCE, date);
        }
        self.client.send(request).await.into()
    }
}
