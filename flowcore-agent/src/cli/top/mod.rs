//! `flowcore top`: asks a monitor once a second and shows what it said.

mod client;
mod keys;
mod terminal;

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use clap::Args;
use flowcore::base::{Clock, with_causes};
use hyper::Uri;
use tokio::runtime::Runtime;

use self::client::{AskError, Metrics};
use self::keys::{Keys, Wish};
use self::terminal::Terminal;
use super::{Exit, output};
use crate::top::{Looks, View, ViewError, screen};

/// Options of `top`.
#[derive(Debug, Args)]
pub struct TopOptions {
    /// Where the agent's monitoring is.
    #[arg(long, default_value = "http://127.0.0.1:41414")]
    pub url: String,
    /// Show one screen and end; rates are those of one interval.
    #[arg(long)]
    pub once: bool,
    /// What the agent says, as JSON: one object, with `--once`, or one a line.
    #[arg(long)]
    pub json: bool,
    /// Seconds from one look to the next.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub interval: u64,
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
enum TopError {
    #[error("--url {url} is no address such as http://127.0.0.1:41414")]
    Url { url: String },
    #[error("no agent answers at {url}: start it with -Dflume.monitoring.type=http")]
    Ask {
        url: String,
        #[source]
        cause: AskError,
    },
    #[error("{url} is not an agent's monitoring")]
    View {
        url: String,
        #[source]
        cause: ViewError,
    },
    #[error("cannot write to the terminal")]
    Terminal(#[from] io::Error),
}

/// `flowcore top`.
pub(super) fn run(options: &TopOptions) -> Exit {
    let shown = Runtime::new().map_err(TopError::from).and_then(|runtime| runtime.block_on(show(options)));
    match shown {
        Ok(()) => Exit::Clean,
        // Whoever read has enough, as `head` has.
        Err(TopError::Terminal(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Clean,
        Err(error) => {
            output::complain(format_args!("error: {}", with_causes(&error)));
            if matches!(error, TopError::Url { .. }) { Exit::Usage } else { Exit::Failed }
        }
    }
}

async fn show(options: &TopOptions) -> Result<(), TopError> {
    let bad = || TopError::Url { url: options.url.clone() };
    let uri: Uri = options.url.parse().map_err(|_| bad())?;
    let metrics = Metrics::at(&uri).ok_or_else(bad)?;
    let top = Top { options, metrics, clock: Clock::system(), colours: colours() };
    if options.json {
        return top.json().await;
    }
    if options.once || !io::stdout().is_terminal() {
        return top.once().await;
    }
    top.live().await
}

fn colours() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stdout().is_terminal() && !unwanted && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

struct Top<'a> {
    options: &'a TopOptions,
    metrics: Metrics,
    clock: Clock,
    colours: bool,
}

impl Top<'_> {
    async fn json(&self) -> Result<(), TopError> {
        loop {
            let answer = self.ask().await?;
            self.view(&answer)?;
            let mut out = io::stdout().lock();
            out.write_all(&answer)?;
            out.write_all(b"\n")?;
            out.flush()?;
            drop(out);
            if self.options.once {
                return Ok(());
            }
            self.clock.sleep(self.interval()).await;
        }
    }

    async fn once(&self) -> Result<(), TopError> {
        let before = self.look().await?;
        self.clock.sleep(self.interval()).await;
        let now = self.look().await?;
        let looks = self.looks(terminal::width().unwrap_or(80), None, None);
        let mut out = io::stdout().lock();
        for line in screen(Some(&before), &now, &looks) {
            writeln!(out, "{}", line.text(self.colours))?;
        }
        Ok(out.flush()?)
    }

    /// Until `q` or a signal. An agent that does not answer any more is waited for.
    async fn live(&self) -> Result<(), TopError> {
        let now = self.look().await?;
        let mut terminal = Terminal::enter(self.colours)?;
        let mut keys = Keys::listen()?;
        let followed = self.follow(now, &mut terminal, &mut keys).await;
        // Before the terminal is as it was: a key is waited for without an end then.
        keys.end().await;
        followed
    }

    async fn follow(&self, mut now: View, terminal: &mut Terminal, keys: &mut Keys) -> Result<(), TopError> {
        let mut before = None;
        let mut complaint = None;
        loop {
            let (width, height) = terminal::size().unwrap_or((80, 24));
            let looks = self.looks(width, Some(height), complaint.take());
            terminal.draw(&screen(before.as_ref(), &now, &looks))?;
            let next = async {
                self.clock.sleep(self.interval()).await;
                self.look().await
            };
            let looked = tokio::select! {
                wish = keys.next() => match wish {
                    Wish::Quit => return Ok(()),
                    Wish::Redraw => continue,
                },
                looked = next => looked,
            };
            match looked {
                Ok(view) => before = Some(std::mem::replace(&mut now, view)),
                Err(error) => complaint = Some(with_causes(&error)),
            }
        }
    }

    fn looks(&self, width: usize, height: Option<usize>, complaint: Option<String>) -> Looks {
        let footer = height.map(|_| format!("q quits, every {} s", self.options.interval));
        Looks { width, height, url: self.options.url.clone(), complaint, footer }
    }

    fn interval(&self) -> Duration {
        Duration::from_secs(self.options.interval)
    }

    async fn look(&self) -> Result<View, TopError> {
        self.view(&self.ask().await?)
    }

    fn view(&self, answer: &[u8]) -> Result<View, TopError> {
        let now = self.clock.now().as_millis();
        View::read(answer, now).map_err(|cause| TopError::View { url: self.options.url.clone(), cause })
    }

    async fn ask(&self) -> Result<Vec<u8>, TopError> {
        let asked = self.metrics.ask(&self.clock).await;
        asked.map_err(|cause| TopError::Ask { url: self.options.url.clone(), cause })
    }
}
