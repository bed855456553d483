use super::{ComponentType, INT, Kind, Section, count, key, sink, text};

pub(super) const ALL: &[ComponentType] = &[HDFS];

const UNTIL_THEN: &str =
    "until it does: file_roll and `hdfs dfs -put`, or an avro sink to a Flume agent that has the hdfs sink";

const HDFS: ComponentType = sink("hdfs", &["org.apache.flume.sink.hdfs.HDFSEventSink"])
    .own_crate(UNTIL_THEN)
    .batch("hdfs.batchSize")
    .keys(&[&[
        key("hdfs.path", Kind::Escaped).needed(),
        key("hdfs.filePrefix", Kind::Escaped).or("FlumeData"),
        text("hdfs.fileSuffix"),
        text("hdfs.inUsePrefix"),
        text("hdfs.inUseSuffix").or(".tmp"),
        key("hdfs.emptyInUseSuffix", Kind::Bool).or("false"),
        key("hdfs.rollInterval", Kind::Seconds(0)).or("30"),
        key("hdfs.rollSize", Kind::Bytes(0)).or("1024"),
        key("hdfs.rollCount", Kind::Int(0, i64::MAX)).or("10"),
        key("hdfs.idleTimeout", Kind::Seconds(0)).or("0"),
        count("hdfs.batchSize").or("100"),
        key("hdfs.codeC", Kind::OneOf(&["gzip", "bzip2", "lzo", "lzop", "snappy"])),
        key("hdfs.fileType", Kind::OneOf(&["SequenceFile", "DataStream", "CompressedStream"]))
            .or("SequenceFile"),
        key("hdfs.writeFormat", Kind::OneOf(&["Text", "Writable"])).or("Writable"),
        count("hdfs.maxOpenFiles").or("5000"),
        key("hdfs.minBlockReplicas", Kind::Int(0, INT)),
        count("hdfs.threadsPoolSize").or("10"),
        count("hdfs.rollTimerPoolSize").or("1"),
        key("hdfs.callTimeout", Kind::Millis(0)).or("30000"),
        key("hdfs.closeTries", Kind::Int(0, INT)).or("0"),
        key("hdfs.retryInterval", Kind::Seconds(0)).or("180"),
        key("hdfs.round", Kind::Bool).or("false"),
        key("hdfs.roundValue", Kind::Int(1, 60)).or("1"),
        key("hdfs.roundUnit", Kind::OneOf(&["second", "minute", "hour"])).or("second"),
        text("hdfs.timeZone").or("local"),
        key("hdfs.useLocalTimeStamp", Kind::Bool).or("false"),
        text("hdfs.kerberosPrincipal"),
        key("hdfs.kerberosKeytab", Kind::File),
        text("hdfs.proxyUser"),
        key("hdfs.append.support", Kind::Bool).or("false"),
        key("hdfs.useRawLocalFileSystem", Kind::Bool).or("false"),
        key("serializer", Kind::Type(Section::Serializer)).or("TEXT"),
        key("timestampMissing", Kind::OneOf(&["fail", "now", "drop"])).or("fail").new_here(),
    ]]);
