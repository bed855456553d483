//! `cargo xtask bench`: each subject and its peers, a process each, in turn, for some rounds.

mod comparison;
mod java;
mod measure;
mod options;
mod programs;
mod storm;
mod subjects;
mod table;

use std::process::ExitCode;

use comparison::Comparison;
use measure::Measure;
use options::Options;
use programs::Programs;
use serde_json::Value;
use subjects::{BuiltIn, Case, Peer};

use crate::workspace::Workspace;

/// A run takes a guest up to half a minute: it is compared in the first rounds only.
const GUEST_ROUNDS: usize = 3;

/// Measures what the arguments say and prints the table. 2 if they are wrong, 1 if a contestant failed.
pub(crate) fn run(workspace: &Workspace, arguments: &[&str]) -> ExitCode {
    let options = match Options::parse(arguments) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    match measure_all(Programs::of(workspace), &options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn measure_all(mut programs: Programs<'_>, options: &Options) -> Result<(), String> {
    let cases = options.subjects.iter().flat_map(|subject| subject.cases);
    let peers: Vec<_> = cases.flat_map(|case| case.peers(&options.guests)).collect();
    let has = |built_in| peers.iter().any(|peer| peer.built_in == built_in);
    programs.build(has(BuiltIn::Peers))?;
    let guests: Vec<_> = options.guests.iter().copied().filter(|&guest| has(guest)).collect();
    if guests.len() < options.guests.len() {
        eprintln!("none of these subjects is compared with one of those that were asked for");
    }
    programs.invite(&guests)?;
    let (mut comparisons, mut problems) = (Vec::new(), Vec::new());
    for subject in &options.subjects {
        for case in subject.cases {
            let name = format!("{} {}", subject.name, case.label);
            // One subject that fails does not hide the others.
            match measure_case(&programs, options, name.trim_end(), case) {
                Ok(found) => comparisons.extend(found),
                Err(problem) => problems.push(problem),
            }
        }
    }
    print!("{}", table::table(&comparisons));
    write_json(options, &comparisons)?;
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

fn write_json(options: &Options, comparisons: &[Comparison]) -> Result<(), String> {
    let Some(path) = &options.json else { return Ok(()) };
    let all = Value::Array(comparisons.iter().map(Comparison::to_json).collect());
    std::fs::write(path, format!("{all:#}\n"))
        .map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn measure_case(
    programs: &Programs<'_>,
    options: &Options,
    name: &str,
    case: &'static Case,
) -> Result<Vec<Comparison>, String> {
    let peers = case.peers(programs.guests());
    // Where there is nothing to compare with, it is watched, and that takes its time.
    let rounds = if peers.is_empty() { 1 } else { options.rounds };
    let mut comparisons = Vec::new();
    for round in 1..=rounds {
        eprintln!("{name}: round {round} of {rounds}");
        let ours = programs.run((case.built_in, case.ours), options.size(case.sizes))?;
        let in_this_round = peers.iter().filter(|peer| round <= GUEST_ROUNDS || !peer.built_in.is_guest());
        let theirs = in_this_round.map(|peer| {
            let size = options.size(peer.sizes.unwrap_or(case.sizes));
            let found = programs.run((peer.built_in, peer.contestant), size)?;
            same_work(&ours, &found, peer)?;
            Ok((Some(peer.name), found))
        });
        let mut theirs = theirs.collect::<Result<Vec<_>, String>>()?;
        if theirs.is_empty() {
            theirs.push((None, Vec::new()));
        }
        if comparisons.is_empty() {
            comparisons = begin(name, &ours, &theirs);
        }
        add_round(&mut comparisons, &ours, &theirs);
    }
    Ok(comparisons)
}

type Found = (Option<&'static str>, Vec<Measure>);

fn same_work(ours: &[Measure], theirs: &[Measure], peer: &Peer) -> Result<(), String> {
    let work = |measures: &[Measure]| -> Vec<(String, Option<u64>)> {
        let compared = peer.sizes.is_none();
        measures.iter().map(|measure| (measure.unit.clone(), compared.then_some(measure.work))).collect()
    };
    if work(ours) == work(theirs) {
        return Ok(());
    }
    Err(format!("{} did other work: {:?} instead of {:?}", peer.name, work(theirs), work(ours)))
}

/// A comparison for each peer and each thing that was measured.
fn begin(name: &str, ours: &[Measure], theirs: &[Found]) -> Vec<Comparison> {
    let one = |peer, measure: &Measure| Comparison {
        subject: name.to_owned(),
        peer,
        unit: measure.unit.clone(),
        less_is_better: measure.less_is_better(),
        ours: Vec::new(),
        theirs: Vec::new(),
    };
    theirs.iter().flat_map(|(peer, _)| ours.iter().map(|measure| one(*peer, measure))).collect()
}

fn add_round(comparisons: &mut [Comparison], ours: &[Measure], theirs: &[Found]) {
    for comparison in comparisons {
        let value = |measures: &[Measure]| {
            measures.iter().find(|measure| measure.unit == comparison.unit).map(|measure| measure.value)
        };
        let peer = theirs.iter().find(|(name, _)| *name == comparison.peer);
        let found = (value(ours), peer.and_then(|(_, measures)| value(measures)));
        comparison.ours.extend(found.0);
        comparison.theirs.extend(found.1);
    }
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::subjects::Sizes;
    use super::*;

    fn measure(value: f64, unit: &str) -> Measure {
        Measure { value, unit: unit.to_owned(), work: 5 }
    }

    #[test]
    fn rounds_add_up_for_each_peer_and_unit() {
        let ours = [measure(1.0, "us-p50"), measure(9.0, "us-p99")];
        let theirs =
            [(Some("a"), ours.to_vec()), (Some("b"), vec![measure(2.0, "us-p50"), measure(4.0, "us-p99")])];
        let mut comparisons = begin("latency", &ours, &theirs);
        add_round(&mut comparisons, &ours, &theirs);
        add_round(&mut comparisons, &ours, &theirs);
        assert_eq!(comparisons.len(), 4);
        let last = &comparisons[3];
        assert_eq!((last.peer, &*last.unit, last.less_is_better), (Some("b"), "us-p99", true));
        assert_eq!((&last.ours[..], &last.theirs[..]), (&[9.0, 9.0][..], &[4.0, 4.0][..]));
    }

    #[test]
    fn who_has_no_peer_stands_alone() {
        let ours = [measure(20.0, "MiB")];
        let mut comparisons = begin("idle", &ours, &[(None, Vec::new())]);
        add_round(&mut comparisons, &ours, &[(None, Vec::new())]);
        assert_eq!((comparisons[0].peer, comparisons[0].median_of_ours()), (None, Some(20.0)));
        assert!(comparisons[0].theirs.is_empty());
    }

    #[test]
    fn other_work_is_no_comparison() {
        let mut peer = Peer { name: "a", contestant: "a", built_in: BuiltIn::Peers, sizes: None };
        let other = Measure { work: 6, ..measure(1.0, "words/s") };
        assert_eq!(same_work(&[measure(1.0, "words/s")], &[measure(7.0, "words/s")], &peer), Ok(()));
        assert!(same_work(&[measure(1.0, "words/s")], from_ref(&other), &peer).is_err());
        assert!(same_work(&[measure(1.0, "words/s")], &[measure(1.0, "lines/s")], &peer).is_err());
        peer.sizes = Some(Sizes { quick: 1, full: 1 });
        assert_eq!(same_work(&[measure(1.0, "words/s")], &[other], &peer), Ok(()));
        assert!(same_work(&[measure(1.0, "words/s")], &[measure(1.0, "lines/s")], &peer).is_err());
    }
}
