//! What one session is owed: a queue in order, and what is sent and not yet acknowledged.

use std::collections::VecDeque;
use std::sync::Arc;

use flowcore::base::Timestamp;
use mqtt_protocol_core::mqtt::packet::Qos;

use super::config::Queue;
use super::encode::publish_bytes;
use super::packet::{Answer, Delivery, Message, Reason};

/// A message for the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) message: Arc<Message>,
    pub(super) qos: Qos,
    pub(super) retain: bool,
    pub(super) subscriptions: Vec<u32>,
}

/// What a client that comes back must get, as it is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owed {
    Waiting(Waiting),
    /// With its id.
    Sent(u16, Waiting),
    /// The client has the message of this id; it is to be told that the broker knows.
    Released(u16),
}

/// What became of a message for the queue.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    Taken,
    Lost,
    /// It should not be lost, but there is no room.
    Overflow,
}

#[derive(Debug)]
pub(super) struct Outgoing {
    queue: VecDeque<Queued>,
    bytes: usize,
    limit: Queue,
    /// By number, as the queue is.
    in_flight: VecDeque<InFlight>,
    window: usize,
    packet_maximum: usize,
    last_id: u16,
    last_number: u64,
    unsaved: Option<Unsaved>,
}

#[derive(Debug)]
struct Queued {
    number: u64,
    /// It may have been sent before the broker was started.
    again: bool,
    waiting: Waiting,
}

#[derive(Debug)]
struct InFlight {
    number: u64,
    id: u16,
    step: Step,
}

/// What is on disk otherwise than here.
#[derive(Debug, Default)]
struct Unsaved {
    /// Of messages of QoS 1 and 2.
    numbers: Vec<u64>,
    /// Some of it must be on disk before anything is sent.
    urgent: bool,
}

#[derive(Debug)]
enum Step {
    Sent(Delivery),
    /// The client has it; what is left is to forget its id.
    Released,
}

impl Outgoing {
    pub(super) fn new(limit: Queue) -> Self {
        Self {
            queue: VecDeque::new(),
            bytes: 0,
            limit,
            in_flight: VecDeque::new(),
            window: 0,
            packet_maximum: usize::MAX,
            last_id: 0,
            last_number: 0,
            unsaved: None,
        }
    }

    /// From now on says what is to be on disk.
    pub(super) fn keep(&mut self) {
        self.unsaved.get_or_insert_default();
    }

    /// What is owed is not for the disk any more.
    pub(super) fn stop_keeping(&mut self) {
        self.unsaved = None;
    }

    /// Puts back what was on disk, behind the others. With `again`, what waits may have been sent: a client
    /// that is here acknowledges at any time, and its first acknowledgements may not be on disk.
    pub(super) fn restore(&mut self, number: u64, owed: Owed, again: bool, now: Timestamp) {
        self.last_number = number;
        let (id, step) = match owed {
            Owed::Waiting(waiting) => {
                self.bytes = self.bytes.saturating_add(waiting.message.bytes());
                return self.queue.push_back(Queued { number, again, waiting });
            }
            Owed::Sent(id, waiting) => (id, Step::Sent(waiting.deliver(id, true, now))),
            Owed::Released(id) => (id, Step::Released),
        };
        self.in_flight.push_back(InFlight { number, id, step });
    }

    /// Whether something must be on disk before anything is sent.
    pub(super) fn must_be_saved(&self) -> bool {
        self.unsaved.as_ref().is_some_and(|unsaved| unsaved.urgent)
    }

    /// What is on disk otherwise than here, from now on as it is here: number, and `None` for what is done.
    pub(super) fn take_unsaved(&mut self) -> Vec<(u64, Option<Owed>)> {
        let Some(unsaved) = &mut self.unsaved else { return Vec::new() };
        let mut numbers = std::mem::take(&mut unsaved.numbers);
        unsaved.urgent = false;
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter().map(|number| (number, self.owed(number))).collect()
    }

