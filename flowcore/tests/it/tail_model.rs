//! The tail source against every order of what can happen to files, with a model that knows every line.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flowcore::base::{Clock, Disk, LocalDisk, TaskEnd, TaskSet};
use flowcore::ingest::Source;
use flowcore::ingest::source::TailSource;
use tokio::sync::watch;

use crate::memory_disk::MemoryDisk;
use crate::probe_channel::ProbeChannel;
use crate::seeds::{Random, Told};
use crate::tail_places::{Place, Places, place};

const LETTERS: &[u8; 26] = b"abcdefghijklmnopqrstuvwxyz";
const TICK: Duration = Duration::from_millis(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    /// A whole line, or the end of one that was begun; makes the file if it is missing.
    Append(usize),
    /// The beginning of a line.
    Begin(usize),
    /// The writer has not noticed that its file was renamed.
    AppendRenamed,
    Rename(usize),
    Truncate(usize),
    Remove(usize),
    /// The source gets time for everything.
    Settle,
    /// The source gets time for one look.
    Look,
    Stop,
    Kill,
}

type Delivered = (Bytes, u64, Place);

/// Where the files are.
enum World {
    Memory(Arc<MemoryDisk>),
    Real,
}

#[derive(Debug, Clone)]
struct ModelLine {
    text: String,
    offset: u64,
    number: u64,
    delivered: u32,
    /// May be missing.
    excused: bool,
    /// Delivered before the last save.
    safe: bool,
    /// Allowed deliveries.
    most: u32,
}

#[derive(Debug, Default, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent facts about a file")]
struct ModelFile {
    /// Lines by number in `lines`.
    lines: Vec<usize>,
    size: u64,
    count: u64,
    /// The last line has no newline.
    open_line: bool,
    name: PathBuf,
    renamed: bool,
    removed: bool,
    /// The source has it open.
    opened: bool,
    /// It is in the saved positions.
    known: bool,
    over: bool,
    /// Looks since something was written into it.
    quiet: u32,
}

struct Model {
    world: World,
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    lines: Vec<ModelLine>,
    files: Vec<ModelFile>,
    live: [Option<usize>; 2],
    last_renamed: Option<usize>,
    channel: Arc<ProbeChannel<Delivered>>,
    running: Option<(TaskSet<TailSource<Delivered>>, watch::Sender<bool>)>,
    random: Random,
    ack_late: bool,
    places: Places,
}

impl Model {
    fn new(world: World, folder: PathBuf, seed: u64) -> Self {
        let disk: Arc<dyn Disk> = match &world {
            World::Memory(disk) => Arc::clone(disk) as _,
            World::Real => Arc::new(LocalDisk),
        };
        let mut random = Random::new(seed);
        let ack_late = random.below(2) == 0;
        Self {
            world,
            disk,
            folder,
            lines: Vec::new(),
            files: Vec::new(),
            live: [None; 2],
            last_renamed: None,
            channel: ProbeChannel::new(),
            running: None,
            random,
            ack_late,
            places: Places::default(),
        }
    }

    fn start(&mut self) {
        let batch = 1 + self.random.below(3);
        let mut source = TailSource::of([self.folder.join("?.log")], |line| {
            (line.body.clone(), line.number, place(&line))
        })
        .positions(self.folder.join("positions.json"))
        .on_disk(Arc::clone(&self.disk))
        .watch(false)
        .batch(batch, 1 << 20)
        .poll_interval(TICK)
        .save_every(TICK)
        .rotate_wait(TICK * 2);
        let (mut writer, stop) = self.channel.writer();
        let mut tasks = TaskSet::new();
        tasks.spawn("tail", async move {
            source.run(&mut writer).await.unwrap();
            source
        });
        self.running = Some((tasks, stop));
    }

    async fn apply(&mut self, op: Op) {
        match op {
            Op::Append(slot) => self.append(slot, true),
            Op::Begin(slot) => self.append(slot, false),
            Op::AppendRenamed => self.append_renamed(),
            Op::Rename(slot) => self.rename(slot),
            Op::Truncate(slot) => self.truncate(slot),
            Op::Remove(slot) => self.remove(slot),
            Op::Settle => self.settle().await,
            Op::Look if self.running.is_some() => {
                self.files.iter_mut().for_each(|file| file.quiet += 1);
                self.pause(TICK).await;
            }
            Op::Look => {}
            Op::Stop if self.running.is_some() => self.stop().await,
            Op::Kill if self.running.is_some() => self.kill().await,
            Op::Stop | Op::Kill => self.start(),
        }
    }

