//! Ours beside one peer, over all rounds.

use serde_json::{Value, json};

/// What both reached in each round.
#[derive(Debug)]
pub(crate) struct Comparison {
    /// The subject, and the case if it has several.
    pub(crate) subject: String,
    pub(crate) peer: Option<&'static str>,
    pub(crate) unit: String,
    pub(crate) less_is_better: bool,
    pub(crate) ours: Vec<f64>,
    pub(crate) theirs: Vec<f64>,
}

/// Ours divided by the peer's, round by round: what is compared ran one after the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ratio {
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) max: f64,
}

impl Comparison {
    /// `None` when there is no peer, or it measured nothing but zero.
    pub(crate) fn ratio(&self) -> Option<Ratio> {
        let pairs = self.ours.iter().zip(&self.theirs).filter(|(_, theirs)| **theirs > 0.0);
        let mut ratios: Vec<f64> = pairs.map(|(ours, theirs)| ours / theirs).collect();
        ratios.sort_by(f64::total_cmp);
        Some(Ratio { min: *ratios.first()?, median: median(&ratios)?, max: *ratios.last()? })
    }

    pub(crate) fn median_of_ours(&self) -> Option<f64> {
        median(&self.ours)
    }

    pub(crate) fn median_of_theirs(&self) -> Option<f64> {
        median(&self.theirs)
    }

    pub(crate) fn to_json(&self) -> Value {
        let ratio = self.ratio().map(|Ratio { min, median, max }| {
            json!({ "min": thousandths(min), "median": thousandths(median), "max": thousandths(max) })
        });
        json!({
            "subject": self.subject,
            "peer": self.peer,
            "unit": self.unit,
            "ours": self.median_of_ours(),
            "theirs": self.median_of_theirs(),
            "ratio": ratio,
        })
    }
}

/// The one in the middle; of an even number, the middle between two.
fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(*sorted.get(sorted.len() / 2 - 1)?, upper))
}

fn thousandths(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::bench) fn comparison(ours: &[f64], theirs: &[f64]) -> Comparison {
        Comparison {
            subject: "word-count".to_owned(),
            peer: (!theirs.is_empty()).then_some("timely"),
            unit: "words/s".to_owned(),
            less_is_better: false,
            ours: ours.to_vec(),
            theirs: theirs.to_vec(),
        }
    }

    #[test]
    fn a_ratio_is_taken_in_each_round() {
        // A slow phase of the machine hits both: it must not look like a difference.
        let ratio = comparison(&[80.0, 40.0, 82.0], &[40.0, 20.0, 40.0]).ratio();
        assert_eq!(ratio, Some(Ratio { min: 2.0, median: 2.0, max: 2.05 }));
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_two_in_the_middle() {
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(median(&[9.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn without_a_peer_there_is_no_ratio() {
        let alone = comparison(&[12.0], &[]);
        assert_eq!(alone.ratio(), None);
        let expected = json!({
            "subject": "word-count", "peer": null, "unit": "words/s", "ours": 12.0, "theirs": null, "ratio": null
        });
        assert_eq!(alone.to_json(), expected);
        assert_eq!(comparison(&[1.0], &[0.0]).ratio(), None);
    }

    #[test]
    fn json_has_medians_and_the_ratio() {
        let expected = json!({
            "subject": "word-count", "peer": "timely", "unit": "words/s", "ours": 2.0, "theirs": 3.0,
            "ratio": { "min": 0.333, "median": 0.667, "max": 1.0 }
        });
        assert_eq!(comparison(&[1.0, 2.0, 3.0], &[3.0, 3.0, 3.0]).to_json(), expected);
    }
}
