use std::collections::HashSet;

use super::graph::Slot;
use super::{EventReach, Node, Problem};
use crate::process::engine::Settings;

/// Everything that is wrong with a topology.
pub(super) fn problems(id: u64, slots: &[Slot], settings: &Settings) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut names = HashSet::new();
    for slot in slots {
        let component = slot.name.to_string();
        if component.is_empty() || component.chars().any(char::is_control) {
            problems.push(Problem::BadName { component });
        } else if !names.insert(&slot.name) {
            problems.push(Problem::DuplicateName { component });
        }
        match &slot.node {
            Some(node) => check(id, &**node, &mut problems),
            None => problems.push(Problem::NoInput { component: slot.name.to_string() }),
        }
    }
    let reach = EventReach::of(slots.iter().map(|slot| slot.node.as_deref()));
    for (at, slot) in slots.iter().enumerate() {
        if slot.node.as_ref().is_some_and(|node| node.requires_event_time()) && !reach.node(at) {
            problems.push(Problem::NoEventTime { component: slot.name.to_string() });
        }
    }
    let mut nodes = slots.iter().filter_map(|slot| slot.node.as_ref());
    if !nodes.any(|node| node.is_spout()) {
        problems.push(Problem::NoSpout);
    }
    let limits = [
        ("batch", settings.batch),
        ("mailbox", settings.mailbox),
        ("max_pending", settings.max_pending),
        ("max_attempts", settings.retry.max_attempts as usize),
    ];
    problems.extend(
        limits.iter().filter(|(_, value)| *value == 0).map(|&(limit, _)| Problem::ZeroLimit { limit }),
    );
    problems.extend(cycle(slots).map(|path| Problem::Cycle { path }));
    problems
}

fn check(id: u64, node: &dyn Node, problems: &mut Vec<Problem>) {
    let component = node.name().to_string();
    if node.parallelism() == 0 {
        problems.push(Problem::NoTasks { component: component.clone() });
    }
    if node.retry().is_some_and(|retry| retry.max_attempts == 0) {
        problems.push(Problem::NoAttempts { component: component.clone() });
    }
    let tasks = node.parallelism();
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
    let unread = node.outputs().into_iter().filter(|output| !output.is_read);
    problems.extend(unread.map(|output| Problem::Unread { stream: output.stream.to_string() }));
}

/// A circle of components, if there is one.
fn cycle(nodes: &[Slot]) -> Option<Vec<String>> {
    let upstream: Vec<Vec<usize>> = nodes
        .iter()
        .map(|slot| {
            let inputs = slot.node.as_ref().map(|node| node.inputs()).unwrap_or_default();
            inputs.iter().map(|stream| stream.node.index).filter(|&index| index < nodes.len()).collect()
        })
        .collect();
    // Walk against the streams; `done` nodes lead to no circle.
    let mut done = vec![false; nodes.len()];
    for start in 0..nodes.len() {
        let mut path = Vec::new();
        if let Some(circle) = walk(start, &upstream, &mut done, &mut path) {
            return Some(circle.into_iter().rev().map(|index| nodes[index].name.to_string()).collect());
        }
    }
    None
}

fn walk(at: usize, upstream: &[Vec<usize>], done: &mut [bool], path: &mut Vec<usize>) -> Option<Vec<usize>> {
    if let Some(first) = path.iter().position(|&index| index == at) {
        let mut circle = path[first..].to_vec();
        circle.push(at);
        return Some(circle);
    }
    if done[at] {
        return None;
    }
    path.push(at);
    let circle = upstream[at].iter().find_map(|&next| walk(next, upstream, done, path));
    path.pop();
    done[at] = true;
    circle
}
