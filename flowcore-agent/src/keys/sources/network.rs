use super::{ComponentType, INT, Key, Kind, Section, Transport, count, key, source, text, tls};

pub(super) const ALL: &[ComponentType] = &[AVRO, THRIFT, NETCAT, NETCATUDP, HTTP];

const BIND: Key = key("bind", Kind::Host).needed();
const PORT: Key = key("port", Kind::Listen).needed();
const THREADS: Key = key("threads", Kind::Int(1, INT));
const ORDER: Key = key("compression-tls-order", Kind::OneOf(&["deflate-outside", "tls-outside"]))
    .or("deflate-outside")
    .new_here();

const AVRO: ComponentType =
    source("avro", &["org.apache.flume.source.AvroSource"]).listens(Transport::Tcp).keys(&[
        &[
            BIND,
            PORT,
            THREADS.idle("Flume ignores it since 1.10 as well"),
            key("compression-type", Kind::OneOf(&["none", "deflate"])).or("none"),
            key("ipFilter", Kind::Bool).or("false"),
            key("ipFilterRules", Kind::IpRules),
            ORDER,
        ],
        tls::SERVER,
    ]);

const KERBEROS: &str = "Kerberos is not supported; use TLS";

const THRIFT: ComponentType =
    source("thrift", &["org.apache.flume.source.ThriftSource"]).listens(Transport::Tcp).keys(&[
        &[
            BIND,
            PORT,
            THREADS.idle("calls need no threads of their own"),
            key("protocol", Kind::OneOf(&["compact", "binary"])).or("compact"),
            key("kerberos", Kind::Bool).or("false").refused_if_true(KERBEROS),
            text("agent-principal").refused(KERBEROS),
            key("agent-keytab", Kind::File).refused(KERBEROS),
        ],
        tls::SERVER,
    ]);

const NETCAT: ComponentType =
    source("netcat", &["org.apache.flume.source.NetcatSource"]).listens(Transport::Tcp).keys(&[&[
        BIND,
        PORT,
        count("max-line-length").or("512"),
        key("ack-every-event", Kind::Bool).or("true"),
        key("encoding", Kind::Charset).or("utf-8"),
        count("max-connections").or("1024").new_here(),
    ]]);

const NETCATUDP: ComponentType = source("netcatudp", &["org.apache.flume.source.NetcatUdpSource"])
    .listens(Transport::Udp)
    .keys(&[&[BIND, PORT, text("remoteAddress"), text("remoteAddressHeader").also("remoteAddress")]]);

const JETTY: &str = "it is a setting of another HTTP server";

const HTTP: ComponentType =
    source("http", &["org.apache.flume.source.http.HTTPSource"]).listens(Transport::Tcp).keys(&[
        &[
            PORT,
            key("bind", Kind::Host).or("0.0.0.0"),
            key("handler", Kind::Type(Section::HttpHandler)).or("org.apache.flume.source.http.JSONHandler"),
            key("enableSSL", Kind::Bool).old("ssl"),
            key("excludeProtocols", Kind::Words).old("exclude-protocols"),
            text("keystorePassword").old("keystore-password"),
            key("HttpConfiguration.requestHeaderSize", Kind::Bytes(1)),
            key("ServerConnector.idleTimeout", Kind::Millis(0)),
            text("QueuedThreadPool.*").idle(JETTY),
            text("HttpConfiguration.*").idle(JETTY),
            text("SslContextFactory.*").idle(JETTY),
            text("ServerConnector.*").idle(JETTY),
            key("max-body-bytes", Kind::Bytes(1)).or("67108864").new_here(),
        ],
        tls::SERVER,
    ]);
