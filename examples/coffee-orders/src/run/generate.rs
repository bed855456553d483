use std::path::Path;

use flowcore::base::Clock;
use tokio::sync::watch;

use super::Failure;
use crate::cli::GeneratorOptions;
use crate::generator::{Generator, GeneratorSettings};
use crate::statistics::Totals;

/// The generator, unless somebody else writes, and what it has written.
pub(super) async fn open(
    dir: &Path,
    options: &GeneratorOptions,
    clock: &Clock,
) -> Result<Option<(Generator, watch::Receiver<Totals>)>, Failure> {
    if options.no_generate {
        return Ok(None);
    }
    let settings = GeneratorSettings { rate: options.rate, orders: options.orders, seed: options.seed };
    let generator = Generator::open(dir, settings, clock.clone()).await?;
    let totals = generator.totals();
    Ok(Some((generator, totals)))
}
