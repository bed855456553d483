//! What is counted: age grades and payment methods by order, coffee types by cup, for each branch and for
//! all together.

mod vocabulary;

use std::collections::BTreeMap;

use crate::order::{ALL_BRANCHES, Limit, Order, Reject};
pub use crate::packet::Dimension;
use vocabulary::Vocabulary;

/// The counts of one branch in one dimension, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The branch, or `all`.
    pub branch: String,
    /// What is counted.
    pub dimension: Dimension,
    /// How often each name was counted: never zero.
    pub counts: BTreeMap<String, u64>,
}

/// How much was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Orders.
    pub orders: u64,
    /// Cups in them.
    pub cups: u64,
}

/// The orders of one bucket, counted. Names are open: each counts under its own, up to
/// [`Limit::most`] different ones of a kind.
///
/// ```
/// use coffee_orders::{order::Order, statistics::{Dimension, Statistics}};
/// let line = br#"{"branch":"sunae","customerAgeGrade":"2030","paymentMethod":"Cash","orders":["Mocha","Mocha"]}"#;
/// let mut statistics = Statistics::default();
/// statistics.count(&Order::parse(line)?)?;
/// assert_eq!((statistics.orders(), statistics.cups()), (1, 2));
/// assert_eq!(statistics.counts("all", Dimension::Orders)["Mocha"], 2);
/// assert_eq!(statistics.counts("sunae", Dimension::PaymentMethods)["Cash"], 1);
/// # Ok::<(), coffee_orders::order::Reject>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Statistics {
    branches: Vocabulary,
    names: [Vocabulary; 3],
    /// The orders without a branch, then those of each branch in the order of `branches`. What `all` shows
    /// is their sum, made when somebody asks.
    shops: Vec<Shop>,
}

#[derive(Debug, Clone, Default)]
struct Shop {
    orders: u64,
    /// By dimension, then by the name's place in its vocabulary.
    counts: [Vec<u64>; 3],
}

/// The sums do not agree: a fault of the program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{orders} orders of {branch} have {age_grades} age grades and {payments} payments")]
pub struct Imbalance {
    /// The branch, or nothing for the orders without one.
    pub branch: String,
    /// How many orders were counted.
    pub orders: u64,
    /// The sum of the age grades.
    pub age_grades: u64,
    /// The sum of the payment methods.
    pub payments: u64,
}

impl Statistics {
    /// Counts one order.
    ///
    /// # Errors
    /// [`Reject::TooManyNames`], and then nothing of the order is counted.
    pub fn count(&mut self, order: &Order<'_>) -> Result<(), Reject> {
        let marks = self.marks();
        self.add(order).inspect_err(|_| self.forget_after(marks))
    }

    /// Adds what `other` counted. Nothing is lost: the limit on names holds for orders, not here.
    pub fn merge(&mut self, other: &Self) {
        let branches: Vec<usize> = std::iter::once(0)
            .chain(other.branches.names().map(|name| self.branches.intern(name) + 1))
            .collect();
        for dimension in Dimension::ALL {
            let from = index(dimension);
            let places: Vec<usize> =
                other.names[from].names().map(|name| self.names[from].intern(name)).collect();
            for (shop, into) in other.shops.iter().zip(&branches) {
                let counts = &mut shop_at(&mut self.shops, *into).counts[from];
                shop.counts[from].iter().zip(&places).for_each(|(count, place)| add(counts, *place, *count));
            }
        }
        for (shop, into) in other.shops.iter().zip(branches) {
            shop_at(&mut self.shops, into).orders += shop.orders;
        }
    }

    /// What was counted so far, leaving nothing behind: the next bucket begins.
    #[must_use]
    pub fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// How many orders were counted.
    pub fn orders(&self) -> u64 {
        self.shops.iter().map(|shop| shop.orders).sum()
    }

    /// How many cups were counted.
    pub fn cups(&self) -> u64 {
        self.shops.iter().map(|shop| shop.sum(Dimension::Orders)).sum()
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.orders() == 0
    }

    /// The branches that have orders, sorted, with `all` among them.
    pub fn branches(&self) -> Vec<&str> {
        let with_orders = |&(id, _): &(usize, &str)| self.shops.get(id + 1).is_some_and(|s| s.orders > 0);
        let mut names: Vec<&str> =
            self.branches.names().enumerate().filter(with_orders).map(|(_, name)| name).collect();
        if !self.is_empty() {
            names.push(ALL_BRANCHES);
        }
        names.sort_unstable();
        names
    }

