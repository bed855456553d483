use super::{ComponentType, INT, Key, Kind, count, key, sink, text, tls};

pub(super) const ALL: &[ComponentType] = &[AVRO, THRIFT, HTTP];

/// Keys of both, which go to the client that they are.
const RPC: &[Key] = &[
    key("hostname", Kind::Host).needed_unless("hosts"),
    key("port", Kind::Port).needed_unless("hosts"),
    count("batch-size").or("100"),
    key("connect-timeout", Kind::Millis(1)).or("20000"),
    key("request-timeout", Kind::Millis(1)).or("20000"),
    key("reset-connection-interval", Kind::Seconds(0)).or("0"),
    key("connection-reset-interval", Kind::Seconds(0)).or("0").also("reset-connection-interval"),
    key("hosts", Kind::Words),
    text("hosts.<alias>"),
    count("max-attempts"),
];

/// A Thrift sink has one client, whatever it says, as in Flume.
const CLIENT_TYPE: Key =
    key("client.type", Kind::OneOf(&["default", "default_failover", "default_loadbalance", "thrift"]))
        .or("default");

/// Which of several servers has a call.
const CHOICE: &[Key] = &[
    CLIENT_TYPE,
    text("host-selector").or("round_robin"),
    key("backoff", Kind::Bool).or("false"),
    key("maxBackoff", Kind::Millis(0)).or("0"),
];

const AVRO: ComponentType = sink("avro", &["org.apache.flume.sink.AvroSink"]).batch("batch-size").keys(&[
    RPC,
    CHOICE,
    &[
        key("compression-type", Kind::OneOf(&["none", "deflate"])).or("none"),
        key("compression-level", Kind::Int(0, 9)).or("6"),
        key("trust-all-certs", Kind::Bool).or("false"),
        key("maxIoWorkers", Kind::Int(1, INT)).idle("connections need no threads of their own"),
        key("compression-tls-order", Kind::OneOf(&["deflate-outside", "tls-outside"]))
            .or("deflate-outside")
            .new_here(),
    ],
    tls::CLIENT,
]);

const KERBEROS: &str = "Kerberos is not supported; use TLS";

/// Flume's has no other client either, and sends to the first of them alone.
const ONE_CLIENT: &str = "a thrift sink sends to the first of its `hosts` that is there";

const THRIFT: ComponentType =
    sink("thrift", &["org.apache.flume.sink.ThriftSink"]).batch("batch-size").keys(&[
        RPC,
        &[
            CLIENT_TYPE,
            text("host-selector").idle(ONE_CLIENT),
            text("backoff").idle(ONE_CLIENT),
            text("maxBackoff").idle(ONE_CLIENT),
            count("maxConnections").or("5"),
            key("protocol", Kind::OneOf(&["compact", "binary"])).or("compact"),
            key("kerberos", Kind::Bool).or("false").refused_if_true(KERBEROS),
            text("client-principal").refused(KERBEROS),
            key("client-keytab", Kind::File).refused(KERBEROS),
            text("server-principal").refused(KERBEROS),
        ],
        tls::CLIENT,
    ]);

const HTTP: ComponentType = sink("http", &["org.apache.flume.sink.http.HttpSink"]).one_by_one().keys(&[
    &[
        text("endpoint").needed(),
        key("connectTimeout", Kind::Millis(1)).or("5000"),
        key("requestTimeout", Kind::Millis(1)).or("5000"),
        text("contentTypeHeader").or("text/plain"),
        text("acceptHeader").or("text/plain"),
        key("defaultBackoff", Kind::Bool).or("true"),
        key("defaultRollback", Kind::Bool).or("true"),
        key("defaultIncrementMetrics", Kind::Bool).or("false"),
        key("backoff.<CODE>", Kind::Bool),
        key("rollback.<CODE>", Kind::Bool),
        key("incrementMetrics.<CODE>", Kind::Bool),
    ],
    tls::HTTPS,
]);
