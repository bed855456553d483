use super::*;
use crate::generator::{SplitMix, random_order};

fn counted<'a>(lines: impl IntoIterator<Item = &'a String>) -> Statistics {
    let mut statistics = Statistics::default();
    for line in lines {
        statistics.count(&Order::parse(line.as_bytes()).unwrap()).unwrap();
    }
    statistics
}

fn line(branch: &str, cup: &str) -> String {
    format!(r#"{{"branch":"{branch}","customerAgeGrade":"2030","paymentMethod":"Cash","orders":["{cup}"]}}"#)
}

#[test]
fn parts_merged_in_any_order_are_the_whole_counted_at_once() {
    for seed in 0..50 {
        println!("seed {seed}");
        let mut random = SplitMix::new(seed);
        let mut lines: Vec<String> = (0..200).map(|n| random_order(seed, n)).collect();
        // The oldest lines have no branch; a branch of its own and its own cups, too.
        lines.extend((0..5).map(|n| line(&format!("b{n}"), &format!("c{}", n * 2))));
        lines.push(r#"{"customerAgeGrade":"x","paymentMethod":"y","orders":["z","z"]}"#.to_owned());
        let mut parts = vec![Vec::new(); 4];
        for line in &lines {
            let part = usize::try_from(random.below(4)).unwrap();
            parts[part].push(line.clone());
        }
        let mut merged = Statistics::default();
        for part in parts.iter().rev() {
            merged.merge(&counted(part));
        }
        let whole = counted(&lines);
        assert_eq!(merged, whole);
        assert_eq!((merged.orders(), merged.cups()), (206, whole.cups()));
        merged.check().unwrap();
    }
}

#[test]
fn all_is_the_sum_of_the_branches_and_of_orders_without_one() {
    let without = r#"{"customerAgeGrade":"x","paymentMethod":"y","orders":["a","b"]}"#.to_owned();
    let statistics = counted(&[line("sunae", "a"), line("migeum", "a"), without]);
    assert_eq!(statistics.branches(), ["all", "migeum", "sunae"]);
    assert_eq!(statistics.counts("all", Dimension::Orders), BTreeMap::from([("a", 3), ("b", 1)]));
    assert_eq!(statistics.counts("sunae", Dimension::Orders), BTreeMap::from([("a", 1)]));
    assert_eq!(statistics.counts("nobody", Dimension::Orders), BTreeMap::new());
}

#[test]
fn a_name_too_many_rejects_its_order_and_counts_nothing_of_it() {
    let mut statistics = Statistics::default();
    let most = Limit::CoffeeTypes.most();
    for n in 0..most - 1 {
        statistics.count(&Order::parse(line("sunae", &format!("c{n}")).as_bytes()).unwrap()).unwrap();
    }
    let two_new = line("elsewhere", r#"new","newer"#);
    let before = statistics.clone();
    let reject = statistics.count(&Order::parse(two_new.as_bytes()).unwrap()).unwrap_err();
    assert_eq!(reject.to_string(), "there are more than 1000 different coffee types in this bucket already");
    assert_eq!(statistics, before);
    // The rejected order took no room: one new name still fits.
    statistics.count(&Order::parse(line("sunae", "new").as_bytes()).unwrap()).unwrap();
    statistics.count(&Order::parse(line("sunae", "newer").as_bytes()).unwrap()).unwrap_err();
    assert_eq!(statistics.orders(), most as u64);
    statistics.check().unwrap();
}

#[test]
fn taking_leaves_nothing_behind() {
    let mut statistics = counted(&[line("sunae", "a")]);
    assert_eq!(statistics.take().orders(), 1);
    assert!(statistics.is_empty() && statistics.branches().is_empty());
    assert_eq!(statistics.tallies().count(), 0);
}

#[test]
fn an_order_without_its_age_grade_is_found_by_the_check() {
    let mut statistics = counted(&[line("sunae", "a"), line("migeum", "a")]);
    statistics.shops[1].counts[0][0] -= 1;
    let imbalance = statistics.check().unwrap_err();
    assert_eq!(imbalance.to_string(), "1 orders of sunae have 0 age grades and 1 payments");
}
