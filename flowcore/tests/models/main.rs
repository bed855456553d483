//! What tasks share between threads, under every interleaving: the library's own source, compiled against
//! primitives that [loom](https://docs.rs/loom) schedules.
//!
//! A binary of its own: in the others, `std` and tokio are what they are.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

#[expect(dead_code, unreachable_pub, reason = "it is the library's source, and models use some of it")]
#[path = "../../src/base"]
mod base {
    mod contain;
    mod receipts;
    #[path = "../../tests/models/sync/mod.rs"]
    pub(crate) mod sync;
    mod token;
    mod token_set;

    pub use contain::Panic;
    pub use flowcore::base::{DeliveryError, DiskFile, LossKind, Timestamp};
    pub use receipts::Receipts;
    pub use token::Token;
    pub(crate) use token::{Completion, Failure, Root, Work};
    pub use token_set::TokenSet;
}

#[expect(dead_code, unreachable_pub, reason = "it is the library's source, and models use some of it")]
#[path = "../../src/process"]
mod process {
    pub(crate) mod batch;
    pub(crate) mod tuple;

    pub use tuple::Tuple;

    pub(crate) mod time {
        mod mark;

        pub(crate) use mark::Mark;
    }

    pub(crate) mod engine {
        mod counters;
        mod inbox;
        mod mailbox;
        mod phase;

        pub(crate) use counters::Counters;
        pub(crate) use inbox::{Inbox, Notice};
        pub(crate) use mailbox::{MailboxReceiver, MailboxSender, mailbox};
        pub(crate) use phase::{Phase, Phases};

        /// Counters have one, and it is plain sums like the rest of them: models do without.
        mod latency {
            #[derive(Debug, Default)]
            pub(crate) struct Histogram;
        }
    }
}

#[path = "../../src/ingest/source/tail"]
mod tail {
    pub(crate) mod blocks;
}

mod blocks;
mod explore;

mod counters;
mod inbox;
mod mailbox;
mod phases;
mod pool;
mod receipts;
mod roots;
mod tokens;

use explore::{block_on, explore, join};
