use std::collections::HashSet;
use std::sync::Arc;

use super::cycles::cycles;
use super::graph::Slot;
use super::{EventReach, Node, Problem};
use crate::process::Deadline;
use crate::process::engine::Settings;

/// Characters of a name.
pub(super) const LONGEST_NAME: usize = 128;
/// Tasks of a component: each of them knows all tasks that it sends to.
const MOST_TASKS: usize = 4096;
/// A batch lies in one piece of memory.
const LARGEST_BATCH: usize = 1 << 20;
const LARGEST_MAILBOX: usize = 1 << 16;
const MOST_PENDING: usize = 1 << 30;

/// Everything that is wrong with a topology.
pub(super) fn problems(topology: &str, id: u64, slots: &[Slot], settings: &Settings) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !is_name(topology) {
        problems.push(Problem::BadTopologyName);
    }
    let mut names = Names::of(slots);
    for slot in slots {
        problems.extend(names.problem(&slot.name));
        match &slot.node {
            Some(node) => component_problems(id, &**node, &mut problems),
            None => problems.push(Problem::NoInput { component: slot.name.to_string() }),
        }
    }
    let reach = EventReach::of(slots.iter().map(|slot| slot.node.as_deref()));
    for (at, slot) in slots.iter().enumerate() {
        let Some(node) = slot.node.as_ref().filter(|node| node.requires_event_time()) else { continue };
        let component = slot.name.to_string();
        if !reach.node(at) {
            problems.push(Problem::NoEventTime { component });
        } else if let Some(stream) = node.untimed_input() {
            problems.push(Problem::NoTimestamps { component, stream });
        }
    }
    let mut nodes = slots.iter().filter_map(|slot| slot.node.as_ref());
    if !nodes.any(|node| node.is_spout()) {
        problems.push(Problem::NoSpout);
    }
    limit_problems(settings, &mut problems);
    problems.extend(circles(id, slots));
    problems
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(char::is_control) && name.chars().count() <= LONGEST_NAME
}

/// The names that are taken.
struct Names {
    components: HashSet<Arc<str>>,
    /// Of the second outputs and further ones: the first one is called like its component.
    streams: HashSet<String>,
}

impl Names {
    fn of(slots: &[Slot]) -> Self {
        let outputs = slots.iter().filter_map(|slot| slot.node.as_ref()).flat_map(|node| node.outputs());
        let further = outputs.filter(|output| output.stream.output > 0);
        Self {
            components: HashSet::new(),
            streams: further.map(|output| output.stream.to_string()).collect(),
        }
    }

    fn problem(&mut self, name: &Arc<str>) -> Option<Problem> {
        let component = name.to_string();
        if !is_name(name) {
            return Some(Problem::BadName { component });
        }
        if name.starts_with("__") {
            return Some(Problem::ReservedName { component });
        }
        if self.streams.contains(&component) {
            return Some(Problem::NameOfStream { component });
        }
        (!self.components.insert(Arc::clone(name))).then_some(Problem::DuplicateName { component })
    }
}

fn component_problems(id: u64, node: &dyn Node, problems: &mut Vec<Problem>) {
    let component = node.name().to_string();
    let tasks = node.parallelism();
    if tasks == 0 {
        problems.push(Problem::NoTasks { component: component.clone() });
    } else if tasks > MOST_TASKS {
        problems.push(Problem::TooManyTasks { component: component.clone(), tasks, most: MOST_TASKS });
    }
    let policies = node.policies();
    if policies.retry.is_some_and(|retry| retry.max_attempts == 0) {
        problems.push(Problem::NoAttempts { component: component.clone() });
    }
    let deadlines = policies.deadline.map(Deadline::after).into_iter().chain(node.execute_deadline());
    if deadlines.into_iter().any(|time| time.as_millis() == 0) {
        problems.push(Problem::DeadlineTooShort { component: component.clone() });
    }
    for targets in node.targets().into_iter().filter(|&targets| targets != tasks) {
        problems.push(Problem::OtherTargets { component: component.clone(), tasks, targets });
    }
    if node.tick().is_some_and(|every| every.as_millis() == 0) {
        problems.push(Problem::TickTooShort { component: component.clone() });
    }
    for stream in node.inputs().iter().filter(|stream| stream.node.topology != id) {
        let stream = stream.to_string();
        problems.push(Problem::ForeignStream { component: component.clone(), stream });
    }
    if let Some(capacity) = node.capacity().filter(|capacity| !(1..=LARGEST_BATCH).contains(capacity)) {
        let most = LARGEST_BATCH;
        problems.push(Problem::BadCapacity { component: component.clone(), capacity, most });
    }
    let unread = node.outputs().into_iter().filter(|output| !output.is_read);
    problems.extend(unread.map(|output| Problem::Unread { stream: output.stream.to_string() }));
}

fn limit_problems(settings: &Settings, problems: &mut Vec<Problem>) {
    let limits = [
        ("batch", settings.batch, LARGEST_BATCH),
        ("mailbox", settings.mailbox, LARGEST_MAILBOX),
        ("max_pending", settings.max_pending, MOST_PENDING),
        ("max_attempts", settings.retry.max_attempts as usize, usize::MAX),
        (
            "deadline",
            settings.deadline.map_or(1, |deadline| usize::from(deadline.after().as_millis() > 0)),
            1,
        ),
    ];
    problems.extend(limits.iter().filter_map(|&(limit, value, most)| match value {
        0 => Some(Problem::ZeroLimit { limit }),
        value if value > most => Some(Problem::LimitTooLarge { limit, value, most }),
        _ => None,
    }));
}

/// Components that feed each other.
fn circles(id: u64, slots: &[Slot]) -> impl Iterator<Item = Problem> {
    let upstream = |slot: &Slot| {
        let inputs = slot.node.as_ref().map(|node| node.upstream()).unwrap_or_default();
        let own = inputs.iter().filter(|stream| stream.node.topology == id);
        own.map(|stream| stream.node.index).filter(|&index| index < slots.len()).collect()
    };
    let upstream: Vec<Vec<usize>> = slots.iter().map(upstream).collect();
    cycles(&upstream).into_iter().map(|circle| {
        let around = circle.iter().chain(circle.first());
        Problem::Cycle { path: around.map(|&index| slots[index].name.to_string()).collect() }
    })
}