    fn owed(&self, number: u64) -> Option<Owed> {
        if let Ok(index) = self.in_flight.binary_search_by_key(&number, |under_way| under_way.number) {
            let InFlight { id, step, .. } = self.in_flight.get(index)?;
            return Some(match step {
                Step::Sent(delivery) => Owed::Sent(*id, Waiting::of(delivery)),
                Step::Released => Owed::Released(*id),
            });
        }
        let index = self.queue.binary_search_by_key(&number, |queued| queued.number).ok()?;
        self.queue.get(index).map(|queued| Owed::Waiting(queued.waiting.clone()))
    }

    fn note(&mut self, number: u64, urgent: bool) {
        if let Some(unsaved) = &mut self.unsaved {
            unsaved.numbers.push(number);
            unsaved.urgent |= urgent;
        }
    }

    /// Messages that wait.
    pub(super) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Puts one behind the others.
    pub(super) fn push(&mut self, waiting: Waiting) -> Pushed {
        let bytes = self.bytes.saturating_add(waiting.message.bytes());
        if self.queue.len() < self.limit.messages && bytes <= self.limit.bytes {
            self.bytes = bytes;
            self.last_number += 1;
            if waiting.qos != Qos::AtMostOnce {
                self.note(self.last_number, true);
            }
            self.queue.push_back(Queued { number: self.last_number, again: false, waiting });
            return Pushed::Taken;
        }
        if waiting.qos == Qos::AtMostOnce { Pushed::Lost } else { Pushed::Overflow }
    }

    /// The client is here: it takes `window` messages without acknowledging. What was under way is sent again.
    pub(super) fn resume(&mut self, window: u16, packet_maximum: u32, answers: &mut Vec<Answer>) {
        self.window = usize::from(window);
        self.packet_maximum = usize::try_from(packet_maximum).unwrap_or(usize::MAX);
        for under_way in &mut self.in_flight {
            answers.push(match &mut under_way.step {
                Step::Sent(delivery) => {
                    delivery.again = true;
                    Answer::Publish(delivery.clone())
                }
                Step::Released => Answer::PubRel(under_way.id, Reason::Success),
            });
        }
    }

    /// Sends what the window has room for, in order.
    pub(super) fn fill(&mut self, now: Timestamp, answers: &mut Vec<Answer>) {
        while let Some(first) = self.queue.front() {
            if first.waiting.qos != Qos::AtMostOnce && self.in_flight.len() >= self.window {
                return;
            }
            if let Some(queued) = self.queue.pop_front() {
                self.bytes = self.bytes.saturating_sub(queued.waiting.message.bytes());
                self.send(queued, now, answers);
            }
        }
    }

    fn send(&mut self, queued: Queued, now: Timestamp, answers: &mut Vec<Answer>) {
        let Queued { number, again, waiting } = queued;
        let qos = waiting.qos;
        if qos != Qos::AtMostOnce {
            // The client knows a message of QoS 2 by its id: it must not become another's by a restart.
            self.note(number, qos == Qos::ExactlyOnce);
        }
        if waiting.message.expires.is_some_and(|expires| expires <= now) {
            return;
        }
        let mut delivery = waiting.deliver(0, again, now);
        // The client would have to end the connection.
        if publish_bytes(&delivery) > self.packet_maximum {
            return;
        }
        if qos != Qos::AtMostOnce {
            delivery.id = self.free_id();
            let step = Step::Sent(delivery.clone());
            self.in_flight.push_back(InFlight { number, id: delivery.id, step });
        }
        answers.push(Answer::Publish(delivery));
    }

