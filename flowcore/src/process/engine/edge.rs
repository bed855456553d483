use std::sync::Arc;

use super::MailboxSender;
use crate::process::Tuple;
use crate::process::batch::{Load, Parcel, Segment, Selection};
use crate::process::grouping::Grouping;

/// One subscription to a stream, as one sending task sees it: how to choose, and the mailboxes of the tasks
/// to choose from.
pub(crate) struct Edge<T: Tuple + ?Sized> {
    grouping: Box<dyn Grouping<T>>,
    mailboxes: Vec<MailboxSender<T>>,
}

impl<T: Tuple + ?Sized> Edge<T> {
    pub(crate) fn new(grouping: Box<dyn Grouping<T>>, mailboxes: Vec<MailboxSender<T>>) -> Self {
        Self { grouping, mailboxes }
    }

    async fn deliver(&mut self, load: &Arc<Load<T>>, selected: &Selection, segments: Vec<Segment>) {
        if let [only] = &self.mailboxes[..] {
            only.send(Parcel::new(Arc::clone(load), selected.clone(), segments)).await;
            return;
        }
        // With a selection, segments are counted within it; a route selects from the load itself.
        let segments = on_load(selected, segments);
        let mut routes = vec![Selection::Range(0, 0); self.mailboxes.len()];
        self.grouping.route(load, selected, &mut routes);
        for (mailbox, route) in self.mailboxes.iter().zip(routes) {
            if route.len() > 0 {
                let segments = route.segments(&segments);
                mailbox.send(Parcel::new(Arc::clone(load), route, segments)).await;
            }
        }
    }
}

/// Turns ends that count within `selected` into ends that count within its load.
fn on_load(selected: &Selection, mut segments: Vec<Segment>) -> Vec<Segment> {
    for segment in &mut segments {
        if let Some(last) = segment.end.checked_sub(1) {
            segment.end = u32::try_from(selected.get(last)).unwrap_or(u32::MAX).saturating_add(1);
        }
    }
    segments
}

/// Sends the selected tuples of a load to all subscribers. `segments` count within the selection.
pub(crate) async fn ship<T: Tuple + ?Sized>(
    edges: &mut [Edge<T>],
    load: &Arc<Load<T>>,
    selected: &Selection,
    segments: Vec<Segment>,
) {
    let Some((last, others)) = edges.split_last_mut() else { return };
    for edge in others {
        edge.deliver(load, selected, segments.clone()).await;
    }
    last.deliver(load, selected, segments).await;
}
