use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use flowcore::base::{Clock, Stop, StopSignals, TaskSet};
use flowcore::bridge::ChannelSpout;
use flowcore::ingest::source::tail::TailProgress;
use flowcore::ingest::{AgentBuilder, AgentHandle, MemoryChannel};
use flowcore::process::{RunReport, TopologyBuilder, TopologyHandle};
use tokio::net::TcpListener;
use tokio::sync::{broadcast, watch};

use super::progress::{Numbers, ProgressLine};
use super::{Failure, generate, tail};
use crate::bucket::Bucketing;
use crate::cli::AllOptions;
use crate::embedded::{EmbeddedBoard, EmbeddedKeeper};
use crate::generator::{BRANCHES, Generator};
use crate::order::ALL_BRANCHES;
use crate::statistics::Totals;
use crate::store::{EmbeddedStore, Store};
use crate::topology::{self, CountSettings, FileLine, LiveBuckets};
use crate::web;

/// The store's file in the program's folder.
pub(super) const STORE_FILE: &str = "store.redb";
/// How often the program looks whether all is counted, with `--exit`.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long a stop waits until what was generated is read. What is left then is counted after the next start.
const READ_REST: Duration = Duration::from_secs(5);

/// All of it in one process, without a server.
pub(super) async fn run(options: &AllOptions) -> Result<(), Failure> {
    let clock = Clock::system();
    let dir = &options.dir.dir;
    let bucketing = Bucketing::new(options.buckets.bucket, &options.buckets.zone)?;
    let mut signals = StopSignals::listen()?;
    // A port that is taken is said before anything is written.
    let listener = web::listen(options.page.address()).await?;
    let store = EmbeddedStore::open(&dir.join(STORE_FILE)).await?;
    println!("the page is at http://{}", listener.local_addr()?);

    let generator = generate::open(dir, &options.generator, &clock).await?;
    let mut program =
        Program::start(dir, Arc::new(store), bucketing, clock.clone(), generator, listener).await?;
    let mut ended = program.watch(options.generator.exit, &mut signals).await;
    if ended.is_ok() {
        ended = program.read_generated().await;
    }
    let stopped = program.stop().await;
    ended.and(stopped)
}

struct Program {
    tasks: TaskSet<Result<Part, Failure>>,
    agent: AgentHandle<FileLine>,
    topology: TopologyHandle,
    tail: TailProgress,
    rejected: Arc<AtomicU64>,
    stored_before: Totals,
    store: Arc<dyn Store>,
    stop_generator: Stop,
    stop_web: Stop,
    generated: Option<watch::Receiver<Totals>>,
    generating: bool,
    progress: ProgressLine,
    dir: std::path::PathBuf,
    clock: Clock,
}

/// A part of the program that has ended.
enum Part {
    Generator,
    Topology(Box<RunReport>),
    Web,
}

impl Program {
    async fn start(
        dir: &Path,
        store: Arc<dyn Store>,
        bucketing: Bucketing,
        clock: Clock,
        generator: Option<(Generator, watch::Receiver<Totals>)>,
        listener: TcpListener,
    ) -> Result<Self, Failure> {
        let mut tasks = TaskSet::new();
        let (stop_generator, stop_web) = (Stop::new(), Stop::new());
        let stored_before = store.totals().await?;
        let live = Arc::new(LiveBuckets::default());
        let (packets, _) = broadcast::channel(1024);

        let tail = TailProgress::default();
        let (followed, progress) = (dir.to_owned(), tail.clone());
        let agent = AgentBuilder::new("collect")
            .clock(clock.clone())
            .channel("memory", MemoryChannel::<FileLine>::builder().capacity(10_000))
            .read_elsewhere("memory")
            .source("tail", move || tail::lines(&followed, &progress))
            .into(["memory"])
            .build()?
            .start()
            .await?;
        let channel =
            agent.channel("memory").ok_or_else(|| Failure::from("the agent has lost its channel"))?;

        let rejected = Arc::new(AtomicU64::new(0));
        let mut topology = TopologyBuilder::new("coffee-orders").clock(clock.clone());
        let lines = topology.spout("lines", move || ChannelSpout::new(Arc::clone(&channel)));
        let settings = CountSettings {
            bucketing: bucketing.clone(),
            max_kept: topology::MOST_KEPT / topology::COUNT_TASKS,
            live: Arc::clone(&live),
            rejected: Arc::clone(&rejected),
        };
        let covered = Arc::new(store.cover().await?);
        let (kept_in, kept_by, told) = (dir.to_owned(), Arc::clone(&store), packets.clone());
        let keeper = move || EmbeddedKeeper::new(kept_in.clone(), Arc::clone(&kept_by), told.clone());
        topology::add_bolts(&mut topology, &lines, &settings, covered, keeper);
        let running = topology.build()?.start();
        let topology = running.handle();
        tasks.spawn("topology", async move { Ok(Part::Topology(Box::new(running.wait().await?))) });

        let branches = page_branches(store.branches().await?);
        let board = EmbeddedBoard::new(branches, bucketing, clock.clone(), Arc::clone(&store), live, packets);
        let stopped = stop_web.stopped();
        tasks.spawn("web", async move {
            web::serve(listener, Arc::new(board), stopped).await;
            Ok(Part::Web)
        });

        let generating = generator.is_some();
        let mut generated = None;
        if let Some((mut generator, totals)) = generator {
            generated = Some(totals);
            let stopped = stop_generator.stopped();
            tasks.spawn("generator", async move {
                generator.run(stopped).await?;
                Ok(Part::Generator)
            });
        }
        let progress = ProgressLine::new(clock.clone());
        let dir = dir.to_owned();
        Ok(Self {
            tasks,
            agent,
            topology,
            tail,
            rejected,
            stored_before,
            store,
            stop_generator,
            stop_web,
            generated,
            generating,
            progress,
            dir,
            clock,
        })
    }

