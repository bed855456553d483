//! The outbox against a broker in miniature, with connections that are cut anywhere and sessions that are lost.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use flowcore::base::Token;
use flowcore_testkit::Random;

use super::outbox::{Answered, Job, Outbox, Step, Window};
use crate::client::{Answer, Connected, Reason, UNLIMITED};
use crate::{Publish, QoS};

/// What goes over the wire.
#[derive(Debug, Clone, PartialEq)]
enum Sent {
    Publish { body: u32, qos: QoS, id: Option<u16>, duplicate: bool },
    Release(u16),
}

/// Takes packets in their order and answers them, some time.
#[derive(Debug, Default)]
struct Broker {
    delivered: Vec<u32>,
    /// QoS 2: taken and not released.
    held: HashMap<u16, u32>,
    answers: VecDeque<(Answer, u16)>,
}

impl Broker {
    fn take(&mut self, sent: &Sent) {
        match *sent {
            Sent::Publish { body, qos: QoS::AtMostOnce, .. } => self.delivered.push(body),
            Sent::Publish { body, qos: QoS::ExactlyOnce, id: Some(id), duplicate } => {
                let before = self.held.insert(id, body);
                assert!(before.is_none_or(|before| before == body && duplicate), "a number for two messages");
                self.answers.push_back((Answer::Received, id));
            }
            Sent::Publish { body, id, .. } => {
                self.delivered.push(body);
                self.answers.push_back((Answer::Acknowledged, id.unwrap()));
            }
            Sent::Release(id) => {
                self.delivered.extend(self.held.remove(&id));
                self.answers.push_back((Answer::Completed, id));
            }
        }
    }
}

struct World {
    random: Random,
    outbox: Outbox,
    broker: Broker,
    wire: VecDeque<Sent>,
    window: Window,
    pushed: Vec<(u32, QoS)>,
    acked: Arc<Mutex<Vec<u32>>>,
    lost_sessions: u32,
}

impl World {
    fn new(seed: u64) -> Self {
        println!("seed {seed}");
        let mut random = Random::new(seed);
        let messages = 1 + random.index(20);
        let window = Window { messages, handshakes: 1 + random.index(messages) };
        let mut world = Self {
            random,
            outbox: Outbox::new(),
            broker: Broker::default(),
            wire: VecDeque::new(),
            window,
            pushed: Vec::new(),
            acked: Arc::default(),
            lost_sessions: 0,
        };
        world.connect(false);
        world
    }

    fn connect(&mut self, session_present: bool) {
        if !session_present {
            self.lost_sessions += 1;
            self.broker.held.clear();
        }
        self.broker.answers.clear();
        self.wire.clear();
        self.outbox.connected(&Connected { session_present, ..UNLIMITED }, self.window);
    }

    fn push(&mut self) {
        let body = u32::try_from(self.pushed.len()).unwrap();
        let levels = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];
        let qos = levels[self.random.index(3)];
        self.pushed.push((body, qos));
        let acked = self.acked.clone();
        let token = Token::new(move |outcome| {
            outcome.unwrap();
            acked.lock().unwrap().push(body);
        });
        self.outbox.push(Job { publish: Publish::new("t", body.to_string()).qos(qos), token });
    }

    fn send(&mut self) {
        let sent = match self.outbox.next() {
            None => return,
            Some(Step::Release(id)) => Sent::Release(id),
            Some(Step::Publish { publish, id, duplicate }) => {
                let body = std::str::from_utf8(&publish.payload).unwrap().parse().unwrap();
                Sent::Publish { body, qos: publish.qos, id, duplicate }
            }
        };
        self.wire.push_back(sent);
    }

    /// The broker takes a packet; when there is none, all is written.
    fn take(&mut self) {
        match self.wire.pop_front() {
            Some(sent) => self.broker.take(&sent),
            None => self.outbox.written(Token::ack),
        }
    }

    fn answer(&mut self) {
        let Some((answer, id)) = self.broker.answers.pop_front() else { return };
        match self.outbox.answered(answer, id, Reason::SUCCESS) {
            Answered::Delivered(token) => token.ack(),
            Answered::Release(id) => self.wire.push_back(Sent::Release(id)),
            Answered::Refused(_) | Answered::Nothing => panic!("{answer:?} of {id} is no answer to anything"),
        }
    }

    fn step(&mut self) {
        match self.random.below(100) {
            0..20 => self.push(),
            20..50 => self.send(),
            50..75 => self.take(),
            75..98 => self.answer(),
            98 => self.connect(true),
            _ => {
                let lost = self.random.percent(30);
                self.connect(!lost);
            }
        }
    }

    /// Nothing breaks any more, until all is through.
    fn finish(&mut self) {
        for _ in 0..100_000 {
            if self.outbox.len() == 0 {
                return;
            }
            self.send();
            self.take();
            self.answer();
        }
        panic!("something is never answered: {:?}", self.outbox);
    }
}

