use std::fmt;

use flowcore::event::{Event, Headers};
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::handler::{Posted, Rejection};
use super::relaxed;
use super::unicode::Unicode;

/// The most headers of one event.
const MOST_HEADERS: usize = 1000;

/// The events of a list. Nothing is held that is not an event's own.
pub(super) fn events(posted: &Posted<'_>, max_events: usize) -> Result<Vec<Event>, Rejection> {
    let unicode = Unicode::of(posted.content_type).ok_or(Rejection::Charset)?;
    let text = unicode.decode(&posted.body).ok_or(Rejection::Json)?;
    if text.trim().is_empty() {
        return Err(Rejection::Empty);
    }
    parse(&text, unicode, max_events).or_else(|refused| match refused {
        Rejection::Json | Rejection::Shape(_) => {
            let strict = relaxed::strict(&text).filter(|strict| *strict != *text).ok_or(refused)?;
            parse(&strict, unicode, max_events)
        }
        refused => Err(refused),
    })
}

fn parse(text: &str, unicode: Unicode, max_events: usize) -> Result<Vec<Event>, Rejection> {
    let mut list = List { unicode, max_events, too_many: false };
    let mut json = serde_json::Deserializer::from_str(text);
    let parsed = list.deserialize(&mut json).and_then(|events| json.end().map(|()| events));
    match parsed {
        Ok(events) => Ok(events),
        Err(_) if list.too_many => Err(Rejection::TooMany(max_events)),
        Err(error) if error.is_data() => Err(Rejection::Shape(error.to_string())),
        Err(_) => Err(Rejection::Json),
    }
}

struct List {
    unicode: Unicode,
    max_events: usize,
    too_many: bool,
}

impl<'de> DeserializeSeed<'de> for &mut List {
    type Value = Vec<Event>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Vec<Event>, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for &mut List {
    type Value = Vec<Event>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Event>, A::Error> {
        let mut events = Vec::new();
        while let Some(Posting { headers, body }) = list.next_element()? {
            if events.len() == self.max_events {
                self.too_many = true;
                return Err(A::Error::custom("too many events"));
            }
            events.push(Event { headers, body: self.unicode.encode(body).into() });
        }
        Ok(events)
    }
}

/// One event. Other members are passed over.
#[derive(Default)]
struct Posting {
    headers: Headers,
    body: String,
}

impl<'de> Deserialize<'de> for Posting {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(Members)
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Member {
    Headers,
    Body,
    #[serde(other)]
    Other,
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Posting;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"an event, as {"headers": {"a": "b"}, "body": "text"}"#)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Posting, A::Error> {
        let mut posting = Posting::default();
        while let Some(name) = members.next_key()? {
            match name {
                Member::Headers => posting.headers = members.next_value_seed(HeaderMap)?,
                Member::Body => posting.body = members.next_value_seed(BodyText)?,
                Member::Other => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(posting)
    }
}

/// Numbers and truth values count as the text that they are written as, and `null` as none.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Number(serde_json::Number),
    Flag(bool),
    Null,
}

impl Scalar {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::Null => String::new(),
        }
    }
}

struct BodyText;

impl<'de> DeserializeSeed<'de> for BodyText {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<String, D::Error> {
        let scalar = Scalar::deserialize(json).map_err(|_| D::Error::custom("a body is no text"))?;
        Ok(scalar.into_text())
    }
}

struct HeaderMap;

impl<'de> DeserializeSeed<'de> for HeaderMap {
    type Value = Headers;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Headers, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for HeaderMap {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("headers with texts as values")
    }

    fn visit_unit<E: Error>(self) -> Result<Headers, E> {
        Ok(Headers::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
        let mut headers = Headers::default();
        while let Some(name) = map.next_key::<String>()? {
            if headers.len() == MOST_HEADERS {
                return Err(A::Error::custom("an event has too many headers"));
            }
            let value = map.next_value::<Scalar>().map_err(|_| A::Error::custom("a header is no text"))?;
            headers.insert(name, value.into_text());
        }
        Ok(headers)
    }
}

#[cfg(test)]
mod tests {
    use flowcore_testkit::Random;

