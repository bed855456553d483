//! Tokens and sets of them: who waits is told once, when all is answered, and rightly.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use loom::thread;

use super::base::{DeliveryError, LossKind, Token, TokenSet};
use super::{explore, join};

/// What a thread does with its share.
#[derive(Clone, Copy, PartialEq)]
enum Answer {
    Ack,
    Fail,
    Drop,
    ShareFirst,
}

const ANSWERS: [Answer; 4] = [Answer::Ack, Answer::Fail, Answer::Drop, Answer::ShareFirst];

fn failure() -> DeliveryError {
    DeliveryError::new("test", LossKind::Failed)
}

/// What a token has told, and how many answers there were by then. Plain: it adds no step.
#[derive(Default)]
struct Told {
    outcomes: Mutex<Vec<(bool, u32)>>,
    answers: AtomicU32,
}

impl Told {
    fn token(self: &Arc<Self>) -> Token {
        let told = Arc::clone(self);
        Token::new(move |outcome| {
            let answers = told.answers.load(Ordering::Relaxed);
            told.outcomes.lock().unwrap().push((outcome.is_ok(), answers));
        })
    }

    fn answer(&self, token: Token, answer: Answer) {
        if answer == Answer::ShareFirst {
            let share = token.share();
            self.answers.fetch_add(1, Ordering::Relaxed);
            token.ack();
            share.ack();
            return;
        }
        self.answers.fetch_add(1, Ordering::Relaxed);
        match answer {
            Answer::Fail => token.fail(failure()),
            Answer::Drop => drop(token),
            Answer::Ack | Answer::ShareFirst => token.ack(),
        }
    }

    fn check(&self, ok: bool, answers: u32) {
        assert_eq!(*self.outcomes.lock().unwrap(), [(ok, answers)]);
    }
}

#[test]
fn a_token_tells_once_after_the_last_answer_and_success_only_if_all_succeeded() {
    for first in ANSWERS {
        for second in ANSWERS {
            explore("three threads answer a token", None, move || {
                let told = Arc::new(Told::default());
                let token = told.token();
                let threads = [first, second].map(|answer| {
                    let (share, told) = (token.share(), Arc::clone(&told));
                    thread::spawn(move || told.answer(share, answer))
                });
                told.answer(token, Answer::Ack);
                join(threads);
                let safe = |answer| matches!(answer, Answer::Ack | Answer::ShareFirst);
                told.check(safe(first) && safe(second), 3);
            });
        }
    }
}

/// Shares that become one in a set while another thread answers: the count may not come to zero early.
#[test]
fn a_set_answers_for_all_its_tokens_whoever_else_answers_meanwhile() {
    for fails in [false, true] {
        explore("a set takes shares in while another thread answers", None, move || {
            let told = Arc::new(Told::default());
            let token = told.token();
            let (one, other) = (token.share(), token.share());
            let elsewhere = {
                let told = Arc::clone(&told);
                thread::spawn(move || told.answer(other, if fails { Answer::Fail } else { Answer::Ack }))
            };
            let mut set = TokenSet::default();
            set.insert(token);
            set.insert(one);
            assert_eq!(set.len(), 1, "one tuple");
            told.answers.fetch_add(1, Ordering::Relaxed);
            set.ack();
            elsewhere.join().unwrap();
            told.check(!fails, 2);
        });
    }
}

#[test]
fn a_joint_token_of_a_shared_set_tells_each_of_its_tokens_once() {
    for fails in [false, true] {
        explore("two threads answer for one set", None, move || {
            let told = [Arc::new(Told::default()), Arc::new(Told::default())];
            let mut set = TokenSet::default();
            for told in &told {
                set.insert(told.token());
            }
            let share = Token::joint(set.share());
            let answered = |told: &[Arc<Told>; 2]| {
                for told in told {
                    told.answers.fetch_add(1, Ordering::Relaxed);
                }
            };
            let elsewhere = {
                let told = told.clone();
                thread::spawn(move || {
                    answered(&told);
                    if fails { share.fail(failure()) } else { share.ack() }
                })
            };
            answered(&told);
            Token::joint(set).ack();
            elsewhere.join().unwrap();
            for told in &told {
                told.check(!fails, 2);
            }
        });
    }
}
