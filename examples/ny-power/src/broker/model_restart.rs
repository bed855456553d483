//! Hub and store against clients that keep their word, through lost connections and crashes of the broker: who
//! publishes sends again what was not answered, who subscribes knows what it has by its id.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use flowcore::base::Timestamp;
use flowcore_testkit::Random;
use mqtt_protocol_core::mqtt::IntoPayload;
use mqtt_protocol_core::mqtt::packet::{Qos, RetainHandling};
use redb::backends::InMemoryBackend;

use super::access::Access;
use super::config::Limits;
use super::hub::{Effects, Event, Hub, Order};
use super::packet::{Answer, Connect, Delivery, Message, Options, Reason, Request, Version};
use super::session::ConnectionId;
use super::store::{Changes, Store};

const NOW: Timestamp = Timestamp::from_millis(1_000);
/// Two that publish, then three that subscribe: at QoS 1, at QoS 2, and twice at QoS 2.
const PUBLISHERS: usize = 2;
const FILTERS: [&[(&str, Qos)]; 5] = [
    &[],
    &[],
    &[("ny-power/#", Qos::AtLeastOnce)],
    &[("ny-power/#", Qos::ExactlyOnce)],
    &[("ny-power/#", Qos::AtLeastOnce), ("ny-power/+", Qos::ExactlyOnce)],
];

#[derive(Default)]
struct Client {
    connection: Option<ConnectionId>,
    was_welcomed: bool,
    /// On its way from the broker.
    transit: VecDeque<Answer>,
    /// What it published and was not answered, in order.
    unanswered: VecDeque<Unanswered>,
    last_id: u16,
    /// Of QoS 2, and not released.
    received: BTreeSet<u16>,
    got: Vec<u64>,
}

struct Unanswered {
    id: u16,
    message: Arc<Message>,
    is_taken: bool,
}

struct World {
    seed: u64,
    random: Random,
    hub: Hub,
    store: Store,
    access: Access,
    clients: Vec<Client>,
    connections: u64,
    /// Number to publisher and quality.
    published: BTreeMap<u64, (usize, Qos)>,
    effects: Effects,
    crashes: u64,
}

fn limits() -> Limits {
    Limits { in_flight: 3, ..Limits::default() }
}

impl World {
    /// Everybody has connected once and subscribed.
    fn new(seed: u64) -> Self {
        let mut world = Self {
            seed,
            random: Random::new(seed),
            hub: Hub::new(limits(), Vec::new()),
            store: Store::on(InMemoryBackend::new()),
            access: Access::ny_power("secret").unwrap(),
            clients: FILTERS.iter().map(|_| Client::default()).collect(),
            connections: 0,
            published: BTreeMap::new(),
            effects: Effects::default(),
            crashes: 0,
        };
        for index in 0..FILTERS.len() {
            world.connect(index);
            world.subscribe(index);
        }
        world.let_out();
        world
    }

    fn ask(&mut self, index: usize, request: Request) {
        if let Some(connection) = self.clients[index].connection {
            self.hub.handle(Event::Request { connection, request }, NOW, &mut self.effects);
        }
    }

    fn connect(&mut self, index: usize) {
        self.connections += 1;
        let connection = ConnectionId(self.connections);
        let connect = Connect {
            version: if index.is_multiple_of(2) { Version::V5 } else { Version::V311 },
            client: format!("client {index}"),
            clean: false,
            keep_alive: 0,
            user: None,
            password: None,
            will: None,
            expiry: u32::MAX,
            receive_maximum: 10,
            packet_maximum: u32::MAX,
        };
        let rights = self.access.login(Some("pump"), Some(b"secret")).unwrap();
        let client = &mut self.clients[index];
        client.transit.clear();
        client.connection = Some(connection);
        let again: Vec<Request> = client.unanswered.iter().map(Unanswered::request).collect();
        let event = Event::Connect { connection, connect: Box::new(connect), rights };
        self.hub.handle(event, NOW, &mut self.effects);
        for request in again {
            self.ask(index, request);
        }
    }

