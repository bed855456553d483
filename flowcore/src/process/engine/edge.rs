use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::mailbox::Mail;
use super::told::{News, Told};
use super::{Count, MailboxSender};
use crate::base::Panic;
use crate::process::Tuple;
use crate::process::batch::{Load, Parcel, Segment, Selection};
use crate::process::grouping::{Refusal, Refused, Router};
use crate::process::observe::Tapped;
use crate::process::time::Mark;

/// One subscription to a stream, as one sending task sees it: how to choose, and the mailboxes of the tasks
/// to choose from.
pub(crate) struct Edge<T: Tuple + ?Sized> {
    /// The bolt that reads.
    reader: Arc<str>,
    grouping: Box<dyn Router<T>>,
    mailboxes: Vec<MailboxSender<T>>,
    /// Tuples sent, by all senders.
    tuples: Arc<Count>,
    /// At the first edge of a stream: who else looks at its tuples.
    tapped: Option<Tapped<T>>,
    /// If the stream has event time.
    told: Option<Told>,
}

type Addressed<'a, T> = Vec<Letter<'a, T>>;

/// A parcel for a task, and what its sender says behind it.
struct Letter<'a, T: Tuple + ?Sized> {
    mailbox: &'a MailboxSender<T>,
    parcel: Parcel<T>,
    news: Option<News<'a>>,
}

impl<T: Tuple + ?Sized> Letter<'_, T> {
    async fn send(self) {
        let heard = self.news.as_ref().map(|news| news.heard);
        self.mailbox.send(Mail { parcel: Some(self.parcel), heard }).await;
        // Not before: it may be given up while it waits.
        if let Some(news) = self.news {
            news.told();
        }
    }
}

impl<T: Tuple + ?Sized> Edge<T> {
    pub(crate) fn new(
        reader: Arc<str>,
        grouping: Box<dyn Router<T>>,
        mailboxes: Vec<MailboxSender<T>>,
        (tuples, tapped): (Arc<Count>, Option<Tapped<T>>),
    ) -> Self {
        Self { reader, grouping, mailboxes, tuples, tapped, told: None }
    }

    /// The stream has event time, and this is what the task `sender` of its component sends. Feedback edges
    /// have none: who waits for what goes round would wait for itself.
    pub(crate) fn tell_as(&mut self, sender: usize) {
        if !self.mailboxes.iter().any(MailboxSender::is_loop) {
            self.told = Some(Told::new(sender, self.mailboxes.len()));
        }
    }

    /// What is sent from now on comes before this.
    pub(crate) fn set_mark(&mut self, mark: Mark) {
        if let Some(told) = &mut self.told {
            told.set(mark);
        }
    }

    /// Whether there is a task that was not told the last mark.
    pub(crate) fn is_behind(&self) -> bool {
        self.told.as_ref().is_some_and(Told::is_behind)
    }

    fn address<'a>(
        &'a mut self,
        load: &Arc<Load<T>>,
        selected: &Selection,
        segments: Vec<Segment>,
        parcels: &mut Addressed<'a, T>,
    ) {
        if let Some(tapped) = &self.tapped {
            tapped.show(load, selected);
        }
        if let ([only], false) = (&self.mailboxes[..], self.grouping.may_refuse()) {
            self.tuples.add(selected.len().into());
            let parcel = Parcel::new(Arc::clone(load), selected.clone(), segments);
            let news = self.told.as_mut().and_then(|told| told.news().next()?);
            parcels.push(Letter { mailbox: only, parcel, news });
            return;
        }
        // With a selection, segments are counted within it; a route selects from the load itself.
        let segments = on_load(selected, segments);
        let tasks = self.mailboxes.len();
        self.grouping.observe(&mut self.mailboxes.iter().map(MailboxSender::level));
        let mut refused = Vec::new();
        let routes = route(&mut *self.grouping, load, selected, tasks)
            .unwrap_or_else(|_| route_each(&mut *self.grouping, load, selected, (tasks, &mut refused)));
        refused.append(&mut self.grouping.take_refused());
        fail(refused, load, &segments, &self.reader);
        let mut news = self.told.as_mut().map(Told::news);
        for (mailbox, route) in self.mailboxes.iter().zip(routes) {
            let news = news.as_mut().and_then(|news| news.next()?);
            if route.len() > 0 {
                self.tuples.add(route.len().into());
                let segments = route.segments(&segments);
                let parcel = Parcel::new(Arc::clone(load), route, segments);
                parcels.push(Letter { mailbox, parcel, news });
            }
        }
    }
}

