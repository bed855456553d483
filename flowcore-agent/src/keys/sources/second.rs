use super::{ComponentType, Key, Kind, POLLED, count, key, source, text};

pub(super) const ALL: &[ComponentType] = &[JMS, TWITTER, SCRIBE, AVRO_LEGACY, THRIFT_LEGACY];

const JMS: ComponentType = source("jms", &["org.apache.flume.source.jms.JMSSource"])
    .second("let the queue's own bridge write to an http or avro source")
    .batch("batchSize")
    .keys(&[
        &[
            text("initialContextFactory").needed(),
            text("connectionFactory").needed().or("ConnectionFactory"),
            text("providerURL").needed(),
            text("destinationName").needed(),
            key("destinationType", Kind::OneOf(&["queue", "topic"])).needed(),
            text("destinationLocator").or("CDI"),
            text("messageSelector"),
            text("userName"),
            key("passwordFile", Kind::File),
            count("batchSize").or("100"),
            key("pollTimeout", Kind::Millis(0)).or("1000"),
            count("errorThreshold").or("10"),
            text("converter.type").or("DEFAULT"),
            key("converter.charset", Kind::Charset).or("UTF-8"),
            text("converter.*"),
            key("createDurableSubscription", Kind::Bool).or("false"),
            text("clientId"),
            text("durableSubscriptionName"),
        ],
        POLLED,
    ]);

const TWITTER: ComponentType = source("twitter", &["org.apache.flume.source.twitter.TwitterSource"])
    .second("the interface that it reads is gone")
    .batch("maxBatchSize")
    .keys(&[&[
        text("consumerKey").needed(),
        text("consumerSecret").needed(),
        text("accessToken").needed(),
        text("accessTokenSecret").needed(),
        count("maxBatchSize").or("1000"),
        key("maxBatchDurationMillis", Kind::Millis(0)).or("1000"),
    ]]);

const SCRIBE: ComponentType = source("scribe", &["org.apache.flume.source.scribe.ScribeSource"])
    .second("use the thrift source")
    .keys(&[&[
        key("port", Kind::Listen).or("1499"),
        key("maxReadBufferBytes", Kind::Bytes(1)).or("16384000"),
        count("workerThreads").or("5"),
    ]]);

const LEGACY: &[Key] = &[key("host", Kind::Host).needed(), key("port", Kind::Listen).needed()];

const AVRO_LEGACY: ComponentType =
    source("avro_legacy", &["org.apache.flume.source.avroLegacy.AvroLegacySource"])
        .second("update the senders and use the avro source")
        .keys(&[LEGACY]);

const THRIFT_LEGACY: ComponentType =
    source("thrift_legacy", &["org.apache.flume.source.thriftLegacy.ThriftLegacySource"])
        .second("update the senders and use the thrift source")
        .keys(&[LEGACY]);
