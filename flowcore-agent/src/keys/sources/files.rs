use super::{ComponentType, Kind, POLLED, Section, count, key, source, text};

pub(super) const ALL: &[ComponentType] = &[EXEC, SPOOLDIR, TAILDIR];

const EXEC: ComponentType =
    source("exec", &["org.apache.flume.source.ExecSource"]).batch("batchSize").keys(&[&[
        text("command").needed(),
        text("shell"),
        key("restart", Kind::Bool).or("false"),
        key("restartThrottle", Kind::Millis(0)).or("10000"),
        key("logStdErr", Kind::Bool).or("false"),
        count("batchSize").or("20"),
        key("batchTimeout", Kind::Millis(0)).or("3000"),
        key("charset", Kind::LineCharset).or("UTF-8"),
    ]]);

const SPOOLDIR: ComponentType =
    source("spooldir", &["org.apache.flume.source.SpoolDirectorySource"]).batch("batchSize").keys(&[&[
        key("spoolDir", Kind::Folder).needed(),
        text("fileSuffix").or(".COMPLETED"),
        key("deletePolicy", Kind::OneOf(&["never", "immediate"])).or("never"),
        key("fileHeader", Kind::Bool).or("false"),
        text("fileHeaderKey").or("file"),
        key("basenameHeader", Kind::Bool).or("false"),
        text("basenameHeaderKey").or("basename"),
        key("includePattern", Kind::Regex).or("^.*$"),
        key("ignorePattern", Kind::Regex).or("^$"),
        key("trackerDir", Kind::Paths).or(".flumespool"),
        key("trackingPolicy", Kind::OneOf(&["rename", "tracker_dir"])).or("rename"),
        key("consumeOrder", Kind::OneOf(&["oldest", "youngest", "random"])).or("oldest"),
        key("pollDelay", Kind::Millis(0)).or("500"),
        key("recursiveDirectorySearch", Kind::Bool).or("false"),
        key("maxBackoff", Kind::Millis(0)).or("4000"),
        count("batchSize").or("100"),
        key("inputCharset", Kind::Charset).or("UTF-8"),
        key("decodeErrorPolicy", Kind::OneOf(&["FAIL", "REPLACE", "IGNORE"])).or("FAIL"),
        key("deserializer", Kind::Type(Section::Deserializer)).or("LINE"),
        count("bufferMaxLines").idle("it means nothing since long"),
        count("bufferMaxLineLength").or("5000").old("deserializer.maxLineLength"),
    ]]);

const TAILDIR: ComponentType =
    source("taildir", &["org.apache.flume.source.taildir.TaildirSource"]).batch("batchSize").keys(&[
        &[
            key("filegroups", Kind::Words).needed(),
            key("filegroups.<g>", Kind::FilePattern).needed(),
            key("filegroups.<g>.glob", Kind::Bool).or("false").new_here(),
            key("positionFile", Kind::Paths).or("~/.flume/taildir_position.json"),
            text("headers.<g>.<k>"),
            key("byteOffsetHeader", Kind::Bool).or("false"),
            key("skipToEnd", Kind::Bool).or("false"),
            key("idleTimeout", Kind::Millis(0)).or("120000"),
            key("writePosInterval", Kind::Millis(0)).or("3000"),
            count("batchSize").or("100"),
            key("maxBatchCount", Kind::Int(1, i64::MAX)).or("9223372036854775807"),
            key("cachePatternMatching", Kind::Bool).or("true"),
            key("fileHeader", Kind::Bool).or("false"),
            text("fileHeaderKey").or("file"),
            key("fingerprint", Kind::OneOf(&["content", "inode"])).or("content").new_here(),
            key("renamed", Kind::OneOf(&["continue", "restart"])).or("continue").new_here(),
        ],
        POLLED,
    ]);