    /// The next id that nothing under way has: the window is far smaller than what an id can count.
    fn free_id(&mut self) -> u16 {
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            if !self.in_flight.iter().any(|under_way| under_way.id == self.last_id) {
                return self.last_id;
            }
        }
    }

    /// PUBACK. One that answers nothing is of a session that ended: it is passed over.
    pub(super) fn acknowledged(&mut self, id: u16) {
        self.end(id, |step| matches!(step, Step::Sent(delivery) if delivery.qos == Qos::AtLeastOnce));
    }

    /// PUBREC, and what to answer.
    pub(super) fn received(&mut self, id: u16, taken: bool) -> Option<Answer> {
        let is_half = |under_way: &&mut InFlight| {
            under_way.id == id
                && !matches!(&under_way.step, Step::Sent(delivery) if delivery.qos != Qos::ExactlyOnce)
        };
        let Some(under_way) = self.in_flight.iter_mut().find(is_half) else {
            return taken.then_some(Answer::PubRel(id, Reason::PacketIdentifierNotFound));
        };
        if taken {
            under_way.step = Step::Released;
            let number = under_way.number;
            self.note(number, true);
            return Some(Answer::PubRel(id, Reason::Success));
        }
        self.end(id, |_| true);
        None
    }

    /// PUBCOMP.
    pub(super) fn completed(&mut self, id: u16) {
        self.end(id, |step| matches!(step, Step::Released));
    }

    fn end(&mut self, id: u16, ends: impl Fn(&Step) -> bool) {
        let position =
            self.in_flight.iter().position(|under_way| under_way.id == id && ends(&under_way.step));
        // Lazily: coming twice is allowed.
        if let Some(ended) = position.and_then(|position| self.in_flight.remove(position)) {
            self.note(ended.number, false);
        }
    }
}

impl Waiting {
    fn deliver(self, id: u16, again: bool, now: Timestamp) -> Delivery {
        let Self { message, qos, retain, subscriptions } = self;
        let expiry = message.expires.map(|expires| seconds(expires, now));
        Delivery { message, qos, retain, again, id, subscriptions, expiry }
    }

    fn of(delivery: &Delivery) -> Self {
        let Delivery { message, qos, retain, subscriptions, .. } = delivery;
        Self { message: message.clone(), qos: *qos, retain: *retain, subscriptions: subscriptions.clone() }
    }
}

