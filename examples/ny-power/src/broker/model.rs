//! The hub against a small model, on random schedules: who gets what in which order, through lost connections
//! and crashes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use flowcore::base::Timestamp;
use flowcore_testkit::Random;
use mqtt_protocol_core::mqtt::IntoPayload;
use mqtt_protocol_core::mqtt::packet::{Qos, RetainHandling};

use super::access::Access;
use super::config::Limits;
use super::hub::{Effects, Event, Hub, Order};
use super::packet::{Answer, Connect, Delivery, Message, Options, Reason, Request, Version};
use super::session::ConnectionId;
use super::topic::matches;

const NOW: Timestamp = Timestamp::from_millis(1_000);
const TOPICS: [&str; 4] = ["ny-power/a", "ny-power/b", "ny-power/c/d", "ny-power/c"];
const FILTERS: [&str; 5] = ["ny-power/#", "ny-power/+", "ny-power/a", "#", "ny-power/c/#"];
const QUALITIES: [Qos; 3] = [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce];

/// What a client is to get: the number of the message, its quality, and whether it comes as retained.
type Expected = (u64, Qos, bool);

struct Client {
    name: String,
    keeps: bool,
    connection: Option<ConnectionId>,
    has_session: bool,
    filters: BTreeMap<&'static str, Qos>,
    /// On its way from the broker.
    transit: VecDeque<Answer>,
    expected: VecDeque<Expected>,
    /// What was sent to it and is not acknowledged, in order.
    owed: Vec<Owed>,
    /// How many of these were sent again since it is back.
    again: usize,
    got: usize,
    last_id: u16,
}

#[derive(Debug, PartialEq)]
struct Owed {
    id: u16,
    message: Expected,
    /// The client has it, and said so.
    released: bool,
}

struct World {
    seed: u64,
    random: Random,
    hub: Hub,
    clients: Vec<Client>,
    access: Access,
    connections: u64,
    messages: u64,
    retained: BTreeMap<&'static str, u64>,
    disk: BTreeMap<String, Arc<Message>>,
    /// The largest number that anybody has seen of each topic, of messages that were to be retained.
    seen: BTreeMap<String, u64>,
    effects: Effects,
    crashes: u64,
}

fn number(message: &Message) -> u64 {
    String::from_utf8_lossy(message.payload.as_slice()).parse().unwrap()
}

impl World {
    fn new(seed: u64) -> Self {
        let client = |number: usize| Client {
            name: format!("client {number}"),
            keeps: number.is_multiple_of(2),
            connection: None,
            has_session: false,
            filters: BTreeMap::new(),
            transit: VecDeque::new(),
            expected: VecDeque::new(),
            owed: Vec::new(),
            again: 0,
            got: 0,
            last_id: 0,
        };
        let limits = Limits { in_flight: 3, ..Limits::default() };
        Self {
            seed,
            random: Random::new(seed),
            hub: Hub::new(limits, Vec::new()),
            clients: (0..4).map(client).collect(),
            access: Access::ny_power("secret").unwrap(),
            connections: 0,
            messages: 0,
            retained: BTreeMap::new(),
            disk: BTreeMap::new(),
            seen: BTreeMap::new(),
            effects: Effects::default(),
            crashes: 0,
        }
    }

    fn tell(&mut self, event: Event) {
        self.hub.handle(event, NOW, &mut self.effects);
    }

    fn ask(&mut self, client: usize, request: Request) {
        if let Some(connection) = self.clients[client].connection {
            self.tell(Event::Request { connection, request });
        }
    }

    fn connect(&mut self, index: usize) {
        self.let_out(None);
        self.connections += 1;
        let connection = ConnectionId(self.connections);
        let rights = self.access.login(Some("pump"), Some(b"secret")).unwrap();
        let client = &mut self.clients[index];
        client.transit.clear();
        client.again = 0;
        client.connection = Some(connection);
        if !client.keeps {
            client.forget();
        }
        client.has_session = true;
        let connect = Connect {
            version: if index < 2 { Version::V5 } else { Version::V311 },
            client: client.name.clone(),
            clean: !client.keeps,
            keep_alive: 0,
            user: None,
            password: None,
            will: None,
            expiry: if client.keeps { u32::MAX } else { 0 },
            receive_maximum: 10,
            packet_maximum: u32::MAX,
        };
        self.tell(Event::Connect { connection, connect: Box::new(connect), rights });
    }

    /// The connection is gone, with all that was on its way.
    fn lose(&mut self, index: usize) {
        self.let_out(None);
        let client = &mut self.clients[index];
        let Some(connection) = client.connection.take() else { return };
        client.transit.clear();
        if !client.keeps {
            client.forget();
            client.has_session = false;
        }
        self.tell(Event::Lost(connection));
    }

