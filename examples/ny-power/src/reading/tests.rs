use super::*;

const HEADER: &str = "Time Stamp,Time Zone,Fuel Category,Gen MW\r\n";

/// The seven rows of an interval.
fn rows(local: &str, zone: &str) -> String {
    Fuel::PUBLISHED.map(|fuel| format!("{local},{zone},{fuel},100.0\r\n")).concat()
}

/// What is said of these files.
fn read_files(files: &[(&str, &str)], ending: Ending, size: usize) -> Vec<String> {
    let (mut reader, mut said) = (Reader::default(), Vec::new());
    let mut out = |reading| said.push(show(reading));
    for (name, text) in files {
        reader.begin(name);
        for piece in text.as_bytes().chunks(size) {
            reader.feed(piece, &mut out);
        }
        reader.end(ending, &mut out);
    }
    said
}

fn show(reading: Reading) -> String {
    match reading {
        Reading::Interval(interval) => {
            format!("{} {} x{}", interval.stamp(), interval.stamp().zone(), interval.mw().len())
        }
        Reading::Refused(refusal) => refusal.to_string(),
        Reading::UnknownFuel(fuel) => format!("unknown {fuel}"),
    }
}

fn read(text: &str) -> Vec<String> {
    let said = read_files(&[("f", text)], Ending::Final, usize::MAX);
    for size in [1, 2, 3, 50, 333] {
        assert_eq!(read_files(&[("f", text)], Ending::Final, size), said, "in pieces of {size}");
    }
    said
}

fn growing(text: &str) -> Vec<String> {
    read_files(&[("f", text)], Ending::Growing, usize::MAX)
}

#[test]
fn rows_of_one_instant_are_an_interval_and_the_zone_tells_instants_apart() {
    let text = [
        HEADER,
        &rows("11/02/2025 01:00:00", "EDT"),
        &rows("11/02/2025 01:00:02", "EDT"),
        &rows("11/02/2025 01:00:00", "EST"),
    ];
    let expected = ["11/02/2025 01:00:00 EDT x7", "11/02/2025 01:00:02 EDT x7", "11/02/2025 01:00:00 EST x7"];
    assert_eq!(read(&text.concat()), expected);
}

#[test]
fn blank_lines_and_a_missing_final_newline_change_nothing() {
    let text = HEADER.to_owned() + "\r\n" + &rows("04/01/2016 00:05:00", "EDT") + "\n";
    assert_eq!(read(&text), ["04/01/2016 00:05:00 EDT x7"]);
    assert_eq!(read(text.trim_end()), ["04/01/2016 00:05:00 EDT x7"]);
}

#[test]
fn a_bad_row_is_refused_with_its_number_and_its_interval_with_the_first() {
    let good = rows("04/01/2016 00:05:00", "EDT");
    let bad = rows("04/01/2016 00:10:00", "EDT").replace("Wind,100.0", "Wind,x");
    let text = [HEADER, &good, &bad, &good.replace("00:05", "00:15")].concat();
    assert_eq!(
        read(&text),
        [
            "04/01/2016 00:05:00 EDT x7",
            "f, row 14: the output `x` is no number",
            "f, row 9: the interval 04/01/2016 00:10:00 EDT is without Wind: its 6 rows are left out",
            "04/01/2016 00:15:00 EDT x7",
        ]
    );
}

#[test]
fn a_second_row_of_one_fuel_is_refused_and_the_first_counts() {
    let text = HEADER.to_owned() + &rows("04/01/2016 00:05:00", "EDT");
    let text = text + "04/01/2016 00:05:00,EDT,Wind,5.0\r\n04/01/2016 00:05:00,EDT,Dual Fuel,100.0\r\n";
    assert_eq!(
        read(&text),
        [
            "f, row 9: Wind is in this interval already: the first row counts",
            "f, row 10: Dual Fuel is in this interval already: the first row counts",
            "04/01/2016 00:05:00 EDT x7",
        ]
    );
}

#[test]
fn fuels_in_another_order_are_an_interval_all_the_same() {
    let rows = rows("04/01/2016 00:05:00", "EDT");
    let reversed: String = rows.lines().rev().map(|row| row.to_owned() + "\r\n").collect();
    assert_eq!(read(&(HEADER.to_owned() + &reversed)), ["04/01/2016 00:05:00 EDT x7"]);
}

#[test]
fn an_interval_that_is_not_later_than_the_one_before_is_refused() {
    let [first, second] = ["04/01/2016 00:05:00", "04/01/2016 00:10:00"].map(|local| rows(local, "EDT"));
    let text = [HEADER, &second, &first, &second, &second.replace("00:10", "00:15")].concat();
    assert_eq!(
        read(&text),
        [
            "04/01/2016 00:10:00 EDT x7",
            "f, row 9: the interval 04/01/2016 00:05:00 EDT comes after 04/01/2016 00:10:00 EDT",
            "f, row 16: the interval 04/01/2016 00:10:00 EDT was there before",
            "04/01/2016 00:15:00 EDT x7",
        ]
    );
}

#[test]
fn an_incomplete_interval_far_ahead_does_not_hold_up_those_after_it() {
    let stray = "04/01/2099 00:05:00,EDT,Wind,5.0\r\n";
    let text = [HEADER, stray, &rows("04/01/2016 00:05:00", "EDT")].concat();
    let said = read(&text);
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(said[1], "04/01/2016 00:05:00 EDT x7");
}

