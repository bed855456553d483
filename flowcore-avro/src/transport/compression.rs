/// Whether what is sent is compressed. Both ends must have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// One zlib stream for each direction.
    Deflate {
        /// From 0, which only packs, to 9, which takes the most time. More counts as 9. Flume's default is 6.
        level: u8,
    },
}

impl Compression {
    /// Level 6, as Flume's.
    pub const DEFLATE: Self = Self::Deflate { level: 6 };
}
