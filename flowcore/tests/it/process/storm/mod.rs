//! What users of Storm expect, sentence by sentence: `README.md` says which test shows which.

mod section_1;
mod section_2;
mod section_3;
mod section_4;
mod section_5;
mod section_6;
mod section_7;
mod table;

use flowcore::process::{
    Bolt, BoltBuilder, BoltDeclaration, BoltError, Emitter, NoOutput, Stream, TaskContext,
};
use flowcore_testkit::{Recorder, ScriptedSpout, simulate};

use super::{end_of, topology};

/// A number, behind the number of the task that sent it.
type Sent = (usize, u64);

const SENDERS: usize = 3;
const NUMBERS: u64 = 101;

/// Writes its task down before each number.
struct Send(usize);

impl Bolt<u64> for Send {
    type Out = Emitter<Sent>;

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        self.0 = context.task;
        Ok(())
    }

    async fn execute(&mut self, number: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        out.emit((self.0, *number));
        Ok(())
    }
}

/// Records what it gets, behind its task.
struct Receive(usize, Recorder<(usize, Sent)>);

impl Bolt<Sent> for Receive {
    type Out = NoOutput;

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        self.0 = context.task;
        Ok(())
    }

    async fn execute(&mut self, sent: &Sent, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.1.push((self.0, *sent));
        Ok(())
    }
}

/// What each of `tasks` tasks gets when three tasks send 0 to 100 each.
fn dealt<const TASKS: usize>(
    subscribe: impl FnOnce(BoltDeclaration<Receive>, &Stream<Sent>) -> BoltBuilder<Receive, NoOutput>,
) -> [Vec<Sent>; TASKS] {
    let seen = Recorder::new();
    simulate(|clock| {
        let record = seen.clone();
        async move {
            let script = ScriptedSpout::new().emit(0..NUMBERS);
            let mut topology = topology(clock).batch(7).mailbox(2);
            let numbers = topology.spout("numbers", script.factory());
            let sent = topology.bolt("send", || Send(0)).all(&numbers).parallelism(SENDERS);
            let receive = topology.bolt("receive", move || Receive(0, record.clone()));
            subscribe(receive, &sent).parallelism(TASKS);
            end_of(topology.build().unwrap()).await.unwrap();
            assert_eq!(script.acked().len() as u64, NUMBERS);
        }
    });
    let mut dealt = std::array::from_fn(|_| Vec::new());
    seen.items().into_iter().for_each(|(task, sent): (usize, Sent)| dealt[task].push(sent));
    dealt
}

/// What all tasks got together, in order.
fn together(dealt: &[Vec<Sent>]) -> Vec<Sent> {
    let mut all = dealt.concat();
    all.sort_unstable();
    all
}

/// Everything that was sent, once.
fn everything() -> Vec<Sent> {
    (0..SENDERS).flat_map(|sender| (0..NUMBERS).map(move |number| (sender, number))).collect()
}
