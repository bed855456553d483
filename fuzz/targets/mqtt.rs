//! Packets that an MQTT broker sends, however they are split.
#![no_main]

use flowcore_mqtt::Version;
use flowcore_mqtt::fuzzing::packets;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some(([seed], bytes)) = flowcore_fuzz::steered(input) else { return };
    for version in [Version::V3_1_1, Version::V5] {
        let whole = packets([bytes], version, 1024);
        assert_eq!(packets(flowcore_fuzz::reads(bytes, seed), version, 1024), whole);
    }
});
