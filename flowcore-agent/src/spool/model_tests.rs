//! Random files, batches and policies, and a crash at every operation of the disk: what a restart makes of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Clock, Disk};
use flowcore::event::Event;
use flowcore::ingest::pattern::Pattern;
use flowcore::ingest::{
    Channel, ChannelFactory, ChannelWriter, ComponentContext, MemoryChannel, Source, Stopping,
};
use flowcore_testkit::{CrashDisk, DiskFault, Random, simulate};
use tokio::sync::watch;

use super::tracker::Tracker;
use super::{
    Charset, ConsumeOrder, DecodeErrors, Done, LineDeserializer, LineOptions, SpoolOptions, SpoolSource,
    Wanted,
};

const FOLDER: &str = "in";
const TRACKER: &str = "in/.t";

/// What is to be read, and how.
struct Plan {
    /// Names, and lines with the newline each.
    files: BTreeMap<String, Vec<Vec<u8>>>,
    done: Done,
    batch: usize,
    transaction: usize,
    order: ConsumeOrder,
}

impl Plan {
    fn random(random: &mut Random) -> Self {
        let count = 1 + random.index(3);
        let files = (0..count).map(|file| (format!("f{file}"), lines(file, random))).collect();
        Self {
            files,
            done: [Done::Rename, Done::Remove, Done::Track][random.index(3)],
            batch: 1 + random.index(6),
            transaction: 1 + random.index(6),
            order: [ConsumeOrder::Oldest, ConsumeOrder::Youngest][random.index(2)],
        }
    }

    fn write(&self, disk: &CrashDisk) {
        for (name, lines) in &self.files {
            disk.replace(&Path::new(FOLDER).join(name), &lines.concat()).unwrap();
        }
    }

    fn is_done(&self, name: &str, disk: &CrashDisk) -> bool {
        let is_there = |path: &Path| disk.files().iter().any(|(known, _)| known == path);
        match self.done {
            Done::Track => is_there(&Path::new(TRACKER).join(format!("{name}.done"))),
            Done::Rename | Done::Remove => !is_there(&Path::new(FOLDER).join(name)),
        }
    }

    fn bad_files(&self) -> usize {
        self.files.values().filter(|lines| lines.iter().any(|line| line.contains(&0xff))).count()
    }

    fn options(&self, disk: &CrashDisk, errors: DecodeErrors) -> SpoolOptions {
        let charset = Charset::named("UTF-8").unwrap();
        let line =
            LineOptions { most: 2048, input: charset, output: charset, errors, strip_carriage_return: false };
        SpoolOptions {
            folder: FOLDER.into(),
            tracker: TRACKER.into(),
            done: self.done,
            wanted: Wanted {
                include: Pattern::whole("^.*$").unwrap(),
                ignore: Pattern::whole("^$").unwrap(),
                suffix: ".done".to_owned(),
                recursive: false,
                order: self.order,
                done_in: (self.done == Done::Track).then(|| TRACKER.into()),
            },
            file_header: None,
            basename_header: Some("file".into()),
            poll: Duration::from_millis(500),
            watch: false,
            max_backoff: Duration::from_secs(4),
            batch: self.batch,
            deserializer: Arc::new(move || Box::new(LineDeserializer::new(line))),
            disk: Arc::new(disk.clone()),
        }
    }
}

/// The last one perhaps without a newline; one perhaps not in UTF-8.
fn lines(file: usize, random: &mut Random) -> Vec<Vec<u8>> {
    let count = 1 + random.index(16);
    let mut lines: Vec<Vec<u8>> =
        (0..count).map(|line| format!("file {file} line {line} ✓\n").into_bytes()).collect();
    if random.percent(30) {
        let at = random.index(count);
        lines[at].insert(0, 0xff);
    }
    if random.percent(30) {
        lines[count - 1].pop();
    }
    lines
}

/// Events of each file that were committed in one life, in their order.
type Committed = BTreeMap<String, Vec<Vec<u8>>>;

