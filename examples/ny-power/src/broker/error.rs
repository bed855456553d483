use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use flowcore::base::Panic;

/// Why the broker does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BrokerError {
    /// The address is taken, not this machine's, or not allowed.
    #[error("cannot listen on {address}{}", hint(source))]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another program has the retained messages open.
    #[error("the broker's messages {} are in use by another program", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The retained messages cannot be read.
    #[error("cannot open the broker's messages {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A retained message cannot be read: another program wrote it.
    #[error("the broker's messages {}: the one of topic {topic} is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Whose message.
        topic: String,
    },
    /// A session, or a message for one, cannot be read: another program wrote it.
    #[error("the broker's messages {}: {record} is damaged", path.display())]
    DamagedSession {
        /// The file.
        path: PathBuf,
        /// What of it, as `message 3 of session 1`.
        record: String,
    },
    /// Messages or sessions could not be written. Nothing of them was forwarded or acknowledged, and the broker
    /// has stopped.
    #[error("cannot write the broker's messages {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The system has no random numbers.
    #[error("the system gives out no random numbers")]
    Random,
    /// A fault of the program.
    #[error("the broker failed")]
    Panicked(#[source] Panic),
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => ", another program does: end it or choose another port",
        io::ErrorKind::PermissionDenied => ", this user may not: choose a port from 1024 upwards",
        io::ErrorKind::AddrNotAvailable => ", it is not an address of this machine",
        _ => "",
    }
}
