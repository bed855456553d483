//! What each key of the channels on disk does, by what an agent leaves behind.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::program::{Program, lines_in};

/// Fifty numbers into a channel that nobody empties; its own lines follow.
const FILLING: &str = "a1.channels = c1\na1.sources = r1\na1.sources.r1.type = seq\n\
                       a1.sources.r1.totalEvents = 50\na1.sources.r1.channels = c1\n";
const EMPTYING: &str = "a1.channels = c1\na1.sinks = k1\na1.sinks.k1.type = file_roll\na1.sinks.k1.channel = c1\n\
                        a1.sinks.k1.sink.directory = {dir}/out\n";
const FILE: &str = "a1.channels.c1.type = file\na1.channels.c1.dataDirs = {dir}/data\n\
                    a1.channels.c1.minimumRequiredSpace = 1048576\na1.channels.c1.maxFileSize = 1048576\n";
const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

/// The bytes of all files of a folder.
fn bytes(folder: &Path) -> Vec<u8> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.flat_map(|entry| fs::read(entry.path()).unwrap_or_default()).collect()
}

/// Events by the headers of their puts, which are never encrypted.
pub(crate) fn events(folder: &Path) -> usize {
    let bytes = bytes(folder);
    let is_put = |at: &usize| bytes[*at..].starts_with(b"FcR1\x01");
    (0..bytes.len().saturating_sub(16)).filter(is_put).map(|at| usize::from(bytes[at + 12])).sum()
}

fn with(keys: &[(&str, &str)]) -> String {
    let lines: Vec<String> =
        keys.iter().map(|(key, value)| format!("a1.channels.c1.{key} = {value}\n")).collect();
    lines.concat()
}

/// Lets an agent fill its channel and end.
fn filled(channel: &str, keys: &[(&str, &str)]) -> Program {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("key"), KEY).unwrap();
    let mut program = Program::start_in(folder, &format!("{FILLING}{channel}{}", with(keys)), &[]);
    program.until("fifty events on disk", || events(&program.path("data")) == 50);
    program.stop();
    program
}

type Look = fn(&Program) -> bool;

#[test]
fn each_key_does_what_it_says() {
    let cipher = [ENCRYPTED, &[("encryption.cipherProvider", "AESCTRNOPADDING")]].concat();
    let table: [(&[(&str, &str)], Look); 10] = [
        (&[], |program| program.path("data/flowcore.checkpoint").exists()),
        (&[("checkpointDir", "{dir}/marks")], |program| program.path("marks/flowcore.checkpoint").exists()),
        (&[("checkpointOnClose", "false")], |program| !program.path("data/flowcore.checkpoint").exists()),
        (&[("useDualCheckpoints", "true"), ("backupCheckpointDir", "{dir}/copy")], |program| {
            program.path("copy/flowcore.checkpoint").exists()
        }),
        (&[("backupCheckpointDir", "{dir}/copy")], |program| !program.path("copy").exists()),
        (&[("maxFileSize", "2097152")], |program| {
            let first = fs::metadata(program.path("data/0000000000000001.segment")).unwrap();
            first.len() == 2_097_152
        }),
        (&[("fsyncPerTransaction", "false"), ("fsyncInterval", "1")], |program| {
            events(&program.path("data")) == 50
        }),
        (ENCRYPTED, is_secret),
        (&cipher, is_secret),
        (&[("dataDirs", "{dir}/data, {dir}/more")], |program| program.path("more/in_use.lock").exists()),
    ];
    for (keys, look) in table {
        for kind in [FILE.to_owned(), on_disk_alone()] {
            let program = filled(&kind, keys);
            assert!(look(&program), "{kind}{keys:?}: {}", program.log());
        }
    }
}

/// A spillable channel that has no memory.
fn on_disk_alone() -> String {
    FILE.replace("type = file", "type = SPILLABLEMEMORY\na1.channels.c1.memoryCapacity = 0")
}

fn is_secret(program: &Program) -> bool {
    !bytes(&program.path("data")).windows(3).any(|part| part == b"\x0049")
}

const ENCRYPTED: &[(&str, &str)] = &[
    ("encryption.activeKey", "k1"),
    ("encryption.keyProvider", "FILE"),
    ("encryption.keyProvider.keys", "k1"),
    ("encryption.keyProvider.keys.k1.file", "{dir}/key"),
];

#[test]
fn what_is_encrypted_is_delivered_with_its_key_and_not_without() {
    for kind in [FILE.to_owned(), on_disk_alone()] {
        let mut program = filled(&kind, ENCRYPTED);
        let folder = std::mem::replace(&mut program.folder, tempfile::tempdir().unwrap());
        let mut program = Program::start_in(folder, &format!("{EMPTYING}{kind}"), &[]);
        assert_eq!(program.wait(), 1, "{}", program.log());
        assert!(program.log().contains("is encrypted with the key `k1`"), "{}", program.log());
        let folder = std::mem::replace(&mut program.folder, tempfile::tempdir().unwrap());
        let conf = format!("{EMPTYING}{kind}{}", with(&ENCRYPTED[1..]));
        let mut program = Program::start_in(folder, &conf, &[]);
        program.until("fifty lines", || lines_in(&program.path("out")).len() == 50);
        program.stop();
    }
}

