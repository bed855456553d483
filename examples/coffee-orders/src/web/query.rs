use crate::packet::{Dimension, UnknownDimension};

/// Buckets that one answer may hold.
const MOST_BUCKETS: usize = 200;
/// Buckets of an answer when the question does not say.
const USUAL_BUCKETS: usize = 20;

/// What a client asked for, checked. What it left out is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) branch: Option<String>,
    pub(super) dimension: Option<Dimension>,
    count: Option<usize>,
}

/// Why a question has no answer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum QuestionError {
    #[error("unknown parameter {name:?}: there are {known}")]
    Parameter { name: String, known: String },
    #[error("{name} is given twice")]
    Twice { name: String },
    #[error("unknown branch {name:?}: it is one of {known}")]
    Branch { name: String, known: String },
    #[error(transparent)]
    Dimension(#[from] UnknownDimension),
    #[error("count {text:?} is not a whole number from 1 to {MOST_BUCKETS}")]
    Count { text: String },
}

impl Question {
    /// Reads the parameters of an address. Only those in `known` are allowed, each once.
    pub(super) fn parse(
        parameters: &[(String, String)],
        known: &[&str],
        branches: &[String],
    ) -> Result<Self, QuestionError> {
        let mut question = Self::default();
        for (name, value) in parameters {
            if !known.contains(&name.as_str()) {
                return Err(QuestionError::Parameter { name: name.clone(), known: known.join(", ") });
            }
            if question.set(name, value, branches)? {
                return Err(QuestionError::Twice { name: name.clone() });
            }
        }
        Ok(question)
    }

    /// Whether it was set before.
    fn set(&mut self, name: &str, value: &str, branches: &[String]) -> Result<bool, QuestionError> {
        Ok(match name {
            "branch" => self.branch.replace(branch(value, branches)?).is_some(),
            "type" => self.dimension.replace(value.parse()?).is_some(),
            _ => self.count.replace(count(value)?).is_some(),
        })
    }

    pub(super) fn count(&self) -> usize {
        self.count.unwrap_or(USUAL_BUCKETS)
    }

    /// Whether a packet of this branch and dimension was asked for.
    pub(super) fn covers(&self, branch: &str, dimension: Dimension) -> bool {
        self.branch.as_deref().is_none_or(|asked| asked == branch)
            && self.dimension.is_none_or(|asked| asked == dimension)
    }
}

fn branch(name: &str, branches: &[String]) -> Result<String, QuestionError> {
    let found = branches.iter().find(|branch| *branch == name).cloned();
    found.ok_or_else(|| QuestionError::Branch { name: name.to_owned(), known: branches.join(", ") })
}

fn count(text: &str) -> Result<usize, QuestionError> {
    let count = text.parse().ok().filter(|count| (1..=MOST_BUCKETS).contains(count));
    count.ok_or_else(|| QuestionError::Count { text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(parameters: &[(&str, &str)]) -> Result<Question, String> {
        let owned: Vec<_> = parameters.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let branches = ["all".to_owned(), "sunae".to_owned()];
        Question::parse(&owned, &["branch", "type", "count"], &branches).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let question = parse(&[]).unwrap();
        assert_eq!((question.branch.as_deref(), question.dimension, question.count()), (None, None, 20));
    }

    #[test]
    fn a_question_covers_what_it_names_and_everything_where_it_names_nothing() {
        let question = parse(&[("branch", "sunae")]).unwrap();
        assert!(question.covers("sunae", Dimension::Orders));
        assert!(!question.covers("all", Dimension::Orders));
        let question = parse(&[("type", "Orders")]).unwrap();
        assert!(question.covers("all", Dimension::Orders));
        assert!(!question.covers("all", Dimension::PaymentMethods));
    }

    #[test]
    fn a_count_has_one_to_two_hundred_buckets() {
        assert_eq!(parse(&[("count", "1")]).unwrap().count(), 1);
        assert_eq!(parse(&[("count", "200")]).unwrap().count(), 200);
        for wrong in ["0", "201", "-1", "", "2.5", "99999999999999999999999", "twenty"] {
            let error = parse(&[("count", wrong)]).unwrap_err();
            assert_eq!(error, format!("count {wrong:?} is not a whole number from 1 to 200"));
        }
    }

    #[test]
    fn an_error_says_what_is_allowed() {
        let branch = parse(&[("branch", "gangnam")]).unwrap_err();
        assert_eq!(branch, "unknown branch \"gangnam\": it is one of all, sunae");
        let name = parse(&[("brnch", "all")]).unwrap_err();
        assert_eq!(name, "unknown parameter \"brnch\": there are branch, type, count");
        assert!(
            parse(&[("type", "orders")]).unwrap_err().contains("CustomerAgeGrades, PaymentMethods, Orders")
        );
        assert_eq!(parse(&[("count", "1"), ("count", "2")]).unwrap_err(), "count is given twice");
    }
}
