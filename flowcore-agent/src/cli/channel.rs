use std::fmt::Write;
use std::path::PathBuf;

use flowcore::base::with_causes;
use flowcore::ingest::{Damage, FileChannelError, FileChannelInspection, SegmentInspection};

use super::Exit;
use super::options::{ChannelCommand, ChannelOptions};
use super::output::{complain, counted, say};

/// `flowcore channel`.
pub(super) fn run(command: &ChannelCommand) -> Exit {
    let (inspected, verb) = match command {
        ChannelCommand::Check(options) => (FileChannelInspection::check(folders(options)), "are lost"),
        ChannelCommand::Repair(options) => (FileChannelInspection::repair(folders(options)), "are given up"),
    };
    match inspected {
        Ok(found) => {
            say(shown(&found, verb).trim_end());
            let is_well = found.lost() == 0 || matches!(command, ChannelCommand::Repair(_));
            if is_well { Exit::Clean } else { Exit::Failed }
        }
        Err(error) => {
            complain(format_args!("error: {}", with_causes(&error)));
            if let FileChannelError::Locked { .. } = error {
                complain("  stop the agent first: nothing was touched");
            }
            Exit::Failed
        }
    }
}

/// Folders may be separated by commas, as in a configuration.
fn folders(options: &ChannelOptions) -> Vec<PathBuf> {
    let lists = options.folders.iter().flat_map(|list| list.split(','));
    lists.map(str::trim).filter(|folder| !folder.is_empty()).map(PathBuf::from).collect()
}

fn shown(found: &FileChannelInspection, verb: &str) -> String {
    let mut text = String::new();
    for segment in &found.segments {
        let SegmentInspection { path, events, waiting, bytes, key, damage, .. } = segment;
        let key = key.as_ref().map(|key| format!(", encrypted with `{key}`")).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}: {events} events, {waiting} wait, {bytes} bytes{key}", path.display());
        for damage in damage {
            broken(damage, verb, &mut text);
        }
    }
    for damage in &found.gone {
        let _ = writeln!(text, "{}: is not there", damage.path.display());
        broken(damage, verb, &mut text);
    }
    let (segments, waiting, lost) = (found.segments.len(), found.waiting(), found.lost());
    let _ = writeln!(
        text,
        "{}, {}: {waiting} events wait, {lost} {verb}",
        counted(segments, "segment"),
        counted(found.spares, "spare file")
    );
    if found.torn_bytes > 0 {
        let _ = writeln!(text, "{} bytes at the end are of puts that were never committed", found.torn_bytes);
    }
    text
}

fn broken(damage: &Damage, verb: &str, text: &mut String) {
    let _ = writeln!(text, "  damage at byte {}: {} events {verb}", damage.offset, damage.events);
}
