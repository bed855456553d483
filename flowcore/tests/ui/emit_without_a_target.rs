use flowcore::process::{Directed, Emitter};

fn assign(out: &mut Emitter<Directed<u64>>) {
    out.emit(7);
}

fn main() {}
