//! Bodies of requests in several charsets, as JSON and as they are.
#![no_main]

use bytes::Bytes;
use flowcore_net::http::fuzzing::events;
use flowcore_net::http::{BlobHandler, HttpHandler};

const MOST: usize = 50;
const TYPES: [Option<&str>; 6] = [
    None,
    Some("application/json; charset=utf-8"),
    Some("application/json; charset=\"UTF-16\""),
    Some("text/json;charset=utf-16le"),
    Some("application/json; charset=UTF-32"),
    Some("application/json; charset=utf-32be"),
];

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some(([kind], bytes)) = flowcore_fuzz::steered(input) else { return };
    let body = Bytes::copy_from_slice(bytes);
    let read = events(&HttpHandler::Json, "", TYPES[usize::from(kind) % TYPES.len()], body.clone(), MOST);
    assert!(read.ok().is_none_or(|events| events.len() <= MOST), "more events than are allowed");
    // The same bytes once more as what a sender chooses beside the body.
    let text = String::from_utf8_lossy(bytes);
    let _ = events(&HttpHandler::Json, "", Some(&text), Bytes::from_static(b"[{\"body\":\"x\"}]"), MOST);
    let blob = HttpHandler::Blob(BlobHandler::new());
    let read = events(&blob, &text, None, body.clone(), MOST).expect("a blob needs nothing");
    assert!(read.len() == 1 && read[0].body == body, "a blob is as it came");
});
