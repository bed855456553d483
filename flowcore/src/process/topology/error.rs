use std::fmt;

/// A topology that cannot run: everything that is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("topology {topology} cannot run: {}", list(problems))]
pub struct BuildError {
    /// The topology's name.
    pub topology: String,
    /// What is wrong. Never empty.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong with a topology.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Two components have the same name.
    DuplicateName {
        /// The name.
        component: String,
    },
    /// A name is empty or has a control character in it.
    BadName {
        /// The name.
        component: String,
    },
    /// A component has no tasks.
    NoTasks {
        /// The component.
        component: String,
    },
    /// A spout's tuples may be tried zero times.
    NoAttempts {
        /// The spout.
        component: String,
    },
    /// The senders of a direct stream name one of more or fewer tasks than the bolt has.
    OtherTargets {
        /// The bolt.
        component: String,
        /// How many tasks it has.
        tasks: usize,
        /// How many its senders count on.
        targets: usize,
    },
    /// A bolt ticks in an interval of less than a millisecond.
    TickTooShort {
        /// The bolt.
        component: String,
    },
    /// A bolt reads no stream.
    NoInput {
        /// The bolt.
        component: String,
    },
    /// A bolt works by watermarks, and none of its inputs has event time.
    NoEventTime {
        /// The bolt.
        component: String,
    },
    /// There is no spout.
    NoSpout,
    /// Components feed each other in a circle, which would stall when their mailboxes are full.
    Cycle {
        /// The components on the way, the first one again at the end.
        path: Vec<String>,
    },
    /// A limit that must be at least one is zero.
    ZeroLimit {
        /// Which limit.
        limit: &'static str,
    },
    /// Nobody reads a stream, and nobody said that this is meant.
    Unread {
        /// The stream's name: that of its component, and from the second output on `.1`, `.2`.
        stream: String,
    },
    /// A stream of another topology was subscribed to.
    ForeignStream {
        /// The component that reads it.
        component: String,
        /// The stream's name.
        stream: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateName { component } => write!(f, "two components are called {component}"),
            Self::BadName { component } => write!(f, "{component:?} is no name for a component"),
            Self::NoTasks { component } => write!(f, "{component} has a parallelism of zero"),
            Self::NoAttempts { component } => write!(f, "{component} has a max_attempts of zero"),
            Self::OtherTargets { component, tasks, targets } => {
                write!(
                    f,
                    "{component} has a parallelism of {tasks}, and its senders name one of {targets} tasks"
                )
            }
            Self::TickTooShort { component } => write!(f, "{component} ticks more than once a millisecond"),
            Self::NoInput { component } => {
                write!(f, "{component} reads no stream: subscribe with a grouping, such as shuffle or fields")
            }
            Self::NoEventTime { component } => {
                write!(f, "{component} needs event time: declare it on a stream that it reads, or further up")
            }
            Self::NoSpout => f.write_str("it has no spout"),
            Self::Cycle { path } => write!(f, "components feed each other: {}", path.join(" -> ")),
            Self::ZeroLimit { limit } => write!(f, "{limit} is zero"),
            Self::Unread { stream } => {
                write!(f, "nobody reads {stream}: subscribe a bolt to it, or call ignore() on it")
            }
            Self::ForeignStream { component, stream } => {
                write!(f, "{component} reads {stream}, which belongs to another topology")
            }
        }
    }
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
