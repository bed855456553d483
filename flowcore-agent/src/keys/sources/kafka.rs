use super::{ComponentType, Kind, POLLED, count, key, source, text};

pub(super) const ALL: &[ComponentType] = &[KAFKA];

const UNTIL_THEN: &str =
    "until it does: an avro source, and a Flume agent that has the kafka source and an avro sink to it";

const KAFKA: ComponentType = source("kafka", &["org.apache.flume.source.kafka.KafkaSource"])
    .own_crate(UNTIL_THEN)
    .batch("batchSize")
    .keys(&[
        &[
            text("kafka.bootstrap.servers").needed(),
            text("kafka.consumer.group.id").or("flume"),
            text("kafka.topics").needed_unless("kafka.topics.regex"),
            key("kafka.topics.regex", Kind::Regex),
            count("batchSize").or("1000"),
            key("batchDurationMillis", Kind::Millis(0)).or("1000"),
            key("useFlumeEventFormat", Kind::Bool).or("false"),
            key("setTopicHeader", Kind::Bool).or("true"),
            text("topicHeader").or("topic"),
            text("timestampHeader"),
            text("header.<name>"),
            text("kafka.consumer.security.protocol").or("PLAINTEXT"),
            text("kafka.consumer.*"),
            text("topic").old("kafka.topics"),
            text("groupId").or("flume").old("kafka.consumer.group.id"),
            text("zookeeperConnect").idle("offsets are kept in Kafka"),
            key("migrateZookeeperOffsets", Kind::Bool).or("true").idle("offsets are kept in Kafka"),
        ],
        POLLED,
    ]);