/// Asks the grouping for all tasks at once. The key function is the user's: it may panic.
fn route<T: Tuple + ?Sized>(
    grouping: &mut dyn Router<T>,
    load: &Load<T>,
    selected: &Selection,
    tasks: usize,
) -> Result<Vec<Selection>, Panic> {
    let mut routes = vec![Selection::Range(0, 0); tasks];
    catch_unwind(AssertUnwindSafe(|| grouping.route(load, selected, &mut routes)))
        .map_err(|payload| Panic::from_payload(&*payload))?;
    Ok(routes)
}

/// After a panic, tuple by tuple: only those that the key function panics on fail.
fn route_each<T: Tuple + ?Sized>(
    grouping: &mut dyn Router<T>,
    load: &Load<T>,
    selected: &Selection,
    (tasks, refused): (usize, &mut Vec<Refused>),
) -> Vec<Selection> {
    let mut lists = vec![Vec::new(); tasks];
    for at in 0..selected.len() {
        let Some(index) = selected.get(at) else { continue };
        match route(grouping, load, &Selection::Range(index, index + 1), tasks) {
            Ok(routes) => {
                let chosen = lists.iter_mut().zip(routes).filter(|(_, route)| route.len() > 0);
                chosen.for_each(|(list, _)| list.push(index));
            }
            Err(panic) => refused.push(Refused { index, why: Refusal::Panicked(panic) }),
        }
    }
    lists.into_iter().map(Selection::List).collect()
}

/// Fails the tuples that go to no task. `segments` count within the load.
fn fail<T: Tuple + ?Sized>(refused: Vec<Refused>, load: &Load<T>, segments: &[Segment], reader: &str) {
    for Refused { index, why } in refused {
        let segment = segments.get(segments.partition_point(|segment| segment.end <= index));
        if let Some(segment) = segment {
            let error = why.on_the_way_to(reader);
            tracing::debug!(component = reader, error = error.chain(), "a tuple found no task");
            segment.work.fail(load.roots.of(index), error);
        }
    }
}

/// Turns ends that count within `selected` into ends that count within its load.
fn on_load(selected: &Selection, mut segments: Vec<Segment>) -> Vec<Segment> {
    for segment in &mut segments {
        if let Some(last) = segment.end.checked_sub(1) {
            segment.end = selected.get(last).map_or(u32::MAX, |index| index.saturating_add(1));
        }
    }
    segments
}

/// Sends the selected tuples of a load to all subscribers. `segments` count within the selection.
///
/// All parcels are made before the first one is sent: those that are left when this is dropped fail.
pub(crate) async fn ship<T: Tuple + ?Sized>(
    edges: &mut [Edge<T>],
    load: &Arc<Load<T>>,
    selected: &Selection,
    segments: Vec<Segment>,
) {
    let Some((last, others)) = edges.split_last_mut() else { return };
    let mut parcels = Vec::with_capacity(others.len() + last.mailboxes.len());
    for edge in others {
        edge.address(load, selected, segments.clone(), &mut parcels);
    }
    last.address(load, selected, segments, &mut parcels);
    for letter in parcels {
        letter.send().await;
    }
}

/// Tells all tasks of all subscribers what they were not told with tuples.
pub(crate) async fn tell<T: Tuple + ?Sized>(edges: &mut [Edge<T>]) {
    for Edge { mailboxes, told, .. } in edges {
        let Some(told) = told else { continue };
        for (mailbox, news) in mailboxes.iter().zip(told.news()) {
            if let Some(news) = news {
                mailbox.send(news.heard).await;
                news.told();
            }
        }
    }
}
