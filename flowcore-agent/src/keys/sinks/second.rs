use super::{ComponentType, INT, Key, Kind, count, key, sink, text};

pub(super) const ALL: &[ComponentType] =
    &[IRC, HBASE, HBASE2, ASYNCHBASE, HIVE, MORPHLINE, KITE, KUDU, ELASTICSEARCH];

const IRC: ComponentType = sink("irc", &["org.apache.flume.sink.irc.IRCSink"])
    .second("use the http sink, into a bridge to the chat")
    .keys(&[&[
        key("hostname", Kind::Host).needed(),
        key("port", Kind::Port).or("6667"),
        text("nick").needed(),
        text("user"),
        text("password"),
        text("chan").needed(),
        text("name"),
        key("splitlines", Kind::Bool).or("false"),
        text("splitchars").or("\\n"),
    ]]);

const TABLE: &str = "write to files or Kafka, and load the table from there";

const HBASE_KEYS: &[Key] = &[
    text("table").needed(),
    text("columnFamily").needed(),
    text("zookeeperQuorum"),
    text("znodeParent").or("/hbase"),
    count("batchSize").or("100"),
    key("coalesceIncrements", Kind::Bool).or("false"),
    text("serializer.*"),
];

const HBASE_1: &[Key] =
    &[key("enableWal", Kind::Bool).or("true"), text("kerberosPrincipal"), key("kerberosKeytab", Kind::File)];

const HBASE: ComponentType =
    sink("hbase", &["org.apache.flume.sink.hbase.HBaseSink"]).second(TABLE).batch("batchSize").keys(&[
        HBASE_KEYS,
        HBASE_1,
        &[text("serializer").or("org.apache.flume.sink.hbase.SimpleHbaseEventSerializer")],
    ]);

const HBASE2: ComponentType =
    sink("hbase2", &["org.apache.flume.sink.hbase2.HBase2Sink"]).second(TABLE).batch("batchSize").keys(&[
        HBASE_KEYS,
        HBASE_1,
        &[text("serializer").or("org.apache.flume.sink.hbase2.SimpleHBase2EventSerializer")],
    ]);

const ASYNCHBASE: ComponentType = sink("asynchbase", &["org.apache.flume.sink.hbase.AsyncHBaseSink"])
    .second(TABLE)
    .batch("batchSize")
    .keys(&[
        HBASE_KEYS,
        &[
            key("timeout", Kind::Millis(0)).or("60000"),
            text("serializer").or("org.apache.flume.sink.hbase.SimpleAsyncHbaseEventSerializer"),
            text("async.*"),
        ],
    ]);

const HIVE: ComponentType =
    sink("hive", &["org.apache.flume.sink.hive.HiveSink"]).second(TABLE).batch("batchSize").keys(&[&[
        text("hive.metastore").needed(),
        text("hive.database").needed(),
        text("hive.table").needed(),
        key("hive.partition", Kind::Escaped),
        count("hive.txnsPerBatchAsk").or("100"),
        key("heartBeatInterval", Kind::Seconds(0)).or("240"),
        key("autoCreatePartitions", Kind::Bool).or("true"),
        count("batchSize").or("15000"),
        count("maxOpenConnections").or("500"),
        key("callTimeout", Kind::Millis(0)).or("10000"),
        text("serializer").needed(),
        text("serializer.delimiter").or(","),
        text("serializer.fieldnames"),
        text("serializer.serdeSeparator").or("Ctrl-A"),
        text("serializer.*"),
        key("round", Kind::Bool).or("false"),
        key("roundUnit", Kind::OneOf(&["second", "minute", "hour"])).or("minute"),
        key("roundValue", Kind::Int(1, 60)).or("1"),
        text("timeZone").or("local"),
        key("useLocalTimeStamp", Kind::Bool).or("false"),
    ]]);

const MORPHLINE: ComponentType =
    sink("morphline_solr", &["org.apache.flume.sink.solr.morphline.MorphlineSolrSink"])
        .second("use the http sink, into the index's own pipeline")
        .batch("batchSize")
        .keys(&[&[
            key("morphlineFile", Kind::File).needed(),
            text("morphlineId").or("null"),
            count("batchSize").or("1000"),
            key("batchDurationMillis", Kind::Millis(0)).or("1000"),
            text("handlerClass"),
            key("isProductionMode", Kind::Bool).or("false"),
            text("recoverableExceptionClasses"),
            key("isIgnoringRecoverableExceptions", Kind::Bool).or("false"),
        ]]);

const KITE: ComponentType =
    sink("kite", &["org.apache.flume.sink.kite.DatasetSink"]).second(TABLE).keys(&[&[
        text("kite.dataset.uri").needed(),
        text("kite.repo.uri"),
        text("kite.dataset.namespace"),
        text("kite.dataset.name"),
        count("kite.batchSize").or("100"),
        key("kite.rollInterval", Kind::Seconds(0)).or("30"),
        key("kite.flushable.commitOnBatch", Kind::Bool).or("true"),
        key("kite.syncable.syncOnBatch", Kind::Bool).or("true"),
        text("kite.entityParser").or("avro"),
        key("kite.failurePolicy", Kind::OneOf(&["retry", "save"])).or("retry"),
        text("kite.error.dataset.uri"),
        text("auth.kerberosPrincipal"),
        key("auth.kerberosKeytab", Kind::File),
        text("auth.proxyUser"),
    ]]);

const KUDU: ComponentType = sink("kudu", &["org.apache.flume.sink.kudu.KuduSink"]).second(TABLE).keys(&[&[
    text("masterAddresses").needed(),
    text("tableName").needed(),
    text("producer").or("org.apache.flume.sink.kudu.SimpleKuduOperationsProducer"),
    text("producer.*"),
    count("batchSize").or("1000"),
    key("timeoutMillis", Kind::Millis(0)).or("30000"),
    key("ignoreDuplicateRows", Kind::Bool).or("true"),
    text("kerberosPrincipal"),
    key("kerberosKeytab", Kind::File),
    text("proxyUser"),
]]);

const ELASTICSEARCH: ComponentType =
    sink("elasticsearch", &["org.apache.flume.sink.elasticsearch.ElasticSearchSink"])
        .second("use the http sink; Flume 1.11 itself has it no more")
        .keys(&[&[
            text("hostNames"),
            text("indexName").or("flume"),
            text("indexType").or("logs"),
            text("clusterName").or("elasticsearch"),
            key("batchSize", Kind::Int(1, INT)).or("100"),
            text("ttl"),
            text("serializer"),
            text("serializer.*"),
        ]]);
