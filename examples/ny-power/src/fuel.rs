//! The fuel categories of the grid operator.

use std::fmt;
use std::sync::Arc;

/// A fuel category, as the operator names it.
///
/// ```
/// use ny_power::fuel::Fuel;
/// assert_eq!(Fuel::named("Dual Fuel"), Fuel::DualFuel);
/// assert_eq!(Fuel::named("Solar").name(), "Solar");
/// assert_eq!(Fuel::named("Solar").published(), None, "an eighth one");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fuel {
    /// Gas or oil, by plants that can burn both.
    DualFuel,
    /// Gas alone.
    NaturalGas,
    /// Nuclear.
    Nuclear,
    /// Coal, for the most part.
    OtherFossilFuels,
    /// Solar, methane, refuse and wood.
    OtherRenewables,
    /// Wind.
    Wind,
    /// Water, pumped storage with it.
    Hydro,
    /// A category that the operator had not published when this was written.
    Unknown(Arc<str>),
}

impl Fuel {
    /// The published ones, in the order in which a file has them.
    pub const PUBLISHED: [Self; 7] = [
        Self::DualFuel,
        Self::NaturalGas,
        Self::Nuclear,
        Self::OtherFossilFuels,
        Self::OtherRenewables,
        Self::Wind,
        Self::Hydro,
    ];

    /// The fuel of that name; an unknown one if it is none of the published.
    pub fn named(name: &str) -> Self {
        Self::of_bytes(name.as_bytes()).unwrap_or_else(|| Self::Unknown(name.into()))
    }

    /// The published fuel of that name.
    pub(crate) fn of_bytes(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"Dual Fuel" => Self::DualFuel,
            b"Natural Gas" => Self::NaturalGas,
            b"Nuclear" => Self::Nuclear,
            b"Other Fossil Fuels" => Self::OtherFossilFuels,
            b"Other Renewables" => Self::OtherRenewables,
            b"Wind" => Self::Wind,
            b"Hydro" => Self::Hydro,
            _ => return None,
        })
    }

    /// As the operator writes it.
    pub fn name(&self) -> &str {
        match self {
            Self::DualFuel => "Dual Fuel",
            Self::NaturalGas => "Natural Gas",
            Self::Nuclear => "Nuclear",
            Self::OtherFossilFuels => "Other Fossil Fuels",
            Self::OtherRenewables => "Other Renewables",
            Self::Wind => "Wind",
            Self::Hydro => "Hydro",
            Self::Unknown(name) => name,
        }
    }

    /// Its place in the published order; `None` for an unknown one.
    pub const fn published(&self) -> Option<usize> {
        Some(match self {
            Self::DualFuel => 0,
            Self::NaturalGas => 1,
            Self::Nuclear => 2,
            Self::OtherFossilFuels => 3,
            Self::OtherRenewables => 4,
            Self::Wind => 5,
            Self::Hydro => 6,
            Self::Unknown(_) => return None,
        })
    }
}

impl fmt::Display for Fuel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_fuel_is_found_by_its_name_and_knows_its_place() {
        for (place, fuel) in Fuel::PUBLISHED.iter().enumerate() {
            assert_eq!(Fuel::named(fuel.name()), *fuel);
            assert_eq!(fuel.published(), Some(place));
        }
    }

    #[test]
    fn a_name_that_differs_in_case_or_blanks_is_another_fuel() {
        for name in ["dual fuel", "DualFuel", "Wind ", ""] {
            assert_eq!(Fuel::named(name), Fuel::Unknown(name.into()));
        }
    }
}