    fn append(&mut self, slot: usize, whole: bool) {
        let file = self.live[slot].unwrap_or_else(|| {
            let name = self.folder.join(["a.log", "b.log"][slot]);
            self.files.push(ModelFile { name, ..ModelFile::default() });
            self.live[slot] = Some(self.files.len() - 1);
            self.files.len() - 1
        });
        self.append_to(file, whole);
    }

    fn append_renamed(&mut self) {
        // After two quiet looks the file may have been left, rightly.
        if let Some(file) =
            self.last_renamed.filter(|file| !self.files[*file].over && self.files[*file].quiet < 2)
        {
            self.append_to(file, true);
        }
    }

    fn append_to(&mut self, at: usize, whole: bool) {
        let file = &mut self.files[at];
        let mut text = String::new();
        if !file.open_line {
            let id = self.lines.len();
            // Letters at random: equal ends of lines are what a tailer cannot see.
            text = format!("{id} ");
            text.extend((0..self.random.below(150)).map(|_| char::from(LETTERS[self.random.below(26)])));
            file.lines.push(id);
            file.count += 1;
            let line = ModelLine {
                text: String::new(),
                offset: file.size,
                number: file.count,
                delivered: 0,
                excused: self.files[at].removed,
                safe: false,
                most: 1,
            };
            self.lines.push(line);
        } else if !whole {
            text.push_str("more");
        }
        let file = &mut self.files[at];
        self.lines[*file.lines.last().unwrap()].text.push_str(&text);
        file.open_line = !whole;
        file.quiet = 0;
        if whole {
            text.push('\n');
        }
        file.size += text.len() as u64;
        let name = file.name.clone();
        match &self.world {
            World::Memory(disk) => disk.write(&name, text.as_bytes()),
            World::Real => {
                let mut file = fs::OpenOptions::new().append(true).create(true).open(name).unwrap();
                file.write_all(text.as_bytes()).unwrap();
            }
        }
    }

    fn rename(&mut self, slot: usize) {
        let Some(at) = self.live[slot].take() else { return };
        let to = self.folder.join(format!("{}.log.{at}", ["a", "b"][slot]));
        self.disk.rename(&self.files[at].name, &to).unwrap();
        self.files[at].name = to;
        self.files[at].renamed = true;
        self.files[at].quiet = 0;
        self.last_renamed = Some(at);
        let file = &self.files[at];
        if (self.running.is_some() && !file.opened) && !file.known || self.running.is_none() && !file.known {
            self.give_up(at);
        }
    }

    fn truncate(&mut self, slot: usize) {
        let Some(at) = self.live[slot] else { return };
        self.excuse(at);
        let file = &mut self.files[at];
        file.lines.clear();
        (file.size, file.count, file.open_line) = (0, 0, false);
        match &self.world {
            World::Memory(disk) => disk.truncate(&file.name),
            World::Real => drop(fs::File::create(&file.name).unwrap()),
        }
    }

    fn remove(&mut self, slot: usize) {
        let Some(at) = self.live[slot].take() else { return };
        self.disk.remove(&self.files[at].name).unwrap();
        self.files[at].removed = true;
        if self.running.is_none() || !self.files[at].opened {
            self.give_up(at);
        }
    }

    /// Nobody can have seen what was not delivered yet.
    fn excuse(&mut self, at: usize) {
        for line in &self.files[at].lines {
            self.lines[*line].excused = true;
        }
    }

    fn give_up(&mut self, at: usize) {
        self.excuse(at);
        self.files[at].over = true;
    }

    async fn pause(&mut self, time: Duration) {
        Clock::system().sleep(time).await;
        if !self.ack_late {
            self.ack();
        }
        self.collect();
    }

    fn ack(&mut self) {
        let mut tokens = self.channel.tokens();
        while !tokens.is_empty() {
            tokens.swap_remove(self.random.below(tokens.len())).ack();
        }
    }

    fn collect(&mut self) {
        for (body, number, place) in self.channel.drain() {
            let text = std::str::from_utf8(&body).unwrap();
            let id: usize = text.split(' ').next().unwrap().parse().unwrap();
            let line = &mut self.lines[id];
            line.delivered += 1;
            assert_eq!((line.offset, line.number), (place.2, number), "line {id} has its place");
            self.places.note(place, id);
            assert!(line.text.starts_with(text), "line {id} is {:?}, not {text:?}", line.text);
            assert!(line.delivered <= line.most, "line {id} came {} times", line.delivered);
        }
    }

