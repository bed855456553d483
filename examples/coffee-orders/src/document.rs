//! The JSON document that `replay` and `dump` print.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::bucket::BucketName;
use crate::statistics::{Dimension, Statistics, Tally, Totals};
use crate::store::{Store, StoreError};

/// How many buckets of a store are read at a time.
const PAGE: usize = 256;

/// Writes the document piece by piece, so that a large store needs no large memory:
/// `{"orders":9,"cups":42,"rejected":[{"line":3,"reason":"…"}],"buckets":[{"branch":"all","bucket":"…",…}]}`.
/// Rejected lines come before buckets; what is written in the same order is the same text.
///
/// ```
/// use coffee_orders::{document::Document, order::Order, statistics::{Statistics, Totals}};
/// let line = br#"{"customerAgeGrade":"0010","paymentMethod":"Cash","orders":["Mocha"]}"#;
/// let mut statistics = Statistics::default();
/// statistics.count(&Order::parse(line)?)?;
///
/// let mut text = Vec::new();
/// let mut document = Document::begin(&mut text, Totals { orders: 1, cups: 1 })?;
/// document.rejected(3, "the line is empty")?;
/// document.bucket("20140928120000".parse()?, &statistics)?;
/// document.end()?;
/// assert_eq!(String::from_utf8(text)?, concat!(
///     r#"{"orders":1,"cups":1,"rejected":[{"line":3,"reason":"the line is empty"}],"buckets":["#,
///     r#"{"branch":"all","bucket":"20140928120000","dimension":"CustomerAgeGrades","counts":{"0010":1}},"#,
///     r#"{"branch":"all","bucket":"20140928120000","dimension":"PaymentMethods","counts":{"Cash":1}},"#,
///     r#"{"branch":"all","bucket":"20140928120000","dimension":"Orders","counts":{"Mocha":1}}]}"#, "\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Document<W> {
    out: W,
    /// What goes before the next entry, by list.
    in_buckets: bool,
    first: bool,
}

/// The document could not be printed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// It could not be written.
    #[error("cannot write the document")]
    Write(#[from] io::Error),
    /// The store could not be read.
    #[error("cannot read what was stored")]
    Store(#[from] StoreError),
}

#[derive(Serialize)]
struct Rejected<'a> {
    line: u64,
    reason: &'a str,
}

#[derive(Serialize)]
struct Entry<'a> {
    branch: &'a str,
    bucket: BucketName,
    dimension: Dimension,
    counts: &'a BTreeMap<String, u64>,
}

impl<W: Write> Document<W> {
    /// Writes the totals.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(mut out: W, totals: Totals) -> io::Result<Self> {
        write!(out, r#"{{"orders":{},"cups":{},"rejected":["#, totals.orders, totals.cups)?;
        Ok(Self { out, in_buckets: false, first: true })
    }

    /// Writes a rejected line. All of them come before the first bucket.
    ///
    /// # Errors
    /// When it cannot be written, or comes too late.
    pub fn rejected(&mut self, line: u64, reason: &str) -> io::Result<()> {
        if self.in_buckets {
            return Err(io::Error::other("a rejected line after the first bucket"));
        }
        self.entry(&Rejected { line, reason })
    }

    /// Writes the counts of a bucket, all branches and dimensions.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn bucket(&mut self, bucket: BucketName, statistics: &Statistics) -> io::Result<()> {
        statistics.tallies().try_for_each(|tally| self.tally(bucket, &tally))
    }

    /// Writes the counts of a bucket for one branch and dimension.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn tally(&mut self, bucket: BucketName, tally: &Tally) -> io::Result<()> {
        self.begin_buckets()?;
        let Tally { branch, dimension, counts } = tally;
        self.entry(&Entry { branch, bucket, dimension: *dimension, counts })
    }

    /// Writes everything in a store, sorted by bucket, branch and dimension.
    ///
    /// # Errors
    /// When the store cannot be read or the document cannot be written.
    pub async fn stored(&mut self, store: &dyn Store) -> Result<(), DocumentError> {
        let mut last = None;
        loop {
            let buckets = store.buckets(last, PAGE).await?;
            for &bucket in &buckets {
                for tally in store.stored(bucket).await? {
                    self.tally(bucket, &tally)?;
                }
            }
            match buckets.last() {
                Some(&bucket) => last = Some(bucket),
                None => return Ok(()),
            }
        }
    }

    /// Writes what closes the document, and a newline.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end(mut self) -> io::Result<W> {
        self.begin_buckets()?;
        self.out.write_all(b"]}\n")?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn begin_buckets(&mut self) -> io::Result<()> {
        if !self.in_buckets {
            self.out.write_all(br#"],"buckets":["#)?;
            (self.in_buckets, self.first) = (true, true);
        }
        Ok(())
    }

    fn entry(&mut self, entry: &impl Serialize) -> io::Result<()> {
        if !std::mem::take(&mut self.first) {
            self.out.write_all(b",")?;
        }
        Ok(serde_json::to_writer(&mut self.out, entry)?)
    }
}