    fn subscribe(&mut self, index: usize) {
        let filter = FILTERS[self.random.index(FILTERS.len())];
        let qos = QUALITIES[self.random.index(3)];
        let kept: Vec<Expected> = {
            let found = self.retained.iter().filter(|(topic, _)| matches(filter, topic));
            // All were published at QoS 2 at most; the least of both counts.
            found.map(|(topic, number)| (*number, least(self.quality(topic), qos), true)).collect()
        };
        let client = &mut self.clients[index];
        client.filters.insert(filter, qos);
        client.expected.extend(kept);
        let options = Options {
            qos,
            no_local: false,
            retain_as_published: false,
            retain_handling: RetainHandling::SendRetained,
            identifier: None,
        };
        self.ask(index, Request::Subscribe { id: 1, filters: vec![(filter.to_owned(), options)] });
    }

    /// The quality of a retained message, from what the hub keeps of it.
    fn quality(&self, topic: &str) -> Qos {
        self.hub.retained.matching(topic).next().unwrap().qos
    }

    fn publish(&mut self, index: usize) {
        self.messages += 1;
        let (topic, qos) = (TOPICS[self.random.index(TOPICS.len())], QUALITIES[self.random.index(3)]);
        let retain = self.random.percent(50);
        let message = Message {
            topic: topic.to_owned(),
            payload: self.messages.to_string().into_payload(),
            qos,
            retain,
            properties: Vec::new(),
            expires: None,
        };
        if retain {
            self.retained.insert(topic, self.messages);
        }
        for client in self.clients.iter_mut().filter(|client| client.has_session) {
            let wanted = client.filters.iter().filter(|(filter, _)| matches(filter, topic));
            let Some(best) = wanted.map(|(_, qos)| *qos).max_by_key(|qos| *qos as u8) else { continue };
            let qos = least(qos, best);
            if client.connection.is_some() || qos != Qos::AtMostOnce {
                client.expected.push_back((self.messages, qos, false));
            }
        }
        let client = &mut self.clients[index];
        client.last_id = client.last_id % 1000 + 1;
        let id = client.last_id;
        let message = Arc::new(message);
        self.ask(index, Request::Publish { message: message.clone(), id });
        // Sometimes it does not know that it was taken, and sends it again.
        if qos == Qos::ExactlyOnce && self.random.percent(30) {
            self.ask(index, Request::Publish { message, id });
        }
        if qos == Qos::ExactlyOnce {
            self.ask(index, Request::PubRel(id));
        }
    }

    /// Writes what is to be written, then lets out the rest. A crash comes before, between or not at all.
    fn let_out(&mut self, crash: Option<bool>) {
        let Effects { orders, changes, .. } = std::mem::take(&mut self.effects);
        if crash == Some(false) {
            return self.crash();
        }
        for (topic, message) in changes {
            match message {
                Some(message) => drop(self.disk.insert(topic, message)),
                None => drop(self.disk.remove(&topic)),
            }
        }
        if crash == Some(true) {
            return self.crash();
        }
        for (connection, order) in orders {
            let client = self.clients.iter_mut().find(|client| client.connection == Some(connection));
            match (client, order) {
                (Some(client), Order::Send(answer)) => {
                    client.check(self.seed, &answer);
                    client.transit.push_back(answer);
                }
                (Some(_), Order::Close(reason)) => panic!("seed {}: closed, {reason:?}", self.seed),
                (None, _) => {}
            }
        }
    }

    fn crash(&mut self) {
        self.crashes += 1;
        let kept = self.disk.values().cloned().collect();
        self.hub = Hub::new(Limits { in_flight: 3, ..Limits::default() }, kept);
        self.retained.clear();
        for (topic, message) in &self.disk {
            let topic = TOPICS.into_iter().find(|known| known == topic).unwrap();
            self.retained.insert(topic, number(message));
        }
        for client in &mut self.clients {
            client.connection = None;
            client.has_session = false;
            client.transit.clear();
            client.forget();
        }
    }

    /// A client takes the next thing that is on its way to it, and answers.
    fn take(&mut self, index: usize) {
        let Some(answer) = self.clients[index].transit.pop_front() else { return };
        match answer {
            Answer::Publish(delivery) => self.receive(index, &delivery),
            Answer::PubRel(id, Reason::Success) => {
                self.clients[index].owed.retain(|owed| owed.id != id);
                self.ask(index, Request::PubComp(id));
            }
            Answer::PubRel(..) | Answer::Refuse(_) | Answer::Disconnect(_) => {
                panic!("seed {}: {answer:?}", self.seed)
            }
            _ => {}
        }
    }

