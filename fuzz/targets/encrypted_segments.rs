//! Segments of an encrypted file channel: whatever is changed in them, under good checksums too, what comes out is
//! what was put, or nothing.
#![no_main]

use std::path::{Path, PathBuf};

use flowcore::event::Event;
use flowcore_fuzz::{LENGTH, LOG, Segments, content, copy_of, drain, encrypted, patch, put};
use flowcore_testkit::CrashDisk;

const BODIES: [&str; 6] = ["one", "two", "three", "four", "five", "six"];

/// Six events in the segments of two lives.
async fn template() -> CrashDisk {
    let mut disk = CrashDisk::new();
    for bodies in BODIES.chunks(3) {
        let channel = encrypted(&disk).await.expect("nothing is damaged yet");
        for body in bodies {
            put(&channel, Event::new(*body)).await;
        }
        disk = disk.kill();
    }
    disk
}

fn segments(disk: &CrashDisk) -> Vec<PathBuf> {
    let files = disk.files().into_iter().map(|(path, _)| path);
    files.filter(|path| path.starts_with(LOG) && path.extension().is_some_and(|of| of == "segment")).collect()
}

/// Makes the checksums right.
fn seal(disk: &CrashDisk, paths: &[PathBuf]) {
    for (at, path) in paths.iter().enumerate() {
        let mut segments = Segments::one(content(disk, path));
        segments.seal_from(at as u64 + 1);
        disk.damage(path, |bytes| *bytes = segments.into_first());
    }
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some(([steering], patches)) = flowcore_fuzz::steered(input) else { return };
    flowcore_fuzz::block_on(async {
        let disk = copy_of(template).await;
        let paths = segments(&disk);
        let path: &Path = &paths[usize::from(steering >> 2) % paths.len()];
        if steering & 2 == 0 {
            patch::<1>(&disk, path, patches);
        } else {
            patch::<8>(&disk, path, patches);
        }
        if steering & 1 != 0 {
            seal(&disk, &paths);
        }
        assert!(content(&disk, path).len() as u64 <= LENGTH, "nothing grew");
        let Ok(channel) = encrypted(&disk).await else { return };
        let (events, _) = drain(&channel).await;
        let mut left = BODIES.iter();
        for event in &events {
            // In their order, each once.
            assert!(left.any(|body| body.as_bytes() == &event.body[..]), "{event:?} of {events:?}");
        }
        assert!(!patches.is_empty() || events.len() == BODIES.len(), "nothing was changed: {events:?}");
    });
});
