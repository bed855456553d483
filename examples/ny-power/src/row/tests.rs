use super::*;

fn read(row: &str) -> Result<Row, RowError> {
    RowReader::default().read(row.as_bytes())
}

fn why(row: &str) -> String {
    read(row).unwrap_err().to_string()
}

#[test]
fn a_row_gives_stamp_fuel_and_output() {
    let row = read("04/01/2016 00:05:00,EDT,Other Fossil Fuels,1.0").unwrap();
    assert_eq!(row.stamp.at().to_string(), "2016-04-01T04:05:00Z");
    assert_eq!((row.fuel, row.mw), (Fuel::OtherFossilFuels, 1.0));
}

#[test]
fn quoted_fields_give_the_same_row() {
    let plain = read("04/01/2016 00:05:00,EDT,Wind,1431.0").unwrap();
    assert_eq!(read("\"04/01/2016 00:05:00\",\"EDT\",\"Wind\",\"1431.0\""), Ok(plain.clone()));
    assert_eq!(read("04/01/2016 00:05:00,EDT,\"Wind\",1431.0"), Ok(plain));
}

#[test]
fn an_unknown_fuel_is_kept_by_its_name() {
    let mut reader = RowReader::default();
    for round in 0..40 {
        let name = format!("Fuel {}", round % 20);
        let row = format!("04/01/2016 00:05:00,EDT,{name},12.0");
        assert_eq!(reader.read(row.as_bytes()).unwrap().fuel, Fuel::Unknown(name.into()));
    }
    assert_eq!(reader.names.len(), REMEMBERED);
}

#[test]
fn every_bad_row_is_refused_with_its_reason() {
    for (row, reason) in [
        ("", "the row has 1 fields, not 4"),
        ("04/01/2016 00:05:00,EDT,Hyd", "the row has 3 fields, not 4"),
        ("04/01/2016 00:05:00,EDT,Hydro,1.0,", "the row has 5 fields, not 4"),
        ("04/01/2016 00:05:00,EDT,Hydro,", "the output is missing"),
        ("04/01/2016 00:05:00,EDT,Hydro,-12.0", "the output -12.0 is negative"),
        ("04/01/2016 00:05:00,EDT,Hydro,NaN", "the output `NaN` is no number"),
        ("04/01/2016 00:05:00,CST,Hydro,1.0", "unknown zone `CST`: it is EST or EDT"),
        ("04/01/2016 25:05:00,EDT,Hydro,1.0", "`04/01/2016 25:05:00` is no stamp: it is MM/DD/YYYY HH:MM:SS"),
        (
            "03/13/2016 02:05:00,EST,Hydro,1.0",
            "03/13/2016 02:05:00 EST does not exist: at that instant New York has EDT",
        ),
        ("04/01/2016 00:05:00,EDT,,1.0", "`` cannot be a fuel category"),
        ("04/01/2016 00:05:00,EDT,#,1.0", "`#` cannot be a fuel category"),
        ("04/01/2016 00:05:00,EDT,a/b,1.0", "`a/b` cannot be a fuel category"),
        ("04/01/2016 00:05:00,EDT, Wind,1.0", "` Wind` cannot be a fuel category"),
        ("04/01/2016 00:05:00,EDT,\"Wind,1.0", &RowError::Quote.to_string()),
    ] {
        assert_eq!(why(row), reason);
    }
    assert_eq!(why(&"x".repeat(1025)), "the row is longer than 1024 bytes");
}

#[test]
fn a_row_is_read_the_same_whatever_was_before() {
    let rows = [
        "04/01/2016 00:05:00,EDT,Wind,1431.0",
        "04/01/2016 00:05:00,EDT,Wind,1431",
        "04/01/2016 00:05:00,EST,Wind,1431.0",
        "\"04/01/2016 00:05:00\",EDT,Wind,1.0",
        "\"04/01/2016 00:05\",EDT,Wind,1.0",
        "04/01/2016 00:05,EDT,Wind,1431.0",
        "04/01/2016 00:05:00,EDT,Solar,5.5",
        "01/01/2016 00:05:00,EST,Hydro,5.25",
        "01/01/2016 00:05:00,EST,Hydro,123456.0",
        "01/01/2016 00:05:00,EST,Hydro,-0.0",
        "04/01/2016 00:05:00,EDT,Wi",
    ];
    let mut reader = RowReader::default();
    for first in rows {
        for second in rows {
            assert_eq!(reader.read(first.as_bytes()), read(first), "{first}");
            assert_eq!(reader.read(second.as_bytes()), read(second), "{first} then {second}");
        }
    }
}
