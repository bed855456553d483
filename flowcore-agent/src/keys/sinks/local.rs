use super::{ComponentType, INT, Kind, Section, count, key, sink, text};

pub(super) const ALL: &[ComponentType] = &[NULL, LOGGER, FILE_ROLL];

const NULL: ComponentType = sink("null", &["org.apache.flume.sink.NullSink"])
    .batch("batchSize")
    .keys(&[&[count("batchSize").or("100"), count("logEveryNEvents").or("10000")]]);

const LOGGER: ComponentType =
    sink("logger", &["org.apache.flume.sink.LoggerSink"])
        .keys(&[&[key("maxBytesToLog", Kind::Int(0, INT)).or("16")]]);

const FILE_ROLL: ComponentType =
    sink("file_roll", &["org.apache.flume.sink.RollingFileSink"]).batch("sink.batchSize").keys(&[&[
        key("sink.directory", Kind::OutFolder).needed(),
        key("sink.rollInterval", Kind::Seconds(0)).or("30"),
        count("sink.batchSize").or("100"),
        key("sink.serializer", Kind::Type(Section::Serializer)).or("TEXT"),
        key("sink.pathManager", Kind::Type(Section::PathManager)).or("DEFAULT"),
        text("sink.pathManager.prefix").or(""),
        text("sink.pathManager.extension").or(""),
        key("sink.rollSize", Kind::Bytes(0)).or("0").new_here(),
        key("sink.rollCount", Kind::Int(0, i64::MAX)).or("0").new_here(),
        key("sink.fsync", Kind::Bool).or("false").new_here(),
    ]]);
