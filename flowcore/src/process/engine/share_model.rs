//! Shares of roots that are cloned, kept, joined, anchored and answered at random, with a count of those that
//! are open beside them.

use std::collections::BTreeSet;

use flowcore_testkit::Random;

use crate::base::{DeliveryError, LossKind, Token, TokenSet, Work};

/// A notice that a root has to send. Failures: the index of the tuple, and whether it may be tried again.
#[derive(Debug, PartialEq)]
pub(super) struct Event {
    pub(super) root: u64,
    pub(super) settled: bool,
    pub(super) failures: BTreeSet<(u32, bool)>,
}

/// One tuple of one node.
type Leaf = (usize, u32);

/// What the model knows of one root, joint token or anchor.
struct Node {
    work: usize,
    kept: usize,
    /// In the order in which they were recorded.
    failures: Vec<(u32, bool)>,
    tells: Tells,
}

#[derive(Clone)]
enum Tells {
    Root(u64),
    Leaves(Vec<Leaf>),
}

/// A real share, and what it stands for.
enum Held {
    Work { work: Work, node: usize, indices: Vec<u32> },
    Token(Token, Leaf),
    Set(TokenSet, Vec<Leaf>),
}

/// All shares that are open.
#[derive(Default)]
pub(super) struct Shares {
    nodes: Vec<Node>,
    held: Vec<Held>,
    events: Vec<Event>,
}

