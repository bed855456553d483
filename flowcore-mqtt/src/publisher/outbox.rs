use std::collections::{HashMap, VecDeque};

use flowcore::base::Token;

use super::packet_ids::PacketIds;
use crate::client::{Answer, Connected, Reason};
use crate::{Publish, QoS};

/// A message and who is told when the broker has it.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) publish: Publish,
    pub(crate) token: Token,
}

/// What was not answered, in its order.
///
/// The cursor stands before what was not sent over this connection. A new connection puts it back to the start:
/// so what is unanswered goes again before anything new. Where the broker remembers the session it goes under
/// its old number, as a repetition, or from the point where the handshake was; where it does not, as if it had
/// never been sent.
#[derive(Debug)]
pub(super) struct Outbox {
    entries: VecDeque<Entry>,
    /// The number of the first entry, counted from the beginning of time.
    first: u64,
    /// How many entries, from the front, went over this connection.
    cursor: usize,
    ids: PacketIds,
    numbers: HashMap<u16, u64>,
    /// Sent over this connection, with a number, and not answered to the end.
    in_flight: usize,
    /// Of these, at QoS 2.
    handshakes: usize,
    window: Window,
    /// Without an answer to come, handed to the connection, and perhaps not written yet.
    unwritten: Vec<u64>,
}

/// How many messages may be under way over a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) messages: usize,
    /// At QoS 2.
    pub(super) handshakes: usize,
}

#[derive(Debug)]
struct Entry {
    publish: Publish,
    token: Option<Token>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    /// Handed to the connection, without a number: no answer will come.
    Handed,
    /// Sent under this number.
    Sent(u16),
    /// The broker has said that it received it, and was told to release it.
    Received(u16),
    Done,
}

/// What is to be sent next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    Publish { publish: &'a Publish, id: Option<u16>, duplicate: bool },
    Release(u16),
}

/// What to do about an answer.
#[derive(Debug)]
pub(super) enum Answered {
    /// The broker has it.
    Delivered(Token),
    /// The broker received it: it is to be told to release it.
    Release(u16),
    /// The broker will not have it.
    Refused(Token),
    /// It answers nothing that is under way.
    Nothing,
}

