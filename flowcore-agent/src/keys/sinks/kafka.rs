use super::{ComponentType, INT, Kind, count, key, sink, text};

pub(super) const ALL: &[ComponentType] = &[KAFKA];

const LATER: &str = "Flume knows it only after 1.11";

const UNTIL_THEN: &str = "until it does: an avro sink to a Flume agent that has the kafka sink";

const KAFKA: ComponentType = sink("kafka", &["org.apache.flume.sink.kafka.KafkaSink"])
    .own_crate(UNTIL_THEN)
    .batch("flumeBatchSize")
    .keys(&[&[
        text("kafka.bootstrap.servers").needed_unless("brokerList"),
        key("kafka.topic", Kind::Escaped).or("default-flume-topic"),
        count("flumeBatchSize").or("100"),
        text("kafka.producer.acks").or("1"),
        key("useFlumeEventFormat", Kind::Bool).or("false"),
        key("defaultPartitionId", Kind::Int(0, INT)),
        text("partitionIdHeader"),
        key("allowTopicOverride", Kind::Bool).or("true"),
        text("topicHeader").or("topic"),
        text("timestampHeader"),
        text("header.<name>"),
        text("kafka.producer.security.protocol").or("PLAINTEXT"),
        text("kafka.producer.transactional.id").idle(LATER),
        text("kafka.producer.*"),
        text("brokerList").old("kafka.bootstrap.servers"),
        text("topic").old("kafka.topic"),
        count("batchSize").old("flumeBatchSize"),
        text("requiredAcks").old("kafka.producer.acks"),
        key("useKafkaTransactions", Kind::Bool).or("false").idle(LATER),
    ]]);
