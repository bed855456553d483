use super::TopologyHandle;
use crate::process::observe::{TopologyEvent, TopologyEvents};

impl TopologyHandle {
    /// What happens in the topology from now on: restarts, tuples that are given up, overdue windows, what it is
    /// told. The stream ends when the topology has ended.
    ///
    /// The topology never waits for a reader: one that lets more events pass than the log holds (see
    /// [`event_log`](crate::process::TopologyBuilder::event_log)) loses the oldest, and is told how many. Of the
    /// troubles of one component, five in ten seconds are listed; the others are counted, and the number is
    /// said when the ten seconds are over and something else happens, or at the end.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use flowcore::process::observe::Happening;
    /// use flowcore::process::{BoltError, TopologyBuilder, futures::StreamSpout};
    /// use futures_util::{StreamExt, stream};
    ///
    /// let mut topology = TopologyBuilder::new("numbers");
    /// let numbers = topology.spout("numbers", || StreamSpout::new(stream::iter(0..3).chain(stream::pending())));
    /// numbers.for_each("end", |_| {});
    /// let running = topology.build()?.start();
    ///
    /// let handle = running.handle();
    /// let events = handle.events();
    /// handle.pause("numbers")?;
    /// handle.stop();
    /// running.wait().await?;
    /// let events: Vec<_> = events.map(|event| event.what).collect().await;
    /// let spout = "numbers".into();
    /// assert_eq!(events, [Happening::SpoutPaused { spout }, Happening::Stopping, Happening::Ended]);
    /// # Ok(()) }
    /// ```
    pub fn events(&self) -> TopologyEvents {
        self.watched.log.follow()
    }

    /// The last events, oldest first: as many as the log holds.
    pub fn recent_events(&self) -> Vec<TopologyEvent> {
        self.watched.log.recent()
    }

    /// The last troubles of one component, oldest first: at most ten, and of those in one interval of ten
    /// seconds at most five.
    pub fn last_troubles(&self, component: &str) -> Vec<TopologyEvent> {
        self.watched.log.troubles(component).0
    }
}
