use std::sync::Arc;

use tokio::sync::watch;

use crate::process::observe::TaskReport;

/// What a task answered last, and to which question. Callers who ask at the same time share an answer.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    number: u64,
    report: Arc<TaskReport>,
}

/// Where a task answers. When it is dropped, the task has ended and is asked no more.
#[derive(Debug)]
pub(crate) struct Respondent {
    answers: watch::Sender<Answer>,
    /// The last question that was answered.
    pub(crate) answered: u64,
}

/// Where the answers of one task are read.
#[derive(Debug, Clone)]
pub(crate) struct Answers(watch::Receiver<Answer>);

pub(crate) fn inquiry() -> (Respondent, Answers) {
    let (answers, receiver) = watch::channel(Answer::default());
    (Respondent { answers, answered: 0 }, Answers(receiver))
}

impl Respondent {
    pub(crate) fn answer(&mut self, number: u64, report: TaskReport) {
        self.answered = number;
        self.answers.send_replace(Answer { number, report: Arc::new(report) });
    }
}

impl Answers {
    /// Waits for the answer to a question, or to a later one. `None` from a task that has ended. Safe to cancel.
    pub(crate) async fn to(&mut self, question: u64) -> Option<Arc<TaskReport>> {
        let answer = self.0.wait_for(|answer| answer.number >= question).await;
        answer.ok().map(|answer| Arc::clone(&answer.report))
    }
}