#[test]
fn a_spillable_channel_without_memory_is_on_disk_and_without_anything_it_is_refused() {
    let spillable = FILE.replace("type = file", "type = SPILLABLEMEMORY");
    let mut program = filled(&spillable, &[("memoryCapacity", "0")]);
    let folder = std::mem::replace(&mut program.folder, tempfile::tempdir().unwrap());
    let mut program = Program::start_in(folder, &format!("{EMPTYING}{spillable}"), &[]);
    program.until("fifty lines", || lines_in(&program.path("out")).len() == 50);
    program.stop();
    let nothing = with(&[("memoryCapacity", "0"), ("overflowCapacity", "0")]);
    let mut program = Program::start(&format!("{FILLING}{spillable}{nothing}"), &[]);
    assert_eq!(program.wait(), 3);
    assert!(program.log().contains("no-capacity"), "{}", program.log());
}

#[test]
fn what_cannot_be_followed_is_an_error_that_says_what_to_do() {
    let table: [(&[(&str, &str)], &str); 5] = [
        (&[("encryption.activeKey", "k1"), ("encryption.keyProvider", "JCEKSFILE")], "java-key-store"),
        (&[("encryption.activeKey", "k1")], "missing-key"),
        (&[ENCRYPTED[1], ENCRYPTED[2], ENCRYPTED[3], ("encryption.activeKey", "k2")], "unknown-key-name"),
        (&[("useDualCheckpoints", "true")], "missing-key"),
        (&[("useDualCheckpoints", "true"), ("backupCheckpointDir", "{dir}/data/")], "same-folder"),
    ];
    for (keys, code) in table {
        let mut program = Program::start(&format!("{FILLING}{FILE}{}", with(keys)), &[]);
        assert_eq!(program.wait(), 3, "{keys:?}");
        assert!(program.log().contains(&format!("error[{code}]")), "{keys:?}: {}", program.log());
    }
}

fn channel(what: &str, folder: &Path) -> (Option<i32>, String) {
    let program = env!("CARGO_BIN_EXE_flowcore");
    let Output { status, stdout, stderr } =
        Command::new(program).args(["channel", what]).arg(folder).output().unwrap();
    (status.code(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

#[test]
fn a_damaged_channel_is_checked_and_repaired_and_one_in_use_is_left_alone() {
    let program = filled(FILE, &[]);
    let data = program.path("data");
    let (code, said) = channel("check", &data);
    assert!(code == Some(0) && said.contains("50 events wait, 0 are lost"), "{said}");
    let segment = data.join("0000000000000001.segment");
    let mut content = fs::read(&segment).unwrap();
    let put = content.windows(5).position(|part| part == b"FcR1\x01").unwrap();
    content[put + 56] ^= 1;
    fs::write(&segment, content).unwrap();
    let (code, said) = channel("check", &data);
    assert!(code == Some(1) && said.contains("damage at byte") && said.contains("are lost"), "{said}");
    let (code, said) = channel("repair", &data);
    assert!(code == Some(0) && said.contains("are given up"), "{said}");
    let (code, said) = channel("check", &data);
    assert!(code == Some(0) && said.contains(", 0 are lost"), "{said}");
    let (code, said) = channel("check", &program.path("nowhere"));
    assert!(code == Some(1) && said.contains("nowhere"), "{said}");
}

#[test]
fn a_channel_that_an_agent_has_is_not_touched() {
    let mut program = Program::start(&format!("{FILLING}{FILE}"), &[]);
    program.until("fifty events on disk", || events(&program.path("data")) == 50);
    for what in ["check", "repair"] {
        let (code, said) = channel(what, &program.path("data"));
        assert!(code == Some(1) && said.contains("in use") && said.contains("stop the agent"), "{said}");
    }
    program.stop();
}

#[test]
fn the_keys_of_a_java_key_store_are_known_and_have_no_effect() {
    let keys = with(&[
        ("encryption.keyProvider.keyStoreFile", "/etc/keys"),
        ("encrpytion.keyProvider.keyStorePasswordFile", "/etc/password"),
        ("encryption.keyProvider.keys.k1.passwordFile", "/etc/password"),
    ]);
    for kind in [FILE, &FILE.replace("type = file", "type = spillablememory")] {
        let checked = flowcore_agent::AgentFile::from_properties(format!("{FILLING}{kind}{keys}")).check();
        let said = checked.unwrap().diagnostics;
        let idle = said.iter().filter(|said| said.code == "no-effect").count();
        assert_eq!((idle, said.iter().any(|said| said.code == "unknown-key")), (3, false), "{said:#?}");
    }
}
