//! What goes through the broker: topics and their JSON.
//!
//! | Topic | Payload | QoS | Retained | By |
//! |---|---|---|---|---|
//! | `ny-power/upstream/fuel-mix/<Fuel Category>` | [`Value`], MW | 1 | yes | pump |
//! | `ny-power/computed/co2` | [`Value`], g / kWh | 1 | yes | pump |
//! | `ny-power/status/fuel-mix/updated` | [`Updated`] | 1 | yes | pump |
//! | `ny-power/status/fuel-mix/rejected` | [`Rejected`] | 1 | no | pump |
//! | `ny-power/archive/co2/<window>`, as `20h` | [`Window`] | 2 | yes | archive |
//! | `ny-power/application/webui` | the text `reload` | any | no | an operator |
//!
//! `ts` is the stamp of the operator's file, New York's wall time, without a zone: in the autumn hour it is
//! not unique. So `zone` and `at` are there beside it; who knows `ts` alone reads what it always read.

use serde::{Deserialize, Serialize};

/// Everything is below it.
pub const ROOT: &str = "ny-power";
/// Before the name of a fuel category.
pub const FUEL_MIX: &str = "ny-power/upstream/fuel-mix/";
/// The intensity.
pub const COMPUTED: &str = "ny-power/computed/co2";
/// The commit mark: the last interval that was published whole.
pub const UPDATED: &str = "ny-power/status/fuel-mix/updated";
/// Input that was refused.
pub const REJECTED: &str = "ny-power/status/fuel-mix/rejected";
/// Before the name of a window, as `20h`.
pub const ARCHIVE: &str = "ny-power/archive/co2/";
/// Where an operator asks pages to load themselves again.
pub const WEB_UI: &str = "ny-power/application/webui";

/// Units of the intensity.
pub const INTENSITY_UNITS: &str = "g / kWh";
/// Units of a fuel.
pub const POWER_UNITS: &str = "MW";

/// One value at one instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Value {
    /// Wall time, `MM/DD/YYYY HH:MM:SS`.
    pub ts: String,
    /// Its zone, `EST` or `EDT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The instant, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<jiff::Timestamp>,
    /// In `units`.
    pub value: f64,
    /// [`INTENSITY_UNITS`] or [`POWER_UNITS`].
    pub units: String,
}

/// The last interval that was published whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Updated {
    /// Wall time, `MM/DD/YYYY HH:MM:SS`.
    pub ts: String,
    /// Its zone, `EST` or `EDT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The instant, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<jiff::Timestamp>,
}

/// Input that was refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rejected {
    /// The file, or the member of a zip.
    pub file: String,
    /// The row, counted from 1 with the header; 0 for the whole file.
    pub row: u64,
    /// Why.
    pub reason: String,
    /// How many were refused since the pump started, this one with them.
    pub count: u64,
}

/// The intensity over a stretch of time: arrays of one length, ascending.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// [`INTENSITY_UNITS`].
    pub units: String,
    /// Instants, ISO 8601 with `Z`.
    pub ts: Vec<jiff::Timestamp>,
    /// The values at these instants.
    pub values: Vec<f64>,
}