    fn subscribe(&mut self, index: usize) {
        let options = |qos| Options {
            qos,
            no_local: false,
            retain_as_published: false,
            retain_handling: RetainHandling::SendRetained,
            identifier: None,
        };
        let filters =
            FILTERS[index].iter().map(|(filter, qos)| ((*filter).to_owned(), options(*qos))).collect();
        self.ask(index, Request::Subscribe { id: 1, filters });
    }

    fn lose(&mut self, index: usize) {
        if let Some(connection) = self.clients[index].connection.take() {
            self.hub.handle(Event::Lost(connection), NOW, &mut self.effects);
        }
    }

    fn publish(&mut self, index: usize) {
        if self.clients[index].unanswered.len() >= 5 {
            return;
        }
        let number = self.published.len() as u64;
        let qos = [Qos::AtLeastOnce, Qos::ExactlyOnce][self.random.index(2)];
        self.published.insert(number, (index, qos));
        let message = Arc::new(Message {
            topic: "ny-power/x".to_owned(),
            payload: number.to_string().into_payload(),
            qos,
            retain: false,
            properties: Vec::new(),
            expires: None,
        });
        let client = &mut self.clients[index];
        // Few ids, so that they are soon used again.
        let is_free = |id: &u16| client.unanswered.iter().all(|own| own.id != *id);
        client.last_id = (0..7).map(|step| (client.last_id + step) % 7 + 1).find(is_free).unwrap();
        let next = Unanswered { id: client.last_id, message, is_taken: false };
        let request = next.request();
        client.unanswered.push_back(next);
        self.ask(index, request);
    }

    /// What the broker does with a batch.
    fn let_out(&mut self) {
        self.save();
        for (connection, order) in std::mem::take(&mut self.effects.orders) {
            let client = self.clients.iter_mut().find(|client| client.connection == Some(connection));
            match (client, order) {
                (Some(client), Order::Send(answer)) => client.transit.push_back(answer),
                (Some(_), Order::Close(reason)) => panic!("seed {}: closed, {reason:?}", self.seed),
                (None, _) => {}
            }
        }
    }

    fn save(&mut self) {
        let is_tick = self.random.percent(10);
        self.hub.save(is_tick, &mut self.effects);
        let changes = Changes::of(&mut self.effects);
        if !changes.is_empty() {
            self.store.write(&changes).unwrap();
        }
    }

    /// Before anything of the batch is written, or after it, when nobody has heard of it.
    fn crash(&mut self) {
        self.crashes += 1;
        if self.random.percent(50) {
            self.save();
        }
        self.effects = Effects::default();
        self.hub = Hub::new(limits(), Vec::new());
        self.hub.restore(self.store.read().unwrap().sessions, &self.access, NOW);
        for client in &mut self.clients {
            client.connection = None;
        }
    }

    /// A client takes the next thing that is on its way to it, and answers.
    fn take(&mut self, index: usize) {
        let seed = self.seed;
        let client = &mut self.clients[index];
        let Some(answer) = client.transit.pop_front() else { return };
        let reply = match answer {
            Answer::Welcome(welcome) => {
                assert!(
                    welcome.session_present || !client.was_welcomed,
                    "seed {seed}: client {index} has no session"
                );
                client.was_welcomed = true;
                None
            }
            Answer::Publish(delivery) => client.receive(&delivery),
            Answer::PubRel(id, Reason::Success) => {
                client.received.remove(&id);
                Some(Request::PubComp(id))
            }
            Answer::PubAck(id, _) | Answer::PubComp(id) => {
                client.unanswered.retain(|own| own.id != id);
                None
            }
            Answer::PubRec(id, _) => {
                client.unanswered.iter_mut().filter(|own| own.id == id).for_each(|own| own.is_taken = true);
                Some(Request::PubRel(id))
            }
            Answer::SubAck(..) => None,
            answer => panic!("seed {seed}: {answer:?}"),
        };
        if let Some(reply) = reply {
            self.ask(index, reply);
        }
    }

