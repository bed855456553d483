use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore_testkit::until;
use tokio::sync::watch;

use crate::peer::Peer;
use crate::running::{Running, config};

/// Who is asked about, until the test says how it ends.
#[derive(Clone)]
struct Asked {
    strangers: Arc<Mutex<HashSet<SocketAddr>>>,
    verdict: watch::Sender<Option<bool>>,
}

impl Asked {
    fn new() -> Self {
        Self { strangers: Arc::default(), verdict: watch::Sender::new(None) }
    }

    /// Everybody is, while `asks` says so; then everybody is known.
    async fn admits(self, peer: SocketAddr, asks: Arc<Mutex<bool>>) -> bool {
        if !*asks.lock().unwrap() {
            return true;
        }
        self.strangers.lock().unwrap().insert(peer);
        let mut verdict = self.verdict.subscribe();
        let verdict = verdict.wait_for(Option::is_some).await.unwrap();
        *verdict == Some(true)
    }

    fn count(&self) -> usize {
        self.strangers.lock().unwrap().len()
    }
}

#[tokio::test]
async fn who_is_not_admitted_is_sent_away_and_counts_as_no_connection() {
    let source = Running::start(config().admit(|peer| !peer.ip().is_loopback())).await;
    for _ in 0..5 {
        assert_eq!(Peer::connect(source.address).await.answer().await, None);
    }
    assert_eq!(source.monitor.connections(), 0);
}

#[tokio::test]
async fn slow_verdicts_stop_nobody_and_too_many_of_them_are_refused() {
    let (asked, asks) = (Asked::new(), Arc::new(Mutex::new(true)));
    let filter = (asked.clone(), Arc::clone(&asks));
    // One connection at a time: those that are asked about take none of the room.
    let config = config()
        .max_connections(1)
        .admit_when(move |peer, _| filter.0.clone().admits(peer, Arc::clone(&filter.1)));
    let source = Running::start(config).await;
    let mut strangers = Vec::new();
    for _ in 0..260 {
        strangers.push(Peer::connect(source.address).await);
    }
    until(async || asked.count() == 260).await;
    for refused in &mut strangers[256..] {
        assert_eq!(refused.answer().await, None);
    }
    *asks.lock().unwrap() = false;
    let mut known = Peer::connect(source.address).await;
    assert_eq!(known.ask("known").await.as_deref(), Some("taken"));
    drop(known);
    asked.verdict.send_replace(Some(true));
    strangers.truncate(256);
    for stranger in &mut strangers {
        stranger.send("stranger\n").await;
        stranger.end().await;
    }
    // One after the other, in any order, as there is room.
    for stranger in &mut strangers {
        assert_eq!(stranger.answer().await.as_deref(), Some("taken"));
    }
    assert_eq!(source.stop().await.len(), 257);
}

#[tokio::test]
async fn who_is_refused_late_and_who_cannot_be_judged_in_time_is_sent_away() {
    let (asked, asks) = (Asked::new(), Arc::new(Mutex::new(true)));
    let filter = (asked.clone(), asks);
    let config = config().admit_when(move |peer, _| filter.0.clone().admits(peer, Arc::clone(&filter.1)));
    let slow = Running::start(config.clone().frame_timeout(Duration::from_millis(20))).await;
    assert_eq!(Peer::connect(slow.address).await.answer().await, None);
    let source = Running::start(config).await;
    let mut peer = Peer::connect(source.address).await;
    asked.verdict.send_replace(Some(false));
    assert_eq!(peer.answer().await, None);
    assert_eq!((source.monitor.connections(), slow.monitor.connections()), (0, 0));
}
