//! Files that grow, line by line.
//!
//! **What is followed.** Every file whose path is given, or whose name matches a given pattern (`*` and `?`
//! in the file name), also when it appears later. A file is known by its identity (device and inode), not by
//! its name: when it is renamed, what is left in it is read to its end, and whatever has its old name then
//! is a file of its own. A renamed or removed file is left when it was quiet for
//! [`rotate_wait`](TailSource::rotate_wait); then its last line counts also without a newline. Until then,
//! and in every file that is still there, a line is delivered when its newline is there. A file that was cut
//! off (`copytruncate`) is read from its start.
//!
//! **What names a line.** File, generation and offset: when a file was cut off, or is gone and another one has
//! its identity, what comes has a new [generation](Line::generation). It is saved before such a line is
//! handed on. So a line that comes again has the name that it had, and no other line has it: who stores
//! names with results can count every line once.
//!
//! **What is acknowledged when.** Every batch of lines has a token. The position of a file moves over a
//! batch when the batch and all before it were acknowledged: with a memory channel, when the sink or the
//! last bolt is done with them. Positions are saved at most every [`save_every`](TailSource::save_every) and
//! at the stop. A batch whose delivery failed ends the run with an error that may be retried; the next start
//! reads from the saved position. A batch that was rejected for good counts as delivered.
//!
//! **What can repeat.** Nothing after a clean stop. After a crash or a failure, what was read after the
//! saved position: at least once.
//!
//! **Order.** The lines of one file keep their order. Files are read in turn, a batch of each.
//!
//! **When the channel is full** the source waits; it holds one batch and one chunk of each file, and keeps
//! buffers of 64 KiB to read into again: at most 512, and 16 when it has read all. In one file at a time
//! that has much to read, up to 8 buffers are read ahead on another thread.
//!
//! **What is counted** as `EventReadFail`: each failure to list a folder or to read a file, and each look at
//! which a file could not be opened.
//!
//! **What no tailer can see**, and this one does not either:
//! - Lines that were written and cut off, or written to a file that was removed, while nobody looked:
//!   between two looks if the file was not open yet, or while the source was stopped. The same for a file
//!   that was moved to another folder while it was stopped.
//! - That a file was cut off and written again so that it is as long as before or longer, *and* the last 64
//!   bytes before the position are the same again. (Every read compares them, so that all other rewriting is
//!   seen, also by the next start, and also when another file got the identity of a removed one.)
//! - That a line without its newline was cut off.
//! - That a file was cut off while the source was stopped by a crash, when no position in what it held was
//!   saved before: then the generation is not a new one.
//! - That a file renamed while the source was stopped is the one it knew, when its new name does not begin
//!   with the old one, and nothing of it was committed or it was cut off as well.
//! - What is written into a renamed or removed file after it was left. A file that comes back under its old
//!   name after that is read again.

mod blocks;
mod commits;
mod error;
mod event;
mod flume_positions;
mod folders;
mod followed_files;
mod follower;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod input;
mod line;
mod line_reader;
mod lines;
mod listing;
mod open_files;
mod options;
mod pattern;
mod position;
mod positions;
mod progress;
mod read_ahead;
mod read_buffers;
mod recognition;
mod source;
mod tracked_file;
mod tracked_files;
mod watcher;

pub use error::TailError;
pub use line::{Line, LongLines};
pub use pattern::FilePattern;
pub use progress::{FileProgress, TailProgress};
pub use read_buffers::ReadBuffers;
pub use recognition::{Fingerprint, Renamed};
pub use source::TailSource;