/// Rounded up: what is still of use says at least 1.
fn seconds(expires: Timestamp, now: Timestamp) -> u32 {
    let left = expires.since(now).as_millis().div_ceil(1000);
    u32::try_from(left).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use mqtt_protocol_core::mqtt::IntoPayload;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn waiting(payload: &str, qos: Qos) -> Waiting {
        let message = Message {
            topic: "t".to_owned(),
            payload: payload.into_payload(),
            qos,
            retain: false,
            properties: Vec::new(),
            expires: None,
        };
        Waiting { message: Arc::new(message), qos, retain: false, subscriptions: Vec::new() }
    }

    fn outgoing(messages: usize, window: u16) -> Outgoing {
        let mut outgoing = Outgoing::new(Queue { messages, bytes: 1000 });
        outgoing.resume(window, u32::MAX, &mut Vec::new());
        outgoing
    }

    fn sent(outgoing: &mut Outgoing) -> Vec<String> {
        let mut answers = Vec::new();
        outgoing.fill(NOW, &mut answers);
        answers.iter().map(shown).collect()
    }

    fn shown(answer: &Answer) -> String {
        let Answer::Publish(delivery) = answer else { return format!("{answer:?}") };
        let again = if delivery.again { "again " } else { "" };
        let payload = String::from_utf8_lossy(delivery.message.payload.as_slice()).into_owned();
        format!("{again}{payload} {}", delivery.id)
    }

    #[test]
    fn order_holds_across_qualities_when_the_window_is_full() {
        let mut outgoing = outgoing(10, 1);
        for (payload, qos) in [("a", Qos::AtLeastOnce), ("b", Qos::AtLeastOnce), ("c", Qos::AtMostOnce)] {
            assert_eq!(outgoing.push(waiting(payload, qos)), Pushed::Taken);
        }
        assert_eq!(sent(&mut outgoing), ["a 1"]);
        outgoing.acknowledged(1);
        assert_eq!(sent(&mut outgoing), ["b 2", "c 0"]);
    }

    #[test]
    fn a_full_queue_loses_quality_0_and_says_so_for_others() {
        let mut outgoing = outgoing(1, 0);
        assert_eq!(outgoing.push(waiting("a", Qos::AtLeastOnce)), Pushed::Taken);
        assert_eq!(outgoing.push(waiting("b", Qos::AtMostOnce)), Pushed::Lost);
        assert_eq!(outgoing.push(waiting("c", Qos::AtLeastOnce)), Pushed::Overflow);
        let large = "x".repeat(1001);
        assert_eq!(self::outgoing(5, 0).push(waiting(&large, Qos::ExactlyOnce)), Pushed::Overflow);
    }

    #[test]
    fn what_was_under_way_is_sent_again_in_its_order() {
        let mut outgoing = outgoing(10, 3);
        for (payload, qos) in [("a", Qos::ExactlyOnce), ("b", Qos::AtLeastOnce), ("c", Qos::ExactlyOnce)] {
            outgoing.push(waiting(payload, qos));
        }
        assert_eq!(sent(&mut outgoing), ["a 1", "b 2", "c 3"]);
        assert_eq!(outgoing.received(1, true), Some(Answer::PubRel(1, Reason::Success)));
        let mut answers = Vec::new();
        outgoing.resume(3, u32::MAX, &mut answers);
        let shown: Vec<_> = answers.iter().map(shown).collect();
        assert_eq!(shown, ["PubRel(1, Success)", "again b 2", "again c 3"]);
        outgoing.completed(1);
        outgoing.acknowledged(2);
        outgoing.received(3, false);
        answers.clear();
        outgoing.resume(3, u32::MAX, &mut answers);
        assert!(answers.is_empty(), "{answers:?}");
    }

    #[test]
    fn an_acknowledgement_of_the_wrong_kind_ends_nothing() {
        let mut outgoing = outgoing(10, 2);
        outgoing.push(waiting("a", Qos::ExactlyOnce));
        outgoing.push(waiting("b", Qos::AtLeastOnce));
        sent(&mut outgoing);
        outgoing.acknowledged(1);
        outgoing.completed(1);
        outgoing.completed(2);
        assert_eq!(outgoing.received(2, true), Some(Answer::PubRel(2, Reason::PacketIdentifierNotFound)));
        let mut answers = Vec::new();
        outgoing.resume(2, u32::MAX, &mut answers);
        assert_eq!(answers.iter().map(shown).collect::<Vec<_>>(), ["again a 1", "again b 2"]);
    }

    #[test]
    fn ids_go_round_and_pass_over_those_under_way() {
        let mut outgoing = outgoing(10, 2);
        outgoing.push(waiting("a", Qos::AtLeastOnce));
        assert_eq!(sent(&mut outgoing), ["a 1"]);
        outgoing.last_id = u16::MAX;
        outgoing.push(waiting("b", Qos::AtLeastOnce));
        assert_eq!(sent(&mut outgoing), ["b 2"]);
    }

    #[test]
    fn what_expired_or_is_too_large_is_not_sent() {
        let mut outgoing = outgoing(10, 2);
        outgoing.packet_maximum = 50;
        let mut old = waiting("old", Qos::AtLeastOnce);
        Arc::get_mut(&mut old.message).unwrap().expires = Some(NOW);
        outgoing.push(old);
        outgoing.push(waiting(&"x".repeat(50), Qos::AtLeastOnce));
        outgoing.push(waiting("c", Qos::AtLeastOnce));
        assert_eq!(sent(&mut outgoing), ["c 1"]);
        assert_eq!((outgoing.waiting(), outgoing.bytes), (0, 0));
    }
}
