use super::Section;
use super::component::ComponentType;
use super::key::{INT, Key, Kind, count, key, text};

pub(super) const ALL: &[&[ComponentType]] = &[&[MEMORY, FILE, SPILLABLE, PSEUDO, KAFKA, JDBC]];

const fn channel(name: &'static str, classes: &'static [&'static str]) -> ComponentType {
    ComponentType::new(Section::Channel, name, classes)
}

const MEMORY: ComponentType = channel("memory", &["org.apache.flume.channel.MemoryChannel"]).keys(&[
    &[
        count("capacity").or("100"),
        count("transactionCapacity").or("100"),
        key("keep-alive", Kind::Seconds(0)).or("3"),
    ],
    IN_MEMORY,
]);

const IN_MEMORY: &[Key] =
    &[key("byteCapacityBufferPercentage", Kind::Int(0, 100)).or("20"), key("byteCapacity", Kind::Bytes(0))];

const FILE: ComponentType = channel("file", &["org.apache.flume.channel.file.FileChannel"])
    .keys(&[&[count("capacity").or("1000000"), key("keep-alive", Kind::Seconds(0)).or("3")], ON_DISK]);

const REPLAY: &str = "there is one replay only, from the last checkpoint on";

const KEY_FILES: &str = "each key has a file of its own";

const ON_DISK: &[Key] = &[
    key("checkpointDir", Kind::Paths).or("~/.flume/file-channel/checkpoint"),
    key("dataDirs", Kind::Paths).or("~/.flume/file-channel/data"),
    key("useDualCheckpoints", Kind::Bool).or("false"),
    key("backupCheckpointDir", Kind::Paths),
    key("compressBackupCheckpoint", Kind::Bool)
        .or("false")
        .idle("the copy of a checkpoint is not compressed"),
    count("transactionCapacity").or("10000"),
    key("checkpointInterval", Kind::Millis(1)).or("30000"),
    key("checkpointOnClose", Kind::Bool).or("true"),
    key("maxFileSize", Kind::Bytes(1)).or("2146435071"),
    key("minimumRequiredSpace", Kind::Bytes(0)).or("524288000"),
    key("use-log-replay-v1", Kind::Bool).or("false").idle(REPLAY),
    key("use-fast-replay", Kind::Bool).or("false").idle(REPLAY),
    key("fsyncPerTransaction", Kind::Bool).or("true"),
    key("fsyncInterval", Kind::Seconds(1)).or("5"),
    key("strictRecovery", Kind::Bool).or("false").new_here(),
    text("encryption.activeKey"),
    text("encryption.cipherProvider"),
    key("encryption.keyProvider", Kind::OneOf(&["FILE", "JCEKSFILE"])),
    key("encryption.keyProvider.keyStoreFile", Kind::File).idle(KEY_FILES),
    key("encryption.keyProvider.keyStorePasswordFile", Kind::File).idle(KEY_FILES),
    // As the guide spells them.
    key("encrpytion.keyProvider.keyStorePasswordFile", Kind::File).idle(KEY_FILES),
    key("encryption.keyProvider.keys", Kind::Words),
    key("encryption.keyProvider.keys.<k>.file", Kind::File).new_here(),
    key("encryption.keyProvider.keys.<k>.passwordFile", Kind::File).idle(KEY_FILES),
    key("encyption.keyProvider.keys.<k>.passwordFile", Kind::File).idle(KEY_FILES),
];

const SPILLABLE: ComponentType =
    channel("spillablememory", &["org.apache.flume.channel.SpillableMemoryChannel"]).keys(&[
        &[
            key("memoryCapacity", Kind::Int(0, INT)).or("10000"),
            key("overflowCapacity", Kind::Int(0, INT)).or("100000000"),
            key("overflowTimeout", Kind::Seconds(0)).or("3"),
            key("overflowDeactivationThreshold", Kind::Int(0, 100)).or("5"),
            key("avgEventSize", Kind::Bytes(1)).or("500"),
        ],
        IN_MEMORY,
        ON_DISK,
    ]);

const PSEUDO: ComponentType =
    channel("pseudotxnmemory", &["org.apache.flume.channel.PseudoTxnMemoryChannel"])
        .keys(&[&[count("capacity").or("50"), key("keep-alive", Kind::Seconds(0)).or("3")]]);

const KAFKA: ComponentType = channel("kafka", &["org.apache.flume.channel.kafka.KafkaChannel"])
    .second("use the file channel")
    .keys(&[&[
        text("kafka.bootstrap.servers").needed_unless("brokerList"),
        text("kafka.topic").or("flume-channel"),
        text("kafka.consumer.group.id").or("flume"),
        key("parseAsFlumeEvent", Kind::Bool).or("true"),
        key("pollTimeout", Kind::Millis(0)).or("500"),
        key("defaultPartitionId", Kind::Int(0, INT)),
        text("partitionIdHeader"),
        text("kafka.consumer.auto.offset.reset").or("earliest"),
        text("kafka.producer.acks").or("all"),
        text("kafka.producer.security.protocol").or("PLAINTEXT"),
        text("kafka.consumer.security.protocol").or("PLAINTEXT"),
        text("kafka.producer.*"),
        text("kafka.consumer.*"),
        text("brokerList").old("kafka.bootstrap.servers"),
        text("topic").old("kafka.topic"),
        text("groupId").old("kafka.consumer.group.id"),
        key("readSmallestOffset", Kind::Bool).or("false").old("kafka.consumer.auto.offset.reset"),
        key("migrateZookeeperOffsets", Kind::Bool).or("true").idle("offsets are kept in Kafka"),
        text("zookeeperConnect").idle("offsets are kept in Kafka"),
    ]]);

const JDBC: ComponentType = channel("jdbc", &["org.apache.flume.channel.jdbc.JdbcChannel"])
    .second("use the file channel")
    .keys(&[&[
        text("db.type").or("DERBY"),
        text("driver.class").or("org.apache.derby.jdbc.EmbeddedDriver"),
        text("driver.url"),
        text("db.username").or("sa"),
        text("db.password"),
        key("connection.properties.file", Kind::File),
        key("create.schema", Kind::Bool).or("true"),
        key("create.index", Kind::Bool).or("true"),
        key("create.foreignkey", Kind::Bool).or("true"),
        key("transaction.isolation", Kind::OneOf(ISOLATION)).or("READ_COMMITTED"),
        count("maximum.connections").or("10"),
        key("maximum.capacity", Kind::Int(0, i64::MAX)).or("0"),
        text("sysprop.user.home"),
        text("sysprop.*"),
    ]]);

const ISOLATION: &[&str] = &["READ_COMMITTED", "READ_UNCOMMITTED", "SERIALIZABLE", "REPEATABLE_READ"];
