use std::fmt::Write as _;
use std::path::Path;

/// The text of an agent `a1` with a source `r1`, a channel `c1` and a sink `k1`, as far as there are.
#[derive(Debug, Default)]
pub(super) struct Pipeline {
    text: String,
}

impl Pipeline {
    pub(super) fn source(self, kind: &str, keys: &[(&str, &str)]) -> Self {
        self.component("sources", "r1", kind, &[&[("channels", "c1")], keys].concat())
    }

    pub(super) fn sink(self, kind: &str, keys: &[(&str, &str)]) -> Self {
        self.component("sinks", "k1", kind, &[&[("channel", "c1")], keys].concat())
    }

    /// A source that follows one file.
    pub(super) fn taildir(self, input: &Path, folder: &Path, batch: &str) -> Self {
        let (input, positions) = (input.display().to_string(), folder.join("positions.json"));
        let keys = [
            ("filegroups", "g1"),
            ("filegroups.g1", &*input),
            ("positionFile", &*positions.to_string_lossy()),
            ("batchSize", batch),
        ];
        self.source("TAILDIR", &keys)
    }

    pub(super) fn memory(self) -> Self {
        self.component(
            "channels",
            "c1",
            "memory",
            &[("capacity", "100000"), ("transactionCapacity", "10000")],
        )
    }

    /// A channel in files that are safe at each commit.
    pub(super) fn file(self, folder: &Path, capacity: u64) -> Self {
        let of = |name: &str| folder.join(name).display().to_string();
        let keys = [
            ("checkpointDir", &*of("checkpoint")),
            ("dataDirs", &*of("data")),
            ("capacity", &*capacity.to_string()),
            ("transactionCapacity", "10000"),
            ("fsyncPerTransaction", "true"),
        ];
        self.component("channels", "c1", "file", &keys)
    }

    pub(super) fn null(self, batch: &str) -> Self {
        self.sink("null", &[("batchSize", batch)])
    }

    pub(super) fn file_roll(self, folder: &Path, batch: &str) -> Self {
        let folder = folder.display().to_string();
        let keys = [("sink.directory", &*folder), ("sink.rollInterval", "0"), ("sink.batchSize", batch)];
        self.sink("file_roll", &keys)
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    fn component(mut self, group: &str, name: &str, kind: &str, keys: &[(&str, &str)]) -> Self {
        // Writing to a `String` cannot fail.
        let _ = writeln!(self.text, "a1.{group} = {name}\na1.{group}.{name}.type = {kind}");
        for (key, value) in keys {
            let _ = writeln!(self.text, "a1.{group}.{name}.{key} = {value}");
        }
        self
    }
}