    fn receive(&mut self, index: usize, delivery: &Delivery) {
        let number = number(&delivery.message);
        if delivery.message.retain {
            let seen = self.seen.entry(delivery.message.topic.clone()).or_default();
            *seen = number.max(*seen);
        }
        let client = &mut self.clients[index];
        client.got += 1;
        let id = delivery.id;
        match delivery.qos {
            Qos::AtMostOnce => {}
            Qos::AtLeastOnce => {
                client.owed.retain(|owed| owed.id != id);
                self.ask(index, Request::PubAck(id));
            }
            Qos::ExactlyOnce => {
                client.owed.iter_mut().filter(|owed| owed.id == id).for_each(|owed| owed.released = true);
                self.ask(index, Request::PubRec { id, taken: true });
            }
        }
    }

    /// After a crash nobody sees less of a topic than somebody saw before. How many were compared.
    fn compare_seen(&self) -> usize {
        for (topic, seen) in &self.seen {
            let kept = self.disk.get(topic).map(|message| number(message));
            assert!(kept >= Some(*seen), "seed {}: {topic} is {kept:?}, {seen} was seen", self.seed);
        }
        self.seen.len()
    }

    fn step(&mut self) {
        let index = self.random.index(self.clients.len());
        match (self.random.below(100), self.clients[index].connection) {
            (0..10, None) => self.connect(index),
            (10..14, Some(_)) => self.lose(index),
            (14..24, Some(_)) => self.subscribe(index),
            (24..55, Some(_)) => self.publish(index),
            _ => self.take(index),
        }
    }

    /// Everybody who keeps a session comes back, and takes all there is.
    fn settle(&mut self) {
        self.let_out(None);
        for index in 0..self.clients.len() {
            if self.clients[index].connection.is_none() {
                self.connect(index);
            }
        }
        self.let_out(None);
        while self.clients.iter().any(|client| !client.transit.is_empty()) {
            for index in 0..self.clients.len() {
                self.take(index);
            }
            self.let_out(None);
        }
        for client in &self.clients {
            assert!(client.expected.is_empty(), "seed {}: {:?} not sent", self.seed, client.expected);
            assert_eq!(client.owed, [], "seed {}: {}", self.seed, client.name);
        }
        self.compare_seen();
    }
}

impl Client {
    fn forget(&mut self) {
        self.filters.clear();
        self.expected.clear();
        self.owed.clear();
    }

    /// Messages come for the first time in the order that is expected, and again in the order of the first.
    fn check(&mut self, seed: u64, answer: &Answer) {
        let Answer::Publish(delivery) = answer else { return };
        let message = (number(&delivery.message), delivery.qos, delivery.retain);
        if !delivery.again {
            assert_eq!(self.expected.pop_front(), Some(message), "seed {seed}: {}", self.name);
            if delivery.qos != Qos::AtMostOnce {
                self.owed.push(Owed { id: delivery.id, message, released: false });
            }
            return;
        }
        while self.owed.get(self.again).is_some_and(|owed| owed.released) {
            self.again += 1;
        }
        let owed = Owed { id: delivery.id, message, released: false };
        assert_eq!(self.owed.get(self.again), Some(&owed), "seed {seed}: {}", self.name);
        self.again += 1;
    }
}

fn least(one: Qos, other: Qos) -> Qos {
    if (one as u8) < other as u8 { one } else { other }
}

#[test]
fn every_subscriber_gets_what_it_asked_for_in_order_through_lost_connections() {
    let mut delivered = 0;
    for seed in 0..300 {
        let mut world = World::new(seed);
        for _ in 0..300 {
            world.step();
            if world.random.percent(40) {
                world.let_out(None);
            }
        }
        world.settle();
        delivered += world.clients.iter().map(|client| client.got).sum::<usize>();
    }
    assert!(delivered > 10_000, "{delivered}");
}

#[test]
fn what_is_retained_is_never_older_than_what_was_seen_through_crashes() {
    let (mut crashes, mut compared) = (0, 0);
    for seed in 1000..1300 {
        let mut world = World::new(seed);
        for _ in 0..300 {
            world.step();
            if world.random.percent(40) {
                let crash = world.random.percent(10).then(|| world.random.percent(50));
                world.let_out(crash);
                compared += world.compare_seen();
            }
        }
        world.settle();
        crashes += world.crashes;
    }
    assert!(crashes > 1000 && compared > 10_000, "{crashes} crashes, {compared} compared");
}
