use super::{ComponentType, INT, Key, Kind, Transport, count, key, source, text, tls};

pub(super) const ALL: &[ComponentType] = &[TCP, UDP, MULTIPORT];

const HOST: Key = key("host", Kind::Host);
const PORT: Key = key("port", Kind::Listen).needed();
const SIZE: Key = key("eventSize", Kind::Bytes(10));

const COMMON: &[Key] = &[
    key("keepFields", Kind::KeepFields).or("none"),
    text("clientIPHeader"),
    text("clientHostnameHeader"),
    key("timezone", Kind::Zone).new_here(),
];

const FORMAT: &[Key] = &[
    key("format.regex", Kind::Regex),
    key("format.search", Kind::Regex),
    text("format.replace"),
    key("format.dateFormat", Kind::TimeFormat),
];

const FRAMING: Key = key("framing", Kind::OneOf(&["newline", "auto"])).or("newline").new_here();

const TCP: ComponentType = source("syslogtcp", &["org.apache.flume.source.SyslogTcpSource"])
    .listens(Transport::Tcp)
    .keys(&[&[HOST, PORT, SIZE.or("2500"), FRAMING], COMMON, FORMAT, tls::SERVER]);

const UDP: ComponentType = source("syslogudp", &["org.apache.flume.source.SyslogUDPSource"])
    .listens(Transport::Udp)
    .keys(&[&[HOST, PORT, SIZE.or("2048")], COMMON, FORMAT]);

const MULTIPORT: ComponentType =
    source("multiport_syslogtcp", &["org.apache.flume.source.MultiportSyslogTCPSource"])
        .batch("batchSize")
        .listens(Transport::Tcp)
        .keys(&[
            &[
                HOST,
                key("ports", Kind::Ports).needed(),
                SIZE.or("2500"),
                text("portHeader"),
                key("charset.default", Kind::Charset).or("UTF-8"),
                key("charset.port.<p>", Kind::Charset),
                count("batchSize").or("100"),
                key("readBufferBytes", Kind::Bytes(1)).or("1024"),
                key("readBufferSize", Kind::Bytes(1)).or("1024").also("readBufferBytes"),
                key("numProcessors", Kind::Int(1, INT)).idle("connections need no threads of their own"),
            ],
            COMMON,
            tls::SERVER,
        ]);