    async fn settle(&mut self) {
        if self.running.is_none() {
            return;
        }
        for _ in 0..8 {
            self.pause(TICK).await;
            self.ack();
        }
        for at in 0..self.files.len() {
            let file = &mut self.files[at];
            let gone = file.renamed || file.removed;
            (file.opened, file.known) = (!gone, !gone);
            file.over |= gone;
            let held = (file.open_line && !gone).then(|| file.lines.last().copied()).flatten();
            for line in file.lines.clone() {
                let line_state = &mut self.lines[line];
                let due = held != Some(line) && !line_state.excused;
                assert!(!due || line_state.delivered > 0, "line {line} is lost: {line_state:?}");
            }
        }
        self.note_saved();
    }

    fn note_saved(&mut self) {
        for line in self.lines.iter_mut().filter(|line| line.delivered > 0) {
            line.safe = true;
        }
    }

    async fn stop(&mut self) {
        let (mut tasks, stop) = self.running.take().unwrap();
        stop.send_replace(true);
        let Some((_, TaskEnd::Done(mut source))) = tasks.next().await else { panic!("the source failed") };
        self.ack();
        source.stop().await.unwrap();
        self.collect();
        for at in 0..self.files.len() {
            let file = &mut self.files[at];
            if file.removed {
                file.over = true;
                for line in file.lines.clone() {
                    let line = &self.lines[line];
                    assert!(line.excused || line.delivered > 0, "lost at the stop: {line:?}");
                }
            }
            // The last look has seen it.
            let file = &mut self.files[at];
            file.known |= !file.renamed && !file.removed;
            file.known |= file.opened;
            file.opened = false;
        }
        self.note_saved();
    }

    async fn kill(&mut self) {
        let (mut tasks, _stop) = self.running.take().unwrap();
        tasks.abort_all();
        while tasks.next().await.is_some() {}
        drop(self.channel.tokens());
        self.collect();
        for at in 0..self.files.len() {
            self.files[at].opened = false;
            if self.files[at].removed {
                self.give_up(at);
            }
        }
        for line in self.lines.iter_mut().filter(|line| !line.safe) {
            line.most = line.delivered + 1;
        }
        self.places.keep(|line| self.lines[line].safe);
    }

    async fn finish(mut self) {
        if self.running.is_none() {
            self.start();
        }
        self.settle().await;
        self.stop().await;
        self.start();
        self.settle().await;
        self.stop().await;
    }
}

async fn run(world: World, folder: &Path, seed: u64, ops: &[Op]) {
    let mut model = Model::new(world, folder.to_path_buf(), seed);
    model.start();
    for op in ops {
        model.apply(*op).await;
    }
    model.finish().await;
}

fn random_ops(random: &mut Random) -> Vec<Op> {
    (0..3 + random.below(25))
        .map(|_| {
            let slot = random.below(2);
            match random.below(16) {
                0..4 => Op::Append(slot),
                4 | 5 => Op::Begin(slot),
                6 => Op::AppendRenamed,
                7 => Op::Rename(slot),
                8 => Op::Truncate(slot),
                9 => Op::Remove(slot),
                10 | 11 => Op::Settle,
                12 | 13 => Op::Look,
                14 => Op::Stop,
                _ => Op::Kill,
            }
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn no_line_is_lost_or_doubled_in_random_orders() {
    for seed in 0..4000 {
        let ops = random_ops(&mut Random::new(seed));
        let _told = Told(seed, &ops);
        run(World::Memory(Arc::default()), Path::new("/logs"), seed, &ops).await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_line_is_lost_or_doubled_in_any_short_order() {
    use Op::{Append, AppendRenamed, Begin, Kill, Look, Remove, Rename, Settle, Stop, Truncate};
    let alphabet =
        [Append(0), Begin(0), AppendRenamed, Rename(0), Truncate(0), Remove(0), Settle, Look, Stop, Kill];
    for number in 0..10_usize.pow(4) {
        let mut ops = vec![Append(0), if number % 2 == 0 { Settle } else { Begin(0) }];
        ops.extend((0..4).map(|place| alphabet[number / 10_usize.pow(place) % 10]));
        let _told = Told(number as u64, &ops);
        run(World::Memory(Arc::default()), Path::new("/logs"), number as u64, &ops).await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_line_is_lost_or_doubled_on_a_real_disk() {
    for seed in 0..150 {
        let folder = tempfile::tempdir().unwrap();
        let ops = random_ops(&mut Random::new(seed));
        let _told = Told(seed, &ops);
        run(World::Real, folder.path(), seed, &ops).await;
    }
}
