//! Checkpoints of a file channel: one that is damaged costs nothing, one that lies under a good checksum is held
//! against the log, or believed, and nothing breaks.
#![no_main]

use std::path::Path;

use flowcore::event::Event;
use flowcore::ingest::Channel;
use flowcore_fuzz::{CHECKPOINT, content, copy_of, drain, patch, put, with_checkpoints};
use flowcore_testkit::CrashDisk;

/// A log with four events, one of them taken, and a checkpoint in the middle of it.
async fn template() -> CrashDisk {
    let disk = CrashDisk::new();
    let channel = with_checkpoints(&disk).await.expect("an empty disk");
    for body in ["one", "two", "three"] {
        put(&channel, Event::new(body)).await;
    }
    channel.take(1).await.expect("there are some").commit().await.expect("the disk is well");
    channel.settle().await;
    put(&channel, Event::new("four")).await;
    disk.kill()
}

fn seal(bytes: &mut Vec<u8>) {
    let checksum = crc32c::crc32c(bytes);
    bytes.extend(checksum.to_le_bytes());
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some(([steering], bytes)) = flowcore_fuzz::steered(input) else { return };
    let (is_whole, is_sealed) = (steering & 1 != 0, steering & 2 != 0);
    flowcore_fuzz::block_on(async {
        let (disk, path) = (copy_of(template).await, Path::new(CHECKPOINT));
        let before = content(&disk, path);
        if is_whole {
            disk.damage(path, |content| *content = bytes.to_vec());
        } else {
            patch::<8>(&disk, path, bytes);
        }
        if is_sealed {
            disk.damage(path, |content| {
                if !is_whole {
                    content.truncate(content.len() - 4);
                }
                seal(content);
            });
        }
        let is_same = content(&disk, path) == before;
        let Ok(channel) = with_checkpoints(&disk).await else {
            assert!(is_sealed, "damage to a checkpoint alone is no reason not to start");
            return;
        };
        if is_sealed && !is_same {
            drain(&channel).await;
            return;
        }
        put(&channel, Event::new("committed")).await;
        let disk = disk.kill();
        drop(channel);
        let channel = with_checkpoints(&disk).await.expect("it was opened before");
        let (events, end) = drain(&channel).await;
        let bodies: Vec<&[u8]> = events.iter().map(|event| &event.body[..]).collect();
        let expected = [&b"two"[..], b"three", b"four", b"committed"];
        assert_eq!(bodies, expected, "{end:?}, {:?}", channel.status());
    });
});
