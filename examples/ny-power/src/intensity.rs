//! Grams of CO2 a kilowatt-hour.
//!
//! The factors are tonnes of CO2 a megawatt-hour in New York in 2016, from the state tables of the U.S. Energy
//! Information Administration: net generation by source (`annual_generation_state.xls`) and emissions by source
//! (`emission_annual.xls`), form EIA-923.
//!
//! | New York 2016 | generation, MWh | CO2, t | g / kWh |
//! |---|---|---|---|
//! | natural gas | 56,793,336 | 26,865,277 | 473.036 |
//! | petroleum | 642,952 | 623,836 | |
//! | coal, for Other Fossil Fuels | 1,770,238 | 2,145,561 | 1212.018 |
//! | petroleum and 30 % of the gas, for Dual Fuel | 17,680,952.8 | 8,683,419.1 | 491.117 |
//!
//! That plants for two fuels burn 30 % of the gas is an estimate. Every other fuel counts as 0, also one that is
//! not known.

use crate::fuel::Fuel;
use crate::interval::Interval;

const GAS_MWH: f64 = 56_793_336.0;
const GAS_TONNES: f64 = 26_865_277.0;
const PETROLEUM_MWH: f64 = 642_952.0;
const PETROLEUM_TONNES: f64 = 623_836.0;
const COAL_MWH: f64 = 1_770_238.0;
const COAL_TONNES: f64 = 2_145_561.0;
/// How much of the gas goes to plants that can burn oil as well.
const DUAL_SHARE: f64 = 0.3;

const GAS: f64 = GAS_TONNES / GAS_MWH;
const COAL: f64 = COAL_TONNES / COAL_MWH;
const DUAL: f64 = (PETROLEUM_TONNES + DUAL_SHARE * GAS_TONNES) / (PETROLEUM_MWH + DUAL_SHARE * GAS_MWH);

/// What a fuel emits, in tonnes of CO2 a megawatt-hour.
pub const fn tonnes_per_mwh(fuel: &Fuel) -> f64 {
    match fuel {
        Fuel::DualFuel => DUAL,
        Fuel::NaturalGas => GAS,
        Fuel::OtherFossilFuels => COAL,
        Fuel::Nuclear | Fuel::OtherRenewables | Fuel::Wind | Fuel::Hydro | Fuel::Unknown(_) => 0.0,
    }
}

/// What an interval emits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Intensity {
    /// The output of all fuels, MW.
    pub total_mw: f64,
    /// Tonnes of CO2 an hour.
    pub co2_t_per_h: f64,
    /// Grams of CO2 a kilowatt-hour.
    pub g_per_kwh: f64,
}

impl Intensity {
    /// The intensity of an interval; `None` where the grid gives nothing.
    pub fn of(interval: &Interval) -> Option<Self> {
        Self::of_fuels(interval.mw())
    }

    /// The intensity of these outputs, in MW; `None` if they are zero together.
    ///
    /// ```
    /// use ny_power::{fuel::Fuel, intensity::Intensity};
    /// let half = Intensity::of_fuels(&[(Fuel::NaturalGas, 500.0), (Fuel::Wind, 500.0)]).unwrap();
    /// assert!((half.g_per_kwh - 473.035_727 / 2.0).abs() < 1e-6);
    /// assert_eq!(Intensity::of_fuels(&[(Fuel::Wind, 0.0)]), None);
    /// ```
    pub fn of_fuels(outputs: &[(Fuel, f64)]) -> Option<Self> {
        let (mut total_mw, mut co2_t_per_h) = (0.0, 0.0);
        for (fuel, mw) in outputs {
            total_mw += mw;
            co2_t_per_h += mw * tonnes_per_mwh(fuel);
        }
        let g_per_kwh = 1000.0 * co2_t_per_h / total_mw;
        (total_mw > 0.0 && g_per_kwh.is_finite()).then_some(Self { total_mw, co2_t_per_h, g_per_kwh })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(megawatts: [f64; 7]) -> Option<Intensity> {
        Intensity::of_fuels(&Fuel::PUBLISHED.into_iter().zip(megawatts).collect::<Vec<_>>())
    }

    fn assert_near(value: f64, expected: f64, off: f64) {
        assert!((value - expected).abs() <= off, "{value} is not {expected}");
    }

    #[test]
    fn the_factors_are_those_of_the_table() {
        for (fuel, factor) in
            Fuel::PUBLISHED.iter().zip([491.117_147, 473.035_727, 0.0, 1_212.018_384, 0.0, 0.0, 0.0])
        {
            assert_near(tonnes_per_mwh(fuel) * 1000.0, factor, 1e-6);
        }
        assert_near(tonnes_per_mwh(&Fuel::named("Solar")), 0.0, 0.0);
    }

    #[test]
    fn the_published_sample_has_its_published_intensity() {
        let Intensity { total_mw, co2_t_per_h, g_per_kwh } =
            of([2282.0, 3310.0, 5413.0, 0.0, 237.0, 258.0, 2814.0]).unwrap();
        assert_near(total_mw, 14_314.0, 0.0);
        assert_near(co2_t_per_h, 2686.4776, 1e-4);
        assert_near(g_per_kwh, 187.681_821, 1e-6);
    }

    #[test]
    fn a_grid_that_gives_nothing_has_no_intensity() {
        assert_eq!(of([0.0; 7]), None);
    }

    #[test]
    fn a_grid_without_fossil_fuels_has_the_intensity_zero() {
        assert_near(of([0.0, 0.0, 5.0, 0.0, 1.0, 2.0, 3.0]).unwrap().g_per_kwh, 0.0, 0.0);
    }
}
