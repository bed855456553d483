//! The inbox against a broker in miniature, with connections that are cut anywhere.

use std::collections::{HashMap, HashSet, VecDeque};

use flowcore_testkit::Random;

use super::inbox::Inbox;
use crate::client::Answer;
use crate::{Message, QoS};

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Unsent,
    Sent,
    /// QoS 2: the client has it, and is to be told that we know.
    Received,
}

/// Sends messages under numbers, several at once, and again over a new connection.
#[derive(Debug)]
struct Broker {
    queue: VecDeque<(u16, u32, QoS, State)>,
    next: u32,
    next_id: u16,
    window: usize,
    /// In the order in which they were sent over this connection, and not answered yet.
    expected: VecDeque<u16>,
}

impl Broker {
    fn connect(&mut self) {
        self.expected.clear();
        for (_, _, _, state) in &mut self.queue {
            if *state == State::Sent {
                *state = State::Unsent;
            }
        }
    }
}

struct World {
    random: Random,
    inbox: Inbox,
    broker: Broker,
    /// To the client: messages, and releases.
    down: VecDeque<(u16, Option<Message>)>,
    /// To the broker.
    up: VecDeque<(Answer, u16)>,
    under_way: Vec<Vec<u64>>,
    bodies: HashMap<u64, u32>,
    handed_on: HashMap<u32, u32>,
    failed: HashMap<u32, u32>,
    settled: HashMap<u32, u32>,
    sent_before: HashSet<(u16, u32)>,
    exactly_once: HashSet<u32>,
}

impl World {
    fn new(seed: u64) -> Self {
        println!("seed {seed}");
        let mut random = Random::new(seed);
        let (window, limit) = (1 + random.index(8), 1 + random.index(12));
        let broker =
            Broker { queue: VecDeque::new(), next: 0, next_id: 1, window, expected: VecDeque::new() };
        Self {
            random,
            inbox: Inbox::new(limit),
            broker,
            down: VecDeque::new(),
            up: VecDeque::new(),
            under_way: Vec::new(),
            bodies: HashMap::new(),
            handed_on: HashMap::new(),
            failed: HashMap::new(),
            settled: HashMap::new(),
            sent_before: HashSet::new(),
            exactly_once: HashSet::new(),
        }
    }

    /// The broker sends the first message that it has not sent over this connection.
    fn send(&mut self) {
        if self.random.percent(30) && self.broker.queue.len() < self.broker.window {
            let qos = [QoS::AtLeastOnce, QoS::ExactlyOnce][self.random.index(2)];
            let id = self.broker.next_id;
            self.broker.next_id = id % 20 + 1;
            if self.broker.queue.iter().any(|(used, ..)| *used == id) {
                return;
            }
            self.broker.queue.push_back((id, self.broker.next, qos, State::Unsent));
            self.broker.next += 1;
        }
        let unsent = self.broker.queue.iter_mut().find(|(_, _, _, state)| *state == State::Unsent);
        let Some((id, body, qos, state)) = unsent else { return };
        *state = State::Sent;
        if *qos == QoS::ExactlyOnce {
            self.exactly_once.insert(*body);
        }
        let message = Message {
            topic: "t".into(),
            payload: body.to_string().into(),
            qos: *qos,
            retained: false,
            duplicate: !self.sent_before.insert((*id, *body)),
            headers: flowcore::event::Headers::default(),
        };
        self.broker.expected.push_back(*id);
        self.down.push_back((*id, Some(message)));
    }

    fn receive(&mut self) {
        if !self.inbox.has_room() {
            return;
        }
        match self.down.pop_front() {
            Some((id, Some(message))) => self.inbox.receive(message, Some(id)).unwrap(),
            Some((id, None)) => {
                self.inbox.release(id);
                self.up.push_back((Answer::Completed, id));
            }
            None => {}
        }
    }

    fn hand_on(&mut self) {
        let most = 1 + self.random.index(4);
        let (messages, numbers) = self.inbox.take_ready(most);
        for (message, number) in messages.iter().zip(&numbers) {
            let body = std::str::from_utf8(&message.payload).unwrap().parse().unwrap();
            self.bodies.insert(*number, body);
            *self.handed_on.entry(body).or_default() += 1;
        }
        if !numbers.is_empty() {
            self.under_way.push(numbers);
        }
    }

    fn settle(&mut self) {
        if self.under_way.is_empty() {
            return;
        }
        let at = self.random.index(self.under_way.len());
        let numbers = self.under_way.swap_remove(at);
        let fails = self.random.percent(10);
        for number in &numbers {
            let told = if fails { &mut self.failed } else { &mut self.settled };
            *told.entry(self.bodies[number]).or_default() += 1;
        }
        if fails { self.inbox.give_back(&numbers) } else { self.inbox.settle(&numbers) }
    }

    fn answer(&mut self) {
        while let Some((answer, id)) = self.inbox.next_answer() {
            self.up.push_back((answer, id));
        }
    }

    fn hear(&mut self) {
        let Some((answer, id)) = self.up.pop_front() else { return };
        let at = self.broker.queue.iter().position(|(used, ..)| *used == id).unwrap();
        if answer != Answer::Completed {
            assert_eq!(
                self.broker.expected.pop_front(),
                Some(id),
                "answers come in the order of the messages"
            );
            let body = self.broker.queue[at].1;
            assert!(self.settled.contains_key(&body), "nothing is answered before it is settled");
        }
        if answer == Answer::Received {
            self.broker.queue[at].3 = State::Received;
            self.down.push_back((id, None));
        } else {
            self.broker.queue.remove(at);
        }
    }

    fn connect(&mut self) {
        self.down.clear();
        self.up.clear();
        self.broker.connect();
        self.inbox.connected(true);
        for (id, _, _, state) in &self.broker.queue {
            if *state == State::Received {
                self.down.push_back((*id, None));
            }
        }
    }

    fn step(&mut self) {
        match self.random.below(100) {
            0..25 => self.send(),
            25..45 => self.receive(),
            45..60 => self.hand_on(),
            60..75 => self.settle(),
            75..85 => self.answer(),
            85..99 => self.hear(),
            _ => self.connect(),
        }
    }
}

#[test]
fn everything_is_settled_and_at_qos_2_handed_on_once() {
    let mut repeated = 0;
    for seed in 0..300 {
        let mut world = World::new(seed);
        (0..3000).for_each(|_| world.step());
        for _ in 0..10_000 {
            world.send();
            world.receive();
            world.hand_on();
            world.settle();
            world.answer();
            world.hear();
            if world.broker.queue.is_empty() && world.broker.next > 100 {
                break;
            }
        }
        let last = world.broker.queue.front().map_or(world.broker.next, |(_, body, ..)| *body);
        for body in 0..last {
            let settled = world.settled.get(&body).copied().unwrap_or_default();
            let failed = world.failed.get(&body).copied().unwrap_or_default();
            assert!(settled >= 1, "{body} was lost");
            assert_eq!(world.handed_on[&body], settled + failed);
            if world.exactly_once.contains(&body) {
                assert_eq!(settled, 1, "{body} was taken twice");
            }
            repeated += settled - 1;
        }
    }
    assert!(repeated > 0, "answers were lost, and so messages came twice");
}
