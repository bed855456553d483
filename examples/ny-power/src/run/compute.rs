use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use flowcore::base::LocalDisk;

use super::Failure;
use crate::cli::ComputeOptions;
use crate::compute::{Document, Summary};
use crate::input::Input;
use crate::reading::Reading;

/// Prints what saved files give. What is refused is part of it; only if nothing is left, that is an error.
pub(super) fn run(options: &ComputeOptions) -> Result<(), Failure> {
    let input = Input::open(Arc::new(LocalDisk), &options.input)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let summary = if options.json { print_json(input, out)? } else { print_summary(input, &mut out)? };
    match summary.rejected.first() {
        Some(first) if summary.intervals == 0 => {
            Err(Failure::from(format!("there is nothing to compute: {first}")))
        }
        _ => Ok(()),
    }
}

fn print_json(mut input: Input, out: impl Write) -> Result<Summary, Failure> {
    let (mut document, mut summary) = (Document::begin(out)?, Summary::default());
    for reading in input.by_ref() {
        summary.add(&reading);
        if let Reading::Interval(interval) = &reading {
            document.interval(interval)?;
        }
    }
    summary.end(input.counts());
    document.end(&summary)?;
    Ok(summary)
}

fn print_summary(mut input: Input, out: &mut impl Write) -> Result<Summary, Failure> {
    let mut summary = Summary::default();
    for reading in input.by_ref() {
        summary.add(&reading);
    }
    summary.end(input.counts());
    write!(out, "{summary}")?;
    out.flush()?;
    Ok(summary)
}
