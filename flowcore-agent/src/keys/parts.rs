use super::Section;
use super::component::ComponentType;
use super::key::{Key, Kind, count, key, text};

pub(super) const ALL: &[&[ComponentType]] = &[
    SELECTORS,
    PROCESSORS,
    INTERCEPTORS,
    SERIALIZERS,
    DESERIALIZERS,
    HANDLERS,
    PATH_MANAGERS,
    FILTERS,
    EXTRACTED,
];

const fn part(section: Section, name: &'static str, classes: &'static [&'static str]) -> ComponentType {
    ComponentType::new(section, name, classes)
}

const SELECTORS: &[ComponentType] = &[
    part(Section::Selector, "replicating", &["org.apache.flume.channel.ReplicatingChannelSelector"])
        .keys(&[&[key("optional", Kind::Words)]]),
    part(Section::Selector, "multiplexing", &["org.apache.flume.channel.MultiplexingChannelSelector"]).keys(
        &[&[
            text("header").or("flume.selector.header"),
            key("mapping.<value>", Kind::Words),
            key("default", Kind::Words),
            key("optional.<value>", Kind::Words),
        ]],
    ),
    part(Section::Selector, "load_balancing", &["org.apache.flume.channel.LoadBalancingChannelSelector"])
        .keys(&[&[key("policy", Kind::OneOf(&["ROUND_ROBIN", "RANDOM"])).or("ROUND_ROBIN")]]),
];

const PROCESSORS: &[ComponentType] = &[
    part(Section::SinkProcessor, "default", &["org.apache.flume.sink.DefaultSinkProcessor"]),
    part(Section::SinkProcessor, "failover", &["org.apache.flume.sink.FailoverSinkProcessor"]).keys(&[&[
        key("priority.<sink>", Kind::Int(-2_147_483_648, 2_147_483_647)),
        key("maxpenalty", Kind::Millis(0)).or("30000"),
    ]]),
    part(Section::SinkProcessor, "load_balance", &["org.apache.flume.sink.LoadBalancingSinkProcessor"]).keys(
        &[&[
            key("backoff", Kind::Bool).or("false"),
            text("selector").or("round_robin"),
            key("selector.maxTimeOut", Kind::Millis(0)).or("30000"),
        ]],
    ),
];

const fn interceptor(name: &'static str, classes: &'static [&'static str]) -> ComponentType {
    part(Section::Interceptor, name, classes)
}

const PRESERVE: Key = key("preserveExisting", Kind::Bool);

const INTERCEPTORS: &[ComponentType] = &[
    interceptor("timestamp", &["org.apache.flume.interceptor.TimestampInterceptor$Builder"])
        .keys(&[&[text("headerName").or("timestamp"), PRESERVE.or("false")]]),
    interceptor("host", &["org.apache.flume.interceptor.HostInterceptor$Builder"]).keys(&[&[
        PRESERVE.or("false"),
        key("useIP", Kind::Bool).or("true"),
        text("hostHeader").or("host"),
    ]]),
    interceptor("static", &["org.apache.flume.interceptor.StaticInterceptor$Builder"]).keys(&[&[
        PRESERVE.or("true"),
        text("key").or("key"),
        text("value").or("value"),
    ]]),
    interceptor("remove_header", &["org.apache.flume.interceptor.RemoveHeaderInterceptor$Builder"]).keys(&[
        &[
            text("withName"),
            text("fromList"),
            key("fromListSeparator", Kind::Regex).or("\\s*,\\s*"),
            key("matching", Kind::Regex),
        ],
    ]),
    interceptor("uuid", &["org.apache.flume.sink.solr.morphline.UUIDInterceptor$Builder"]).keys(&[&[
        text("headerName").or("id"),
        PRESERVE.or("true"),
        text("prefix").or(""),
    ]]),
    interceptor("search_replace", &["org.apache.flume.interceptor.SearchAndReplaceInterceptor$Builder"])
        .keys(&[&[
            key("searchPattern", Kind::Regex).needed(),
            text("replaceString").or(""),
            key("charset", Kind::Charset).or("UTF-8"),
        ]]),
    interceptor("regex_filter", &["org.apache.flume.interceptor.RegexFilteringInterceptor$Builder"])
        .keys(&[&[key("regex", Kind::Regex).or(".*"), key("excludeEvents", Kind::Bool).or("false")]]),
    interceptor("regex_extractor", &["org.apache.flume.interceptor.RegexExtractorInterceptor$Builder"]).keys(
        &[&[
            key("regex", Kind::Regex).needed(),
            key("serializers", Kind::Named(Section::ExtractorSerializer)).needed(),
        ]],
    ),
    interceptor("morphline", &["org.apache.flume.sink.solr.morphline.MorphlineInterceptor$Builder"])
        .second("use search_replace, regex_filter or regex_extractor")
        .keys(&[&[key("morphlineFile", Kind::File).needed(), text("morphlineId").or("null")]]),
];

const EXTRACTED: &[ComponentType] = &[
    part(
        Section::ExtractorSerializer,
        "DEFAULT",
        &["org.apache.flume.interceptor.RegexExtractorInterceptorPassThroughSerializer"],
    ),
    part(
        Section::ExtractorSerializer,
        "millis",
        &["org.apache.flume.interceptor.RegexExtractorInterceptorMillisSerializer"],
    )
    .keys(&[&[text("pattern").needed()]]),
];

const NEWLINE: &[Key] = &[key("appendNewline", Kind::Bool).or("true")];
const CODECS: Kind = Kind::OneOf(&["null", "deflate", "snappy", "zstandard"]);
const AVRO_FILE: &[Key] =
    &[key("syncIntervalBytes", Kind::Bytes(32)).or("2048000"), key("compressionCodec", CODECS).or("null")];

const SERIALIZERS: &[ComponentType] = &[
    part(Section::Serializer, "text", &["org.apache.flume.serialization.BodyTextEventSerializer$Builder"])
        .keys(&[NEWLINE]),
    part(
        Section::Serializer,
        "header_and_text",
        &["org.apache.flume.serialization.HeaderAndBodyTextEventSerializer$Builder"],
    )
    .keys(&[NEWLINE]),
    part(
        Section::Serializer,
        "avro_event",
        &["org.apache.flume.serialization.FlumeEventAvroEventSerializer$Builder"],
    )
    .keys(&[AVRO_FILE]),
    part(Section::Serializer, "avro_datum", &["org.apache.flume.sink.hdfs.AvroEventSerializer$Builder"])
        .own_crate("it comes with the hdfs sink; until then use avro_event")
        .keys(&[AVRO_FILE, &[text("schemaURL").or("null")]]),
];

const DESERIALIZERS: &[ComponentType] = &[
    part(Section::Deserializer, "line", &["org.apache.flume.serialization.LineDeserializer$Builder"]).keys(
        &[&[
            count("maxLineLength").or("2048"),
            key("outputCharset", Kind::Charset).or("UTF-8"),
            key("stripCarriageReturn", Kind::Bool).or("false").new_here(),
        ]],
    ),
    part(Section::Deserializer, "avro", &["org.apache.flume.serialization.AvroEventDeserializer$Builder"])
        .keys(&[&[key("schemaType", Kind::OneOf(&["HASH", "LITERAL"])).or("HASH")]]),
    part(Section::Deserializer, "blob", &["org.apache.flume.sink.solr.morphline.BlobDeserializer$Builder"])
        .keys(&[&[count("maxBlobLength").or("100000000")]]),
];

const HANDLERS: &[ComponentType] = &[
    part(Section::HttpHandler, "json", &["org.apache.flume.source.http.JSONHandler"]),
    part(
        Section::HttpHandler,
        "blob",
        &["org.apache.flume.source.http.BLOBHandler", "org.apache.flume.sink.solr.morphline.BlobHandler"],
    )
    .keys(&[&[count("maxBlobLength").or("100000000"), text("mandatoryParameters").or("")]]),
];

const PATH_MANAGERS: &[ComponentType] = &[
    part(Section::PathManager, "default", &["org.apache.flume.formatter.output.DefaultPathManager$Builder"]),
    part(
        Section::PathManager,
        "rolltime",
        &["org.apache.flume.formatter.output.RollTimePathManager$Builder"],
    ),
];

const FILTERS: &[ComponentType] = &[
    part(Section::ConfigFilter, "env", &["org.apache.flume.configfilter.EnvironmentVariableConfigFilter"]),
    part(Section::ConfigFilter, "external", &["org.apache.flume.configfilter.ExternalProcessConfigFilter"])
        .keys(&[&[text("command").needed(), key("charset", Kind::Charset).or("UTF-8")]]),
    part(
        Section::ConfigFilter,
        "hadoop",
        &["org.apache.flume.configfilter.HadoopCredentialStoreConfigFilter"],
    )
    .second("use the filter external, with a command that prints the secret")
    .keys(&[&[
        text("credential.provider.path").needed(),
        text("credstore.java-keystore-provider.password-file"),
    ]]),
];