    /// Shows progress until it is time to stop, or a part has failed.
    async fn watch(&mut self, exit: bool, signals: &mut StopSignals) -> Result<(), Failure> {
        loop {
            if exit && !self.generating && tail::is_at_end(&self.dir, &self.tail) {
                return Ok(());
            }
            tokio::select! {
                _ = signals.next() => return Ok(()),
                error = self.agent.failed() => return Err(error.into()),
                Some((name, end)) = self.tasks.next() => match end.into_result()?? {
                    Part::Generator => self.generating = false,
                    Part::Topology(_) | Part::Web => {
                        return Err(Failure::from(format!("{name} has ended by itself")));
                    }
                },
                () = self.progress.due() => {
                    let numbers = self.numbers().await?;
                    self.progress.show(numbers);
                }
                () = self.clock.sleep(LOOK_EVERY), if exit && !self.generating => {}
            }
        }
    }

    async fn numbers(&self) -> Result<Numbers, Failure> {
        let rejected = self.rejected.load(Ordering::Relaxed);
        let executed = self.topology.snapshot().component("count").executed;
        let stored = self.store.totals().await?.orders - self.stored_before.orders;
        let lines = self.tail.lines();
        Ok(Numbers { lines, counted: executed.saturating_sub(rejected), stored, rejected })
    }

    /// Ends the generator, and waits until the tail has read what it wrote.
    async fn read_generated(&mut self) -> Result<(), Failure> {
        self.stop_generator.now();
        let watch = self.clock.stopwatch();
        let is_left = |program: &Self| program.generating || !tail::is_at_end(&program.dir, &program.tail);
        while self.generated.is_some() && is_left(self) && watch.elapsed() < READ_REST {
            tokio::select! {
                error = self.agent.failed() => return Err(error.into()),
                Some((name, end)) = self.tasks.next() => match end.into_result()?? {
                    Part::Generator => self.generating = false,
                    Part::Topology(_) | Part::Web => {
                        return Err(Failure::from(format!("{name} has ended by itself")));
                    }
                },
                () = self.clock.sleep(LOOK_EVERY) => {}
            }
        }
        Ok(())
    }

    /// The generator first, then the tail; what is under way is counted, and open buckets are stored.
    async fn stop(mut self) -> Result<(), Failure> {
        self.stop_generator.now();
        self.agent.stop_sources().await;
        let mut failure = None;
        let mut left = 0;
        while self.tasks.names().any(|name| name != "web") {
            match self
                .tasks
                .next()
                .await
                .map(|(_, end)| end.into_result().unwrap_or_else(|error| Err(error.into())))
            {
                Some(Ok(Part::Topology(report))) => {
                    left = report.unsettled.iter().map(|unsettled| unsettled.tuples).sum();
                }
                Some(Ok(Part::Generator | Part::Web)) => {}
                Some(Err(error)) => failure = failure.or(Some(error)),
                None => break,
            }
        }
        let numbers = self.numbers().await?;
        self.progress.show(numbers);
        self.progress.end();
        self.agent.finish().await?;
        self.stop_web.now();
        while self.tasks.next().await.is_some() {}
        if let Some(failure) = failure {
            return Err(failure);
        }
        let totals = self.store.totals().await?;
        println!(
            "counted {} orders, {} cups; {} lines rejected",
            totals.orders, totals.cups, numbers.rejected
        );
        if let Some(generated) = self.generated {
            let Totals { orders, cups } = *generated.borrow();
            println!("the file of orders has {orders} orders, {cups} cups");
        }
        if left > 0 {
            println!("{left} orders were under way and will be counted after the next start");
        }
        Ok(())
    }
}

/// `all` first, then those that are known, then others that the store has `seen`.
pub(super) fn page_branches(seen: Vec<String>) -> Vec<String> {
    let mut branches: Vec<String> =
        std::iter::once(ALL_BRANCHES).chain(BRANCHES).map(str::to_owned).collect();
    for branch in seen {
        if !branches.contains(&branch) {
            branches.push(branch);
        }
    }
    branches
}
