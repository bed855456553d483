use std::fmt;

use serde::{Deserialize, Serialize};

/// What is counted, under the names that keys and packets have for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Dimension {
    /// One for each order, by the customer's age grade.
    CustomerAgeGrades,
    /// One for each order, by how it was paid.
    PaymentMethods,
    /// One for each cup, by coffee type.
    Orders,
}

impl Dimension {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::CustomerAgeGrades, Self::PaymentMethods, Self::Orders];

    /// Its name.
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
