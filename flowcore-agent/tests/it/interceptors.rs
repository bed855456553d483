//! Every key of every interceptor, by what it does to events.

use flowcore::event::Event;
use flowcore::ingest::LocalHost;
use jiff::Timestamp;

use crate::embedded::through;

/// Keys that it shows, lines with `i.` for the interceptor, the event as headers and body, and what comes
/// out; nothing if the event is dropped.
pub(crate) type Row =
    (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str, &'static str);

#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    ("timestamp", "i.type = timestamp", &[("timestamp", "5")], "a", "{timestamp=NOW} a"),
    ("timestamp headerName", "i.type = timestamp\ni.headerName = at", &[], "a", "{at=NOW} a"),
    ("timestamp preserveExisting", "i.type = timestamp\ni.preserveExisting = true", &[("timestamp", "5")], "a", "{timestamp=5} a"),
    ("host useIP", "i.type = host\ni.useIP = false", &[("host", "x")], "a", "{host=NAME} a"),
    ("host hostHeader", "i.type = host\ni.useIP = FALSE\ni.hostHeader = from", &[], "a", "{from=NAME} a"),
    ("host preserveExisting", "i.type = host\ni.preserveExisting = true", &[("host", "x")], "a", "{host=x} a"),
    ("static", "i.type = static", &[], "a", "{key=value} a"),
    ("static key value", "i.type = static\ni.key = dc\ni.value = Seoul 1", &[("dc", "x")], "a", "{dc=x} a"),
    ("static preserveExisting", "i.type = static\ni.key = dc\ni.value = Seoul 1\ni.preserveExisting = false", &[("dc", "x")], "a", "{dc=Seoul 1} a"),
    ("remove_header withName", "i.type = remove_header\ni.withName = b", &[("a", "1"), ("b", "2")], "x", "{a=1} x"),
    ("remove_header fromList", "i.type = remove_header\ni.fromList = a , b", &[("a", "1"), ("b", "2"), ("c", "3")], "x", "{c=3} x"),
    ("remove_header fromListSeparator", "i.type = remove_header\ni.fromList = a;b\ni.fromListSeparator = ;", &[("a", "1"), ("b", "2"), ("c", "3")], "x", "{c=3} x"),
    ("remove_header matching", "i.type = remove_header\ni.matching = tmp_.*", &[("tmp_a", "1"), ("a_tmp_b", "2")], "x", "{a_tmp_b=2} x"),
    ("uuid", "i.type = org.apache.flume.sink.solr.morphline.UUIDInterceptor$Builder", &[], "x", "{id=UUID} x"),
    ("uuid headerName prefix", "i.type = uuid\ni.headerName = key\ni.prefix = web-", &[], "x", "{key=web-UUID} x"),
    ("uuid preserveExisting", "i.type = uuid\ni.preserveExisting = false", &[("id", "7")], "x", "{id=UUID} x"),
    ("search_replace searchPattern replaceString", "i.type = search_replace\ni.searchPattern = (\\\\d)(\\\\d)\ni.replaceString = $2$1", &[], "12 34", "{} 21 43"),
    ("search_replace replaceString", "i.type = search_replace\ni.searchPattern = \\\\s+", &[], "1 2", "{} 12"),
    ("search_replace charset", "i.type = search_replace\ni.searchPattern = ^..$\ni.replaceString = one\ni.charset = ISO-8859-1", &[], "\u{e9}", "{} one"),
    ("regex_filter regex", "i.type = regex_filter\ni.regex = b$", &[], "abc", ""),
    ("regex_filter", "i.type = regex_filter", &[], "abc", "{} abc"),
    ("regex_filter excludeEvents", "i.type = regex_filter\ni.regex = ^a\ni.excludeEvents = true", &[], "abc", ""),
    ("regex_extractor regex serializers", "i.type = regex_extractor\ni.regex = (\\\\w+) (\\\\w+)\ni.serializers = s1 s2\ni.serializers.s1.name = one\ni.serializers.s2.name = two", &[], "x y", "{one=x, two=y} x y"),
    ("regex_extractor serializers", "i.type = regex_extractor\ni.regex = (\\\\w+)\ni.serializers = s1\ni.serializers.s1.type = default\ni.serializers.s1.name = one", &[], "x", "{one=x} x"),
    ("regex_extractor serializers", "i.type = regex_extractor\ni.regex = ^(.{22})\ni.serializers = s1\ni.serializers.s1.name = timestamp\n\
      i.serializers.s1.type = org.apache.flume.interceptor.RegexExtractorInterceptorMillisSerializer\ni.serializers.s1.pattern = yyyy-MM-dd HH:mm Z", &[], "2024-02-29 00:00 +0000 x", "{timestamp=1709164800000} 2024-02-29 00:00 +0000 x"),
];

async fn intercepted(lines: &str, events: Vec<Event>) -> Vec<String> {
    let lines: String = lines
        .lines()
        .map(|line| match line.trim_start().strip_prefix("i.") {
            Some(rest) => format!("a1.sources.r1.interceptors.i.{rest}\n"),
            None => format!("{line}\n"),
        })
        .collect();
    through(&format!("a1.sources.r1.interceptors = i\n{lines}"), events).await.by("k1")
}

#[tokio::test]
async fn every_key_of_every_interceptor_does_what_it_says() {
    for (shows, lines, headers, body, expected) in ROWS {
        let event = Event::new(*body);
        let event = headers.iter().fold(event, |event, (name, value)| event.with_header(*name, *value));
        let out = intercepted(lines, vec![event]).await;
        let out: Vec<String> = out.iter().map(|event| general(event)).collect();
        assert_eq!(out.concat(), *expected, "{shows}: {lines}");
    }
}

/// What differs from run to run by a word.
fn general(event: &str) -> String {
    let mut out = event.to_owned();
    for word in event.split(|c: char| "{}=, ".contains(c)).filter(|word| !word.is_empty()) {
        let now = Timestamp::now().as_millisecond();
        let is_now = word.parse::<i64>().is_ok_and(|millis| (now - 600_000..=now).contains(&millis));
        let id = word.len().checked_sub(36).and_then(|at| word.get(at..)).filter(|id| is_uuid(id));
        if is_now {
            out = out.replace(word, "NOW");
        } else if let Some(id) = id {
            out = out.replace(id, "UUID");
        } else if LocalHost::look_up_now().name() == Some(word) {
            out = out.replace(word, "NAME");
        }
    }
    out
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

#[tokio::test]
async fn the_host_interceptor_gives_the_address_where_it_is_known() {
    let host = LocalHost::look_up_now();
    let expected = host.address().map_or("{} a".to_owned(), |address| format!("{{host={address}}} a"));
    assert_eq!(intercepted("i.type = host", vec![Event::new("a")]).await, [expected]);
}

#[tokio::test]
async fn a_body_that_is_not_text_and_a_date_that_is_none_go_on_as_they_are() {
    let replace = "i.type = search_replace\ni.searchPattern = a\ni.replaceString = b";
    assert_eq!(intercepted(replace, vec![Event::new([b'a', 0xff].to_vec())]).await, ["{} a\u{fffd}"]);
    let extract = "i.type = regex_extractor\ni.regex = ^(\\\\w+)\ni.serializers = s1\ni.serializers.s1.name = t\n\
                   i.serializers.s1.type = millis\ni.serializers.s1.pattern = yyyy";
    assert_eq!(intercepted(extract, vec![Event::new("never")]).await, ["{} never"]);
}
