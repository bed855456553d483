//! The subcommand `compute`, by the program itself.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::{day, real_month, zip_of};

fn compute(arguments: &[&str]) -> Output {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", env!("CARGO_BIN_EXE_ny-power"), "compute"]).args(arguments);
    command.env_clear().output().unwrap()
}

fn document(path: &Path) -> Value {
    let output = compute(&[path.to_str().unwrap(), "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn assert_near(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap();
    assert!((value - expected).abs() < 1e-6, "{value} is not {expected}");
}

const ROWS: &str = "Time Stamp,Time Zone,Fuel Category,Gen MWh\r\n\
    04/01/2016 00:05:00,EDT,Dual Fuel,2681.0\r\n\
    04/01/2016 00:05:00,EDT,Natural Gas,1638.0\r\n\
    04/01/2016 00:05:00,EDT,Nuclear,4383.0\r\n\
    04/01/2016 00:05:00,EDT,Other Fossil Fuels,1.0\r\n\
    04/01/2016 00:05:00,EDT,Other Renewables,262.0\r\n\
    04/01/2016 00:05:00,EDT,Wind,1431.0\r\n\
    04/01/2016 00:05:00,EDT,Hydro,2321.0";

#[test]
fn every_interval_and_a_summary_are_printed_as_one_document() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("20160401rtfuelmix.csv");
    fs::write(&path, format!("{ROWS}\r\n04/01/2016 00:10:00,CST,Wind,1.0\r\n")).unwrap();
    let mut document = document(&path);
    assert_near(&document["intervals"][0]["g_per_kwh"].take(), 164.561_580);
    assert_near(&document["intervals"][0]["co2_t_per_h"].take(), 2_092.729_611_5);
    for name in ["first", "last", "mean"] {
        assert_near(&document["summary"][name].take(), 164.561_580);
    }
    for name in ["min", "max"] {
        assert_near(&document["summary"][name]["value"].take(), 164.561_580);
    }
    let extreme = json!({"value": null, "local": "04/01/2016 00:05:00"});
    let expected = json!({
        "intervals": [{
            "at": "2016-04-01T04:05:00Z", "local": "04/01/2016 00:05:00", "zone": "EDT",
            "mw": {
                "Dual Fuel": 2681.0, "Natural Gas": 1638.0, "Nuclear": 4383.0, "Other Fossil Fuels": 1.0,
                "Other Renewables": 262.0, "Wind": 1431.0, "Hydro": 2321.0,
            },
            "total_mw": 12717.0, "co2_t_per_h": null, "g_per_kwh": null,
        }],
        "summary": {
            "intervals": 1, "rows": 8, "rejected_total": 1,
            "rejected": [{
                "file": "20160401rtfuelmix.csv", "row": 9,
                "reason": "unknown zone `CST`: it is EST or EDT",
            }],
            "first": null, "last": null, "min": extreme, "max": extreme, "mean": null,
        },
    });
    assert_eq!(document, expected);
}

#[test]
fn the_operators_month_is_computed_by_the_program() {
    let Some(path) = real_month() else { return };
    let document = document(&path);
    let summary = &document["summary"];
    assert_eq!((&summary["intervals"], &summary["rows"]), (&json!(8_719), &json!(61_033)));
    assert_eq!(summary["rejected"], json!([]));
    let intervals = document["intervals"].as_array().unwrap();
    assert_eq!(intervals.len(), 8_719);
    assert_near(&intervals[0]["g_per_kwh"], 164.561_580);
    assert_near(&intervals[289]["g_per_kwh"], 165.106_418);
    assert_eq!(intervals[289]["local"], "04/02/2016 00:00:00");
}

#[test]
fn a_generated_month_is_the_same_as_a_zip_and_as_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let days: Vec<_> = day("2016-03-01", 3).following(31).collect();
    let members: Vec<_> = days.iter().map(|day| (day.file_name(), day.bytes())).collect();
    let zip = folder.path().join("month.zip");
    fs::write(&zip, zip_of(&members)).unwrap();
    let month = folder.path().join("month");
    fs::create_dir(&month).unwrap();
    for (name, bytes) in &members {
        fs::write(month.join(name), bytes).unwrap();
    }
    let printed = document(&zip);
    assert_eq!(document(&month), printed);
    let stamps = days.iter().flat_map(|day| day.stamps()).map(|stamp| json!(stamp.at()));
    let found = printed["intervals"].as_array().unwrap().iter().map(|interval| interval["at"].clone());
    assert_eq!(found.collect::<Vec<_>>(), stamps.collect::<Vec<_>>());
}

#[test]
fn people_read_a_summary() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("20160401rtfuelmix.csv");
    fs::write(&path, ROWS).unwrap();
    let output = compute(&[path.to_str().unwrap()]);
    assert!(output.status.success());
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "1 intervals in 7 rows\n\
         mean   164.562 g CO2 / kWh\n\
         least  164.562 g CO2 / kWh at 04/01/2016 00:05:00 EDT\n\
         most   164.562 g CO2 / kWh at 04/01/2016 00:05:00 EDT\n"
    );
}

#[test]
fn input_that_gives_nothing_is_an_error_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.csv");
    fs::write(&path, "<html></html>").unwrap();
    let fails = |path: &Path| {
        let output = compute(&[path.to_str().unwrap(), "--json"]);
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let why = "error: there is nothing to compute: page.csv: it is a web page, not a file of the fuel mix\n";
    assert_eq!(fails(&path), why);
    let missing = folder.path().join("missing.csv");
    let why = format!("error: cannot read {}: No such file or directory (os error 2)\n", missing.display());
    assert_eq!(fails(&missing), why);
}
