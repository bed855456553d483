use super::*;
use crate::generator::SplitMix;

fn buckets(seconds: u64, zone: &str) -> Bucketing {
    Bucketing::new(Duration::from_secs(seconds), zone).unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn name(seconds: u64, zone: &str, text: &str) -> String {
    buckets(seconds, zone).name(at(text)).unwrap().to_string()
}

#[test]
fn an_order_just_before_the_half_minute_and_one_on_it_land_in_different_buckets() {
    assert_eq!(name(30, "UTC", "2014-09-28T12:00:29.999Z"), "20140928120000");
    assert_eq!(name(30, "UTC", "2014-09-28T12:00:30.000Z"), "20140928120030");
    assert_eq!(name(30, "UTC", "1969-12-31T23:59:59.999Z"), "19691231235930");
}

#[test]
fn every_bucket_starts_at_a_multiple_of_its_length_and_is_found_by_its_name() {
    for seed in 0..500 {
        println!("seed {seed}");
        let mut random = SplitMix::new(seed);
        let zone = ["UTC", "Asia/Seoul", "Asia/Kolkata", "Australia/Lord_Howe"]
            [usize::try_from(random.below(4)).unwrap()];
        let buckets = buckets([1, 10, 30, 60, 3600][usize::try_from(random.below(5)).unwrap()], zone);
        let now = Timestamp::from_millis(i64::try_from(random.below(4_000_000_000_000)).unwrap());
        let (start, end) = (buckets.start(now).unwrap(), buckets.end(now).unwrap());
        assert!(start <= now && now < end && end.since(start) == buckets.length());
        let name = buckets.name(now).unwrap();
        let found = buckets.parse(name).unwrap();
        // An hour that the clock shows twice has the same name twice.
        assert!(found == start || buckets.name(found).unwrap() == name, "{zone} {name}");
        let second: u64 =
            name.as_str()[12..].parse::<u64>().unwrap() + 60 * name.as_str()[10..12].parse::<u64>().unwrap();
        assert_eq!(second % buckets.length().as_secs(), 0);
    }
}

#[test]
fn the_hour_that_the_clock_shows_twice_shares_its_names() {
    let berlin = buckets(30, "Europe/Berlin");
    let (first, second) = (at("2024-10-27T00:30:00Z"), at("2024-10-27T01:30:00Z"));
    assert_eq!(berlin.name(first).unwrap(), berlin.name(second).unwrap());
    assert_eq!(berlin.parse(berlin.name(second).unwrap()).unwrap(), first);
    // 02:30 does not exist on the day when the clock goes forward.
    let skipped = berlin.parse("20240331023000".parse().unwrap()).unwrap();
    assert_eq!(berlin.name(skipped).unwrap().as_str(), "20240331033000");
}

#[test]
fn a_clock_that_is_set_by_half_an_hour_still_names_whole_hours() {
    // 02:00 becomes 01:30, and half a year later 02:00 becomes 02:30.
    assert_eq!(name(3600, "Australia/Lord_Howe", "2024-04-06T15:10:00Z"), "20240407010000");
    assert_eq!(name(3600, "Australia/Lord_Howe", "2024-10-05T15:40:00Z"), "20241006020000");
}

#[test]
fn the_last_buckets_end_with_now_and_are_oldest_first() {
    let names = buckets(30, "Asia/Seoul").last(3, at("2014-09-28T15:00:31Z")).unwrap();
    let names: Vec<_> = names.iter().map(BucketName::as_str).collect();
    assert_eq!(names, ["20140928235930", "20140929000000", "20140929000030"]);
    assert_eq!(buckets(30, "UTC").last(0, at("2014-09-28T15:00:31Z")).unwrap(), []);
}

#[test]
fn what_is_no_bucket_is_an_error_that_says_what_is_one() {
    let length = |millis| Bucketing::new(Duration::from_millis(millis), "UTC").unwrap_err().to_string();
    for millis in [0, 500, 30_500, 7_000, 7_200_000] {
        assert!(length(millis).ends_with("use a divisor of 3600 s, such as 10, 30 or 60"), "{millis}");
    }
    let zone = Bucketing::new(Duration::from_secs(30), "Asia/Soul").unwrap_err();
    assert_eq!(zone.to_string(), "unknown time zone \"Asia/Soul\": use a name such as UTC or Asia/Seoul");
    for name in ["", "2014092812000", "20141328120000", "2014092812000x", "２０１４"] {
        let error = name.parse::<BucketName>().unwrap_err();
        assert_eq!(error.to_string(), format!("{name:?} is no bucket: use yyyyMMddHHmmss"));
    }
    buckets(30, "UTC").parse("20140928120010".parse().unwrap()).unwrap_err();
    buckets(30, "UTC").name(Timestamp::MAX).unwrap_err();
}
