//! A running agent in the terminal: what it said twice, as lines of a screen.
//!
//! All of it is pure: [`View`] reads what a monitor answered, [`screen`] makes lines of it for some size, and
//! [`Line`] writes them with or without colours.

mod line;
mod numbers;
mod problems;
mod rates;
mod screen;
#[cfg(test)]
mod screen_tests;
mod table;
mod view;
mod ways;

pub use line::{Line, Style};
pub use screen::{Looks, screen};
pub use view::{View, ViewError};