/// Runs a source until all is done, or the disk is off.
async fn life(
    plan: &Plan,
    disk: &CrashDisk,
    errors: DecodeErrors,
    random: &mut Random,
    clock: Clock,
) -> Committed {
    let context = ComponentContext::new("r1", clock.clone());
    let channel = MemoryChannel::builder().capacity(8).transaction(plan.transaction);
    let channel: Arc<dyn Channel> = Box::new(channel).open(&context).await.unwrap();
    let (stop, stopping) = watch::channel(false);
    let mut out = ChannelWriter::new(vec![channel.clone()], context.clone(), Stopping::new(stopping));
    let mut source = SpoolSource::new(plan.options(disk, errors));
    let aside = if errors == DecodeErrors::Fail { plan.bad_files() } else { 0 };
    let is_over = || {
        let left = plan.files.keys().filter(|name| !plan.is_done(name, disk)).count();
        disk.is_off() || (left == aside && context.set_aside.count() == aside)
    };
    let mut committed = Committed::new();
    let sink = async {
        while !is_over() {
            let taken = tokio::select! {
                taken = channel.take(1 + random.index(4)) => taken.unwrap(),
                () = clock.sleep(Duration::from_millis(100)) => continue,
            };
            // The source notes it meanwhile, or goes on.
            if random.percent(70) {
                clock.sleep(Duration::from_millis(1)).await;
            }
            if random.percent(20) {
                taken.rollback();
                continue;
            }
            let events: Vec<Event> = taken.events().to_vec();
            taken.commit().await.unwrap();
            for event in events {
                let name = event.headers.get("file").unwrap().to_owned();
                committed.entry(name).or_default().push(event.body.to_vec());
            }
        }
        stop.send_replace(true);
    };
    let run = async {
        if source.start(&context).await.is_ok() {
            // Its error is that the disk is off: nothing else can go wrong here.
            let end = source.run(&mut out).await;
            assert!(end.is_ok() || disk.is_off(), "{end:?}");
        } else {
            assert!(disk.is_off());
        }
    };
    tokio::join!(run, sink);
    let _ = source.stop().await;
    committed
}

/// The lines of a file as they arrive.
fn bodies(lines: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let body = |line: &Vec<u8>| {
        let text = String::from_utf8_lossy(line);
        text.strip_suffix('\n').unwrap_or(&text).as_bytes().to_vec()
    };
    lines.iter().map(body).collect()
}

/// What was committed so far, and what is checked of it.
struct Model<'a> {
    plan: &'a Plan,
    /// The lines of each file that were committed, without a gap.
    committed: BTreeMap<String, usize>,
}

impl Model<'_> {
    fn live(&mut self, disk: &CrashDisk, errors: DecodeErrors, random: &Random, what: &str) {
        let from = positions(self.plan, disk);
        let (plan, mut random) = (self.plan, random.clone());
        let committed = simulate(|clock| async move { life(plan, disk, errors, &mut random, clock).await });
        self.note(&committed, &from, what);
    }

    /// A life began where the tracker said, or at the start, and left out nothing.
    fn note(&mut self, life: &Committed, from: &BTreeMap<String, usize>, what: &str) {
        for (name, events) in life {
            let all = bodies(&self.plan.files[name]);
            let from = from.get(name).copied().unwrap_or(0);
            assert!(all[from..].starts_with(events), "{what}: {name} from line {from} on: {events:?}");
            let known = self.committed.entry(name.clone()).or_default();
            assert!(from <= *known, "{what}: {name} skips lines {known} to {from}");
            *known = (*known).max(from + events.len());
        }
    }

    /// What is done was committed, and no position is beyond it.
    fn check(&self, disk: &CrashDisk, what: &str) {
        for (name, lines) in &self.plan.files {
            let known = self.committed.get(name).copied().unwrap_or(0);
            assert!(
                !self.plan.is_done(name, disk) || known == lines.len(),
                "{what}: {name} is done too early"
            );
        }
        for (name, position) in positions(self.plan, disk) {
            let known = self.committed.get(&name).copied().unwrap_or(0);
            assert!(position <= known, "{what}: the position of {name} is line {position} of {known}");
        }
    }
}

