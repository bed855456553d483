use std::collections::{HashMap, HashSet, VecDeque};

use crate::client::Answer;
use crate::{Message, QoS};

/// What came and is not settled, and what is owed to the broker.
///
/// The broker must hear its answers in the order of what it sent over a connection. So one that is settled
/// early waits for those before it. When a connection has ended, its messages are still under way here, and
/// the broker of a session that goes on sends them again under their numbers: then what comes is the same
/// message, which is not handed on once more.
#[derive(Debug)]
pub(super) struct Inbox {
    deliveries: HashMap<u64, Delivery>,
    /// To be handed on, in this order.
    ready: VecDeque<u64>,
    /// Answers of this connection that are owed, in this order.
    owed: VecDeque<Owed>,
    owed_ids: HashSet<u16>,
    /// Of connections before, in the order in which they came: the broker may send them again.
    unanswered: VecDeque<Owed>,
    /// QoS 2: taken, and not released. They are not taken once more.
    received: HashSet<u16>,
    next: u64,
    unsettled: usize,
    limit: usize,
}

#[derive(Debug)]
struct Delivery {
    message: Message,
    is_settled: bool,
    is_owed: bool,
}

/// An answer that is due when its message is settled; `None` when it is due at once.
#[derive(Debug, Clone, Copy)]
struct Owed {
    id: u16,
    qos: QoS,
    delivery: Option<u64>,
}

/// The broker uses a number for two messages at once.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NumberInUse;

impl Inbox {
    /// Holds up to about `limit` messages that are not settled.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            deliveries: HashMap::new(),
            ready: VecDeque::new(),
            owed: VecDeque::new(),
            owed_ids: HashSet::new(),
            unanswered: VecDeque::new(),
            received: HashSet::new(),
            next: 0,
            unsettled: 0,
            limit,
        }
    }

    /// Whether more may be read.
    pub(super) fn has_room(&self) -> bool {
        self.unsettled < self.limit && self.owed.len() < self.limit
    }

    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// A connection has begun. Without its session the broker has forgotten what it is owed.
    pub(super) fn connected(&mut self, session_present: bool) {
        // What was taken before is known by its number alone.
        self.unanswered.extend(self.owed.drain(..).filter(|owed| owed.delivery.is_some()));
        self.owed_ids.clear();
        if !session_present {
            self.received.clear();
        }
        // More than that can only be what no broker will ever repeat.
        let keep = if session_present { self.limit.saturating_mul(2) } else { 0 };
        while self.unanswered.len() > keep {
            if let Some(owed) = self.unanswered.pop_front() {
                self.disown(owed);
            }
        }
    }

    fn disown(&mut self, owed: Owed) {
        let Some(number) = owed.delivery else { return };
        if let Some(delivery) = self.deliveries.get_mut(&number) {
            delivery.is_owed = false;
            if delivery.is_settled {
                self.deliveries.remove(&number);
            }
        }
    }

    /// A message came; `id` is its number, unless it is to come at most once.
    pub(super) fn receive(&mut self, message: Message, id: Option<u16>) -> Result<(), NumberInUse> {
        let Some(id) = id else {
            self.add(message, false);
            return Ok(());
        };
        if !self.owed_ids.insert(id) {
            return Err(NumberInUse);
        }
        let qos = message.qos;
        let delivery = if qos == QoS::ExactlyOnce && self.received.contains(&id) {
            None
        } else {
            Some(self.known(&message, id).unwrap_or_else(|| self.add(message, true)))
        };
        self.owed.push_back(Owed { id, qos, delivery });
        Ok(())
    }

    fn add(&mut self, message: Message, is_owed: bool) -> u64 {
        let number = self.next;
        self.next += 1;
        self.unsettled += 1;
        self.deliveries.insert(number, Delivery { message, is_settled: false, is_owed });
        self.ready.push_back(number);
        number
    }

    /// The delivery of the same message over a connection before. Its content is compared too: a broker that
    /// was restored from a copy may use a number for something else.
    fn known(&mut self, message: &Message, id: u16) -> Option<u64> {
        let at = self.unanswered.iter().position(|owed| owed.id == id)?;
        let owed = self.unanswered.remove(at)?;
        let number = owed.delivery?;
        let before = &self.deliveries.get(&number)?.message;
        let is_same = message.duplicate
            && before.qos == message.qos
            && before.topic == message.topic
            && before.payload == message.payload;
        if is_same {
            return Some(number);
        }
        self.disown(owed);
        None
    }

    /// Up to `most` messages to be handed on, and their numbers.
    pub(super) fn take_ready(&mut self, most: usize) -> (Vec<Message>, Vec<u64>) {
        let numbers: Vec<u64> = self.ready.drain(..self.ready.len().min(most)).collect();
        let messages = numbers.iter().filter_map(|number| self.deliveries.get(number));
        (messages.map(|delivery| delivery.message.clone()).collect(), numbers)
    }

    /// These need not be handed on again.
    pub(super) fn settle(&mut self, numbers: &[u64]) {
        for number in numbers {
            let Some(delivery) = self.deliveries.get_mut(number).filter(|found| !found.is_settled) else {
                continue;
            };
            delivery.is_settled = true;
            self.unsettled -= 1;
            if !delivery.is_owed {
                self.deliveries.remove(number);
            }
        }
    }

    /// These are handed on again, before anything else.
    pub(super) fn give_back(&mut self, numbers: &[u64]) {
        for number in numbers.iter().rev().filter(|number| self.deliveries.contains_key(number)) {
            self.ready.push_front(*number);
        }
    }

    /// The next answer to the broker, if it may be given.
    pub(super) fn next_answer(&mut self) -> Option<(Answer, u16)> {
        let Owed { id, qos, delivery } = *self.owed.front()?;
        if let Some(number) = delivery {
            if self.deliveries.get(&number).is_some_and(|delivery| !delivery.is_settled) {
                return None;
            }
            self.deliveries.remove(&number);
        }
        self.owed.pop_front();
        self.owed_ids.remove(&id);
        if qos == QoS::ExactlyOnce {
            self.received.insert(id);
            return Some((Answer::Received, id));
        }
        Some((Answer::Acknowledged, id))
    }

    /// The broker has done with a number: it may use it for another message.
    pub(super) fn release(&mut self, id: u16) {
        self.received.remove(&id);
    }
}