    fn step(&mut self) {
        let index = self.random.index(self.clients.len());
        match (self.random.below(100), self.clients[index].connection) {
            (0..15, None) => self.connect(index),
            (0..2, Some(_)) => self.lose(index),
            (2..35, Some(_)) if index < PUBLISHERS => self.publish(index),
            (35..65, _) => self.let_out(),
            (65..67, _) => self.crash(),
            _ => self.take(index),
        }
    }

    /// Everybody is there, and nothing is on its way any more.
    fn settle(&mut self) {
        for index in 0..self.clients.len() {
            if self.clients[index].connection.is_none() {
                self.connect(index);
            }
        }
        self.let_out();
        while self.clients.iter().any(|client| !client.transit.is_empty()) {
            for index in 0..self.clients.len() {
                self.take(index);
            }
            self.let_out();
        }
    }

    /// How many came more than once.
    fn check(&mut self) -> usize {
        let seed = self.seed;
        let mut again = 0;
        for index in PUBLISHERS..FILTERS.len() {
            let got = &self.clients[index].got;
            let mut first: Vec<u64> = Vec::new();
            for number in got {
                if first.contains(number) { again += 1 } else { first.push(*number) }
            }
            for publisher in 0..PUBLISHERS {
                let is_own = |number: &&u64| self.published[number].0 == publisher;
                let own: Vec<&u64> = first.iter().filter(is_own).collect();
                let wanted: Vec<&u64> = self.published.keys().filter(is_own).collect();
                assert_eq!(own, wanted, "seed {seed}: client {index} of {publisher}");
            }
            let is_exact = |number: &&u64| index > PUBLISHERS && self.published[number].1 == Qos::ExactlyOnce;
            let exact = || got.iter().filter(is_exact);
            let distinct: BTreeSet<_> = exact().collect();
            assert_eq!(exact().count(), distinct.len(), "seed {seed}: client {index} got one twice: {got:?}");
        }
        self.hub.save(true, &mut self.effects);
        self.store.write(&Changes::of(&mut self.effects)).unwrap();
        for session in self.store.read().unwrap().sessions {
            assert_eq!((session.owed, session.received), (vec![], vec![]), "seed {seed}: it stays on disk");
        }
        again
    }
}

impl Client {
    fn receive(&mut self, delivery: &Delivery) -> Option<Request> {
        let id = delivery.id;
        let number = String::from_utf8_lossy(delivery.message.payload.as_slice()).parse().unwrap();
        let is_again = delivery.qos == Qos::ExactlyOnce && !self.received.insert(id);
        if !is_again {
            self.got.push(number);
        }
        match delivery.qos {
            Qos::AtMostOnce => None,
            Qos::AtLeastOnce => Some(Request::PubAck(id)),
            Qos::ExactlyOnce => Some(Request::PubRec { id, taken: true }),
        }
    }
}

impl Unanswered {
    fn request(&self) -> Request {
        if self.is_taken {
            return Request::PubRel(self.id);
        }
        Request::Publish { message: self.message.clone(), id: self.id }
    }
}

#[test]
fn through_restarts_of_the_broker_nothing_is_lost_and_quality_2_comes_once() {
    let (mut crashes, mut published, mut again) = (0, 0, 0);
    for seed in 0..100 {
        let mut world = World::new(seed);
        for _ in 0..500 {
            world.step();
        }
        world.settle();
        again += world.check();
        crashes += world.crashes;
        published += world.published.len();
    }
    println!("{crashes} crashes, {published} published, {again} came again");
    assert!(crashes > 500 && published > 2000 && again > 10, "{crashes}, {published}, {again}");
}
