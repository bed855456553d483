use super::*;

const HEADER: &str = "Time Stamp,Time Zone,Fuel Category,Gen MW\r\n";

/// The rows of an interval, all with an end.
fn interval(minute: u8) -> String {
    let row = |fuel: &Fuel| format!("04/01/2016 00:{minute:02}:00,EDT,{},12.0\r\n", fuel.name());
    Fuel::PUBLISHED.iter().map(row).collect()
}

fn first_lines(text: &str, count: usize) -> String {
    text.split_inclusive('\n').take(count).collect()
}

/// What each version of a file brings: the first row's number and the text, or what is wrong.
struct Watched(DayFile);

impl Watched {
    fn new() -> Self {
        Self(DayFile::new("f"))
    }

    fn sees(&mut self, file: &str) -> Result<Option<(u64, String)>, String> {
        let rows =
            self.0.take(&Bytes::copy_from_slice(file.as_bytes())).map_err(|error| error.to_string())?;
        Ok(rows.as_ref().map(shown))
    }
}

fn shown(rows: &Rows) -> (u64, String) {
    (rows.first_row, String::from_utf8(rows.bytes.to_vec()).unwrap())
}

#[expect(clippy::unnecessary_wraps, reason = "it stands beside what `sees` gives")]
fn new(first_row: u64, text: impl Into<String>) -> Result<Option<(u64, String)>, String> {
    Ok(Some((first_row, text.into())))
}

#[test]
fn each_interval_is_handed_over_once_when_it_has_its_seven_fuels() {
    let mut file = Watched::new();
    assert_eq!(file.sees(""), Ok(None));
    assert_eq!(file.sees("Time Stamp,Ti"), Ok(None));
    assert_eq!(file.sees(HEADER), Ok(None));
    let one = format!("{HEADER}{}", interval(5));
    for count in 1..8 {
        assert_eq!(file.sees(&first_lines(&one, count)), Ok(None), "{count}");
    }
    assert_eq!(file.sees(&one), new(1, &one));
    assert_eq!(file.sees(&one), Ok(None));
    let three = format!("{one}{}{}", interval(10), interval(15));
    assert_eq!(file.sees(&three), new(9, interval(10) + &interval(15)));
    assert_eq!(file.0.last().unwrap().to_string(), "04/01/2016 00:15:00");
}

#[test]
fn the_last_row_of_a_file_has_no_end_and_a_half_one_waits() {
    let one = format!("{HEADER}{}", interval(5));
    let unended = one.trim_end();
    let mut file = Watched::new();
    for cut in 0..unended.len() {
        assert_eq!(file.sees(&unended[..cut]), Ok(None), "{cut}");
        // Also at the second look.
        assert_eq!(file.sees(&unended[..cut]), Ok(None), "{cut}");
    }
    assert_eq!(file.sees(unended), new(1, unended));
    // The end comes with the next interval, and is no row.
    assert_eq!(file.sees(&one), Ok(None));
    assert_eq!(file.sees(&format!("{one}{}", interval(10))), new(9, interval(10)));
}

#[test]
fn without_decimals_a_last_row_is_whole_at_the_second_look() {
    let one = format!("{HEADER}{}", interval(5)).replace("12.0", "12");
    let unended = one.trim_end();
    let mut file = Watched::new();
    assert_eq!(file.sees(&unended[..unended.len() - 1]), Ok(None));
    assert_eq!(file.sees(unended), Ok(None));
    assert_eq!(file.sees(unended), new(1, unended));
    assert_eq!(file.sees(unended), Ok(None));
}

#[test]
fn an_interval_that_stays_incomplete_comes_with_the_next_one_or_at_the_end() {
    let lacking: String = interval(5).split_inclusive('\n').filter(|row| !row.contains("Wind")).collect();
    let text = format!("{HEADER}{lacking}");
    let mut file = Watched::new();
    assert_eq!(file.sees(&text), Ok(None));
    let bad = "04/01/2016 00:05:00,EDT,Wind,-1.0\r\n";
    assert_eq!(file.sees(&format!("{text}{bad}")), Ok(None));
    let next = first_lines(&interval(10), 1);
    assert_eq!(file.sees(&format!("{text}{bad}{next}")), new(1, format!("{text}{bad}")));
    assert_eq!(file.0.finish().as_ref().map(shown), Some((9, next)));
    assert_eq!(file.0.finish(), None);
}

#[test]
fn an_eighth_fuel_goes_with_its_interval() {
    let text = format!("{HEADER}{}04/01/2016 00:05:00,EDT,Solar,3.0\r\n", interval(5));
    let mut file = Watched::new();
    assert_eq!(file.sees(&text), new(1, &text));
    assert_eq!(file.sees(&(text.clone() + &interval(10))), new(10, interval(10)));
}

#[test]
fn what_is_no_file_of_the_operators_is_refused_and_changes_nothing() {
    let one = format!("{HEADER}{}", interval(5));
    let mut file = Watched::new();
    assert_eq!(file.sees(&one), new(1, &one));
    let page = "it is a web page, not a file of the fuel mix";
    assert_eq!(file.sees("<html>503</html>"), Err(page.to_owned()));
    assert_eq!(file.sees("<html>\n503\n</html>\n"), Err(page.to_owned()));
    assert!(file.sees("Time Stamp,Name,PTID\n").unwrap_err().starts_with("its first row is"));
    assert_eq!(file.sees(&format!("{one}{}", interval(10))), new(9, interval(10)));
}

#[test]
fn a_file_that_became_shorter_gives_nothing_until_it_has_more_again() {
    let [one, two, three] = [5, 10, 15].map(interval);
    let mut file = Watched::new();
    let whole = format!("{HEADER}{one}{two}");
    assert_eq!(file.sees(&whole), new(1, &whole));
    assert_eq!(
        file.sees(&format!("{HEADER}{one}")),
        Err("it has 8 rows now, and had more before".to_owned())
    );
    assert_eq!(file.sees(""), Err("it has 0 rows now, and had more before".to_owned()));
    assert_eq!(file.sees(&whole), Ok(None));
    assert_eq!(file.sees(&format!("{whole}{three}")), new(16, three));
}

#[test]
fn a_file_that_was_written_anew_goes_on_after_the_last_interval() {
    let [one, two, three] = [5, 10, 15].map(interval);
    let mut file = Watched::new();
    let doubled = format!("{HEADER}{one}{one}{two}");
    assert_eq!(file.sees(&doubled), new(1, &doubled));
    // Fewer rows than were handed over, and yet a new interval.
    assert_eq!(file.sees(&format!("{HEADER}{one}{two}{three}")), new(16, &three));
    // More rows before, and no new one.
    assert_eq!(file.sees(&format!("{HEADER}{one}{one}{one}{two}{three}")), Ok(None));
}

#[test]
fn a_bad_row_at_the_end_is_handed_over_once() {
    let text = format!("{HEADER}{}nonsense\r\n", interval(5));
    let mut file = Watched::new();
    assert_eq!(file.sees(&text), new(1, &text));
    assert_eq!(file.sees(&text), Ok(None));
    assert_eq!(file.sees(&format!("{text}\r\n{}", interval(10))), new(10, format!("\r\n{}", interval(10))));
}
