use std::sync::LazyLock;

use serde_json::Value;

use super::Md5;

/// The protocol as every release of Flume prints it. The licence is a part of it, and of its hash.
pub const TEXT: &str = include_str!("protocol.json");
/// The MD5 of [`TEXT`].
pub const HASH: Md5 = 0x86aa_dae2_c454_74c0_fe93_ffd0_f235_0a65_u128.to_be_bytes();
/// The MD5 of [`text_without_doc`], which clients generated from a protocol without comments send.
pub const HASH_WITHOUT_DOC: Md5 = 0x30da_5405_9df7_2d95_84b8_67d5_202e_2069_u128.to_be_bytes();

/// A longer text is not looked at: ours has 1,334 bytes.
const LONGEST_TEXT: usize = 64 << 10;

/// The protocol without its comment.
pub fn text_without_doc() -> &'static str {
    static STRIPPED: LazyLock<String> = LazyLock::new(|| {
        let cut = TEXT.split_once(r#""doc":""#).zip(TEXT.split_once(r#"","types""#));
        cut.map_or_else(String::new, |((before, _), (_, after))| format!(r#"{before}"types"{after}"#))
    });
    &STRIPPED
}

/// Whether `hash` is that of the protocol, with or without its comment.
pub fn is_known(hash: &Md5) -> bool {
    *hash == HASH || *hash == HASH_WITHOUT_DOC
}

/// Whether a peer with this protocol says what we say: it parses, and `append`, `appendBatch` and their
/// types are as in ours. What else is in it does not matter.
pub fn understands(text: &str) -> bool {
    if text.len() > LONGEST_TEXT {
        return false;
    }
    let Ok(protocol) = serde_json::from_str::<Value>(text) else { return false };
    has_types(&protocol)
        && has_message(&protocol, "append", is_event)
        && has_message(&protocol, "appendBatch", is_events)
}

fn has_types(protocol: &Value) -> bool {
    let named = |name: &str| protocol["types"].as_array()?.iter().find(|it| last(&it["name"]) == Some(name));
    let status = named("Status").is_some_and(|it| {
        it["type"] == "enum" && it["symbols"] == serde_json::json!(["OK", "FAILED", "UNKNOWN"])
    });
    let event = named("AvroFlumeEvent").and_then(|it| it["fields"].as_array()).is_some_and(|fields| {
        let [headers, body] = fields.as_slice() else { return false };
        let values = &headers["type"]["values"];
        headers["type"]["type"] == "map"
            && primitive(values) == Some("string")
            && primitive(&body["type"]) == Some("bytes")
    });
    status && event
}

fn has_message(protocol: &Value, name: &str, takes: impl Fn(&Value) -> bool) -> bool {
    let message = &protocol["messages"][name];
    let request = message["request"].as_array().map(Vec::as_slice);
    matches!(request, Some([parameter]) if takes(&parameter["type"]))
        && last(&message["response"]) == Some("Status")
}

fn is_event(kind: &Value) -> bool {
    last(kind) == Some("AvroFlumeEvent")
}

fn is_events(kind: &Value) -> bool {
    kind["type"] == "array" && is_event(&kind["items"])
}

/// A name without its namespace.
fn last(name: &Value) -> Option<&str> {
    name.as_str()?.rsplit('.').next()
}

/// Java writes `{"type": "string", "avro.java.string": "String"}` as well as `"string"`.
fn primitive(kind: &Value) -> Option<&str> {
    kind.as_str().or_else(|| kind["type"].as_str())
}

#[cfg(test)]
mod tests {
    use md5::{Digest, Md5 as Hasher};

    use super::*;

    #[test]
    fn the_hashes_are_those_of_the_texts() {
        assert_eq!(TEXT.len(), 1334);
        assert_eq!(text_without_doc().len(), 509);
        assert_eq!(<Md5>::from(Hasher::digest(TEXT)), HASH);
        assert_eq!(<Md5>::from(Hasher::digest(text_without_doc())), HASH_WITHOUT_DOC);
    }

    #[test]
    fn protocols_with_the_same_messages_are_understood() {
        assert!(understands(TEXT));
        assert!(understands(text_without_doc()));
        let java = TEXT.replace(
            r#"{"type":"map","values":"string"}"#,
            r#"{"type":"map","values":{"type":"string","avro.java.string":"String"},"avro.java.string":"String"}"#,
        );
        assert_ne!(java, TEXT);
        assert!(understands(&java));
        let qualified =
            TEXT.replace(r#""response":"Status""#, r#""response":"org.apache.flume.source.avro.Status""#);
        assert!(understands(&qualified));
    }

    #[test]
    fn other_protocols_are_not() {
        for (from, to) in [
            ("\"OK\",\"FAILED\"", "\"FAILED\",\"OK\""),
            ("\"bytes\"", "\"string\""),
            ("appendBatch", "appendAll"),
            ("\"array\"", "\"map\""),
            ("\"values\":\"string\"", "\"values\":\"int\""),
        ] {
            let other = TEXT.replace(from, to);
            assert_ne!(other, TEXT);
            assert!(!understands(&other), "{to}");
        }
        for text in ["", "{}", "[]", "{\"types\":3}", &TEXT[..600], &"[".repeat(10_000)] {
            assert!(!understands(text), "{text}");
        }
    }
}
