//! What is on its way to one connection: between the hub, which never waits, and the task that writes.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mqtt_protocol_core::mqtt::packet::Qos;
use tokio::sync::Notify;

use super::config::Queue;
use super::packet::{Answer, Reason};

#[derive(Debug)]
pub(super) struct Outbox {
    state: Mutex<State>,
    limit: Queue,
    /// There is something to write, or it is closed.
    filled: Notify,
    /// There is room.
    emptied: Notify,
    closing: Notify,
}

#[derive(Debug, Default)]
struct State {
    answers: VecDeque<Answer>,
    bytes: usize,
    closed: bool,
}

impl Outbox {
    pub(super) fn new(limit: Queue) -> Self {
        let state = Mutex::new(State::default());
        Self { state, limit, filled: Notify::new(), emptied: Notify::new(), closing: Notify::new() }
    }

    /// Takes what is sent next, in order. Messages of QoS 0 beyond the limit are lost; of the others no more
    /// come than the window allows, and answers no more than requests that were read.
    pub(super) fn push(&self, answers: impl IntoIterator<Item = Answer>) {
        let mut state = self.lock();
        for answer in answers {
            state.push(answer, self.limit);
        }
        drop(state);
        self.filled.notify_one();
    }

    /// Nothing more is taken; what was is written, then the reason.
    pub(super) fn close(&self, reason: Option<Reason>) {
        let mut state = self.lock();
        if !state.closed {
            state.answers.extend(reason.map(Answer::Disconnect));
            state.closed = true;
        }
        drop(state);
        self.filled.notify_one();
        self.emptied.notify_one();
        self.closing.notify_one();
    }

    /// Waits for something to write. `false` when it is closed and all was taken.
    pub(super) async fn take(&self, into: &mut VecDeque<Answer>) -> bool {
        loop {
            {
                let mut state = self.lock();
                if !state.answers.is_empty() {
                    std::mem::swap(into, &mut state.answers);
                    state.bytes = 0;
                    self.emptied.notify_one();
                    return true;
                }
                if state.closed {
                    return false;
                }
            }
            self.filled.notified().await;
        }
    }

    /// Waits until there is room for answers. `false` when it is closed.
    pub(super) async fn has_room(&self) -> bool {
        loop {
            {
                let state = self.lock();
                if state.closed {
                    return false;
                }
                if !state.is_full(self.limit) {
                    return true;
                }
            }
            self.emptied.notified().await;
        }
    }

    /// Waits until it is closed.
    pub(super) async fn closed(&self) {
        while !self.lock().closed {
            self.closing.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, answer: Answer, limit: Queue) {
        let may_be_lost = matches!(&answer, Answer::Publish(delivery) if delivery.qos == Qos::AtMostOnce);
        if self.closed || (may_be_lost && self.is_full(limit)) {
            return;
        }
        self.bytes += bytes(&answer);
        self.answers.push_back(answer);
    }

    fn is_full(&self, limit: Queue) -> bool {
        self.answers.len() >= limit.messages || self.bytes >= limit.bytes
    }
}

fn bytes(answer: &Answer) -> usize {
    match answer {
        Answer::Publish(delivery) => delivery.message.bytes(),
        _ => 0,
    }
}
