//! `replay`: a file counted to its end, printed as one document.

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

use coffee_orders::generator::random_order;
use serde_json::{Value, json};

use super::program::{Form, Home, json_of};
use super::program_count::{AGE, CUPS, Counted, PAYMENT, assert_conserved};

/// Nine orders in the oldest format, without a branch.
const NINE: &str = r#"{"customerAgeGrade":"9999","paymentMethod":"Debit","orders":["Americano"]}
{"customerAgeGrade":"0010","paymentMethod":"Cash","orders":["Flat White","Flat White","Espresso"]}
{"customerAgeGrade":"3040","paymentMethod":"Cash","orders":["Cafe Breve"]}
{"customerAgeGrade":"3040","paymentMethod":"Credit","orders":["Caffe Latte","Espresso"]}
{"customerAgeGrade":"8090","paymentMethod":"Credit","orders":["Cappuccino","Cappuccino","Cappuccino","Cappuccino"]}
{"customerAgeGrade":"5060","paymentMethod":"Cash","orders":["Caffe Mocha"]}
{"customerAgeGrade":"6070","paymentMethod":"Debit","orders":["Espresso","Caffe Mocha"]}
{"customerAgeGrade":"7080","paymentMethod":"Cash","orders":["Americano"]}
{"customerAgeGrade":"3040","paymentMethod":"Cash","orders":["Espresso Macchiato","Espresso con Panna"]}
"#;

fn home() -> Home {
    Home::new(Form::Embedded)
}

fn replay(home: &Home, file: &Path, arguments: &[&str]) -> Output {
    let mut all = vec!["replay", file.to_str().unwrap(), "--json"];
    all.extend(arguments);
    home.output(&all)
}

fn written(home: &Home, bytes: impl AsRef<[u8]>) -> std::path::PathBuf {
    let file = home.outside("orders.txt");
    fs::write(&file, bytes).unwrap();
    file
}

#[test]
fn nine_orders_without_a_branch_are_counted_in_all_alone_in_the_bucket_of_one_instant() {
    let home = home();
    let document = json_of(&replay(&home, &written(&home, NINE), &[]));
    let entry = |dimension: &str, counts: Value| json!({"branch": "all", "bucket": "20140928120000", "dimension": dimension, "counts": counts});
    let expected = json!({
        "orders": 9,
        "cups": 17,
        "rejected": [],
        "buckets": [
            entry(AGE, json!({"0010": 1, "3040": 3, "5060": 1, "6070": 1, "7080": 1, "8090": 1, "9999": 1})),
            entry(PAYMENT, json!({"Cash": 5, "Credit": 2, "Debit": 2})),
            entry(CUPS, json!({
                "Americano": 2, "Cafe Breve": 1, "Caffe Latte": 1, "Caffe Mocha": 2, "Cappuccino": 4,
                "Espresso": 3, "Espresso Macchiato": 1, "Espresso con Panna": 1, "Flat White": 2,
            })),
        ],
    });
    assert_eq!(document, expected);
}

#[test]
fn the_nine_lines_of_the_tutorial_are_counted_as_its_readers_counted_them() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/coffee");
    if !data.exists() {
        println!("{} is not there: the nine lines of this file stand for them", data.display());
        return nine_orders_without_a_branch_are_counted_in_all_alone_in_the_bucket_of_one_instant();
    }
    let document = json_of(&replay(&home(), &data.join("sample_orders.jsonl"), &[]));
    let golden: Value = serde_json::from_slice(&fs::read(data.join("golden_counts.json")).unwrap()).unwrap();
    assert_eq!((&document["orders"], &document["cups"]), (&golden["orders"], &golden["cups"]));
    let buckets = document["buckets"].as_array().unwrap();
    assert_eq!(buckets.len(), 3);
    for bucket in buckets {
        let Value::Object(counts) = &golden[bucket["dimension"].as_str().unwrap()] else {
            panic!("{bucket}")
        };
        assert_eq!(bucket["counts"], json!(counts));
    }
}

#[test]
fn the_instant_the_zone_and_the_length_make_the_bucket() {
    let home = home();
    let file = written(&home, NINE);
    for (arguments, name) in [
        (vec!["--at", "2020-02-29T23:59:59.999Z"], "20200229235930"),
        (vec!["--at", "2020-02-29T23:59:59.999Z", "--zone", "Asia/Seoul"], "20200301085930"),
        (vec!["--at", "2020-03-01T09:00:00+09:00", "--bucket", "5m"], "20200301000000"),
        (
            vec!["--at", "2020-03-01T00:04:59Z", "--bucket", "5m", "--zone", "Asia/Kathmandu"],
            "20200301054500",
        ),
        (vec!["--bucket", "10s", "--at", "2020-03-01T00:00:10Z"], "20200301000010"),
    ] {
        let document = json_of(&replay(&home, &file, &arguments));
        for bucket in document["buckets"].as_array().unwrap() {
            assert_eq!(bucket["bucket"], name, "{arguments:?}");
        }
        assert_eq!(Counted::of_document(&document), Counted::of_file(NINE.as_bytes()));
    }
}