impl Shares {
    pub(super) fn add_root(&mut self, root: u64, work: Work, indices: Vec<u32>) {
        let node = self.node(Tells::Root(root), (1, 0));
        self.held.push(Held::Work { work, node, indices });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    pub(super) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// One random thing happens to a random share. `closing`: only answers.
    pub(super) fn step(&mut self, random: &mut Random, closing: bool) {
        if self.held.is_empty() {
            return;
        }
        let at = random.index(self.held.len());
        match self.held.swap_remove(at) {
            Held::Work { work, node, indices } => self.step_work(random, closing, (work, node, indices)),
            Held::Token(token, leaf) => self.step_token(random, closing, token, leaf),
            Held::Set(set, leaves) => self.step_set(random, closing, set, leaves),
        }
    }

    fn step_work(&mut self, random: &mut Random, closing: bool, held: (Work, usize, Vec<u32>)) {
        let (work, node, indices) = held;
        let index = indices[random.index(indices.len())];
        match if closing { 0 } else { random.below(7) } {
            0 => {
                drop(work);
                return self.release_work(node);
            }
            1 => {
                self.nodes[node].work += 1;
                self.held.push(Held::Work { work: work.clone(), node, indices: indices.clone() });
            }
            2 => {
                let kind = any_kind(random);
                work.fail(index, DeliveryError::new("test", kind));
                self.nodes[node].failures.push((index, kind.retries()));
            }
            3 => {
                self.nodes[node].kept += 1;
                self.held.push(Held::Token(work.token(index), (node, index)));
            }
            _ => self.keep_in_set(random, &work, node, &indices),
        }
        self.held.push(Held::Work { work, node, indices });
    }

    /// Keeps some tuples of `work` in a set that is there, or in a new one.
    fn keep_in_set(&mut self, random: &mut Random, work: &Work, node: usize, indices: &[u32]) {
        let sets = |held: &&mut Held| matches!(held, Held::Set(..));
        let found = self.held.iter_mut().find(sets).filter(|_| random.percent(70));
        let (mut new_set, mut new_leaves) = (TokenSet::default(), Vec::new());
        let (set, leaves) = match found {
            Some(Held::Set(set, leaves)) => (set, leaves),
            _ => (&mut new_set, &mut new_leaves),
        };
        for _ in 0..=random.below(5) {
            let index = indices[random.index(indices.len())];
            set.keep(work, index);
            leaves.push((node, index));
            self.nodes[node].kept += 1;
        }
        assert_eq!(set.is_empty(), leaves.is_empty());
        if !new_leaves.is_empty() {
            self.held.push(Held::Set(new_set, new_leaves));
        }
    }

    fn step_token(&mut self, random: &mut Random, closing: bool, token: Token, leaf: Leaf) {
        match if closing { random.below(3) } else { random.below(6) } {
            0 => token.ack(),
            1 => {
                let kind = any_kind(random);
                token.fail(DeliveryError::new("test", kind));
                self.nodes[leaf.0].failures.push((leaf.1, kind.retries()));
            }
            2 => {
                drop(token);
                self.nodes[leaf.0].failures.push((leaf.1, true));
            }
            3 => {
                self.nodes[leaf.0].kept += 1;
                self.held.push(Held::Token(token.share(), leaf));
                return self.held.push(Held::Token(token, leaf));
            }
            4 => {
                let mut set = TokenSet::default();
                set.insert(token);
                return self.held.push(Held::Set(set, vec![leaf]));
            }
            _ => {
                let node = self.node(Tells::Leaves(vec![leaf]), (1, 0));
                let work = Work::anchored_to(token);
                return self.held.push(Held::Work { work, node, indices: vec![0, 3, 64] });
            }
        }
        self.release_kept(leaf.0);
    }

    fn step_set(&mut self, random: &mut Random, closing: bool, set: TokenSet, leaves: Vec<Leaf>) {
        match if closing { random.below(3) } else { random.below(7) } {
            0 => set.ack(),
            1 => {
                let kind = any_kind(random);
                set.fail(&DeliveryError::new("test", kind));
                self.fail(&leaves, kind.retries());
            }
            2 => {
                drop(set);
                self.fail(&leaves, true);
            }
            3 => {
                for leaf in &leaves {
                    self.nodes[leaf.0].kept += 1;
                }
                self.held.push(Held::Set(set.share(), leaves.clone()));
                return self.held.push(Held::Set(set, leaves));
            }
            4 => {
                let node = self.node(Tells::Leaves(leaves), (0, 1));
                return self.held.push(Held::Token(Token::joint(set), (node, 0)));
            }
            _ => return self.append(set, leaves),
        }
        for leaf in &leaves {
            self.release_kept(leaf.0);
        }
    }

    /// Adds another set or token to a set.
    fn append(&mut self, mut set: TokenSet, mut leaves: Vec<Leaf>) {
        match self.held.pop() {
            Some(Held::Set(other, more)) => {
                set.append(other);
                leaves.extend(more);
            }
            Some(Held::Token(token, leaf)) => {
                set.insert(token);
                leaves.push(leaf);
            }
            other => self.held.extend(other),
        }
        self.held.push(Held::Set(set, leaves));
    }

    fn node(&mut self, tells: Tells, (work, kept): (usize, usize)) -> usize {
        self.nodes.push(Node { work, kept, failures: Vec::new(), tells });
        self.nodes.len() - 1
    }

    fn fail(&mut self, leaves: &[Leaf], retries: bool) {
        for leaf in leaves {
            self.nodes[leaf.0].failures.push((leaf.1, retries));
        }
    }

    fn release_work(&mut self, node: usize) {
        self.nodes[node].work -= 1;
        if self.nodes[node].work == 0 {
            let settled = self.nodes[node].kept == 0;
            self.tell(node, settled);
        }
    }

    fn release_kept(&mut self, node: usize) {
        self.nodes[node].kept -= 1;
        if self.nodes[node].kept == 0 && self.nodes[node].work == 0 {
            self.tell(node, true);
        }
    }

    fn tell(&mut self, node: usize, settled: bool) {
        let first = self.nodes[node].failures.first().copied();
        match self.nodes[node].tells.clone() {
            Tells::Root(root) => {
                let failures = self.nodes[node].failures.iter().copied().collect();
                self.events.push(Event { root, settled, failures });
            }
            Tells::Leaves(leaves) if settled => {
                if let Some((_, retries)) = first {
                    self.fail(&leaves, retries);
                }
                for leaf in &leaves {
                    self.release_kept(leaf.0);
                }
            }
            Tells::Leaves(_) => {}
        }
    }
}

fn any_kind(random: &mut Random) -> LossKind {
    let kinds = [LossKind::Failed, LossKind::Rejected, LossKind::Panicked, LossKind::Dropped];
    kinds[random.index(kinds.len())]
}
