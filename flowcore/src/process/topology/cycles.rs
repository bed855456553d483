//! Circles in a graph of components.

/// One circle of each group of components that feed each other: the components on the way, in the direction
/// of the streams. `upstream` says for each component which ones it reads.
pub(super) fn cycles(upstream: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut readers = vec![Vec::new(); upstream.len()];
    for (reader, read) in upstream.iter().enumerate() {
        for &from in read {
            readers[from].push(reader);
        }
    }
    let mut left = vec![true; upstream.len()];
    let mut found = Vec::new();
    loop {
        remove_what_reads_no_circle(upstream, &readers, &mut left);
        let Some(start) = left.iter().position(|&left| left) else { return found };
        let circle = circle_above(start, upstream, &left);
        for &index in &circle {
            left[index] = false;
        }
        found.push(circle);
    }
}

/// Leaves those that read another one that is left: circles, and what is fed by one.
fn remove_what_reads_no_circle(upstream: &[Vec<usize>], readers: &[Vec<usize>], left: &mut [bool]) {
    let open = |read: &Vec<usize>, left: &[bool]| read.iter().filter(|&&from| left[from]).count();
    let mut waits_for: Vec<usize> = upstream.iter().map(|read| open(read, left)).collect();
    let mut ready: Vec<usize> =
        (0..waits_for.len()).filter(|&index| left[index] && waits_for[index] == 0).collect();
    while let Some(index) = ready.pop() {
        left[index] = false;
        for &reader in &readers[index] {
            waits_for[reader] -= 1;
            if left[reader] && waits_for[reader] == 0 {
                ready.push(reader);
            }
        }
    }
}

/// Every component that is left reads one that is left: who walks against the streams comes round.
fn circle_above(start: usize, upstream: &[Vec<usize>], left: &[bool]) -> Vec<usize> {
    let mut place = vec![None; upstream.len()];
    let mut path = Vec::new();
    let mut at = Some(start);
    while let Some(index) = at {
        if let Some(first) = place[index] {
            path.drain(..first);
            break;
        }
        place[index] = Some(path.len());
        path.push(index);
        at = upstream[index].iter().copied().find(|&from| left[from]);
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_chain_has_none_whichever_end_was_declared_first() {
        let forth: Vec<Vec<usize>> =
            (0..100_000).map(|index: usize| Vec::from_iter(index.checked_sub(1))).collect();
        let back: Vec<Vec<usize>> =
            (0..100_000).map(|index| if index < 99_999 { vec![index + 1] } else { vec![] }).collect();
        assert_eq!(cycles(&forth), [[0; 0]; 0]);
        assert_eq!(cycles(&back), [[0; 0]; 0]);
    }

    #[test]
    fn a_component_that_feeds_itself_and_one_that_is_fed_by_a_circle() {
        assert_eq!(cycles(&[vec![], vec![0, 1], vec![1]]), [[1]]);
    }

    #[test]
    fn every_group_is_named_in_the_direction_of_its_streams() {
        // 0 -> 1 -> 2 -> 1, 2 -> 3 -> 4 -> 5 -> 3, and 6 reads them all, twice.
        let upstream = [vec![], vec![0, 2], vec![1], vec![2, 5], vec![3], vec![4], vec![0, 1, 2, 3, 3, 4, 5]];
        let mut found = cycles(&upstream);
        for circle in &mut found {
            let least = circle.iter().enumerate().min_by_key(|(_, index)| **index).map(|(at, _)| at);
            circle.rotate_left(least.unwrap());
        }
        found.sort_unstable();
        assert_eq!(found, [vec![1, 2], vec![3, 4, 5]]);
    }
}
