//! Runs the program with a Redis, all of it or one part.

mod follow;
mod stop;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use flowcore::base::{Clock, Stop, StopSignals, TaskSet};
use flowcore::ingest::AgentHandle;
use flowcore::ingest::source::tail::TailProgress;
use flowcore::process::TopologyHandle;
use flowcore_redis::ListConsumer;
use tokio::sync::watch;

use crate::bucket::Bucketing;
use crate::cli::{AllOptions, CollectOptions, CountOptions, GeneratorOptions, PageOptions, WebOptions};
use crate::queue::Server;
use crate::run::progress::ProgressLine;
use crate::run::{Failure, collect, count, generate, page};
use crate::statistics::Totals;
use crate::web;

/// The name under which entries are pending, unless the command line says another.
const CONSUMER: &str = "count";

/// All of it in one process, with a Redis.
pub(super) async fn run_all(url: &str, options: &AllOptions) -> Result<(), Failure> {
    let mut program = Program::new(url, options.dir.dir.clone(), options.generator.exit)?;
    if !program.reach_server().await? {
        return Ok(());
    }
    let bucketing = Bucketing::new(options.buckets.bucket, &options.buckets.zone)?;
    program.serve(bucketing.clone(), &options.page).await?;
    program.count(CONSUMER, bucketing)?;
    program.collect(&options.generator).await?;
    program.run().await
}

/// Only the generator, the tail and the queue.
pub(super) async fn run_collect(options: &CollectOptions) -> Result<(), Failure> {
    let mut program = Program::new(&options.redis, options.dir.dir.clone(), options.generator.exit)?;
    if !program.reach_server().await? {
        return Ok(());
    }
    program.collect(&options.generator).await?;
    program.run().await
}

/// Only the topology.
pub(super) async fn run_count(options: &CountOptions) -> Result<(), Failure> {
    let mut program = Program::new(&options.redis, options.dir.dir.clone(), options.exit)?;
    if !program.reach_server().await? {
        return Ok(());
    }
    let bucketing = Bucketing::new(options.buckets.bucket, &options.buckets.zone)?;
    program.count(&options.consumer, bucketing)?;
    program.run().await
}

/// Only the page.
pub(super) async fn run_web(options: &WebOptions) -> Result<(), Failure> {
    let mut program = Program::new(&options.redis, PathBuf::new(), false)?;
    if !program.reach_server().await? {
        return Ok(());
    }
    let bucketing = Bucketing::new(options.buckets.bucket, &options.buckets.zone)?;
    program.serve(bucketing, &options.page).await?;
    program.run().await
}

/// The parts that run in this process.
struct Program {
    url: String,
    dir: PathBuf,
    exit: bool,
    clock: Clock,
    signals: StopSignals,
    tasks: TaskSet<Result<(), Failure>>,
    stop_generator: Stop,
    stop_web: Stop,
    collecting: Option<Collecting>,
    counting: Option<Counting>,
    page: Option<TopologyHandle>,
}

struct Collecting {
    agent: AgentHandle,
    tail: TailProgress,
    generated: Option<watch::Receiver<Totals>>,
    generating: bool,
}

struct Counting {
    topology: TopologyHandle,
    consumer: ListConsumer,
    name: String,
    server: Server,
    stored: Arc<AtomicU64>,
    rejected: Arc<AtomicU64>,
}

const GENERATOR: &str = "generator";
const TOPOLOGY: &str = "topology";

impl Program {
    fn new(url: &str, dir: PathBuf, exit: bool) -> Result<Self, Failure> {
        Ok(Self {
            url: url.to_owned(),
            dir,
            exit,
            clock: Clock::system(),
            signals: StopSignals::listen()?,
            tasks: TaskSet::new(),
            stop_generator: Stop::new(),
            stop_web: Stop::new(),
            collecting: None,
            counting: None,
            page: None,
        })
    }

    /// Waits until the Redis is there. False when the program is told to stop meanwhile.
    async fn reach_server(&mut self) -> Result<bool, Failure> {
        let mut server = Server::new(&self.url)?;
        tokio::select! {
            reached = server.reach(&self.clock) => Ok(reached.map(|()| true)?),
            _ = self.signals.next() => Ok(false),
        }
    }

    async fn collect(&mut self, options: &GeneratorOptions) -> Result<(), Failure> {
        let tail = TailProgress::default();
        let generator = generate::open(&self.dir, options, &self.clock).await?;
        let agent = collect::start(&self.url, &self.dir, &tail, &self.clock).await?;
        let generating = generator.is_some();
        let mut generated = None;
        if let Some((mut generator, totals)) = generator {
            generated = Some(totals);
            let stopped = self.stop_generator.stopped();
            self.tasks.spawn(GENERATOR, async move {
                generator.run(stopped).await?;
                Ok(())
            });
        }
        self.collecting = Some(Collecting { agent, tail, generated, generating });
        Ok(())
    }

    fn count(&mut self, name: &str, bucketing: Bucketing) -> Result<(), Failure> {
        let count::Counting { consumer, name, stored, rejected, running, server } =
            count::start(&self.url, name, &self.dir, bucketing, &self.clock)?;
        let topology = running.handle();
        self.tasks.spawn(TOPOLOGY, async move {
            running.wait().await?;
            Ok(())
        });
        self.counting = Some(Counting { topology, consumer, name, server, stored, rejected });
        Ok(())
    }

    async fn serve(&mut self, bucketing: Bucketing, options: &PageOptions) -> Result<(), Failure> {
        let listener = web::listen(options.address()).await?;
        let (board, running) = page::start(&self.url, bucketing, &self.clock).await?;
        println!("the page is at http://{}", listener.local_addr()?);
        self.page = Some(running.handle());
        self.tasks.spawn("page", async move {
            running.wait().await?;
            Ok(())
        });
        let stopped = self.stop_web.stopped();
        self.tasks.spawn("web", async move {
            web::serve(listener, Arc::new(board), stopped).await;
            Ok(())
        });
        Ok(())
    }

    /// Runs until it is time to stop, or a part has failed; then stops all parts in order.
    async fn run(mut self) -> Result<(), Failure> {
        let mut progress = ProgressLine::new(self.clock.clone());
        let mut ended = self.watch(&mut progress).await;
        if ended.is_ok() {
            ended = self.read_generated().await;
        }
        let stopped = self.stop(&mut progress).await;
        ended.and(stopped)
    }
}
