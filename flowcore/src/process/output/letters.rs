use std::sync::Arc;

use super::buffer::{Buffer, Cover};
use super::intake::{Payload, Shipped, enter};
use crate::base::{DeliveryError, LossKind, Token, Work};
use crate::process::batch::{Load, Pool, Segment, Selection};
use crate::process::engine::{Edge, ship};
use crate::process::{DeadLetter, DeadLettered, Tuple};

/// The dead letters of one emitter, on their way to those who read them. They are root batches like others;
/// what they cover is a share in the cover of the tuple that was given up.
pub(super) struct Letters<T: Tuple + ?Sized> {
    waiting: Buffer<DeadLettered<T>>,
    edges: Vec<Edge<DeadLettered<T>>>,
    is_read: bool,
}

impl<T: Tuple + ?Sized> Letters<T> {
    pub(super) fn new(edges: Vec<Edge<DeadLettered<T>>>) -> Self {
        Self { waiting: Buffer::new(Pool::new()), is_read: !edges.is_empty(), edges }
    }

    pub(super) fn write(&mut self, load: Arc<Load<T>>, letter: DeadLetter, cover: Token) -> Option<Token> {
        let letter = if self.is_read { DeadLettered::new(load, letter) } else { None };
        let Some(letter) = letter else { return Some(cover) };
        let start = self.waiting.len();
        self.waiting.load.items.push(letter);
        self.waiting.covers.push(Cover { start, end: start + 1, token: cover });
        None
    }

    pub(super) async fn post(&mut self, shipped: &mut Shipped<'_>) {
        if self.waiting.is_empty() {
            return;
        }
        let (load, segments) = enter(&mut self.waiting, shipped, true);
        let all = Selection::Range(0, u32::try_from(load.len()).unwrap_or(u32::MAX));
        self.send(&load, &all, segments).await;
    }

    pub(super) async fn replay(&mut self, payload: &Payload, indices: &[u32], work: Work) {
        let Ok(load) = Arc::clone(&payload.load).downcast::<Load<DeadLettered<T>>>() else { return };
        let end = u32::try_from(indices.len()).unwrap_or(u32::MAX);
        self.send(&load, &Selection::List(indices.to_vec()), vec![Segment { work, end }]).await;
    }

    async fn send(
        &mut self,
        load: &Arc<Load<DeadLettered<T>>>,
        selected: &Selection,
        segments: Vec<Segment>,
    ) {
        if self.edges.is_empty() {
            // Whoever reads them has ended: they are not delivered.
            let error = DeliveryError::new("a reader of dead letters that has ended", LossKind::Dropped);
            for (segment, at) in
                segments.iter().flat_map(|segment| (0..segment.end).map(move |at| (segment, at)))
            {
                let root = selected.get(at).map_or(0, |index| load.roots.of(index));
                segment.work.fail(root, error.clone());
            }
        }
        ship(&mut self.edges, load, selected, segments).await;
    }

    pub(super) fn disconnect(&mut self) {
        self.edges.clear();
    }
}