#[test]
fn an_unknown_fuel_is_said_once_and_kept_and_the_seventeenth_is_refused() {
    let interval = |minute: u64| {
        let local = format!("04/01/2016 00:{minute:02}:00");
        rows(&local, "EDT") + &format!("{local},EDT,Fuel {},1.0\r\n", minute.max(1))
    };
    let text: Vec<String> = (0..18).map(interval).collect();
    let said = read(&(HEADER.to_owned() + &text.concat()));
    assert_eq!(said[..3], ["unknown Fuel 1", "04/01/2016 00:00:00 EDT x8", "04/01/2016 00:01:00 EDT x8"]);
    let refused = "f, row 138: Fuel 17 is not taken: there were 16 unknown fuels already";
    assert_eq!(said[said.len() - 2..], [refused, "04/01/2016 00:17:00 EDT x7"]);
}

#[test]
fn a_web_page_an_empty_file_and_other_columns_are_refused_as_a_whole() {
    let page = "<!DOCTYPE html>\n<html><body>\n<p>Not, found, at, all</p>\n</body></html>";
    assert_eq!(read(page), ["f: it is a web page, not a file of the fuel mix"]);
    assert_eq!(read(""), ["f: it is empty"]);
    let columns = "Time Stamp,Time Zone,Name,Load\r\n04/01/2016 00:05:00,EDT,Wind,1.0\r\n";
    let why = "not Time Stamp,Time Zone,Fuel Category,Gen MW";
    assert_eq!(read(columns), [format!("f: its first row is `Time Stamp,Time Zone,Name,Load`, {why}")]);
    assert_eq!(read(&"x".repeat(5000)), [format!("f: its first row is `a row that is too long`, {why}")]);
}

#[test]
fn a_file_that_is_refused_does_not_spoil_the_next() {
    let good = HEADER.to_owned() + &rows("04/01/2016 00:05:00", "EDT");
    let said = read_files(&[("a", "<html>"), ("b", &good)], Ending::Final, 10);
    assert_eq!(said, ["a: it is a web page, not a file of the fuel mix", "04/01/2016 00:05:00 EDT x7"]);
}

#[test]
fn an_input_that_ends_in_a_row_refuses_the_half() {
    let text = HEADER.to_owned() + &rows("04/01/2016 00:05:00", "EDT");
    let text = text.trim_end();
    let refused = "is without Hydro: its 6 rows are left out";
    for cut in 1..=text.len() - text.rfind("\r\n").unwrap() - 3 {
        let said = read(&text[..text.len() - cut]);
        let [row, interval] = &said[..] else { panic!("{cut}: {said:?}") };
        assert!(row.starts_with("f, row 8: "), "{cut}: {row}");
        assert!(interval.starts_with("f, row 2: ") && interval.ends_with(refused), "{cut}: {interval}");
    }
    let half = "f, row 8: the input ends in `04/01/2016 00:05:00,EDT,Hydro,1`, \
        without the decimal point of the rows before: half a row";
    assert_eq!(read(&text[..text.len() - 4])[0], half);
}

#[test]
fn whole_numbers_all_through_are_no_halves() {
    let text = HEADER.to_owned() + &rows("04/01/2016 00:05", "EDT").replace(".0", "");
    assert_eq!(read(text.trim_end()), ["04/01/2016 00:05:00 EDT x7"]);
}

#[test]
fn a_file_that_grows_says_nothing_of_what_is_not_whole_yet() {
    let [first, second] = ["04/01/2016 00:05:00", "04/01/2016 00:10:00"].map(|local| rows(local, "EDT"));
    let text = [HEADER, &first, &second].concat();
    let text = text.trim_end();
    for cut in 0..text.len() {
        let said = growing(&text[..cut]);
        let whole = text[..cut].matches("Hydro,100.").count();
        // The point is there, its digit is not: it is half a number.
        let whole = whole - usize::from(text[..cut].ends_with("Hydro,100."));
        let expected = ["04/01/2016 00:05:00 EDT x7", "04/01/2016 00:10:00 EDT x7"];
        assert_eq!(said, expected[..whole], "{cut}");
    }
}

#[test]
fn intervals_that_are_known_are_left_out_without_a_word() {
    let text: String =
        ["00:05", "00:10", "00:15"].map(|time| rows(&format!("04/01/2016 {time}:00"), "EDT")).concat();
    let text = HEADER.to_owned() + &text.replacen("Wind,100.0", "Vind,100.0", 1);
    let known = crate::stamp::StampReader::default().read(b"04/01/2016 00:10:00", b"EDT").unwrap();
    let (mut reader, mut said) = (Reader::after(known), Vec::new());
    let mut out = |reading| said.push(show(reading));
    reader.begin("f");
    reader.feed(text.as_bytes(), &mut out);
    reader.end(Ending::Final, &mut out);
    assert_eq!(said, ["04/01/2016 00:15:00 EDT x7"]);
    assert_eq!(reader.counts(), Counts { intervals: 1, rows: 21, refused: 0, known: 2 });
}

#[test]
fn a_file_that_fails_in_the_middle_hands_over_what_is_whole() {
    let text = HEADER.to_owned() + &rows("04/01/2016 00:05:00", "EDT") + "04/01/2016 00:10";
    let (mut reader, mut said) = (Reader::default(), Vec::new());
    let mut out = |reading| said.push(show(reading));
    reader.begin("f");
    reader.feed(text.as_bytes(), &mut out);
    reader.fail("it cannot be unpacked", &mut out);
    reader.feed(rows("04/01/2016 00:15:00", "EDT").as_bytes(), &mut out);
    reader.end(Ending::Final, &mut out);
    assert_eq!(said, ["04/01/2016 00:05:00 EDT x7", "f: it cannot be unpacked"]);
}
