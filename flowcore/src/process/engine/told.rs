use super::mailbox::Heard;
use crate::process::time::Mark;

/// What one sending task has told the tasks behind an edge about its event time. Pure.
#[derive(Debug)]
pub(super) struct Told {
    /// Which of its component's tasks the sender is.
    sender: usize,
    mark: Mark,
    /// What each task was told last.
    tasks: Vec<Mark>,
}

/// What a task has to be told.
pub(super) struct News<'a> {
    pub(super) heard: Heard,
    told: &'a mut Mark,
}

impl News<'_> {
    /// It was sent.
    pub(super) fn told(self) {
        *self.told = self.heard.mark;
    }
}

impl Told {
    pub(super) fn new(sender: usize, tasks: usize) -> Self {
        Self { sender, mark: Mark::default(), tasks: vec![Mark::default(); tasks] }
    }

    pub(super) fn set(&mut self, mark: Mark) {
        self.mark = mark;
    }

    /// For each task, what it has to be told, and where to write down that it was.
    pub(super) fn news(&mut self) -> impl Iterator<Item = Option<News<'_>>> {
        let heard = Heard { sender: self.sender, mark: self.mark };
        self.tasks.iter_mut().map(move |told| (*told != heard.mark).then_some(News { heard, told }))
    }

    /// Whether there is a task that was not told the last.
    pub(super) fn is_behind(&self) -> bool {
        self.tasks.iter().any(|told| *told != self.mark)
    }
}
