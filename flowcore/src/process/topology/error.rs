use std::fmt;

use super::validate::LONGEST_NAME;

/// A topology that cannot run: everything that is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("topology {} cannot run: {}", Short(topology), list(problems))]
pub struct BuildError {
    /// The topology's name.
    pub topology: String,
    /// What is wrong. Never empty.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong with a topology. As text, it says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The topology's name is empty or too long, or has a control character in it.
    BadTopologyName,
    /// Two components have the same name.
    DuplicateName {
        /// The name.
        component: String,
    },
    /// A name is empty or too long, or has a control character in it.
    BadName {
        /// The name.
        component: String,
    },
    /// A name begins with `__`, as those of the engine do.
    ReservedName {
        /// The name.
        component: String,
    },
    /// A component is called like a further output of another one, as `split.1` is the second one of `split`.
    NameOfStream {
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
    /// A component has more tasks than one may have.
    TooManyTasks {
        /// The component.
        component: String,
        /// How many tasks it has.
        tasks: usize,
        /// How many it may have.
        most: usize,
    },
    /// A feedback edge has room for no tuple, or for too many.
    BadCapacity {
        /// Its name.
        component: String,
        /// How many tuples.
        capacity: usize,
        /// How many there may be.
        most: usize,
    },
    /// A component's deadline is less than a millisecond.
    DeadlineTooShort {
        /// The component.
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
    /// Windows by event time read a stream of which nobody said where the timestamps of its tuples are.
    NoTimestamps {
        /// The bolt.
        component: String,
        /// The stream.
        stream: String,
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
    /// A limit is so large that it is none.
    LimitTooLarge {
        /// Which limit.
        limit: &'static str,
        /// What it was set to.
        value: usize,
        /// What it may be set to.
        most: usize,
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
            Self::BadTopologyName => {
                write!(
                    f,
                    "its name is none: use 1 to {LONGEST_NAME} characters, none of them a control character"
                )
            }
            Self::DuplicateName { component } => {
                write!(f, "two components are called {component}: give each a name of its own")
            }
            Self::BadName { component } => write!(
                f,
                "{:?} is no name for a component: use 1 to {LONGEST_NAME} characters, none of them a control \
                 character",
                Short(component)
            ),
            Self::ReservedName { component } => {
                write!(
                    f,
                    "{component} begins with two underscores, as names of the engine do: use another name"
                )
            }
            Self::NameOfStream { component } => {
                write!(f, "{component} is the name of another component's output: use another name")
            }
            Self::NoTasks { component } => {
                write!(f, "{component} has a parallelism of zero: give it at least one task")
            }
            Self::BadCapacity { component, capacity, most } => {
                write!(f, "{component} has a capacity of {capacity}, and may have 1 to {most}")
            }
            Self::DeadlineTooShort { component } => {
                write!(f, "{component} has a deadline of less than a millisecond")
            }
            Self::NoAttempts { component } => {
                write!(f, "{component} has a max_attempts of zero: give it at least 1")
            }
            Self::TooManyTasks { component, tasks, most } => {
                write!(f, "{component} has a parallelism of {tasks}: give it {most} at most")
            }
            Self::OtherTargets { component, tasks, targets } => write!(
                f,
                "{component} has a parallelism of {tasks}, and its senders name one of {targets} tasks: set none, \
                 and use one Targets for it and all its senders"
            ),
            Self::TickTooShort { component } => {
                write!(f, "{component} ticks more than once a millisecond: use tick_every with one or more")
            }
            Self::NoInput { component } => {
                write!(f, "{component} reads no stream: subscribe with a grouping, such as shuffle or fields")
            }
            Self::NoEventTime { component } => {
                write!(f, "{component} needs event time: declare it on a stream that it reads, or further up")
            }
            Self::NoTimestamps { component, stream } => {
                write!(
                    f,
                    "{component} needs timestamps: say where they are, with timestamped_by() on {stream}"
                )
            }
            Self::NoSpout => f.write_str("it has no spout: add one with TopologyBuilder::spout"),
            Self::Cycle { path } => {
                let path = path.join(" -> ");
                write!(
                    f,
                    "components feed each other: {path}: let one of these streams go back through \
                     TopologyBuilder::feedback"
                )
            }
            Self::ZeroLimit { limit } => write!(f, "{limit} is zero: set at least 1"),
            Self::LimitTooLarge { limit, value, most } => {
                write!(f, "{limit} is {value}: set {most} at most")
            }
            Self::Unread { stream } => {
                write!(f, "nobody reads {stream}: subscribe a bolt to it, or call ignore() on it")
            }
            Self::ForeignStream { component, stream } => write!(
                f,
                "{component} reads {stream}, which belongs to another topology: declare both with one \
                 TopologyBuilder"
            ),
        }
    }
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// A name that may be too long to print.
struct Short<'a>(&'a str);

impl Short<'_> {
    fn text(&self) -> String {
        let mut text: String = self.0.chars().take(LONGEST_NAME).collect();
        if text.len() < self.0.len() {
            text.push('…');
        }
        text
    }
}

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text())
    }
}
