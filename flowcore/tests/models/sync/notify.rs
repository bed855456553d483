use std::future::poll_fn;
use std::pin::pin;

use super::step::Step;

#[derive(Debug, Default)]
pub(crate) struct Notify {
    notify: tokio::sync::Notify,
    step: Step,
}

impl Notify {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn notify_one(&self) {
        self.step.take();
        self.notify.notify_one();
    }

    pub(crate) async fn notified(&self) {
        let mut notified = pin!(self.notify.notified());
        poll_fn(|cx| {
            self.step.take();
            notified.as_mut().poll(cx)
        })
        .await;
    }
}
