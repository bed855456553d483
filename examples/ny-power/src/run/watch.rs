use std::pin::pin;

use flowcore::base::StopSignals;

use super::program::Program;
use super::progress::ProgressLine;
use super::{Failure, PUMP};

/// Shows how far the program is until it is to stop, or a part fails. The pump alone may end before: when its
/// input is through. Then this ends too, if that was asked for, as soon as everything is archived.
pub(super) async fn watch(
    program: &mut Program,
    mut progress: ProgressLine,
    exit: bool,
    signals: &mut StopSignals,
) -> Result<(), Failure> {
    let mut is_through = false;
    let mut archived = pin!(progress.all_archived());
    let ended = loop {
        tokio::select! {
            end = program.next_end() => match end {
                Ok(PUMP) if exit => is_through = true,
                Ok(PUMP) => progress.say_through(),
                Ok(name) => break Err(Failure::from(format!("{name} has ended"))),
                Err(failure) => break Err(failure),
            },
            _ = signals.next() => break Ok(()),
            () = progress.due() => progress.show(),
            () = &mut archived, if is_through => break Ok(()),
        }
    };
    progress.show();
    progress.end();
    ended
}