#[test]
fn everything_is_delivered_in_its_order_whatever_breaks() {
    for seed in 0..300 {
        let mut world = World::new(seed);
        (0..2000).for_each(|_| world.step());
        world.finish();
        let mut acked = world.acked.lock().unwrap().clone();
        acked.sort_unstable();
        let all: Vec<_> = world.pushed.iter().map(|(body, _)| *body).collect();
        assert_eq!(acked, all, "each is told once");
        for qos in [QoS::AtLeastOnce, QoS::ExactlyOnce] {
            // At QoS 2 a message is delivered when it is released: order holds among messages of one level.
            let of = |bodies: &[u32]| -> Vec<u32> {
                bodies.iter().copied().filter(|body| world.pushed[*body as usize].1 == qos).collect()
            };
            let mut seen = std::collections::HashSet::new();
            let first: Vec<_> =
                of(&world.broker.delivered).into_iter().filter(|body| seen.insert(*body)).collect();
            assert_eq!(first, of(&all), "{qos:?}");
            if qos == QoS::ExactlyOnce && world.lost_sessions == 1 {
                assert_eq!(of(&world.broker.delivered), first, "exactly once while the session lives");
            }
        }
    }
}

#[test]
fn no_more_is_under_way_than_the_windows_allow() {
    for seed in 0..50 {
        let mut world = World::new(seed);
        (0..200).for_each(|_| world.push());
        (0..200).for_each(|_| world.send());
        let handshakes = |sent: &&Sent| matches!(sent, Sent::Publish { qos: QoS::ExactlyOnce, .. });
        let answered = |sent: &&Sent| matches!(sent, Sent::Publish { id: Some(_), .. });
        assert!(world.wire.iter().filter(answered).count() <= world.window.messages);
        assert!(world.wire.iter().filter(handshakes).count() <= world.window.handshakes);
        world.finish();
    }
}

#[test]
fn a_refusal_and_a_withdrawal_fail_one_message_alone() {
    let mut outbox = Outbox::new();
    let window = Window { messages: 10, handshakes: 10 };
    outbox.connected(&UNLIMITED, window);
    let job = || Job { publish: Publish::new("t", "1"), token: Token::untracked() };
    (0..3).for_each(|_| outbox.push(job()));
    assert!(matches!(outbox.next(), Some(Step::Publish { id: Some(1), duplicate: false, .. })));
    let refused = outbox.answered(Answer::Acknowledged, 1, Reason(0x87));
    assert!(matches!(refused, Answered::Refused(_)));
    assert!(outbox.unsent().is_some());
    assert!(outbox.withdraw().is_some());
    assert!(matches!(outbox.next(), Some(Step::Publish { id: Some(2), .. })));
    let wrong = outbox.answered(Answer::Completed, 2, Reason::SUCCESS);
    assert!(matches!(wrong, Answered::Nothing), "an answer of another kind is none");
    assert!(matches!(outbox.answered(Answer::Acknowledged, 9, Reason::SUCCESS), Answered::Nothing));
    assert!(matches!(outbox.answered(Answer::Acknowledged, 2, Reason(0x10)), Answered::Delivered(_)));
    assert_eq!(outbox.len(), 0);
}
