/// Which of TLS and compression lies outside, where a connection has both. Both ends must have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LayerOrder {
    /// TLS records are compressed: Flume from 1.10 on.
    #[default]
    DeflateOutside,
    /// What is compressed goes through TLS: Flume up to 1.9.
    TlsOutside,
}
