use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use flowcore::base::{Clock, TaskEnd, TaskSet};
use flowcore::ingest::AgentHandle;
use flowcore::ingest::source::tail::TailProgress;
use flowcore::process::TopologyHandle;
use flowcore_redis::ListConsumer;
use tokio::sync::watch;

use super::progress::{Numbers, ProgressLine};
use super::stop::{Stop, StopSignals};
use super::{Failure, collect, count, generate, page, tail};
use crate::bucket::Bucketing;
use crate::cli::{AllOptions, CollectOptions, CountOptions, GeneratorOptions, PageOptions, WebOptions};
use crate::queue::Server;
use crate::statistics::Totals;
use crate::web;

/// How often the program looks whether all is counted, with `--exit`.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// The name under which entries are pending, unless the command line says another.
const CONSUMER: &str = "count";
/// How long a stop waits until what was generated is read. What is left then is counted after the next start.
const READ_REST: Duration = Duration::from_secs(5);

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

/// How long the server may be away when all else has ended.
const RELEASE_WITHIN: Duration = Duration::from_secs(2);
/// When it is away longer.
const AWAY: &str = "the redis is away: what is not stored is counted after the next start";
/// What a second signal ends with.
const HURRY: &str = "ended before all was stored: the rest is counted after the next start";
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
            () = self.signals.wait() => Ok(false),
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

    async fn watch(&mut self, progress: &mut ProgressLine) -> Result<(), Failure> {
        loop {
            if self.exit && self.is_finished().await? {
                return Ok(());
            }
            let failed = async {
                match &self.collecting {
                    Some(collecting) => collecting.agent.failed().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.signals.wait() => return Ok(()),
                error = failed => return Err(error.into()),
                Some((name, end)) = self.tasks.next() => {
                    ended(&name, end)?;
                    match &mut self.collecting {
                        Some(collecting) if &*name == GENERATOR => collecting.generating = false,
                        _ => return Err(Failure::new(format!("{name} has ended by itself"))),
                    }
                }
                () = progress.due() => progress.show(self.numbers()),
                () = self.clock.sleep(LOOK_EVERY), if self.exit => {}
            }
        }
    }

    /// Whether everything that was generated is pushed, and everything that was pushed is counted.
    async fn is_finished(&mut self) -> Result<bool, Failure> {
        if let Some(collecting) = &self.collecting {
            let read = !collecting.generating && tail::is_at_end(&self.dir, &collecting.tail);
            if !read || !collecting.tail.is_committed() {
                return Ok(false);
            }
        }
        let Some(counting) = &mut self.counting else { return Ok(true) };
        let (waiting, taken) = match counting.server.queued(&counting.name).await {
            Ok(queued) => queued,
            // What it holds is not known, so it is not finished.
            Err(error) if error.retries() => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let spout = counting.topology.snapshot().component("queue");
        let under_way = spout.emitted.saturating_sub(spout.acked + spout.dead);
        // What was taken and not emitted is still on its way; what is stored and not acknowledged seems to be.
        Ok(waiting == 0 && taken == under_way)
    }

    fn numbers(&self) -> Numbers {
        let counting = self.counting.as_ref();
        let snapshot = counting.map(|counting| counting.topology.snapshot());
        let executed = snapshot.as_ref().map_or(0, |snapshot| snapshot.component("count").executed);
        let load = |counter: &Arc<AtomicU64>| counter.load(Ordering::Relaxed);
        let rejected = counting.map_or(0, |counting| load(&counting.rejected));
        let stored = counting.map_or(0, |counting| load(&counting.stored));
        let lines = match &self.collecting {
            Some(collecting) => collecting.tail.lines(),
            None => executed,
        };
        Numbers { lines, counted: executed.saturating_sub(rejected), stored, rejected }
    }

    /// Ends the generator, and waits until the tail has read what it wrote.
    async fn read_generated(&mut self) -> Result<(), Failure> {
        self.stop_generator.now();
        let watch = self.clock.stopwatch();
        while self.is_generated_left() && watch.elapsed() < READ_REST {
            tokio::select! {
                Some((name, end)) = self.tasks.next() => {
                    ended(&name, end)?;
                    match &mut self.collecting {
                        Some(collecting) if &*name == GENERATOR => collecting.generating = false,
                        _ => return Err(Failure::new(format!("{name} has ended by itself"))),
                    }
                }
                () = self.signals.wait() => return Ok(()),
                () = self.clock.sleep(LOOK_EVERY) => {}
            }
        }
        Ok(())
    }

    fn is_generated_left(&self) -> bool {
        let mine = self.collecting.as_ref().filter(|collecting| collecting.generated.is_some());
        mine.is_some_and(|mine| mine.generating || !tail::is_at_end(&self.dir, &mine.tail))
    }

    /// With a server that is away this takes its time: who does not want to wait says so again.
    async fn stop(self, progress: &mut ProgressLine) -> Result<(), Failure> {
        let mut again = StopSignals::listen()?;
        tokio::select! {
            stopped = self.stop_in_order(progress) => stopped,
            () = again.wait() => Err(Failure::new(HURRY)),
        }
    }

    /// Waits until what this process has pushed is in a bucket, unless that takes long: then it waits in the
    /// queue for the next start.
    async fn count_rest(&mut self) {
        let clock = self.clock.clone();
        let counted = async {
            while !self.is_finished().await.unwrap_or(true) {
                clock.sleep(LOOK_EVERY).await;
            }
        };
        let _ = tokio::time::timeout(READ_REST, counted).await;
    }

    /// The generator first, then the tail until the queue has everything; what is under way is counted, and
    /// open buckets are stored.
    async fn stop_in_order(mut self, progress: &mut ProgressLine) -> Result<(), Failure> {
        self.stop_generator.now();
        let mut failure = None;
        if let Some(collecting) = &self.collecting {
            collecting.agent.stop_sources().await;
        }
        let numbers = self.numbers();
        if let Some(Collecting { agent, generated, .. }) = self.collecting.take() {
            failure = agent.finish().await.err().map(Failure::from);
            self.count_rest().await;
            if let Some(generated) = generated {
                let Totals { orders, cups } = *generated.borrow();
                progress.end();
                println!("the file of orders has {orders} orders, {cups} cups");
            }
        }
        if let Some(counting) = &self.counting {
            counting.topology.stop();
        }
        if let Some(page) = &self.page {
            page.stop();
        }
        self.stop_web.now();
        while let Some((name, end)) = self.tasks.next().await {
            failure = failure.or(ended(&name, end).err());
        }
        if let Some(counting) = &self.counting {
            let stored = counting.stored.load(Ordering::Relaxed);
            progress.show(Numbers { stored, counted: stored.max(numbers.counted), ..numbers });
            progress.end();
            if failure.is_none() {
                failure = release(&counting.consumer).await.err();
            }
            println!("counted and stored {stored} orders; {} entries rejected", numbers.rejected);
        }
        failure.map_or(Ok(()), Err)
    }
}

/// Gives back what is taken and not stored, if the server is there: if not, it goes on with the next start.
async fn release(consumer: &ListConsumer) -> Result<(), Failure> {
    match tokio::time::timeout(RELEASE_WITHIN, consumer.release()).await {
        Ok(released) => Ok(released?),
        Err(_) => Err(Failure::new(AWAY)),
    }
}

fn ended(name: &str, end: TaskEnd<Result<(), Failure>>) -> Result<(), Failure> {
    match end {
        TaskEnd::Done(result) => result,
        TaskEnd::Panicked(panic) => Err(panic.into()),
        TaskEnd::Aborted => Err(Failure::new(format!("{name} was aborted"))),
    }
}