    /// The counts of a branch, or of `all`, in one dimension: empty for a branch without orders.
    pub fn counts(&self, branch: &str, dimension: Dimension) -> BTreeMap<&str, u64> {
        let shops = match self.branches.find(branch) {
            _ if branch == ALL_BRANCHES => &self.shops[..],
            Some(id) => self.shops.get(id + 1..id + 2).unwrap_or_default(),
            None => &[],
        };
        let dimension = index(dimension);
        let sum = |id: usize| shops.iter().filter_map(|shop| shop.counts[dimension].get(id)).sum::<u64>();
        let counted = self.names[dimension].names().enumerate().map(|(id, name)| (name, sum(id)));
        counted.filter(|&(_, count)| count > 0).collect()
    }

    /// Everything, sorted by branch, then dimension.
    pub fn tallies(&self) -> impl Iterator<Item = Tally> {
        let each = |branch| Dimension::ALL.into_iter().map(move |dimension| (branch, dimension));
        self.branches().into_iter().flat_map(each).map(|(branch, dimension)| {
            let counts = self.counts(branch, dimension).into_iter();
            let counts = counts.map(|(name, count)| (name.to_owned(), count)).collect();
            Tally { branch: branch.to_owned(), dimension, counts }
        })
    }

    /// Whether every order has one age grade and one payment method, in each branch.
    ///
    /// # Errors
    /// The first branch that does not balance.
    pub fn check(&self) -> Result<(), Imbalance> {
        let names = std::iter::once("").chain(self.branches.names());
        for (shop, branch) in self.shops.iter().zip(names) {
            let age_grades = shop.sum(Dimension::CustomerAgeGrades);
            let payments = shop.sum(Dimension::PaymentMethods);
            if (age_grades, payments) != (shop.orders, shop.orders) {
                let branch = branch.to_owned();
                return Err(Imbalance { branch, orders: shop.orders, age_grades, payments });
            }
        }
        Ok(())
    }

    /// Counts an order, or nothing of it; the names that it brought may stay.
    fn add(&mut self, order: &Order<'_>) -> Result<(), Reject> {
        let shop = match order.branch() {
            Some(branch) => self.branches.admit(branch, Limit::Branches)? + 1,
            None => 0,
        };
        let [age_grades, payments, types] = &mut self.names;
        let age_grade = age_grades.admit(order.age_grade(), Limit::AgeGrades)?;
        let payment = payments.admit(order.payment(), Limit::PaymentMethods)?;
        let shop = shop_at(&mut self.shops, shop);
        let counts = &mut shop.counts[index(Dimension::Orders)];
        for (before, cup) in order.cups().enumerate() {
            match types.admit(cup, Limit::CoffeeTypes) {
                Ok(cup) => add(counts, cup, 1),
                Err(reject) => {
                    let counted = order.cups().take(before).filter_map(|cup| types.find(cup));
                    counted.for_each(|cup| counts[cup] -= 1);
                    return Err(reject);
                }
            }
        }
        add(&mut shop.counts[index(Dimension::CustomerAgeGrades)], age_grade, 1);
        add(&mut shop.counts[index(Dimension::PaymentMethods)], payment, 1);
        shop.orders += 1;
        Ok(())
    }

    fn marks(&self) -> [usize; 4] {
        let [a, b, c] = &self.names;
        [self.branches.len(), a.len(), b.len(), c.len()]
    }

    fn forget_after(&mut self, [branches, names @ ..]: [usize; 4]) {
        self.branches.truncate(branches);
        self.names.iter_mut().zip(names).for_each(|(names, length)| names.truncate(length));
    }
}

/// Two statistics are equal when they counted the same, in whatever order.
impl PartialEq for Statistics {
    fn eq(&self, other: &Self) -> bool {
        self.orders() == other.orders() && self.tallies().eq(other.tallies())
    }
}

impl Eq for Statistics {}

impl Shop {
    fn sum(&self, dimension: Dimension) -> u64 {
        self.counts[index(dimension)].iter().sum()
    }
}

const fn index(dimension: Dimension) -> usize {
    match dimension {
        Dimension::CustomerAgeGrades => 0,
        Dimension::PaymentMethods => 1,
        Dimension::Orders => 2,
    }
}

#[inline]
fn shop_at(shops: &mut Vec<Shop>, index: usize) -> &mut Shop {
    if shops.len() <= index {
        shops.resize_with(index + 1, Shop::default);
    }
    &mut shops[index]
}

#[inline]
fn add(counts: &mut Vec<u64>, place: usize, by: u64) {
    if counts.len() <= place {
        counts.resize(place + 1, 0);
    }
    counts[place] += by;
}

#[cfg(test)]
mod tests;
