//! The zlib streams of Avro RPC: bytes of a peer inflated, and what we deflate inflated again.
#![no_main]

use flowcore_avro::fuzzing::{deflated, inflated};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some(([seed, level], bytes)) = flowcore_fuzz::steered(input) else { return };
    flowcore_fuzz::block_on(async {
        let piece = 1 + usize::from(seed);
        let (some, end) = inflated(bytes, piece).await;
        let (more, other_end) = inflated(bytes, 64 << 10).await;
        // Where a stream that swells beyond reason is ended depends on how it is read.
        if some.len().max(more.len()) < 1 << 20 {
            assert_eq!(end.is_ok(), other_end.is_ok(), "how it is read changes nothing");
            assert!(end.is_err() || some == more, "how it is read changes nothing");
        }
        let parts = flowcore_fuzz::reads(bytes, seed);
        let (back, end) = inflated(&deflated(parts, level).await.expect("memory takes all"), piece).await;
        assert!(end.is_ok() && back == bytes, "what was written is read");
    });
});
