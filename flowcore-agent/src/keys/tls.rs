use super::key::{Key, Kind, key, text};

/// TLS of a component that others connect to.
pub(super) const SERVER: &[Key] = &[
    key("ssl", Kind::Bool).or("false"),
    key("keystore", Kind::File),
    text("keystore-password"),
    key("keystore-type", Kind::OneOf(&["JKS", "PKCS12", "PEM"])).or("JKS"),
    key("exclude-protocols", Kind::Words).or("SSLv3"),
    key("include-protocols", Kind::Words),
    key("include-cipher-suites", Kind::Words),
    key("exclude-cipher-suites", Kind::Words),
    key("client-auth", Kind::OneOf(&["none", "want", "need"])).or("none").new_here(),
    key("truststore", Kind::File).new_here(),
    text("truststore-password").new_here(),
];

/// TLS of the sink that posts, to an endpoint with `https`: Flume has the settings of its JVM there.
pub(super) const HTTPS: &[Key] = &[
    key("truststore", Kind::File).new_here(),
    text("truststore-password").new_here(),
    key("truststore-type", Kind::OneOf(&["JKS", "PKCS12", "PEM"])).or("JKS").new_here(),
    key("exclude-protocols", Kind::Words).or("SSLv3").new_here(),
    key("include-protocols", Kind::Words).new_here(),
    key("include-cipher-suites", Kind::Words).new_here(),
    key("exclude-cipher-suites", Kind::Words).new_here(),
    key("verify-hostname", Kind::Bool).or("true").new_here(),
];

/// TLS of a component that connects to others.
pub(super) const CLIENT: &[Key] = &[
    key("ssl", Kind::Bool).or("false"),
    key("truststore", Kind::File),
    text("truststore-password"),
    key("truststore-type", Kind::OneOf(&["JKS", "PKCS12", "PEM"])).or("JKS"),
    key("exclude-protocols", Kind::Words).or("SSLv3"),
    key("include-protocols", Kind::Words),
    key("include-cipher-suites", Kind::Words),
    key("exclude-cipher-suites", Kind::Words),
    key("verify-hostname", Kind::Bool).or("true").new_here(),
];