impl Outbox {
    pub(super) fn new() -> Self {
        Self {
            entries: VecDeque::new(),
            first: 0,
            cursor: 0,
            ids: PacketIds::new(),
            numbers: HashMap::new(),
            in_flight: 0,
            handshakes: 0,
            window: Window { messages: 0, handshakes: 0 },
            unwritten: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, job: Job) {
        self.entries.push_back(Entry { publish: job.publish, token: Some(job.token), state: State::Waiting });
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// A new connection: all goes again.
    pub(super) fn connected(&mut self, connected: &Connected, window: Window) {
        self.window = window;
        (self.in_flight, self.handshakes) = (0, 0);
        self.cursor = 0;
        self.unwritten.clear();
        if !connected.session_present {
            self.ids = PacketIds::new();
            self.numbers.clear();
        }
        for entry in &mut self.entries {
            let is_known = matches!(entry.state, State::Sent(_) | State::Received(_));
            if entry.state == State::Handed || is_known && !connected.session_present {
                entry.state = State::Waiting;
            }
        }
    }

    /// What to send next over this connection; `None` when nothing is left or the window is full.
    pub(super) fn next(&mut self) -> Option<Step<'_>> {
        self.skip_done();
        let number = self.first + self.cursor as u64;
        let entry = self.entries.get_mut(self.cursor)?;
        let is_handshake = entry.publish.qos == QoS::ExactlyOnce;
        let (id, duplicate) = match entry.state {
            State::Waiting if entry.publish.qos == QoS::AtMostOnce => (None, false),
            _ if self.in_flight >= self.window.messages => return None,
            _ if is_handshake && self.handshakes >= self.window.handshakes => return None,
            State::Waiting | State::Handed | State::Done => (Some(self.ids.take()?), false),
            State::Sent(id) | State::Received(id) => (Some(id), true),
        };
        self.cursor += 1;
        let Some(id) = id else {
            entry.state = State::Handed;
            self.unwritten.push(number);
            return Some(Step::Publish { publish: &entry.publish, id: None, duplicate });
        };
        self.in_flight += 1;
        self.handshakes += usize::from(is_handshake);
        if let State::Received(id) = entry.state {
            return Some(Step::Release(id));
        }
        entry.state = State::Sent(id);
        self.numbers.insert(id, number);
        Some(Step::Publish { publish: &entry.publish, id: Some(id), duplicate })
    }

    /// What is to be looked at before it is sent; `None` when it was sent before.
    pub(super) fn unsent(&mut self) -> Option<&Publish> {
        self.skip_done();
        let next = self.entries.get(self.cursor).filter(|entry| entry.state == State::Waiting);
        next.map(|entry| &entry.publish)
    }

    /// Takes what [`unsent`](Self::unsent) showed out: it will not be sent.
    pub(super) fn withdraw(&mut self) -> Option<Token> {
        let entry = self.entries.get_mut(self.cursor)?;
        entry.state = State::Done;
        let token = entry.token.take();
        self.forget_done();
        token
    }

    fn skip_done(&mut self) {
        while self.entries.get(self.cursor).is_some_and(|entry| entry.state == State::Done) {
            self.cursor += 1;
        }
    }

    /// All that was handed to the connection is written: calls `told` for what has no other answer to come.
    pub(super) fn written(&mut self, mut told: impl FnMut(Token)) {
        if self.unwritten.is_empty() {
            return;
        }
        for number in self.unwritten.drain(..) {
            let at = usize::try_from(number - self.first).ok();
            if let Some(entry) = at.and_then(|at| self.entries.get_mut(at)) {
                entry.state = State::Done;
                entry.token.take().into_iter().for_each(&mut told);
            }
        }
        self.forget_done();
    }

    /// The broker's answer to what was sent as `id`.
    pub(super) fn answered(&mut self, answer: Answer, id: u16, reason: Reason) -> Answered {
        let at = self.numbers.get(&id).and_then(|number| usize::try_from(number - self.first).ok());
        let Some(entry) = at.filter(|at| *at < self.cursor).and_then(|at| self.entries.get_mut(at)) else {
            return Answered::Nothing;
        };
        let qos = entry.publish.qos;
        match (answer, entry.state) {
            (Answer::Acknowledged, State::Sent(_)) if qos == QoS::AtLeastOnce => {}
            (Answer::Received, State::Sent(_)) if qos == QoS::ExactlyOnce && !reason.is_failure() => {
                entry.state = State::Received(id);
                return Answered::Release(id);
            }
            (Answer::Received, State::Sent(_)) if qos == QoS::ExactlyOnce => {}
            // It knows the number no more: it has completed it, and its word was lost.
            (Answer::Completed, State::Received(_)) => {
                return self.end(id).map_or(Answered::Nothing, Answered::Delivered);
            }
            _ => return Answered::Nothing,
        }
        let told = if reason.is_failure() { Answered::Refused } else { Answered::Delivered };
        self.end(id).map_or(Answered::Nothing, told)
    }

    fn end(&mut self, id: u16) -> Option<Token> {
        let number = self.numbers.remove(&id)?;
        let entry = self.entries.get_mut(usize::try_from(number - self.first).ok()?)?;
        entry.state = State::Done;
        let token = entry.token.take();
        self.ids.give_back(id);
        self.in_flight -= 1;
        self.handshakes -= usize::from(entry.publish.qos == QoS::ExactlyOnce);
        self.forget_done();
        token
    }

    fn forget_done(&mut self) {
        while self.entries.front().is_some_and(|entry| entry.state == State::Done) {
            self.entries.pop_front();
            self.first += 1;
            self.cursor = self.cursor.saturating_sub(1);
        }
    }

    /// Gives everything up.
    pub(super) fn give_up(&mut self) -> impl Iterator<Item = Token> + use<> {
        let given_up = std::mem::replace(self, Self::new());
        given_up.entries.into_iter().filter_map(|entry| entry.token)
    }
}
