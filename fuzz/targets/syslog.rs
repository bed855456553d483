//! Messages of syslog: over TCP however they are split, over UDP, and over several ports.
#![no_main]

use flowcore::base::Timestamp;
use flowcore_net::Charset;
use flowcore_net::syslog::{KeepFields, fuzzing};

const NOW: Timestamp = Timestamp::from_millis(1_402_833_600_000);
const KEPT: [&str; 5] =
    ["none", "all", "priority", "version,timestamp", "priority version timestamp hostname"];
const CHARSETS: [&str; 4] = ["utf-8", "utf-16", "iso-8859-1", "gb18030"];

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some(([seed, size, keep], bytes)) = flowcore_fuzz::steered(input) else { return };
    let keep: KeepFields = KEPT[usize::from(keep) % KEPT.len()].parse().expect("it names fields");
    let (size, reads) = (10 + usize::from(size), || flowcore_fuzz::reads(bytes, seed));
    let whole = fuzzing::tcp([bytes], size, keep, NOW);
    assert_eq!(fuzzing::tcp(reads(), size, keep, NOW), whole, "how it is read changes nothing");
    assert!(keep != KeepFields::ALL || whole.iter().all(|event| event.body.len() <= size));
    fuzzing::udp(reads(), size, keep, NOW);
    let charset = Charset::named(CHARSETS[usize::from(seed) % CHARSETS.len()]).expect("it is one");
    let whole = fuzzing::multiport([bytes], size, keep, charset, NOW);
    assert_eq!(
        fuzzing::multiport(reads(), size, keep, charset, NOW),
        whole,
        "how it is read changes nothing"
    );
    assert!(keep != KeepFields::ALL || whole.iter().all(|event| event.body.len() <= size));
});