    use super::*;

    fn read(body: &[u8], content_type: Option<&str>) -> Result<Vec<Event>, Rejection> {
        events(&Posted { query: "", content_type, body: body.to_vec().into() }, 3)
    }

    #[test]
    fn a_list_of_events_is_read_with_what_is_missing() {
        let text =
            r#"[{"headers":{"a":"1","b\n\"":"ü\u0041","n":7},"body":"x\ty"},{},{"body":null,"other":[]}]"#;
        let events = read(text.as_bytes(), None).unwrap();
        let headers: Vec<_> = events[0].headers.iter().collect();
        assert_eq!(headers, [("a", "1"), ("b\n\"", "üA"), ("n", "7")]);
        assert_eq!(events[0].body, "x\ty");
        assert_eq!(events[1..], [Event::default(), Event::default()]);
        assert_eq!(read(b"[]", None), Ok(Vec::new()));
    }

    #[test]
    fn what_flume_takes_for_json_is_taken() {
        let bodies = |text: &str| {
            let events = read(text.as_bytes(), None).unwrap();
            events.into_iter().map(|event| event.body).collect::<Vec<_>>()
        };
        assert_eq!(bodies("[{\"body\":\"two\nlines\"},{'body':'x'}]"), ["two\nlines", "x"]);
        assert_eq!(bodies("[{headers:{},body:bare}] // why not"), ["bare"]);
        assert_eq!(bodies(r#"[{"body":"cut \ud83d"}]"#), ["cut ?"]);
    }

    #[test]
    fn bodies_are_in_the_charset_of_the_request() {
        let kind = "application/json; charset=utf-16le";
        let unicode = Unicode::of(Some(kind)).unwrap();
        let body = unicode.encode(r#"[{"headers":{"a":"é"},"body":"é"}]"#.to_owned());
        let events = read(&body, Some(kind)).unwrap();
        assert_eq!((&events[0].body[..], events[0].headers.get("a")), (&[0xE9, 0][..], Some("é")));
        assert_eq!(read(b"[]", Some("x; charset=latin1")), Err(Rejection::Charset));
    }

    #[test]
    fn what_is_no_list_of_events_is_refused_with_its_reason() {
        for text in ["[", "[{]", "[] x", "[{}; {}"] {
            assert_eq!(read(text.as_bytes(), None), Err(Rejection::Json), "{text}");
        }
        for text in [
            "{}",
            "7",
            "x",
            "[1]",
            "[{\"body\":\"\\x\"}]",
            "[null]",
            "[[{},\"x\"]]",
            "[[{\"body\":\"nested\"}]]",
            "[{\"headers\":[]}]",
            "[{\"headers\":{\"a\":{}}}]",
            "[{\"body\":[]}]",
        ] {
            assert!(matches!(read(text.as_bytes(), None), Err(Rejection::Shape(_))), "{text}");
        }
        assert_eq!(read(b" \n", None), Err(Rejection::Empty));
        assert_eq!(read(b"[{},{},{},{}]", None), Err(Rejection::TooMany(3)));
        let many = (0..=MOST_HEADERS).map(|at| format!("\"{at}\":\"\"")).collect::<Vec<_>>().join(",");
        let refused = read(format!("[{{\"headers\":{{{many}}}}}]").as_bytes(), None);
        assert!(matches!(refused, Err(Rejection::Shape(why)) if why.contains("too many headers")));
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let seed = 47;
        println!("seed {seed}");
        let mut random = Random::new(seed);
        let mut refused = 0;
        for _ in 0..5000 {
            let mut text = br#"[{"headers":{"a":"1"},"body":"x\ty"},{"body":"\u00e9"}]"#.to_vec();
            for _ in 0..random.index(4) {
                let at = random.index(text.len());
                text[at] = u8::try_from(random.below(256)).unwrap();
            }
            refused += usize::from(read(&text, None).is_err());
        }
        assert!((1000..4500).contains(&refused), "{refused}");
    }
}
