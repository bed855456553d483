//! What has happened to every item, and whether it may have.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use flowcore::base::Token;

use super::plan::{BoltPlan, Deed, Plan};

pub(super) struct Books {
    state: Mutex<State>,
    expected: HashMap<u64, Vec<Deed>>,
    all: Vec<bool>,
    /// The end of each spout's items.
    spouts: Vec<u64>,
    patient: bool,
}

#[derive(Default)]
struct State {
    queues: Vec<VecDeque<u64>>,
    /// Items that were taken and are not answered.
    lent: Vec<usize>,
    executed: HashMap<Deed, u64>,
    acked: HashSet<u64>,
    dead: HashSet<u64>,
    lives: u64,
    /// What was wrong at the moment of an acknowledgement.
    complaints: Vec<String>,
}

impl Books {
    pub(super) fn new(plan: &Plan) -> Arc<Self> {
        let mut expected = HashMap::new();
        for (stream, &(_, first, last)) in plan.spouts.iter().enumerate() {
            for id in first..last {
                let mut deeds = Vec::new();
                plan.deeds(stream, id, &mut deeds);
                expected.insert(id, deeds);
            }
        }
        let queues = plan.spouts.iter().map(|&(_, first, last)| (first..last).collect()).collect();
        let state = Mutex::new(State { queues, lent: vec![0; plan.spouts.len()], ..State::default() });
        let all = plan.bolts.iter().map(BoltPlan::is_all).collect();
        let spouts = plan.spouts.iter().map(|&(_, _, last)| last).collect();
        Arc::new(Self { state, expected, all, spouts, patient: plan.patient })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Components are made again and again: each life has dice of its own.
    pub(super) fn life(&self) -> u64 {
        let lives = &mut self.state().lives;
        *lives += 1;
        *lives
    }

    pub(super) fn is_all(&self, bolt: usize) -> bool {
        self.all[bolt]
    }

    pub(super) fn take(&self, spout: usize, some: usize) -> Vec<u64> {
        let mut state = self.state();
        let some = some.min(state.queues[spout].len());
        state.lent[spout] += some;
        state.queues[spout].drain(..some).collect()
    }

    pub(super) fn may_end(&self, spout: usize) -> bool {
        !self.patient || self.state().lent[spout] == 0
    }

    pub(super) fn executed(&self, deed: Deed) {
        *self.state().executed.entry(deed).or_default() += 1;
    }

    pub(super) fn complain(&self, complaint: String) {
        self.state().complaints.push(complaint);
    }

    pub(super) fn given_up(&self, id: u64) {
        self.state().dead.insert(id);
    }

    pub(super) fn lend(self: &Arc<Self>, ids: Vec<u64>) -> Lent {
        Lent { books: Arc::clone(self), ids: ids.into() }
    }

    fn answered(&self, ids: &[u64], is_safe: bool) {
        let mut state = self.state();
        let spout = self.spouts.partition_point(|&last| last <= ids[0]);
        state.lent[spout] -= ids.len();
        if !is_safe {
            // As a queue does: what was not acknowledged is delivered again.
            state.queues[spout].extend(ids);
            return;
        }
        for id in ids {
            let missing: Vec<_> =
                self.expected[id].iter().filter(|deed| !state.executed.contains_key(deed)).collect();
            let complaint = (!missing.is_empty() && !state.dead.contains(id))
                .then(|| format!("item {id} was acknowledged before {missing:?}"));
            state.complaints.extend(complaint);
            state.acked.insert(*id);
        }
    }

    /// Whether every item was acknowledged. Given-up ones are: somebody has them.
    pub(super) fn check_all_answered(&self) {
        let state = self.state();
        assert_eq!(state.complaints, Vec::<String>::new());
        let left: Vec<_> = self.expected.keys().filter(|id| !state.acked.contains(id)).collect();
        assert!(left.is_empty(), "not acknowledged: {left:?}");
    }

    pub(super) fn check_exactly_once(&self, plan: &Plan) {
        let state = self.state();
        let deeds: Vec<_> = self.expected.values().flatten().collect();
        assert_eq!(state.executed.values().sum::<u64>(), deeds.len() as u64);
        assert!(deeds.iter().all(|deed| state.executed.get(deed) == Some(&1)), "{plan:?}");
        assert!(state.dead.is_empty());
    }

    pub(super) fn check_nothing_is_held(self: &Arc<Self>) {
        assert_eq!(self.state().complaints, Vec::<String>::new());
        assert_eq!(Arc::strong_count(self), 1, "a component or a token is still there");
    }
}

/// Items that were taken from the queue and have no token yet. Those left when it is dropped go back.
pub(super) struct Lent {
    books: Arc<Books>,
    ids: VecDeque<u64>,
}

impl Lent {
    pub(super) fn token(&mut self, len: usize) -> Token {
        let (books, ids) = (Arc::clone(&self.books), self.ids.drain(..len).collect::<Vec<_>>());
        Token::new(move |outcome| books.answered(&ids, outcome.is_ok()))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let ids: Vec<_> = self.ids.drain(..).collect();
        if !ids.is_empty() {
            self.books.answered(&ids, false);
        }
    }
}
