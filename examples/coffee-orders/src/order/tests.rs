use super::*;

fn reason(line: impl AsRef<[u8]>) -> String {
    Order::parse(line.as_ref()).expect_err("a reject").to_string()
}

fn order(cups: &str) -> String {
    format!(r#"{{"branch":"sunae","customerAgeGrade":"2030","paymentMethod":"Cash","orders":{cups}}}"#)
}

fn branch(branch: &str) -> String {
    format!(r#"{{"branch":{branch},"customerAgeGrade":"2030","paymentMethod":"Cash","orders":["x"]}}"#)
}

#[test]
fn a_line_is_read_with_or_without_newline_spaces_branch_and_unknown_fields() {
    let line = order(r#"["Espresso","Flat White"]"#);
    for line in [line.clone(), format!("{line}\n"), format!(" {line}\r\n")] {
        let order = Order::parse(line.as_bytes()).unwrap();
        assert_eq!(order.branch(), Some("sunae"));
        assert_eq!((order.age_grade(), order.payment()), ("2030", "Cash"));
        assert_eq!(order.cups().collect::<Vec<_>>(), ["Espresso", "Flat White"]);
    }
    let line =
        br#"{"id":[1,{"x":null}],"orders":["Espresso"],"paymentMethod":"Cash","customerAgeGrade":"0010"}"#;
    assert_eq!(Order::parse(line).unwrap().branch(), None);
    assert_eq!(Order::parse(branch("null").as_bytes()).unwrap().branch(), None);
}

#[test]
fn names_with_escapes_are_read_as_what_they_mean() {
    let line = order(r#"["Caf\u00e9","a\"b"]"#);
    let order = Order::parse(line.as_bytes()).unwrap();
    assert_eq!(order.cups().collect::<Vec<_>>(), ["Café", "a\"b"]);
}

#[test]
fn every_reject_says_what_is_wrong_and_where() {
    let cases = [
        ("", "the line is empty"),
        (" \n", "the line is empty"),
        ("{", "broken JSON at column 1: the line ends too early"),
        ("{\n", "broken JSON at column 2: the line ends too early"),
        ("{\"a\":1,}", "broken JSON at column 8: trailing comma"),
        ("nonsense", "broken JSON at column 2: expected ident"),
        ("{} {}", "broken JSON at column 4: trailing characters"),
        ("[1]", "the line is a list, not an object"),
        ("7", "the line is a number, not an object"),
        ("{}", "the field `customerAgeGrade` is missing"),
        (r#"{"customerAgeGrade":"2030","paymentMethod":"Cash"}"#, "the field `orders` is missing"),
        (
            r#"{"customerAgeGrade":20,"paymentMethod":"Cash"}"#,
            "the field `customerAgeGrade` is a number, not text",
        ),
        (r#"{"customerAgeGrade":"2030","orders":["x"]}"#, "the field `paymentMethod` is missing"),
    ];
    for (line, expected) in cases {
        assert_eq!(reason(line), expected, "{line}");
    }
    assert_eq!(reason(order("\"Espresso\"")), "the field `orders` is text, not a list");
    assert_eq!(reason(order("[\"x\",null]")), "cup 2 in the field `orders` is null, not text");
    assert_eq!(reason(order("[]")), "the order has no cups");
    assert_eq!(reason(order("[\"x\",\" \"]")), "a name in the field `orders` is empty");
    assert_eq!(
        reason(order("[\"x\"],\"orders\":[\"x\"]")),
        "a field is there twice: duplicate field `orders`"
    );
    assert_eq!(reason(b"{\"branch\":\"\xff\"}"), "byte 12 of the line is not UTF-8");
}

#[test]
fn a_branch_is_no_reserved_or_unprintable_name() {
    assert_eq!(reason(branch("true")), "the field `branch` is true or false, not text");
    assert_eq!(reason(branch("\"\"")), "a name in the field `branch` is empty");
    let all = "a branch must not be called `all`, the name of all branches together";
    assert_eq!(reason(branch("\"all\"")), all);
    let colon = "the name of the branch has the character ':', which is not allowed";
    assert_eq!(reason(branch("\"a:b\"")), colon);
    let control = "the name of the branch has the character '\\u{1}', which is not allowed";
    assert_eq!(reason(branch("\"a\\u0001\"")), control);
}

#[test]
fn what_is_as_long_as_allowed_is_read_and_one_more_is_rejected() {
    let cups = |n: usize| order(&format!("[{}]", vec!["\"x\""; n].join(",")));
    assert_eq!(Order::parse(cups(MAX_CUPS).as_bytes()).unwrap().cups().len(), MAX_CUPS);
    assert_eq!(reason(cups(MAX_CUPS + 1)), "the order has 1001 cups, more than the 1000 allowed");
    let name = |n: usize| order(&format!("[\"{}\"]", "n".repeat(n)));
    assert!(Order::parse(name(MAX_NAME_BYTES).as_bytes()).is_ok());
    assert_eq!(reason(name(65)), "a name in the field `orders` has 65 bytes, more than the 64 allowed");
    let line = order("[\"x\"]");
    let padded = |n: usize| line.clone() + &" ".repeat(n - line.len());
    assert!(Order::parse(padded(MAX_LINE_BYTES).as_bytes()).is_ok());
    let long = "the line has 65537 bytes, more than the 65536 allowed";
    assert_eq!(reason(padded(MAX_LINE_BYTES + 1)), long);
}

#[test]
fn what_is_nested_too_deep_is_rejected_and_harms_nobody() {
    let deep = "[".repeat(60_000);
    assert!(reason(&deep).starts_with("broken JSON at column"), "{}", reason(&deep));
    let inside = format!(r#"{{"x":{deep}"#);
    assert!(reason(&inside).starts_with("broken JSON at column"), "{}", reason(&inside));
}
