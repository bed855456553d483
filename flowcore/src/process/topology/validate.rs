use std::collections::HashSet;
use std::sync::Arc;

use super::{Node, Problem};
use crate::process::engine::Settings;

/// Everything that is wrong with a topology.
pub(crate) fn problems(id: u64, nodes: &[Arc<dyn Node>], settings: &Settings) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut names = HashSet::new();
    for node in nodes {
        let component = node.name().to_string();
        if component.is_empty() || component.chars().any(char::is_control) {
            problems.push(Problem::BadName { component: component.clone() });
        } else if !names.insert(component.clone()) {
            problems.push(Problem::DuplicateName { component: component.clone() });
        }
        if node.parallelism() == 0 {
            problems.push(Problem::NoTasks { component: component.clone() });
        }
        if !node.is_spout() && node.inputs().is_empty() {
            problems.push(Problem::NoInput { component: component.clone() });
        }
        for stream in node.inputs() {
            if stream.node.topology != id {
                problems.push(Problem::ForeignStream {
                    component: component.clone(),
                    stream: stream.to_string(),
                });
            }
        }
    }
    if !nodes.iter().any(|node| node.is_spout()) {
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
    problems.extend(cycle(nodes).map(|path| Problem::Cycle { path }));
    problems
}

/// A circle of components, if there is one.
fn cycle(nodes: &[Arc<dyn Node>]) -> Option<Vec<String>> {
    let upstream: Vec<Vec<usize>> = nodes
        .iter()
        .map(|node| node.inputs().iter().map(|stream| stream.node.index).filter(|&i| i < nodes.len()).collect())
        .collect();
    // Walk against the streams; `done` nodes lead to no circle.
    let mut done = vec![false; nodes.len()];
    for start in 0..nodes.len() {
        let mut path = Vec::new();
        if let Some(circle) = walk(start, &upstream, &mut done, &mut path) {
            return Some(circle.into_iter().rev().map(|index| nodes[index].name().to_string()).collect());
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
