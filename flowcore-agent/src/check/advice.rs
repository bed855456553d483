use super::checker::Checker;
use crate::diagnostic::Diagnostic;
use crate::keys::{Kind, Section, find};
use crate::model::{ComponentConfig, Group, Setting};

impl<'a> Checker<'a> {
    /// What starts, and disappoints.
    pub(super) fn advice(&mut self) {
        for (sink, kind) in self.declared(Group::Sinks) {
            match kind.name {
                "hdfs" => {
                    self.small_files(sink);
                    self.sequence_file(sink);
                }
                "http" => self.never_commits(sink),
                "avro" => self.unused_hosts(sink),
                _ => {}
            }
            self.timestamps(sink);
            self.compressed_tls(sink);
        }
        for (source, kind) in self.declared(Group::Sources) {
            self.compressed_tls(source);
            if kind.name == "exec"
                && source.value("command").is_some_and(|command| command.starts_with("tail "))
            {
                let message =
                    format!("{} loses lines when it stops, and what `tail -f` misses", source.title());
                let span = source.get("command").map(Setting::value_span);
                self.say(
                    source,
                    Diagnostic::note("tail-by-exec", message)
                        .at(span)
                        .help("a taildir source keeps its position"),
                );
            }
        }
        for (channel, kind) in self.declared(Group::Channels) {
            if kind.name == "pseudotxnmemory" {
                let message = format!("{} is a memory channel here", channel.title());
                let span = channel.get("type").map(Setting::value_span);
                self.say(
                    channel,
                    Diagnostic::warning("mapped", message).at(span).help("its transactions are real"),
                );
            }
        }
    }

    fn small_files(&mut self, sink: &ComponentConfig) {
        let rolls = ["hdfs.rollInterval", "hdfs.rollSize", "hdfs.rollCount"];
        if rolls.iter().any(|key| sink.get(key).is_some()) {
            return;
        }
        let message = format!("{} begins a new file every 30 s, 1024 bytes or 10 events", sink.title());
        let span = sink.get("type").map(Setting::value_span);
        let warning = Diagnostic::warning("small-files", message).at(span);
        self.say(sink, warning.help("set hdfs.rollInterval, hdfs.rollSize and hdfs.rollCount; 0 is never"));
    }

    fn sequence_file(&mut self, sink: &'a ComponentConfig) {
        let is_sequence =
            self.value(sink, "hdfs.fileType").is_some_and(|kind| kind.eq_ignore_ascii_case("SequenceFile"));
        let Some(serializer) = sink.get("serializer").filter(|_| is_sequence) else { return };
        let message = format!("{} writes SequenceFile, for which no serializer is asked", sink.title());
        let warning = Diagnostic::warning("serializer-unused", message).at(serializer.span());
        self.say(sink, warning.help("set hdfs.fileType to DataStream"));
    }

    fn never_commits(&mut self, sink: &'a ComponentConfig) {
        let is_default =
            self.value(sink, "defaultRollback").is_none_or(|value| !value.eq_ignore_ascii_case("false"));
        let commits = |key: &str| sink.value(key).is_some_and(|value| value.eq_ignore_ascii_case("false"));
        if is_default && !commits("rollback.200") && !commits("rollback.2XX") {
            let message =
                format!("{} rolls back after a 200 as well, and sends the event for ever", sink.title());
            let span = sink.get("type").map(Setting::value_span);
            let warning = Diagnostic::warning("never-commits", message).at(span);
            self.say(sink, warning.help("set rollback.2XX and backoff.2XX to false"));
        }
    }

    /// Escapes of time need a header, or the clock.
    fn timestamps(&mut self, sink: &'a ComponentConfig) {
        let uses_clock = ["hdfs.useLocalTimeStamp", "useLocalTimeStamp"];
        if uses_clock
            .iter()
            .any(|key| sink.value(key).is_some_and(|value| value.eq_ignore_ascii_case("true")))
        {
            return;
        }
        let Some(kind) = self.type_of(sink) else { return };
        let mut escaped = sink.settings.iter().filter(|setting| {
            kind.key(setting.key()).is_some_and(|key| key.kind == Kind::Escaped) && has_time(setting.value())
        });
        let Some(setting) = escaped.next().filter(|_| !self.is_stamped(sink)) else { return };
        let message = format!("{}: events need a header `timestamp` for the escapes of time", sink.title());
        let warning = Diagnostic::warning("no-timestamp", message).at(setting.value_span());
        let help = "give the source a timestamp interceptor, or set hdfs.useLocalTimeStamp; without it every batch fails";
        self.say(sink, warning.help(help));
    }

    /// Whether every source that can be seen upstream stamps its events.
    fn is_stamped(&self, sink: &ComponentConfig) -> bool {
        let Some(channel) = sink.value("channel") else { return true };
        let upstream: Vec<_> = self
            .agent
            .listed(Group::Sources)
            .filter(|source| {
                source
                    .get("channels")
                    .is_some_and(|list| list.words().iter().any(|(name, _)| *name == channel))
            })
            .collect();
        !upstream.is_empty()
            && upstream.iter().all(|source| {
                let listed = source.get("interceptors").map(Setting::words).unwrap_or_default();
                let is_stamp = |name: &str| {
                    let kind = source.value(&format!("interceptors.{name}.type"));
                    kind.and_then(|kind| find(Section::Interceptor, kind))
                        .is_some_and(|found| found.component.name == "timestamp")
                };
                listed.iter().any(|(name, _)| is_stamp(name))
            })
    }

    fn compressed_tls(&mut self, component: &'a ComponentConfig) {
        let is =
            |key: &str, value: &str| component.value(key).is_some_and(|set| set.eq_ignore_ascii_case(value));
        let Some(setting) = component
            .get("compression-type")
            .filter(|_| is("compression-type", "deflate") && is("ssl", "true"))
        else {
            return;
        };
        let message = format!(
            "{}: compression and TLS together are spoken differently by Flume 1.9 and 1.10",
            component.title()
        );
        let warning = Diagnostic::warning("compression-and-tls", message).at(setting.span());
        self.say(component, warning.help("compression-tls-order = tls-outside speaks with 1.9 and older"));
    }
}

/// Whether a path has escapes of time: `%Y` and the like, but not `%{header}`, `%[host]` and `%%`.
fn has_time(path: &str) -> bool {
    let mut chars = path.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            continue;
        }
        match chars.next() {
            Some(letter) if letter.is_ascii_alphanumeric() => return true,
            _ => {}
        }
    }
    false
}
