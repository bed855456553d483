//! Segments of a file channel: what was written is damaged anyhow, or says anything under good checksums.
#![no_main]

use std::path::Path;
use std::sync::Arc;

use flowcore::base::Token;
use flowcore::event::Event;
use flowcore::ingest::{Channel, ChannelError, FileChannel, FileChannelError};
use flowcore_fuzz::Segments;
use flowcore_testkit::CrashDisk;

const FOLDER: &str = "data";
const LENGTH: u64 = 64 << 10;

async fn open(disk: &CrashDisk, strict: bool) -> Result<FileChannel, FileChannelError> {
    FileChannel::<Event>::builder([FOLDER])
        .segment_bytes(LENGTH)
        .least_free_space(0)
        .strict_recovery(strict)
        .on_disk(Arc::new(disk.clone()))
        .open("fuzz")
        .await
}

/// All that is in it, and why no more.
async fn drain(channel: &FileChannel) -> (Vec<Event>, ChannelError) {
    channel.close();
    let mut events = Vec::new();
    loop {
        match channel.take(1000).await {
            Ok(take) => {
                events.extend_from_slice(take.events());
                take.commit().await.expect("the disk is well");
            }
            Err(end) => return (events, end),
        }
    }
}

async fn put(channel: &FileChannel, body: &'static str) {
    let mut put = channel.begin_put().await.expect("it is open");
    put.put(vec![Event::new(body)]).await.expect("it has room");
    put.commit(Token::untracked()).await.expect("the disk is well");
}

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
    let disk = segments.disk(Path::new(FOLDER));
    flowcore_fuzz::block_on(async {
        let Ok(channel) = open(&disk, is_strict).await else { return };
        if is_sealed {
            drain(&channel).await;
            return;
        }
        // Whatever was there: what is committed now is there after a death.
        put(&channel, "committed").await;
        let disk = disk.kill();
        drop(channel);
        let channel = open(&disk, false).await.expect("it was opened before");
        let (events, end) = drain(&channel).await;
        let last = events.last().map(|event| &event.body[..]);
        assert_eq!(last, Some(&b"committed"[..]), "{end:?}, {:?}", channel.status());
    });
});
