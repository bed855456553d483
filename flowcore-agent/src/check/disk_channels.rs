use super::checker::Checker;
use crate::diagnostic::Diagnostic;
use crate::model::{ComponentConfig, Group, Setting};

impl<'a> Checker<'a> {
    /// What the keys of a channel on disk say together.
    pub(super) fn disk_channels(&mut self) {
        for (channel, kind) in self.declared(Group::Channels) {
            match kind.name {
                "file" => self.dual_checkpoints(channel),
                "spillablememory" => {
                    self.dual_checkpoints(channel);
                    self.both_empty(channel);
                }
                _ => {}
            }
        }
    }

    fn dual_checkpoints(&mut self, channel: &'a ComponentConfig) {
        let is_dual =
            channel.value("useDualCheckpoints").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        if !is_dual {
            return;
        }
        let Some(backup) = channel.get("backupCheckpointDir").filter(|setting| !setting.value().is_empty())
        else {
            let message =
                format!("{} needs `backupCheckpointDir` for its second checkpoint", channel.title());
            let span = channel.get("useDualCheckpoints").map(Setting::span);
            return self.say(channel, Diagnostic::error("missing-key", message).at(span));
        };
        for key in ["checkpointDir", "dataDirs"] {
            let mut folders = self.value(channel, key).unwrap_or_default().split(',').map(str::trim);
            if folders.any(|folder| same(folder, backup.value())) {
                let message = format!("{}: backupCheckpointDir is also in {key}", channel.title());
                let error = Diagnostic::error("same-folder", message).at(backup.value_span());
                self.say(
                    channel,
                    error.help("a copy is of use in another folder alone, best on another disk"),
                );
            }
        }
    }

    fn both_empty(&mut self, channel: &'a ComponentConfig) {
        let capacities = ["memoryCapacity", "overflowCapacity"].map(|key| self.number(channel, key));
        if capacities == [Some(0), Some(0)] {
            let message =
                format!("{} holds nothing: memoryCapacity and overflowCapacity are 0", channel.title());
            let span = channel.get("overflowCapacity").map(Setting::value_span);
            self.say(channel, Diagnostic::error("no-capacity", message).at(span));
        }
    }
}

fn same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}
