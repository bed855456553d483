use std::collections::HashMap;

use super::checker::Checker;
use crate::diagnostic::{Diagnostic, Span};
use crate::model::{ComponentConfig, Group, Setting};

/// Who has a place, and where that is written.
type Owners<'a> = HashMap<&'a str, (&'a ComponentConfig, Option<Span>)>;

impl<'a> Checker<'a> {
    /// Folders and files that belong to one component: defaults are the same for all.
    pub(super) fn own_places(&mut self) {
        let mut owners = Owners::new();
        for (channel, kind) in self.typed(Group::Channels) {
            let is_on_disk = kind.name == "file"
                || kind.name == "spillablememory" && self.number(channel, "overflowCapacity") != Some(0);
            if is_on_disk {
                self.own_folders(channel, &mut owners);
            }
        }
        let mut owners = Owners::new();
        for (source, kind) in self.typed(Group::Sources) {
            if kind.name == "taildir" {
                self.own_position_file(source, &mut owners);
            }
        }
    }

    fn own_folders(&mut self, channel: &'a ComponentConfig, owners: &mut Owners<'a>) {
        // Without its own, checkpoints stand beside the data.
        let keys = ["dataDirs", "checkpointDir"]
            .into_iter()
            .filter(|key| *key == "dataDirs" || channel.get(key).is_some());
        for key in keys {
            let span = place(channel, key);
            for folder in self.value(channel, key).unwrap_or_default().split(',') {
                let folder = folder.trim().trim_end_matches('/');
                let (first, at) = *owners.entry(folder).or_insert((channel, span));
                if first.name != channel.name {
                    let message =
                        format!("{}: {folder} belongs to {} already", channel.title(), first.title());
                    let error = Diagnostic::error("same-folder", message).at(span).also(at, "the first one");
                    let help = "each channel on disk needs dataDirs and a checkpointDir of its own";
                    return self.say(channel, error.help(help));
                }
            }
        }
    }

    fn own_position_file(&mut self, source: &'a ComponentConfig, owners: &mut Owners<'a>) {
        let span = place(source, "positionFile");
        let Some(file) = self.value(source, "positionFile") else { return };
        let (first, at) = *owners.entry(file).or_insert((source, span));
        if first.name != source.name {
            let message = format!("{}: {file} has the positions of {}, too", source.title(), first.title());
            let warning = Diagnostic::warning("same-file", message).at(span).also(at, "the first one");
            self.say(source, warning.help("each overwrites what the other has written: set positionFile"));
        }
    }
}

/// Where a key is written, or else the type that has its default.
fn place(component: &ComponentConfig, key: &str) -> Option<Span> {
    component.get(key).or_else(|| component.get("type")).map(Setting::value_span)
}
