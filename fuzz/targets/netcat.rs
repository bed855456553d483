//! Lines of netcat in several encodings, however they are split.
#![no_main]

use flowcore_net::Charset;
use flowcore_net::netcat::fuzzing::lines;

const CHARSETS: [&str; 7] =
    ["utf-8", "utf-16", "utf-16le", "iso-8859-1", "us-ascii", "gb18030", "iso-2022-jp"];

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some(([seed, charset, most], bytes)) = flowcore_fuzz::steered(input) else { return };
    let charset = Charset::named(CHARSETS[usize::from(charset) % CHARSETS.len()]).expect("it is one");
    let most = 1 + usize::from(most);
    assert_eq!(lines(flowcore_fuzz::reads(bytes, seed), charset, most), lines([bytes], charset, most));
});
