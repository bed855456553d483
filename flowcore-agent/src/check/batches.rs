use std::collections::{BTreeSet, HashMap};

use super::checker::Checker;
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::model::{ComponentConfig, Group, Setting};

/// A component's batch.
#[derive(Clone, Copy)]
struct Batch<'a> {
    component: &'a ComponentConfig,
    size: i64,
    /// Where it was written; none for the default.
    span: Option<Span>,
}

impl<'a> Checker<'a> {
    /// Batches against the transactions of their channels.
    pub(super) fn batches(&mut self) {
        let mut all_users = self.users();
        for (channel, kind) in self.typed(Group::Channels) {
            if !["memory", "file", "spillablememory", "pseudotxnmemory"].contains(&kind.name) {
                continue;
            }
            let capacity = self
                .number(channel, if kind.name == "spillablememory" { "memoryCapacity" } else { "capacity" });
            let Some(transaction) = self.transaction(channel, capacity) else { continue };
            let users = all_users.remove(channel.name.as_str()).unwrap_or_default();
            for (batch, is_optional) in &users {
                if batch.size > transaction {
                    self.too_large(channel, transaction, batch, *is_optional);
                }
            }
            let largest = users.iter().map(|(batch, _)| batch).max_by_key(|batch| batch.size);
            if let (Some(capacity), Some(batch), true) = (capacity, largest, is_in_memory(kind.name)) {
                self.near(channel, capacity, transaction, batch);
            }
        }
    }

    /// What a transaction may have. It follows a capacity that is set below the default.
    fn transaction(&mut self, channel: &'a ComponentConfig, capacity: Option<i64>) -> Option<i64> {
        let transaction = self.number(channel, "transactionCapacity").or(capacity)?;
        // Of the spillable channel, capacity is only its part in memory.
        let Some(capacity) =
            capacity.filter(|capacity| *capacity < transaction && channel.get("capacity").is_some())
        else {
            return Some(transaction);
        };
        if let Some(written) = channel.get("transactionCapacity") {
            let message = format!(
                "{}: transactionCapacity {transaction} is above the capacity {capacity}",
                channel.title()
            );
            let error = Diagnostic::error("transaction-above-capacity", message).at(written.value_span());
            let related = channel.get("capacity").map(Setting::value_span);
            self.say(channel, error.also(related, "the capacity"));
            return None;
        }
        let message = format!("{}: transactionCapacity follows the capacity, {capacity}", channel.title());
        let span = channel.get("capacity").map(Setting::value_span);
        let warning = Diagnostic::warning("transaction-follows", message).at(span);
        self.say(
            channel,
            warning
                .help(format!("its default {transaction} is above the capacity; Flume refuses the channel")),
        );
        Some(capacity)
    }

    /// By channels, the batches of those that put and take, and whether the channel is optional for them.
    fn users(&self) -> HashMap<&'a str, Vec<(Batch<'a>, bool)>> {
        let mut users: HashMap<&str, Vec<_>> = HashMap::new();
        let words = |component: &'a ComponentConfig, key: &str| -> BTreeSet<&'a str> {
            let words = component.get(key).map(Setting::words).unwrap_or_default();
            words.into_iter().map(|(word, _)| word).collect()
        };
        for (group, key) in [(Group::Sources, "channels"), (Group::Sinks, "channel")] {
            for (component, _) in self.typed(group) {
                let Some(batch) = self.batch_of(component) else { continue };
                let optional = words(component, "selector.optional");
                for channel in words(component, key) {
                    let is_optional = group == Group::Sources && optional.contains(channel);
                    users.entry(channel).or_default().push((batch, is_optional));
                }
            }
        }
        users
    }

    fn batch_of(&self, component: &'a ComponentConfig) -> Option<Batch<'a>> {
        let kind = self.type_of(component)?;
        let key = kind.batch?;
        let written = component.get(key);
        let size = written.map_or(kind.default_of(key), |setting| Some(setting.value()))?.parse().ok()?;
        Some(Batch { component, size, span: written.map(Setting::value_span) })
    }

    fn too_large(
        &mut self,
        channel: &ComponentConfig,
        transaction: i64,
        batch: &Batch<'_>,
        is_optional: bool,
    ) {
        let Batch { component, size, span } = *batch;
        let is_sink = component.group == Group::Sinks;
        let default = if span.is_none() { " (the default)" } else { "" };
        let message = format!(
            "{}: a batch of {size}{default} is more than a transaction of {} may have, {transaction}",
            component.title(),
            channel.title()
        );
        // A take gives what a transaction may have, and an optional channel goes without: nothing is lost.
        let is_harmless = (is_sink && span.is_none()) || is_optional;
        let severity = if is_harmless { Severity::Warning } else { Severity::Error };
        let help = match (is_optional, is_sink) {
            (true, _) => {
                "the channel is optional and goes without such a batch; Flume refuses the source".to_owned()
            }
            (_, true) if is_harmless => format!("it gets {transaction} at once; Flume refuses the sink"),
            _ => format!("raise {}.transactionCapacity, or make the batch smaller", self.path(channel)),
        };
        let related = channel.get("transactionCapacity").or(channel.get("capacity")).map(Setting::value_span);
        let span = span.or_else(|| component.get("type").map(Setting::value_span));
        let error = Diagnostic { severity, ..Diagnostic::error("batch-too-large", message) };
        self.say(component, error.at(span).also(related, "what a transaction may have").help(help));
    }

    /// A channel that two batches fill makes its sources wait all the time.
    fn near(&mut self, channel: &ComponentConfig, capacity: i64, transaction: i64, batch: &Batch<'_>) {
        if batch.size > transaction || capacity / 2 >= batch.size {
            return;
        }
        let default = if channel.get("capacity").is_none() { " (the default)" } else { "" };
        let message = format!(
            "{} holds {capacity} events{default}, hardly more than a batch of {}, {}",
            channel.title(),
            batch.component.title(),
            batch.size
        );
        let span = channel.get("capacity").or(channel.get("type")).map(Setting::value_span);
        let warning = Diagnostic::warning("capacity-near-batch", message).at(span);
        self.say(
            channel,
            warning.help("a capacity of several batches keeps sources and sinks from waiting for each other"),
        );
    }
}

fn is_in_memory(kind: &str) -> bool {
    ["memory", "pseudotxnmemory"].contains(&kind)
}
