//! Bad lines in the running program: set aside once, whatever happens, and the flow goes on.

use std::fs;
use std::time::Duration;

use coffee_orders::rejects::REJECTS_FILE;
use serde_json::Value;

use super::acceptance::{order, shows};
use super::program::{Form, Home, pause};
use super::program_count::Counted;

/// Line numbers and reasons in the file of rejects.
fn rejects(home: &Home) -> Vec<(u64, String)> {
    let text = fs::read_to_string(home.file(REJECTS_FILE)).unwrap_or_default();
    let entry = |line: &str| {
        let rejected: Value = serde_json::from_str(line).unwrap();
        (rejected["line"].as_u64().unwrap(), rejected["reason"].as_str().unwrap().to_owned())
    };
    text.lines().map(entry).collect()
}

#[tokio::test]
async fn each_bad_line_is_set_aside_once_across_restarts_and_kills_and_the_flow_goes_on() {
    let home = Home::new(Form::Embedded);
    let long = [b"{\"orders\":\"".as_slice(), &vec![b'x'; 10 << 20], b"\"}\n"].concat();
    let bad: [(&[u8], &str); 6] = [
        (b"nonsense\n", "broken JSON at column 2"),
        (b"\n", "the line is empty"),
        (&long, "the line has 10485773 bytes"),
        (b"\xff\xfe\n", "byte 1 of the line is not UTF-8"),
        (
            b"{\"customerAgeGrade\":\"1020\",\"paymentMethod\":\"Cash\",\"orders\":[]}\n",
            "the order has no cups",
        ),
        (b"{\"paymentMethod\":\"Cash\",\"orders\":[\"Mocha\"]}\n", "the field `customerAgeGrade` is missing"),
    ];
    let mut orders = 0;
    for (round, (line, _)) in bad.into_iter().enumerate() {
        let mut program = home.start(&["--no-generate", "--bucket", "3s"]);
        program.page().await;
        home.append(line);
        home.append(order("sunae", "2030"));
        orders += 1;
        shows(&mut program, orders).await;
        match round % 3 {
            0 => drop(program.stop().await),
            // Before its bucket closes, or after.
            1 => program.kill(),
            _ => {
                pause(Duration::from_millis(3_200)).await;
                program.kill();
            }
        }
    }
    let said = home.start(&["--no-generate", "--bucket", "3s", "--exit"]).succeeds().await;
    assert!(said.contains(&format!("counted {orders} orders, {orders} cups")), "{said}");
    let mut rejects = rejects(&home);
    // Two tasks count: what one sets aside may come before what the other does.
    rejects.sort_unstable();
    assert_eq!(rejects.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 3, 5, 7, 9, 11]);
    for ((_, reason), (_, expected)) in rejects.iter().zip(bad) {
        assert!(reason.starts_with(expected), "{reason}: {expected}");
    }
    let document = home.dump();
    assert_eq!(Counted::of_document(&document), Counted::of_file(&home.orders()));
}
