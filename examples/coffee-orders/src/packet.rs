//! What travels between the counting topology, the store and the page: statistics and their packets.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::bucket::BucketName;

/// What is counted of an order.
///
/// ```
/// use coffee_orders::packet::Dimension;
/// assert_eq!("PaymentMethods".parse(), Ok(Dimension::PaymentMethods));
/// let error = "Payment".parse::<Dimension>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "unknown dimension \"Payment\": it is one of CustomerAgeGrades, PaymentMethods, Orders"
/// );
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Dimension {
    /// One for each order, by the customer's age grade.
    CustomerAgeGrades,
    /// One for each order, by the way it was paid.
    PaymentMethods,
    /// One for each cup, by the type of coffee.
    Orders,
}

impl Dimension {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::CustomerAgeGrades, Self::PaymentMethods, Self::Orders];

    /// Its name in packets, keys and addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CustomerAgeGrades => "CustomerAgeGrades",
            Self::PaymentMethods => "PaymentMethods",
            Self::Orders => "Orders",
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Dimension {
    type Err = UnknownDimension;

    fn from_str(name: &str) -> Result<Self, UnknownDimension> {
        let known = Self::ALL.into_iter().find(|dimension| dimension.name() == name);
        known.ok_or_else(|| UnknownDimension(name.to_owned()))
    }
}

/// A name that no [`Dimension`] has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown dimension {0:?}: it is one of CustomerAgeGrades, PaymentMethods, Orders")]
pub struct UnknownDimension(pub String);

/// How often one type (an age grade, a payment, a coffee) came in one bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// What was counted: `0010`, `Cash`, `Espresso`.
    #[serde(rename = "type")]
    pub kind: String,
    /// How often, in orders, or in cups for [`Dimension::Orders`].
    pub count: u64,
}

/// One branch's counts of one dimension in one bucket.
///
/// ```
/// use coffee_orders::packet::{Count, Dimension, Statistics};
/// let statistics = Statistics {
///     branch: "jeongja".to_owned(),
///     dimension: Dimension::PaymentMethods,
///     date: "20140928120000".to_owned(),
///     counts: vec![Count { kind: "Cash".to_owned(), count: 3 }],
/// };
/// assert_eq!(
///     serde_json::to_string(&statistics)?,
///     r#"{"branch":"jeongja","type":"PaymentMethods","date":"20140928120000","counts":[{"type":"Cash","count":3}]}"#
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// One of the branches, or `all`.
    pub branch: String,
    /// What was counted.
    #[serde(rename = "type")]
    pub dimension: Dimension,
    /// The bucket's start, `yyyyMMddHHmmss` in the zone of the program: later buckets compare greater.
    pub date: String,
    /// A type that never came is left out; a bucket without orders has none.
    pub counts: Vec<Count>,
}

impl Statistics {
    /// The counts of one bucket.
    pub fn of(
        branch: &str,
        dimension: Dimension,
        bucket: BucketName,
        counts: impl IntoIterator<Item = (String, u64)>,
    ) -> Self {
        let counts = counts.into_iter().map(|(kind, count)| Count { kind, count }).collect();
        Self { branch: branch.to_owned(), dimension, date: bucket.to_string(), counts }
    }

    /// The sum of its counts.
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|count| count.count).sum()
    }
}

/// A message of the live channel and of the web server: `{"header": …, "body": …}`.
///
/// ```
/// use coffee_orders::packet::Packet;
/// let text = r#"{"header":"RESPONSE_STATISTICS_HISTORY","body":[]}"#;
/// let packet: Packet = serde_json::from_str(text)?;
/// assert_eq!(packet, Packet::History(Vec::new()));
/// assert_eq!(serde_json::to_string(&packet)?, text);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "header", content = "body")]
pub enum Packet {
    /// What a bucket holds by now.
    #[serde(rename = "PUBLISH_STATISTICS")]
    Publish(Statistics),
    /// The last buckets, oldest first.
    #[serde(rename = "RESPONSE_STATISTICS_HISTORY")]
    History(Vec<Statistics>),
}
