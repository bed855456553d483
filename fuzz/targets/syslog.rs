//! Messages of syslog: over TCP however they are split, over UDP, and over several ports.
#![no_main]

use flowcore::base::Timestamp;
use flowcore_net::Charset;
use flowcore_net::syslog::{KeepFields, OwnFormat, fuzzing};

const NOW: Timestamp = Timestamp::from_millis(1_402_833_600_000);
const KEPT: [&str; 5] =
    ["none", "all", "priority", "version,timestamp", "priority version timestamp hostname"];
const CHARSETS: [&str; 4] = ["utf-8", "utf-16", "iso-8859-1", "gb18030"];

/// Forms that a user may have, with the letters of their dates.
const OWN: [(&str, &str); 4] = [
    (r"<(\d+)>(\d )?(\S+ \S+) (\S+): (.*)", "yyyy-MM-dd HH:mm:ss.SSSZ"),
    (r"<(\d+)>()(.{6,40}?) (\S+) (.*)", "EEE MMM d H:m:s z yyyy"),
    (r"(?:<(\d+)>)?()([^|]*)\|([^|]*)\|(.*)", "yyDDDhhmma"),
    (r"(.*)(.*)(.*)(.*)(.*)", "'day' d MMMM G yyyy, W w k K"),
];

thread_local! {
    static FORMATS: Vec<OwnFormat> = OWN
        .iter()
        .filter_map(|(regex, date)| {
            let format = OwnFormat::new(regex).ok()?.replace("/(\\d)", "-$1").ok()?;
            Some(format.clone().date_format(date).unwrap_or(format))
        })
        .collect();
}

/// Each form alone: what it takes for the body is in the message.
fn own_formats(message: &[u8], keep: KeepFields) {
    FORMATS.with(|formats| {
        assert_eq!(formats.len(), OWN.len(), "each can be used");
        for format in formats {
            let event = fuzzing::own_format(message, format, keep, NOW);
            assert!(keep != KeepFields::ALL || event.body == message, "all is kept");
        }
    });
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some(([seed, size, keep], bytes)) = flowcore_fuzz::steered(input) else { return };
    let keep: KeepFields = KEPT[usize::from(keep) % KEPT.len()].parse().expect("it names fields");
    let (size, reads) = (10 + usize::from(size), || flowcore_fuzz::reads(bytes, seed));
    let whole = fuzzing::tcp([bytes], size, keep, NOW);
    assert_eq!(fuzzing::tcp(reads(), size, keep, NOW), whole, "how it is read changes nothing");
    assert!(keep != KeepFields::ALL || whole.iter().all(|event| event.body.len() <= size));
    fuzzing::udp(reads(), size, keep, NOW);
    own_formats(bytes, keep);
    let charset = Charset::named(CHARSETS[usize::from(seed) % CHARSETS.len()]).expect("it is one");
    let whole = fuzzing::multiport([bytes], size, keep, charset, NOW);
    assert_eq!(
        fuzzing::multiport(reads(), size, keep, charset, NOW),
        whole,
        "how it is read changes nothing"
    );
    assert!(keep != KeepFields::ALL || whole.iter().all(|event| event.body.len() <= size));
});
