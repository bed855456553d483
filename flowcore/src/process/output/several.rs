use std::future::Future;

use super::Outputs;
use super::emitter::Emitter;
use super::intake::{Intake, Look, Payload, Shipped};
use super::wiring::{Connect, Emitted, Timing, Wiring};
use crate::base::{Timestamp, Token, TokenSet, Work};
use crate::process::time::Mark;
use crate::process::topology::{Output, Stream, StreamName};
use crate::process::{DeadLetter, DeadLettered, Tuple};

/// Two or three emitters: each is asked in turn, and the first one keeps tokens.
macro_rules! several {
    ($($name:ident $at:tt),+) => {
        impl<$($name: Tuple + ?Sized),+> Outputs for ($(Emitter<$name>,)+) {
            type Streams = ($(Stream<$name>,)+);
            type DeadLetters = ($(Stream<DeadLettered<$name>>,)+);

            fn now(&self) -> Timestamp {
                self.0.now()
            }

            fn keep(&mut self) -> Token {
                self.0.keep()
            }

            fn keep_in(&mut self, set: &mut TokenSet) {
                self.0.keep_in(set);
            }

            fn keep_alive(&mut self) {
                self.0.keep_alive();
            }

            fn cover(&mut self, token: Token) {
                $(self.$at.cover(token.share());)+
                token.ack();
            }
        }

        impl<$($name: Tuple + ?Sized),+> Wiring for ($(Emitter<$name>,)+) {
            type Handles = ($(Stream<$name>,)+);
            type Letters = ($(Stream<DeadLettered<$name>>,)+);
            type Intake = ($(<Emitter<$name> as Wiring>::Intake,)+);

            fn handles(name: &StreamName) -> Self::Handles {
                ($(<Emitter<$name>>::handles(&name.output($at)),)+)
            }

            fn outputs(handles: &Self::Handles) -> Vec<Output> {
                vec![$(handles.$at.output()),+]
            }

            fn letters(name: &StreamName) -> Self::Letters {
                ($(<Emitter<$name>>::letters(&name.output($at)),)+)
            }

            fn of_bolt(handles: &Self::Handles, with: &Connect) -> Self {
                ($(<Emitter<$name>>::of_bolt(&handles.$at, with),)+)
            }

            fn of_spout(
                handles: &Self::Handles,
                letters: &Self::Letters,
                with: &Connect,
            ) -> (Self, Self::Intake) {
                let made = ($(<Emitter<$name>>::of_spout(&handles.$at, &letters.$at, with),)+);
                (($(made.$at.0,)+), ($(made.$at.1,)+))
            }

            fn enter(&mut self, work: &Work, now: Timestamp) {
                $(self.$at.enter(work, now);)+
            }

            #[inline]
            fn at(&mut self, index: u32) {
                $(self.$at.at(index);)+
            }

            fn leave(&mut self) {
                $(self.$at.leave();)+
            }

            #[inline]
            fn is_full(&self) -> bool {
                $(self.$at.is_full())||+
            }

            fn abandon(&mut self) {
                $(self.$at.abandon();)+
            }

            fn take_overflow(&mut self) -> bool {
                let each = [$(self.$at.take_overflow()),+];
                each.contains(&true)
            }

            fn waiting_since(&self) -> Option<Timestamp> {
                [$(self.$at.waiting_since()),+].into_iter().flatten().min()
            }

            async fn flush(&mut self) {
                $(self.$at.flush().await;)+
            }

            fn pass_on(&mut self, mark: Mark) {
                $(self.$at.pass_on(mark);)+
            }

            async fn tell(&mut self) {
                $(self.$at.tell().await;)+
            }

            fn end_time(&mut self) {
                $(self.$at.end_time();)+
            }

            fn timing(&self) -> Timing {
                Timing::of([$(self.$at.timing()),+])
            }

            fn take_counts(&mut self) -> Emitted {
                Emitted::default() $(+ self.$at.take_counts())+
            }
        }

        impl<$($name: Tuple + ?Sized),+> Intake<($(Emitter<$name>,)+)>
            for ($(<Emitter<$name> as Wiring>::Intake,)+)
        {
            fn absorb(&mut self, out: &mut ($(Emitter<$name>,)+)) {
                $(self.$at.absorb(&mut out.$at);)+
            }

            fn is_empty(&self) -> bool {
                $(self.$at.is_empty())&&+
            }

            fn is_full(&self) -> bool {
                $(self.$at.is_full())||+
            }

            fn len(&self) -> usize {
                0 $(+ self.$at.len())+
            }

            async fn ship(&mut self, shipped: &mut Shipped<'_>) {
                $(
                    shipped.output = $at;
                    self.$at.ship(shipped).await;
                )+
            }

            async fn handed_over(&mut self) {
                tokio::select! {
                    $(() = self.$at.handed_over() => {})+
                }
            }

            fn replay(
                &mut self,
                payload: &Payload,
                indices: &[u32],
                work: Work,
            ) -> impl Future<Output = ()> + Send {
                async move {
                    match payload.output {
                        $($at => self.$at.replay(payload, indices, work).await,)+
                        _ => {}
                    }
                }
            }

            fn dead_letter(&mut self, payload: &Payload, letter: &DeadLetter) {
                match payload.output {
                    $($at => self.$at.dead_letter(payload, letter),)+
                    _ => {}
                }
            }

            fn write(&mut self, payload: &Payload, letter: DeadLetter, cover: Token) -> Option<Token> {
                match payload.output {
                    $($at => self.$at.write(payload, letter, cover),)+
                    _ => Some(cover),
                }
            }

            async fn post(&mut self, shipped: &mut Shipped<'_>) {
                $(
                    shipped.output = $at;
                    self.$at.post(shipped).await;
                )+
            }

            fn disconnect(&mut self) {
                $(self.$at.disconnect();)+
            }

            fn look(&mut self, look: Look<'_>) {
                $(self.$at.look(Look { output: $at, ..look });)+
            }

            async fn tell(&mut self) {
                $(self.$at.tell().await;)+
            }

            fn timing(&self) -> Timing {
                Timing::of([$(self.$at.timing()),+])
            }

            fn was_blocked(&mut self, since: Timestamp) {
                $(self.$at.was_blocked(since);)+
            }

            fn end_time(&mut self) {
                $(self.$at.end_time();)+
            }
        }
    };
}

several!(A 0, B 1);
several!(A 0, B 1, C 2);
