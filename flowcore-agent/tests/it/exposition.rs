//! Reads the text format of Prometheus, and refuses what a server of Prometheus would.

use std::collections::{BTreeMap, BTreeSet};

/// One value.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
    /// The value as it was written.
    pub(crate) number: String,
}

/// All samples of a text.
pub(crate) fn parse(text: &str) -> Result<Vec<Sample>, String> {
    assert!(text.ends_with('\n'), "the last line has no end");
    let (mut samples, mut seen) = (Vec::new(), BTreeSet::new());
    let mut families: BTreeMap<String, String> = BTreeMap::new();
    let mut family = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            family = word(rest)?;
            continue;
        }
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').ok_or(line)?;
            let is_known = ["counter", "gauge", "histogram"].contains(&kind);
            if name != family || !is_known || families.insert(name.to_owned(), kind.to_owned()).is_some() {
                return Err(format!("a bad or second type: {line}"));
            }
            continue;
        }
        let sample = sample(line).ok_or_else(|| format!("no sample: {line}"))?;
        let kind = families.get(&family).ok_or_else(|| format!("no type before {line}"))?;
        belongs(&sample, &family, kind)?;
        if !seen.insert(format!("{} {:?}", sample.name, sample.labels)) {
            return Err(format!("twice: {line}"));
        }
        samples.push(sample);
    }
    buckets_grow(&samples)?;
    Ok(samples)
}

fn word(rest: &str) -> Result<String, String> {
    rest.split(' ').next().map(str::to_owned).ok_or_else(|| rest.to_owned())
}

fn belongs(sample: &Sample, family: &str, kind: &str) -> Result<(), String> {
    let rest = sample.name.strip_prefix(family).ok_or_else(|| format!("{} in {family}", sample.name))?;
    let fits = match kind {
        "histogram" => ["_bucket", "_sum", "_count"].contains(&rest),
        "counter" => rest.is_empty() && family.ends_with("_total") && sample.value >= 0.0,
        _ => rest.is_empty() && !family.ends_with("_total"),
    };
    if fits { Ok(()) } else { Err(format!("{} does not fit a {kind}", sample.name)) }
}

/// `name{label="value",…} number`
fn sample(line: &str) -> Option<Sample> {
    let (name, mut rest) = line.split_once('{')?;
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if name.is_empty() || !is_name(name) {
        return None;
    }
    let mut labels = BTreeMap::new();
    loop {
        let (label, more) = rest.split_once("=\"")?;
        let (value, more) = quoted(more)?;
        if !is_name(label) || labels.insert(label.to_owned(), value).is_some() {
            return None;
        }
        if let Some(more) = more.strip_prefix(',') {
            rest = more;
            continue;
        }
        let number = more.strip_prefix("} ")?;
        return Some(Sample {
            name: name.to_owned(),
            labels,
            value: number.parse().ok()?,
            number: number.to_owned(),
        });
    }
}

/// Up to the closing quote, and what is behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let (mut value, mut letters) = (String::new(), text.char_indices());
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match letters.next()?.1 {
                'n' => '\n',
                other @ ('"' | '\\') => other,
                _ => return None,
            }),
            other => value.push(other),
        }
    }
    None
}

/// Buckets count all that is below them, and the last one has as many as the count.
fn buckets_grow(samples: &[Sample]) -> Result<(), String> {
    let mut last: Option<(&Sample, f64)> = None;
    for sample in samples {
        if let Some(bound) = sample.labels.get("le") {
            let bound: f64 = bound.replace("+Inf", "inf").parse().map_err(|_| bound.clone())?;
            if let Some((before, lower)) = last.filter(|(before, _)| before.name == sample.name)
                && lower < bound
                && before.value > sample.value
            {
                return Err(format!("{sample:?} has less than the bucket before it"));
            }
            last = Some((sample, bound));
        } else if let (Some((bucket, _)), true) = (last, sample.name.ends_with("_seconds_count"))
            && bucket.value.to_bits() != sample.value.to_bits()
        {
            return Err(format!("{sample:?} is not the last bucket"));
        }
    }
    Ok(())
}

#[test]
fn a_text_that_prometheus_refuses_is_refused() {
    let good = "# HELP a_total x\n# TYPE a_total counter\na_total{b=\"c\\\"d\"} 1\n";
    let samples = parse(good).unwrap();
    assert_eq!((samples[0].labels["b"].as_str(), samples[0].number.as_str()), ("c\"d", "1"));
    for (from, to) in [
        ("a_total{", "b_total{"),
        (" counter", " number"),
        ("c\\\"d", "c\"d"),
        (" 1\n", " one\n"),
        ("} 1\n", "} 1\na_total{b=\"c\\\"d\"} 2\n"),
        ("# TYPE a_total counter\n", ""),
    ] {
        assert!(parse(&good.replace(from, to)).is_err(), "{to}");
    }
}
