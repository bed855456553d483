//! No text makes a check panic or run for ever.

use std::fmt::Write;
use std::time::Duration;

use flowcore_agent::check::Options;
use flowcore_agent::diagnostic::Renderer;
use flowcore_agent::registry::Registry;
use flowcore_agent::{assemble, check_files};

use crate::said::{Bare, GOOD};

/// A small generator: the same numbers for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }
}

const PIECES: [&str; 22] = [
    "a1",
    ".",
    "sources",
    "r1",
    "=",
    " ",
    "\\",
    "\n",
    "\r",
    "#",
    "!",
    ":",
    "\\u00",
    "\\ud83d",
    "type",
    "selector.",
    "interceptors",
    "${",
    "}",
    "\u{feff}",
    "password",
    "ä😀",
];

fn mutated(random: &mut Random, text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=random.below(8) {
        let at = random.below(bytes.len() + 1);
        match random.below(5) {
            0 => bytes.truncate(at),
            1 => drop(bytes.splice(at..at, PIECES[random.below(PIECES.len())].bytes())),
            2 => drop(bytes.drain(at..(at + random.below(20)).min(bytes.len()))),
            3 => bytes.insert(at, u8::try_from(random.below(256)).unwrap()),
            _ => {
                let to = (at + random.below(60)).min(bytes.len());
                let copy = bytes[at..to].to_vec();
                let into = random.below(bytes.len() + 1);
                drop(bytes.splice(into..into, copy));
            }
        }
    }
    bytes
}

#[test]
fn mutated_configurations_are_checked_and_shown_without_a_panic() {
    let seed = 0x5eed_f10e_c0de_0001;
    println!("seed {seed:#x}");
    let mut random = Random(seed);
    let more =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/confs/everything.conf")).unwrap();
    let mut said = 0;
    for round in 0..1_000 {
        let text = mutated(&mut random, if round % 3 == 0 { GOOD } else { &more });
        let options = Options { strict: round % 2 == 0, lenient: round % 5 == 0 };
        let checked = check_files([("fuzz.conf", text.as_slice())], options, &Bare).unwrap();
        let mut shown = String::new();
        for diagnostic in &checked.diagnostics {
            Renderer::new(&checked.files, false).write(diagnostic, &mut shown).unwrap();
        }
        said += checked.diagnostics.len();
    }
    assert!(said > 1_000, "the mutations found {said} things only");
}

#[test]
fn noise_is_checked_without_a_panic() {
    let mut random = Random(0x5eed_f10e_c0de_0002);
    println!("seed {:#x}", random.0);
    for _ in 0..300 {
        let length = random.below(600);
        let noise: Vec<u8> = (0..length).map(|_| u8::try_from(random.below(256)).unwrap()).collect();
        let words: String = (0..length / 4).map(|_| PIECES[random.below(PIECES.len())]).collect();
        for text in [noise.as_slice(), words.as_bytes()] {
            let checked = check_files([("noise", text)], Options::default(), &Bare).unwrap();
            let mut shown = String::new();
            checked
                .diagnostics
                .iter()
                .for_each(|said| Renderer::new(&checked.files, true).write(said, &mut shown).unwrap());
            write!(shown, "{}", checked.config.agents.len()).unwrap();
            assert!(!shown.is_empty());
        }
    }
}

#[test]
fn a_configuration_in_which_all_is_wrong_is_cut_short() {
    let names: Vec<String> = (0..20_000).map(|at| format!("r{at}")).collect();
    let text = format!("a1.sources = {}\na1.channels = {}\n", names.join(" "), names.join(","));
    let checked = check_files([("all.conf", text.as_bytes())], Options::default(), &Bare).unwrap();
    assert!(
        checked.diagnostics.len() > 1_000 && checked.diagnostics.len() < 1_010,
        "{}",
        checked.diagnostics.len()
    );
    assert!(checked.diagnostics.iter().any(|said| said.code == "too-much"));
}

#[test]
fn ten_thousand_components_are_checked_and_assembled() {
    let names = |letter: char| (0..3334).map(|at| format!("{letter}{at}")).collect::<Vec<_>>().join(" ");
    let mut text =
        format!("a1.sources = {}\na1.channels = {}\na1.sinks = {}\n", names('r'), names('c'), names('k'));
    for at in 0..3334 {
        write!(
            text,
            "a1.sources.r{at}.type = seq\na1.sources.r{at}.channels = c{at}\na1.channels.c{at}.type = memory\n\
             a1.channels.c{at}.capacity = 1000\na1.sinks.k{at}.type = null\na1.sinks.k{at}.channel = c{at}\n"
        )
        .unwrap();
    }
    let registry = Registry::builtin();
    let checked = check_files([("many.conf", text.as_bytes())], Options::default(), &registry).unwrap();
    assert_eq!(checked.diagnostics, []);
    let agent = assemble(&checked, "a1", &registry, Duration::from_secs(1));
    assert!(agent.is_ok(), "{:?}", agent.err());
}
