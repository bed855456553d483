use std::fmt::Display;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use super::observer::{Observer, Partitioned, Single};
use crate::base::Timestamp;
use crate::process::Tuple;

/// Reads a tuple's timestamp.
pub type TimestampOf<T> = Arc<dyn Fn(&T) -> Timestamp + Send + Sync>;

/// Makes an observer for each sending task.
type MakeObserver<T> = Arc<dyn Fn() -> Box<dyn Observer<T>> + Send + Sync>;

/// The event time of a stream: where a tuple's timestamp is, and how far watermarks stay behind. It is declared
/// with `event_time` on a spout, a bolt or a [`Stream`](crate::process::Stream), before its readers are.
///
/// Each task that sends the stream makes a watermark of what it has sent: the largest timestamp less the
/// [`lag`](Self::lag). A task that reads it, and every task behind that, hears of it by
/// [`Bolt::on_watermark`](crate::process::Bolt::on_watermark): the smallest watermark over all inputs with
/// event time and over all of their tasks counts. It only grows.
///
/// - **Idle**: a task that has had no tuple for [`idle_after`](Self::idle_after) no longer holds back the others,
///   until it has one again. A spout that waits because `max_pending` tuples are under way is not idle, and time
///   in which there is no room in mailboxes does not count.
/// - **Far ahead**: a timestamp too far in the future does not move the watermark. See
///   [`max_ahead`](Self::max_ahead).
/// - **Replays**: the watermark of a spout's stream also waits for tuples that are under way or will be tried
///   again, so that a window does not close before every tuple of it has been through. A tuple that was kept
///   and fails later, for example because a window's result could not be delivered, comes late. The stream of
///   a bolt with an event time of its own knows of no replays.
/// - **End**: a task whose input has ended, and who has nothing under way, does not hold back others; when all
///   have ended, the watermark is [`Timestamp::MAX`]. When the topology is stopped, it is not.
/// - A **function that panics** leaves the watermark where it is; the tuple travels on.
///
/// ```
/// use flowcore::base::Timestamp;
/// use flowcore::process::time::EventTime;
/// use flowcore::process::{Bolt, BoltError, Emitter, TopologyBuilder};
/// use flowcore_testkit::{Recorder, ScriptedSpout};
/// use std::time::Duration;
///
/// #[derive(Clone)]
/// struct Order { at: Timestamp }
///
/// /// Emits its watermarks.
/// struct Watermarks;
///
/// impl Bolt<Order> for Watermarks {
///     type Out = Emitter<Timestamp>;
///
///     async fn execute(&mut self, _: &Order, _: &mut Self::Out) -> Result<(), BoltError> {
///         Ok(())
///     }
///
///     async fn on_watermark(&mut self, at: Timestamp, out: &mut Self::Out) -> Result<(), BoltError> {
///         out.emit(at);
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let at = Timestamp::from_millis;
/// let script = ScriptedSpout::new().emit([Order { at: at(90_000) }, Order { at: at(60_000) }]);
/// let watermarks = Recorder::new();
/// let record = watermarks.clone();
///
/// let mut topology = TopologyBuilder::new("orders");
/// let orders = topology
///     .spout("orders", script.factory())
///     .event_time(EventTime::of(|order: &Order| order.at).lag(Duration::from_secs(5)));
/// let seen = topology.bolt("look", || Watermarks).shuffle(&orders);
/// topology.bolt("record", move || record.bolt()).shuffle(&seen);
/// topology.build()?.run().await?;
/// assert_eq!(watermarks.items().last(), Some(&Timestamp::MAX), "the input has ended");
/// # Ok(()) }
/// ```
pub struct EventTime<T: Tuple + ?Sized> {
    timestamp: TimestampOf<T>,
    observer: MakeObserver<T>,
    pace: Pace,
}

/// How watermarks follow timestamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    pub(crate) lag: Duration,
    pub(crate) idle_after: Duration,
    pub(crate) max_ahead: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { lag: Duration::ZERO, idle_after: Duration::from_mins(1), max_ahead: Duration::from_hours(1) }
    }
}

impl<T: Tuple + ?Sized> EventTime<T> {
    /// Event time by the timestamp that `timestamp` reads from a tuple. It is called once for each tuple by the
    /// task that sends it, and must be quick.
    pub fn of(timestamp: impl Fn(&T) -> Timestamp + Send + Sync + 'static) -> Self {
        let timestamp = Arc::new(timestamp);
        let read = Arc::clone(&timestamp);
        let observer: MakeObserver<T> = Arc::new(move || Box::new(Single(Arc::clone(&read))));
        Self { timestamp, observer, pace: Pace::default() }
    }

    /// How much later than another one a tuple may come whose timestamp is earlier. Nothing unless set: then
    /// timestamps must not go back.
    #[must_use]
    pub fn lag(mut self, lag: Duration) -> Self {
        self.pace.lag = lag;
        self
    }

    /// How long a task of the sender, or a partition, holds back the watermark without a tuple. A minute unless
    /// set; `Duration::MAX` for never. What it sends when it comes back may be late.
    #[must_use]
    pub fn idle_after(mut self, time: Duration) -> Self {
        self.pace.idle_after = time;
        self
    }

    /// How far into the future a timestamp may jump; an hour unless set. One that goes further is not believed:
    /// the tuple travels on, but does not move the watermark; it is counted
    /// ([`TaskSnapshot::ahead`](crate::process::TaskSnapshot::ahead)) and reported.
    ///
    /// The future begins at the topology's clock: no timestamp is believed that is more than this after it.
    /// Where the largest timestamp so far is more than this before the clock, because old data are read, the
    /// future begins there, plus the time that has passed since: a jump further than this is believed when 100
    /// tuples in a row have jumped.
    #[must_use]
    pub fn max_ahead(mut self, time: Duration) -> Self {
        self.pace.max_ahead = time;
        self
    }

    /// Tuples with the same partition are in order, up to the lag; those of different ones need not be: the
    /// watermark is the smallest one over the partitions that are not idle. For spouts that read several
    /// partitions, files or devices, of which one may be far behind another.
    ///
    /// A task tells 1,024 partitions apart; what comes after them counts as one more. A partition that is new
    /// does not take the watermark back.
    #[must_use]
    pub fn partition_by<P>(mut self, partition: impl Fn(&T) -> P + Send + Sync + 'static) -> Self
    where
        P: Hash + Eq + Display + Send + 'static,
    {
        let partition = Arc::new(partition);
        let timestamp = Arc::clone(&self.timestamp);
        self.observer =
            Arc::new(move || Box::new(Partitioned::new(Arc::clone(&timestamp), Arc::clone(&partition))));
        self
    }

    pub(crate) fn timestamp_of(&self) -> TimestampOf<T> {
        Arc::clone(&self.timestamp)
    }

    pub(crate) fn pace(&self) -> Pace {
        self.pace
    }

    pub(crate) fn observer(&self) -> Box<dyn Observer<T>> {
        (self.observer)()
    }
}

impl<T: Tuple + ?Sized> Clone for EventTime<T> {
    fn clone(&self) -> Self {
        let (timestamp, observer) = (Arc::clone(&self.timestamp), Arc::clone(&self.observer));
        Self { timestamp, observer, pace: self.pace }
    }
}

impl<T: Tuple + ?Sized> std::fmt::Debug for EventTime<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("EventTime").field(&self.pace).finish()
    }
}