#[test]
fn every_run_prints_the_same_bytes() {
    let home = home();
    let mut text: String = (0..5_000).map(|n| random_order(3, n) + "\n").collect();
    text += "nonsense\n";
    let file = written(&home, &text);
    let first = replay(&home, &file, &[]).stdout;
    for _ in 0..4 {
        assert_eq!(replay(&home, &file, &[]).stdout, first);
    }
    let document: Value = serde_json::from_slice(&first).unwrap();
    assert_conserved(&document, 30);
    assert_eq!(Counted::of_document(&document), Counted::of_file(text.as_bytes()));
}

#[test]
fn bad_lines_are_rejected_with_their_number_and_reason_and_the_rest_is_counted() {
    const GOOD: &[u8] =
        br#"{"branch":"sunae","customerAgeGrade":"2030","paymentMethod":"Cash","orders":["Americano"]}"#;
    let long = [b"{\"customerAgeGrade\":\"".as_slice(), &vec![b'7'; 10 << 20], b"\"}"].concat();
    let lines: [(&[u8], &str); 12] = [
        (GOOD, ""),
        (br#"{"customerAgeGrade":"2030","paymentMethod":"Cash","orders":["Americano"]"#, "broken JSON"),
        (br#"{"customerAgeGrade":"2030","orders":["Americano"]}"#, "the field `paymentMethod` is missing"),
        (br#"{"customerAgeGrade":"2030","paymentMethod":"Cash","orders":[]}"#, "the order has no cups"),
        (GOOD, ""),
        (
            br#"{"customerAgeGrade":2030,"paymentMethod":"Cash","orders":["Mocha"]}"#,
            "`customerAgeGrade` is a number",
        ),
        (&long, "the line has 10485783 bytes, more than the 65536 allowed"),
        (b"{\"customerAgeGrade\":\"\xff\"}", "byte 22 of the line is not UTF-8"),
        (b"", "the line is empty"),
        (br"[1,2]", "the line is a list, not an object"),
        (br#"{"branch":"all","customerAgeGrade":"2030","paymentMethod":"Cash","orders":["Mocha"]}"#, "`all`"),
        (GOOD, ""),
    ];
    let home = home();
    // The last line has no newline, and is a line.
    let text = lines.map(|(line, _)| line).join(b"\n".as_slice());
    let document = json_of(&replay(&home, &written(&home, text), &[]));
    assert_conserved(&document, 30);
    assert_eq!((&document["orders"], &document["cups"]), (&json!(3), &json!(3)));
    let expected: Vec<_> = (1..).zip(lines).filter(|(_, (_, reason))| !reason.is_empty()).collect();
    let rejected = document["rejected"].as_array().unwrap();
    assert_eq!(rejected.len(), expected.len(), "{rejected:?}");
    for (entry, (number, (_, reason))) in rejected.iter().zip(expected) {
        assert_eq!(entry["line"], json!(number));
        assert!(entry["reason"].as_str().unwrap().contains(reason), "{entry}: {reason}");
    }
}

#[test]
fn a_file_of_nothing_is_a_document_of_nothing() {
    let home = home();
    let document = json_of(&replay(&home, &written(&home, ""), &[]));
    assert_eq!(document, json!({"orders": 0, "cups": 0, "rejected": [], "buckets": []}));
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_that_names_it() {
    let home = home();
    for (file, reason) in [
        ("nowhere.txt", "No such file or directory"),
        (".", "it is a folder"),
        ("/dev/null", "it is no ordinary file"),
    ] {
        let output = replay(&home, Path::new(file), &[]);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(errors.starts_with(&format!("error: cannot read {file}: {reason}")), "{errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert_eq!(output.stdout, b"");
    }
}

#[test]
fn a_file_of_200_000_orders_is_counted_in_little_memory() {
    let home = home();
    let text: String = (0..200_000).map(|n| random_order(4, n) + "\n").collect();
    let file = written(&home, &text);
    let mut command = home.command(&["replay", file.to_str().unwrap(), "--json"]);
    let mut child =
        command.stdout(fs::File::create(home.outside("out")).unwrap()).stderr(Stdio::null()).spawn().unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = peak.max(super::program::peak_memory(child.id()).unwrap_or(0));
        std::thread::yield_now();
    }
    let document: Value = serde_json::from_slice(&fs::read(home.outside("out")).unwrap()).unwrap();
    assert_eq!(Counted::of_document(&document), Counted::of_file(text.as_bytes()));
    println!("peak {peak} KB for a file of {} KB", text.len() / 1024);
    assert!(peak > 0 && peak < 64 * 1024, "{peak} KB");
}

#[test]
fn nothing_is_written_anywhere() {
    let home = home();
    let file = written(&home, NINE);
    json_of(&replay(&home, &file, &[]));
    let left: Vec<_> =
        fs::read_dir(file.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["orders.txt"]);
}
