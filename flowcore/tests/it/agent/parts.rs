//! A source that counts and a sink that remembers, with faults to order.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use flowcore::base::{Clock, Receipts};
use flowcore::event::Weigh;
use flowcore::ingest::{Batch, ChannelWriter, ComponentContext, Sink, SinkError, Source, SourceError};

use crate::seeds::Random;

pub(crate) async fn sleep(time: Duration) {
    Clock::system().sleep(time).await;
}

/// An event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number(pub(crate) u64);

impl Weigh for Number {
    fn weight(&self) -> usize {
        8
    }
}

/// What happened, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub(crate) fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap()
    }

    pub(crate) fn position(&self, line: &str) -> usize {
        let lines = self.lines();
        lines.iter().position(|l| l == line).unwrap_or_else(|| panic!("no {line:?} in {lines:?}"))
    }
}

/// Puts the numbers up to `end`, starting again from the first one that was not acknowledged.
#[derive(Clone)]
pub(crate) struct Counter {
    pub(crate) end: u64,
    /// The next number whose delivery is not known; survives the source.
    pub(crate) committed: Arc<AtomicU64>,
    pub(crate) fault: Fault,
    pub(crate) log: Log,
    receipts: Arc<Receipts<u64>>,
}

/// What a component does wrong.
#[derive(Clone)]
pub(crate) enum Fault {
    None,
    /// Fails or panics on one of so many calls, so many times in all.
    Random {
        one_in: usize,
        left: Arc<AtomicUsize>,
        random: Arc<Mutex<Random>>,
    },
    /// Never returns.
    Hangs,
    Panics,
    Fatal,
}

impl Fault {
    pub(crate) fn random(one_in: usize, times: usize, seed: u64) -> Self {
        let random = Arc::new(Mutex::new(Random::new(seed)));
        Self::Random { one_in, left: Arc::new(AtomicUsize::new(times)), random }
    }

    async fn strike(&self) -> Result<(), &'static str> {
        match self {
            Self::None | Self::Fatal => Ok(()),
            Self::Hangs => std::future::pending().await,
            Self::Panics => panic!("out of beans"),
            Self::Random { one_in, left, random } => {
                let strikes = random.lock().unwrap().one_in(*one_in);
                if !strikes || left.load(Ordering::Relaxed) == 0 {
                    return Ok(());
                }
                left.fetch_sub(1, Ordering::Relaxed);
                let panics = random.lock().unwrap().one_in(2);
                if panics { panic!("out of beans") } else { Err("out of milk") }
            }
        }
    }
}

impl Counter {
    pub(crate) fn new(end: u64, fault: Fault, log: &Log) -> Self {
        let (committed, receipts) = (Arc::default(), Arc::new(Receipts::new()));
        Self { end, committed, fault, log: log.clone(), receipts }
    }

    /// The same source made anew: what the old one waited for is forgotten.
    pub(crate) fn anew(&self) -> Self {
        Self { receipts: Arc::new(Receipts::new()), ..self.clone() }
    }

    fn take_receipts(&self) {
        while let Some(receipt) = self.receipts.try_next() {
            if receipt.outcome.is_ok() {
                self.committed.fetch_max(receipt.id, Ordering::Relaxed);
            }
        }
    }
}

#[async_trait]
impl Source<Number> for Counter {
    async fn start(&mut self, _context: &ComponentContext) -> Result<(), SourceError> {
        self.log.add("source start");
        Ok(())
    }

    async fn run(&mut self, out: &mut ChannelWriter<Number>) -> Result<(), SourceError> {
        let mut next = self.committed.load(Ordering::Relaxed);
        while next < self.end && !out.is_stopping() {
            if matches!(self.fault, Fault::Fatal) {
                return Err(SourceError::fatal("no such queue"));
            }
            self.fault.strike().await.map_err(SourceError::retry)?;
            let batch = (next..self.end.min(next + 3)).map(Number).collect::<Vec<_>>();
            next += batch.len() as u64;
            out.put(Batch::new(batch, self.receipts.token(next))).await.map_err(SourceError::retry)?;
            self.take_receipts();
        }
        self.log.add("source end");
        Ok(())
    }

    async fn stop(&mut self) -> Result<(), SourceError> {
        self.take_receipts();
        self.log.add(format!("source stop, {} outstanding", self.receipts.outstanding()));
        Ok(())
    }
}

/// Remembers what it was given.
#[derive(Clone)]
pub(crate) struct Memory {
    pub(crate) got: Arc<Mutex<Vec<u64>>>,
    pub(crate) fault: Fault,
    pub(crate) log: Log,
    pub(crate) pace: Duration,
}

impl Memory {
    pub(crate) fn new(fault: Fault, log: &Log) -> Self {
        Self { got: Arc::default(), fault, log: log.clone(), pace: Duration::ZERO }
    }

    pub(crate) fn numbers(&self) -> Vec<u64> {
        self.got.lock().unwrap().clone()
    }
}

#[async_trait]
impl Sink<Number> for Memory {
    async fn start(&mut self, _context: &ComponentContext) -> Result<(), SinkError> {
        sleep(Duration::from_millis(20)).await;
        self.log.add("sink start");
        Ok(())
    }

    async fn deliver(&mut self, events: &[Number]) -> Result<(), SinkError> {
        if matches!(self.fault, Fault::Fatal) {
            return Err(SinkError::fatal("wrong password"));
        }
        self.fault.strike().await.map_err(SinkError::retry)?;
        if !self.pace.is_zero() {
            sleep(self.pace).await;
        }
        self.got.lock().unwrap().extend(events.iter().map(|number| number.0));
        Ok(())
    }

    async fn stop(&mut self) -> Result<(), SinkError> {
        self.log.add("sink stop");
        Ok(())
    }
}
