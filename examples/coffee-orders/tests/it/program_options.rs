//! What is asked for wrongly is said clearly, and before anything is written.

use std::fs;
use std::net::TcpListener;

use serde_json::json;

use super::acceptance::{order, shows};
use super::program::{Form, Home};

fn home() -> Home {
    Home::new(Form::Embedded)
}

/// What stands after an option in the help, up to the next one.
fn explained<'a>(help: &'a str, option: &str) -> &'a str {
    let from = help.find(&format!("{option} ")).or_else(|| help.find(&format!("{option}\n")));
    let rest = &help[from.unwrap_or_else(|| panic!("{option} is missing in {help}")) + option.len()..];
    &rest[..rest.find("\n      --").or_else(|| rest.find("\n  -")).unwrap_or(rest.len())]
}

#[test]
fn the_help_explains_every_option_with_its_default() {
    let home = home();
    let help = |arguments: &[&str]| {
        let output = home.output(arguments);
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let all = help(&["--help"]);
    for (option, default) in [
        ("--dir", "[default: ./coffee-orders-data]"),
        ("--rate", "[default: 40]"),
        ("--orders", "[default: it does not end]"),
        ("--seed", "[default: different ones each time]"),
        ("--bucket", "[default: 30s]"),
        ("--zone", "[default: UTC]"),
        ("--port", "[default: 3000]"),
        ("--host", "[default: 127.0.0.1]"),
        ("--redis", "[default: everything is kept in --dir]"),
        ("--no-generate", "Write no orders"),
        ("--exit", "Stop when all that was generated is counted and stored"),
    ] {
        let text = explained(&all, option).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(default), "{option}: {text}");
    }
    for command in ["replay", "dump", "collect", "count", "web"] {
        assert!(all.contains(command), "{command} is missing in {all}");
        let text = help(&[command, "--help"]);
        for line in text.lines().filter(|line| line.trim_start().starts_with("--")) {
            let option = line.split_whitespace().next().unwrap();
            assert!(explained(&text, option).trim().len() > 10, "{command} {option}: {text}");
        }
    }
    assert!(explained(&help(&["replay", "--help"]), "--at").contains("[default: 2014-09-28T12:00:00Z]"));
}

#[test]
fn a_bad_value_is_named_with_a_reason_and_nothing_is_written() {
    let home = home();
    for (arguments, reason) in [
        (["--rate", "0"], "it is a number above zero"),
        (["--rate", "many"], "it is a number above zero"),
        (["--rate", "inf"], "it is a number above zero"),
        (["--bucket", "7s"], "a bucket of 7 s does not fill an hour"),
        (["--bucket", "0s"], "a bucket of 0 s does not fill an hour"),
        (["--bucket", "2h"], "a bucket of 7200 s does not fill an hour"),
        (["--bucket", "30x"], "unknown unit x"),
        (["--bucket", "soon"], "a whole number and a unit"),
        (["--bucket", "99999999999999999h"], "it is too long"),
        (["--zone", "Mars/Base"], "unknown time zone \"Mars/Base\""),
        (["--port", "70000"], "70000 is not in 0..=65535"),
        (["--host", "nowhere"], "invalid IP address"),
        (["--orders", "x"], "invalid digit"),
        (["--unknown", "1"], "unexpected argument"),
    ] {
        let output = home.output(&arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert!(errors.contains(reason) && errors.contains(arguments[0]), "{arguments:?}: {errors}");
    }
    for (arguments, reason) in [
        (["replay", "x", "--at", "noon"], "--at"),
        (["replay", "x", "--bucket", "7s"], "a bucket of 7 s"),
        (["replay", "x", "--zone", "Nowhere"], "unknown time zone"),
    ] {
        let output = home.output(&arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert!(errors.contains(reason), "{arguments:?}: {errors}");
    }
    assert_eq!(fs::read_dir(home.outside("")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_before_anything_is_written() {
    let home = home();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut program = home.start(&["--port", &port]);
    assert_eq!(program.ended().await.code(), Some(1));
    let errors = program.complained();
    assert!(errors.starts_with("error: ") && errors.contains(&format!("127.0.0.1:{port}")), "{errors}");
    assert_eq!((errors.lines().count(), program.said()), (1, String::new()));
    assert!(!home.dir().exists());
}

#[tokio::test]
async fn a_second_program_in_the_same_folder_is_refused_and_the_first_goes_on() {
    let home = home();
    let mut first = home.start(&["--no-generate", "--bucket", "1h"]);
    first.page().await;
    home.append(order("sunae", "2030"));
    shows(&mut first, 1).await;
    let orders = home.orders();
    let dir = home.dir();
    let dir = dir.to_str().unwrap();
    for arguments in [vec!["--dir", dir, "--port", "0"], vec!["dump", "--json", "--dir", dir]] {
        let output = home.output(&arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(
            errors.starts_with("error: the store ") && errors.contains("is in use by another program"),
            "{errors}"
        );
    }
    assert_eq!(home.orders(), orders, "the second one has written orders");
    home.append(order("sunae", "2030"));
    shows(&mut first, 2).await;
    first.stop().await;
}

#[tokio::test]
async fn with_nobody_writing_and_nothing_to_read_exit_ends_at_once() {
    let home = home();
    let said = home.start(&["--no-generate", "--exit"]).succeeds().await;
    assert!(said.contains("counted 0 orders, 0 cups; 0 lines rejected"), "{said}");
    assert_eq!(home.dump(), json!({"orders": 0, "cups": 0, "rejected": [], "buckets": []}));
}

#[tokio::test]
async fn everything_is_written_into_the_folder_that_was_given() {
    let home = home();
    home.start(&["--rate", "5000", "--orders", "500", "--exit"]).succeeds().await;
    let names = |folder: std::path::PathBuf| {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort_unstable();
        names
    };
    // The two files are this test's.
    assert_eq!(names(home.outside("")), ["data", "stderr", "stdout"]);
    let written = names(home.dir());
    assert_eq!(
        written,
        ["CoffeeLog.txt", "CoffeeOrders.txt", "positions.json", "rejects.jsonl", "store.redb"]
    );
}

#[test]
fn a_dump_of_a_folder_where_nothing_is_stored_says_so_and_makes_nothing() {
    let home = home();
    let dir = home.dir();
    for there in [false, true] {
        if there {
            fs::create_dir(&dir).unwrap();
        }
        let output = home.output(&["dump", "--json", "--dir", dir.to_str().unwrap()]);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert_eq!(errors, format!("error: nothing is stored in {}\n", dir.display()));
        assert_eq!(output.stdout, b"");
    }
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);
}

#[test]
fn a_store_that_is_none_is_an_error_that_names_it() {
    let home = home();
    home.append(order("sunae", "2030"));
    fs::write(home.file("store.redb"), "what is this").unwrap();
    let dir = home.dir();
    let output = home.output(&["--dir", dir.to_str().unwrap(), "--port", "0", "--no-generate"]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("store.redb is no store of coffee orders"), "{errors}");
}
