//! Segments of a file channel: what was written is damaged anyhow, or says anything under good checksums.
#![no_main]

use std::path::Path;

use flowcore::event::Event;
use flowcore_fuzz::{LENGTH, LOG, Segments, drain, file_channel, put};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some(([steering], bytes)) = flowcore_fuzz::steered(input) else { return };
    let (is_sealed, is_padded, is_strict) = (steering & 1 != 0, steering & 2 != 0, steering & 4 != 0);
    let mut segments = Segments::of(bytes);
    if is_sealed {
        segments.seal();
    }
    if is_padded {
        segments.pad(LENGTH as usize);
    }
    let disk = segments.disk(Path::new(LOG));
    flowcore_fuzz::block_on(async {
        let Ok(channel) = file_channel(&disk, is_strict).open("fuzz").await else { return };
        if is_sealed {
            drain(&channel).await;
            return;
        }
        // Whatever was there: what is committed now is there after a death.
        put(&channel, Event::new("committed")).await;
        let disk = disk.kill();
        drop(channel);
        let channel = file_channel(&disk, false).open("fuzz").await.expect("it was opened before");
        let (events, end) = drain(&channel).await;
        let last = events.last().map(|event| &event.body[..]);
        assert_eq!(last, Some(&b"committed"[..]), "{end:?}, {:?}", channel.status());
    });
});
