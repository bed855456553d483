use serde_json::json;

use super::{Looks, View, screen};

/// An agent at some second: a full channel before a sink that backs off, and a group.
fn answer(second: i64) -> Vec<u8> {
    let (time, many) = (7_380_000 + second * 1000, 1_200_000 + second * 12_345);
    let health = |state: &str| json!({"State": state, "StartTime": 1000, "RestartCount": 0});
    let merge = |mut base: serde_json::Value, more: serde_json::Value| {
        base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        base
    };
    let source = json!({"ComponentType": "taildir", "EventReceivedCount": many, "EventAcceptedCount": many,
        "Channels": ["c1", "c2"], "LastSuccessTime": time});
    let full = json!({"ComponentType": "memory", "EventPutSuccessCount": many, "EventTakeSuccessCount": 5,
        "ChannelSize": 9700, "ChannelCapacity": 10_000, "ChannelFillPercentage": 97.0});
    let half = json!({"ComponentType": "file", "EventPutSuccessCount": many, "EventTakeSuccessCount": many,
        "ChannelSize": 500_000, "ChannelCapacity": 1_000_000, "ChannelFillPercentage": 50.0, "Unhealthy": 0});
    let failing = json!({"ComponentType": "avro", "EventDrainAttemptCount": 100 + second * 50,
        "EventDrainSuccessCount": 100, "Channel": "c1", "BackOffUntil": time + 3000, "RestartCount": 2,
        "LastError": "delivery failed: collector-1:4545: connection refused", "LastErrorTime": time - 2000});
    let working = json!({"ComponentType": "file_roll", "EventDrainAttemptCount": many,
        "EventDrainSuccessCount": many, "Channel": "c2"});
    let grouped = merge(working.clone(), json!({"Group": "g1"}));
    let components = [
        ("AGENT.a1", json!({"Name": "a1", "Time": time})),
        ("SOURCE.r1", merge(health("running"), source)),
        ("CHANNEL.c1", full),
        ("CHANNEL.c2", half),
        ("SINK.k1", merge(health("backing off"), failing)),
        ("SINKGROUP.g1", merge(health("running"), working)),
        ("SINK.k2", merge(health("running"), grouped.clone())),
        ("SINK.k3", merge(health("starting"), grouped)),
    ];
    let entries = components.map(|(key, members)| format!("\"{key}\":{members}"));
    format!("{{{}}}", entries.join(",")).into_bytes()
}

/// An agent that refuses a change, at 80 columns.
fn refusing(why: &str) -> String {
    let answer = json!({"AGENT.a1": {"Name": "a1", "Time": 500_000, "LastChangeTime": 200_000,
        "ChangeRefused": why, "ChangeRefusedTime": 315_000}, "SOURCE.r1": {"StartTime": 100_000}});
    let view = View::read(answer.to_string().as_bytes(), 0).unwrap();
    let looks = Looks { width: 80, height: None, url: String::new(), complaint: None, footer: None };
    let lines: Vec<String> = screen(None, &view, &looks).iter().map(|line| line.text(false)).collect();
    lines.join("\n")
}

#[test]
fn a_configuration_that_is_not_followed_stands_first_and_can_be_read() {
    let why = "flume.conf:13:30: error[not-a-number]: sink.batchSize: `x` is no whole number; and 2 more";
    let expected = "agent a1  up 6 min 40 s, changed 5 min 0 s ago\n\
        ! its changed configuration is not followed for 3 min 5 s: flume.conf:13:30:\n  \
        error[not-a-number]: sink.batchSize: `x` is no whole number; and 2 more\n\n";
    assert!(refusing(why).starts_with(expected), "{}", refusing(why));
    let long = refusing(&"word ".repeat(200));
    assert_eq!(long.lines().take_while(|line| !line.is_empty()).count(), 4, "{long}");
}

fn shown(width: usize, height: Option<usize>) -> String {
    let (before, now) = (View::read(&answer(0), 0).unwrap(), View::read(&answer(1), 0).unwrap());
    let looks = Looks {
        width,
        height,
        url: "http://127.0.0.1:41414".to_owned(),
        complaint: None,
        footer: height.map(|_| "q quits, every 1 s".to_owned()),
    };
    let lines = screen(Some(&before), &now, &looks);
    let lines: Vec<String> = lines.iter().map(|line| line.text(false)).collect();
    for line in &lines {
        assert!(line.chars().count() <= width, "{line:?} is too long");
    }
    lines.join("\n") + "\n"
}

#[test]
fn a_screen_of_80_columns_shows_it_all() {
    let expected = include_str!("expected/screen-80.txt");
    assert_eq!(shown(80, None), expected, "it is now:\n{}", shown(80, None));
}

#[test]
fn a_wide_screen_has_longer_bars() {
    let expected = include_str!("expected/screen-120.txt");
    assert_eq!(shown(120, None), expected, "it is now:\n{}", shown(120, None));
}

#[test]
fn a_small_screen_is_cut_and_says_so() {
    let expected = include_str!("expected/screen-40x12.txt");
    assert_eq!(shown(40, Some(12)), expected, "it is now:\n{}", shown(40, Some(12)));
}

#[test]
fn no_size_and_no_answer_breaks_it() {
    for width in 0..200 {
        shown(width, Some(width % 30));
    }
    for answer in ["{}", "{\"SOURCE.\":{}}", "{\"CHANNEL.c\":{\"ChannelFillPercentage\":-5}}", "{\"X\":{}}"] {
        let view = View::read(answer.as_bytes(), 0).unwrap();
        let looks = Looks { width: 80, height: Some(5), url: String::new(), complaint: None, footer: None };
        assert!(screen(None, &view, &looks).len() <= 5, "{answer}");
    }
    for answer in ["", "[]", "{\"SOURCE.r1\":5}", "<html>"] {
        assert!(View::read(answer.as_bytes(), 0).is_err(), "{answer}");
    }
}

#[test]
fn names_cannot_send_commands_to_the_terminal() {
    let view = View::read(b"{\"SOURCE.\\u001b[2J\":{\"State\":\"\\u0007\"}}", 0).unwrap();
    let looks = Looks { width: 80, height: None, url: String::new(), complaint: None, footer: None };
    let text: String = screen(None, &view, &looks).iter().map(|line| line.text(false)).collect();
    assert!(!text.contains(|c: char| c.is_control()), "{text:?}");
}

#[test]
fn colours_end_where_they_begin() {
    let view = View::read(&answer(1), 0).unwrap();
    let looks = Looks { width: 80, height: None, url: String::new(), complaint: None, footer: None };
    for line in screen(None, &view, &looks) {
        let text = line.text(true);
        assert_eq!(text.matches("\x1b[").count(), 2 * text.matches("\x1b[0m").count(), "{text:?}");
    }
}
