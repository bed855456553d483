use super::checker::Checker;
use crate::diagnostic::{Diagnostic, nearest};
use crate::model::{ComponentConfig, Group, Setting};

const KEYS: &str = "encryption.keyProvider.keys";
const WAY: &str = "write each key into a file of its own (32 bytes, or 64 hexadecimal digits), set \
                   encryption.keyProvider = FILE and encryption.keyProvider.keys.<k>.file; what is encrypted with \
                   the old keys is drained with Flume";

impl<'a> Checker<'a> {
    /// The keys of channels on disk: each has a file, and the active one is among them.
    pub(super) fn encryption(&mut self) {
        for (channel, kind) in self.declared(Group::Channels) {
            if matches!(kind.name, "file" | "spillablememory") {
                self.encryption_of(channel);
            }
        }
    }

    fn encryption_of(&mut self, channel: &'a ComponentConfig) {
        let (provider, active) =
            (set(channel, "encryption.keyProvider"), set(channel, "encryption.activeKey"));
        match (provider, active) {
            (None, None) => {}
            (None, Some(active)) => {
                let message = format!("{} has an active key, but no encryption.keyProvider", channel.title());
                let error = Diagnostic::error("missing-key", message).at(active.span());
                self.say(channel, error.help(WAY));
            }
            (Some(provider), _) if provider.value().eq_ignore_ascii_case("JCEKSFILE") => {
                let message = format!("{}: a key store of Java cannot be read", channel.title());
                let error = Diagnostic::error("java-key-store", message).at(provider.value_span());
                self.say(channel, error.help(WAY));
            }
            (Some(provider), _) => self.key_files(channel, provider, active),
        }
    }

    fn key_files(&mut self, channel: &'a ComponentConfig, provider: &Setting, active: Option<&Setting>) {
        let Some(list) = set(channel, KEYS) else {
            let message = format!("{} needs `{KEYS}`", channel.title());
            return self.say(channel, Diagnostic::error("missing-key", message).at(provider.span()));
        };
        for (name, span) in list.words() {
            let key = format!("{KEYS}.{name}.file");
            if set(channel, &key).is_none() {
                let message = format!("{} needs `{key}`", channel.title());
                self.say(channel, Diagnostic::error("missing-key", message).at(span).help(WAY));
            }
        }
        let Some(active) = active else {
            let message =
                format!("{} has keys, but does not encrypt: no encryption.activeKey", channel.title());
            let warning = Diagnostic::warning("not-encrypted", message).at(list.span());
            return self
                .say(channel, warning.help("what is there already is decrypted; new events are plain"));
        };
        let words = list.words();
        let names = words.iter().map(|(name, _)| *name);
        if !names.clone().any(|name| name == active.value()) {
            let message =
                format!("{}: the active key {} is not in `{KEYS}`", channel.title(), active.value());
            let error = Diagnostic::error("unknown-key-name", message).at(active.value_span());
            self.say(channel, error.suggest(nearest(active.value(), names)));
        }
    }
}

fn set<'c>(channel: &'c ComponentConfig, key: &str) -> Option<&'c Setting> {
    channel.get(key).filter(|setting| !setting.value().is_empty())
}