/// The lines before the positions that are kept.
fn positions(plan: &Plan, disk: &CrashDisk) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let files = disk.files().into_iter().map(|(path, _)| path);
    let aside = files.filter(|path| path.to_string_lossy().contains("-aside-"));
    let main = Tracker::new(Path::new(TRACKER), Arc::new(disk.clone())).read().unwrap();
    let mut all: Vec<_> = aside.filter_map(|path| super::tracker::read(disk, &path).unwrap()).collect();
    all.extend(main);
    for (path, saved) in all {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut end = 0;
        let ends = plan.files[&name].iter().map(|line| {
            end += line.len() as u64;
            end
        });
        let before = ends.filter(|end| *end <= saved.position).count();
        found.insert(name, before);
    }
    found
}

fn seeds() -> impl Iterator<Item = u64> {
    const FIRST: u64 = 7_001;
    let count = std::env::var("FLOWCORE_SEEDS").ok().and_then(|count| count.parse().ok()).unwrap_or(12);
    FIRST..FIRST + count
}

/// Runs a plan with a crash at one operation, then until all is done. Returns whether there was that operation.
fn crash_at(seed: u64, operation: u64, is_power_loss: bool) -> bool {
    let what = format!("seed {seed}, crash at operation {operation}, power lost: {is_power_loss}");
    let mut random = Random::new(seed);
    let plan = Plan::random(&mut random);
    let disk = CrashDisk::new();
    plan.write(&disk);
    disk.inject(disk.operations() + operation, DiskFault::Crash);
    let mut model = Model { plan: &plan, committed: BTreeMap::new() };
    model.live(&disk, DecodeErrors::Fail, &random, &what);
    let was_hit = disk.is_off();
    let after = if is_power_loss { disk.crash(&mut Random::new(seed)) } else { disk.kill() };
    model.check(&after, &what);
    model.live(&after, DecodeErrors::Fail, &random, &what);
    model.check(&after, &what);
    // Somebody helps, and the files that were set aside go on.
    model.live(&after, DecodeErrors::Replace, &random, &what);
    model.check(&after, &what);
    for (name, lines) in &plan.files {
        assert_eq!(model.committed.get(name), Some(&lines.len()), "{what}: lines of {name}");
        assert!(plan.is_done(name, &after), "{what}: {name} is not done");
    }
    was_hit
}

#[test]
fn a_crash_at_any_operation_loses_nothing_and_repeats_only_what_was_not_noted() {
    for is_power_loss in [false, true] {
        let (mut crashes, mut runs) = (0, 0);
        for seed in seeds() {
            println!("seed {seed}");
            runs += 1;
            crashes += (0..10_000).take_while(|operation| crash_at(seed, *operation, is_power_loss)).count();
        }
        assert!(crashes > 10 * runs, "{crashes} operations in {runs} runs");
    }
}

/// After a clean end nothing is left to be told again.
#[test]
fn a_run_without_a_crash_delivers_every_line_once() {
    for seed in seeds() {
        let mut random = Random::new(seed);
        let plan = Plan::random(&mut random);
        let disk = CrashDisk::new();
        plan.write(&disk);
        let run = |errors| {
            let (mut random, disk, plan) = (random.clone(), disk.clone(), &plan);
            simulate(|clock| async move { life(plan, &disk, errors, &mut random, clock).await })
        };
        let lives = [run(DecodeErrors::Fail), run(DecodeErrors::Replace)];
        for (name, lines) in &plan.files {
            let events: Vec<_> = lives.iter().filter_map(|life| life.get(name)).flatten().cloned().collect();
            assert_eq!(events, bodies(lines), "seed {seed}: {name}");
        }
        let left: Vec<_> =
            disk.files().into_iter().filter(|(path, _)| path.to_string_lossy().ends_with(".meta")).collect();
        assert!(left.is_empty(), "seed {seed}: {left:?}");
    }
}
