//! One order: a line of JSON, read without a copy.

mod diagnosis;
mod names;
mod reject;

use serde::Deserialize;

pub use names::{Cups, Name};
pub use reject::{JsonType, Limit, Reject};

/// The longest line that is an order, in bytes.
pub const MAX_LINE_BYTES: usize = 64 * 1024;
/// The longest name of a branch, age grade, payment method or coffee type, in bytes.
pub const MAX_NAME_BYTES: usize = 64;
/// The most cups in one order.
pub const MAX_CUPS: usize = 1_000;
/// The name under which all branches together are counted; no branch may have it.
pub const ALL_BRANCHES: &str = "all";

/// One order, borrowed from its line. Fields that it does not know are ignored.
///
/// ```
/// use coffee_orders::order::Order;
/// let line = br#"{"branch":"sunae","customerAgeGrade":"2030","paymentMethod":"Cash","orders":["Americano"]}"#;
/// let order = Order::parse(line)?;
/// assert_eq!(order.branch(), Some("sunae"));
/// assert_eq!(order.cups().collect::<Vec<_>>(), ["Americano"]);
///
/// let reject = Order::parse(br#"{"customerAgeGrade":"2030","orders":["Americano"]}"#).unwrap_err();
/// assert_eq!(reject.to_string(), "the field `paymentMethod` is missing");
/// # Ok::<(), coffee_orders::order::Reject>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Order<'a> {
    #[serde(borrow, default)]
    branch: Option<Name<'a>>,
    #[serde(borrow, rename = "customerAgeGrade")]
    age_grade: Name<'a>,
    #[serde(borrow, rename = "paymentMethod")]
    payment: Name<'a>,
    #[serde(borrow, rename = "orders")]
    cups: Cups<'a>,
}

impl<'a> Order<'a> {
    /// Reads one line, with or without its newline.
    ///
    /// # Errors
    /// Why the line is no order.
    pub fn parse(line: &'a [u8]) -> Result<Self, Reject> {
        if line.len() > MAX_LINE_BYTES {
            return Err(Reject::line_too_long(line.len() as u64));
        }
        let text =
            std::str::from_utf8(line).map_err(|error| Reject::NotUtf8 { at: error.valid_up_to() + 1 })?;
        let order: Self = serde_json::from_str(text).map_err(|error| diagnosis::explain(text, &error))?;
        order.validate()?;
        Ok(order)
    }

    /// Which shop, if the line says so: the oldest lines do not, and count for all branches only.
    pub fn branch(&self) -> Option<&str> {
        self.branch.as_deref()
    }

    /// How old the customer is: `2030` is from 20 to 30.
    pub fn age_grade(&self) -> &str {
        &self.age_grade
    }

    /// How it was paid.
    pub fn payment(&self) -> &str {
        &self.payment
    }

    /// The coffee type of each cup.
    pub fn cups(&self) -> impl ExactSizeIterator<Item = &str> {
        self.cups.iter().map(Name::as_str)
    }

    fn validate(&self) -> Result<(), Reject> {
        match self.cups.len() {
            0 => return Err(Reject::NoCups),
            1..=MAX_CUPS => {}
            cups => return Err(Reject::TooManyCups { cups }),
        }
        check_name("customerAgeGrade", &self.age_grade)?;
        check_name("paymentMethod", &self.payment)?;
        self.cups.iter().try_for_each(|name| check_name("orders", name))?;
        self.branch.as_ref().map_or(Ok(()), check_branch)
    }
}

fn check_name(field: &'static str, name: &str) -> Result<(), Reject> {
    if name.len() > MAX_NAME_BYTES {
        return Err(Reject::NameTooLong { field, bytes: name.len() });
    }
    // Most names start with a letter or digit: no need to look for blanks.
    let visible = name.as_bytes().first().is_some_and(u8::is_ascii_graphic) || !name.trim().is_empty();
    if visible { Ok(()) } else { Err(Reject::EmptyName { field }) }
}

fn check_branch(name: &Name<'_>) -> Result<(), Reject> {
    check_name("branch", name)?;
    if **name == *ALL_BRANCHES {
        return Err(Reject::ReservedBranch);
    }
    match name.chars().find(|&c| c == ':' || c.is_control()) {
        Some(character) => Err(Reject::BranchCharacter { character }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
