use super::*;
use crate::event::Event;
use crate::ingest::calendar::instant_of;
use crate::ingest::calendar::{CivilTime, FixedOffset};

/// Saturday.
const MARCH_9: i64 = 1_709_968_263_004;

fn render(template: &PathTemplate, millis: i64) -> String {
    let event = Event::new("").with_header("timestamp", millis.to_string()).with_header("a.b-c", "x");
    let mut out = String::new();
    template.render(&event.headers, Timestamp::from_millis(1), &mut out).unwrap();
    out
}

fn new(path: &str) -> PathTemplate {
    PathTemplate::new(path).unwrap()
}

#[test]
fn each_escape_stands_for_what_is_said() {
    let cases = [
        ("%t|%s", "1709968263004|1709968263"),
        ("%a|%A|%b|%B", "Sat|Saturday|Mar|March"),
        ("%c", "Sat Mar 9 07:11:03 2024"),
        ("%d|%e|%D", "09|9|03/09/24"),
        ("%H|%k|%I|%l|%p", "07|7|07|7|AM"),
        ("%j|%m|%n|%M|%S", "069|03|3|11|03"),
        ("%y|%Y|%z", "24|2024|+0000"),
        ("%%|%Q|%_|%1|%", "%||||%"),
        ("%{a.b-c}%{absent}|%{a b}|%{}|%-", "x|%{a b}|%{}|%-"),
        ("%é%[no host", "%é%[no host"),
    ];
    for (path, expected) in cases {
        assert_eq!(render(&new(path), MARCH_9), expected, "{path}");
    }
}

#[test]
fn noon_and_midnight_are_twelve() {
    let hours = |hour: i64| render(&new("%H %I %l %p"), hour * 3_600_000);
    assert_eq!([hours(0), hours(12), hours(13)], ["00 12 12 AM", "12 12 12 PM", "13 01 1 PM"]);
}

#[test]
fn a_zone_shifts_the_day_and_shows_its_offset() {
    let zone = |offset| new("%d %H%M %z").zone(Arc::new(FixedOffset(offset)));
    assert_eq!(render(&zone(-9 * 3_600 - 1_800), MARCH_9), "08 2141 -0930");
    assert_eq!(render(&zone(5 * 3_600 + 2_700), MARCH_9), "09 1256 +0545");
}

#[test]
fn times_are_rounded_down_but_for_the_milliseconds_of_the_header() {
    let round = |value, unit| {
        let path = new("%H:%M:%S %s %t").round_down(value, unit).unwrap();
        render(&path, 1_709_996_399_999)
    };
    assert_eq!(round(10, RoundUnit::Second), "14:59:50 1709996390 1709996399999");
    assert_eq!(round(60, RoundUnit::Second), "14:59:00 1709996340 1709996399999");
    assert_eq!(round(25, RoundUnit::Minute), "14:50:00 1709995800 1709996399999");
    assert_eq!(round(1, RoundUnit::Hour), "14:00:00 1709992800 1709996399999");
    assert_eq!(round(6, RoundUnit::Hour), "12:00:00 1709985600 1709996399999");
    assert_eq!(round(24, RoundUnit::Hour), "00:00:00 1709942400 1709996399999");
}

#[test]
fn what_cannot_be_rounded_to_is_refused() {
    for (value, unit) in [(0, RoundUnit::Second), (61, RoundUnit::Minute), (25, RoundUnit::Hour)] {
        let error = new("%H").round_down(value, unit).unwrap_err();
        assert_eq!(error, PathTemplateError::RoundValue { value, unit, most: unit.most() });
    }
}

/// An hour ahead from 1970-01-02 12:00 to 1970-01-03 12:00, UTC otherwise.
struct OneSummerDay;

impl TimeZone for OneSummerDay {
    fn offset(&self, instant: Timestamp) -> i32 {
        if (129_600_000..216_000_000).contains(&instant.as_millis()) { 3_600 } else { 0 }
    }
}

#[test]
fn hours_are_rounded_as_clocks_show_them_around_a_change() {
    let path = new("%d %H:%M").zone(Arc::new(OneSummerDay));
    let at = |path: &PathTemplate, minutes: i64| render(path, minutes * 60_000);
    let noon = 36 * 60;
    assert_eq!(at(&path, noon), "02 13:00");
    let by_6 = path.clone().round_down(6, RoundUnit::Hour).unwrap();
    assert_eq!(at(&by_6, noon + 30), "02 13:00", "12:00 was skipped");
    assert_eq!(at(&by_6, noon - 30), "02 06:00");
    let by_1 = path.round_down(1, RoundUnit::Hour).unwrap();
    let second_noon = noon + 24 * 60;
    assert_eq!(at(&by_1, second_noon - 1), "03 12:00");
    assert_eq!(at(&by_1, second_noon + 59), "03 12:00", "shown twice");
    let epoch = CivilTime::at(Timestamp::from_millis(0), 0);
    let skipped = CivilTime { day: 2, hour: 12, minute: 30, ..epoch };
    assert_eq!(instant_of(&skipped, &OneSummerDay), None);
}

#[test]
fn an_event_without_a_time_fails_or_has_that_of_now_or_no_path() {
    let now = Timestamp::from_millis(MARCH_9);
    let render = |path: &PathTemplate, event: &Event| {
        let mut out = String::new();
        path.render(&event.headers, now, &mut out).map(|rendered| (rendered, out))
    };
    let (path, event) = (new("%Y/%t"), Event::new(""));
    assert_eq!(render(&path, &event), Err(EscapeError::NoTimestamp));
    let drop = path.clone().timestamp_missing(MissingTimestamp::Drop);
    assert_eq!(render(&drop, &event).unwrap().0, Rendered::Dropped);
    let now_path = path.clone().timestamp_missing(MissingTimestamp::Now);
    assert_eq!(render(&now_path, &event).unwrap().1, format!("2024/{MARCH_9}"));
    let wrong = event.clone().with_header("timestamp", "soon");
    assert_eq!(render(&now_path, &wrong), Err(EscapeError::WrongTimestamp { value: "soon".into() }));
    let local = path.use_local_timestamp(true);
    assert_eq!(render(&local, &wrong).unwrap().1, format!("2024/{MARCH_9}"));
    assert!(!local.needs_timestamp());
    assert_eq!(render(&new("%%%{x}"), &event).unwrap().1, "%", "no time is needed");
}

#[test]
fn this_machine_is_named_in_any_case_and_nothing_else_is() {
    let path = new("%[localhost]/%[ip]/%[FqDn]");
    assert!(path.needs_host() && !path.needs_timestamp());
    assert_eq!(render(&path, 0), "//", "not known");
    let path = path.host(LocalHost::new(Some("192.0.2.7"), Some("web1")));
    assert_eq!(render(&path, 0), "web1/192.0.2.7/web1");
    let error = PathTemplate::new("é/%[host]").unwrap_err();
    let text = "é/%[host]: %[host] at character 3 is none of %[localhost], %[IP] and %[FQDN]";
    assert_eq!(error.to_string(), text);
}

#[test]
fn no_time_makes_it_panic() {
    let path = new("%c %j %z %s %D").round_down(7, RoundUnit::Hour).unwrap();
    for millis in [i64::MIN, i64::MIN + 1, -1, i64::MAX] {
        assert!(!render(&path, millis).is_empty());
    }
}
