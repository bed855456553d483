use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::changing::named;
use super::{Crew, OpenChannel, Supervisor};
use crate::ingest::agent::change::{Applied, Unchanged};
use crate::ingest::agent::control::Control;
use crate::ingest::agent::tally::Tally;

/// How components leave an agent that goes on.
impl<T: Clone + Send + Sync + 'static> Supervisor<T> {
    /// Moves what goes to those that leave, and names it.
    pub(super) fn part_with(&mut self, stays: &Unchanged) -> Vec<Arc<str>> {
        let crew = std::mem::take(&mut self.crew);
        let (sources, leaving_sources): (Vec<_>, Vec<_>) =
            crew.sources.into_iter().partition(|source| stays.sources.contains(&source.life.name));
        let (sinks, leaving_sinks): (Vec<_>, Vec<_>) =
            crew.sinks.into_iter().partition(|sink| stays.sinks.contains(&sink.life.name));
        self.crew = Crew { sources, sinks };
        self.leaving = Crew { sources: leaving_sources, sinks: leaving_sinks };
        self.waiting = Crew::default();
        let channels = self.channels.iter().filter(|open| !stays.channels.contains(&open.name));
        let sources = self.leaving.sources.iter().map(|source| named("source", &source.life.name));
        let sinks = self.leaving.sinks.iter().map(|sink| named("sink", &sink.life.name));
        sources.chain(sinks).chain(channels.map(|open| named("channel", &open.name))).collect()
    }

    /// Sources return, sinks settle what they took, and channels that go are drained and given back.
    pub(super) async fn let_go(&mut self, stays: &Unchanged, applied: &mut Applied) {
        self.leaving.sources.iter().for_each(Control::stop);
        // Each is dropped when its grace period is over.
        self.attend(Tally::all_zero(tallies(&self.leaving.sources, |source| &source.running))).await;
        let channels = std::mem::take(&mut self.channels);
        let (kept, going): (Vec<_>, Vec<_>) =
            channels.into_iter().partition(|open| stays.channels.contains(&open.name));
        self.channels = kept;
        let (stored, drained): (Vec<_>, Vec<_>) =
            going.into_iter().partition(|open| open.channel.is_durable());
        for open in &drained {
            open.channel.close();
        }
        let drains = |sink: &&Control| sink.channels.iter().any(|name| is_among(&drained, name));
        self.leaving.sinks.iter().filter(|sink| !drains(sink)).for_each(Control::stop);
        self.dismiss_sinks(applied).await;
        applied.left.extend(drained.iter().filter_map(OpenChannel::left));
        // The last handles on their folders.
        drop(stored);
        self.publish();
    }

    async fn dismiss_sinks(&mut self, applied: &mut Applied) {
        let alive = tallies(&self.leaving.sinks, |sink| &sink.alive);
        self.attend_for_grace(Tally::all_zero(alive.clone())).await;
        self.leaving.sinks.iter().for_each(Control::end);
        self.attend(Tally::all_zero(alive)).await;
        applied.note_overdue(&self.leaving.sinks);
        self.leaving.sinks.clear();
    }

    /// Sources that left are told when what they put is delivered, or that nobody waits for it any longer. If
    /// the agent ends meanwhile, its end does that.
    pub(super) async fn dismiss_sources(&mut self, applied: &mut Applied) {
        let shared = self.shared.clone();
        let outstanding: Vec<_> = self.leaving.sources.iter().map(|s| s.outstanding.clone()).collect();
        let settled = async move {
            for outstanding in outstanding {
                outstanding.settled().await;
            }
        };
        let until = async move { shared.unless_ending(settled).await.unwrap_or_default() };
        self.attend_for_grace(until).await;
        if self.shared.is_ending() {
            return;
        }
        self.leaving.sources.iter().for_each(Control::end);
        self.attend(Tally::all_zero(tallies(&self.leaving.sources, |source| &source.alive))).await;
        applied.note_overdue(&self.leaving.sources);
        self.leaving.sources.clear();
    }
}

impl Applied {
    fn note_overdue(&mut self, controls: &[Control]) {
        let lives = controls.iter().map(|control| &control.life);
        let late = lives.filter(|life| life.overdue.load(Ordering::Relaxed));
        self.overdue.extend(late.map(|life| life.name.clone()));
    }
}

fn is_among<T: Send + 'static>(channels: &[OpenChannel<T>], name: &Arc<str>) -> bool {
    channels.iter().any(|open| open.name == *name)
}

fn tallies(controls: &[Control], of: impl Fn(&Control) -> &Tally) -> Vec<Tally> {
    controls.iter().map(|control| of(control).clone()).collect()
}
