//! In which order keys come.

/// Primes that are 1 modulo 8.
const STRIDES: [u64; 8] = [45_121, 12_569, 89_041, 21_089, 80_449, 23_873, 84_457, 67_033];

/// Every key below `distinct` once in each round of as many numbers, neighbours far from each other, and in another
/// order than in the round before: no table can keep its entries in the order in which they will be needed.
/// `distinct` is no multiple of a stride. Key and number are the same modulo 2, 4 and 8 where `distinct` is a multiple
/// of that.
#[inline]
pub fn shuffled(number: u64, distinct: u64) -> u64 {
    let stride = STRIDES[(number / distinct % 8) as usize];
    number * stride % distinct
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_round_has_every_key_once_in_an_order_of_its_own() {
        for distinct in [1_000, 100_000, 1_000_000] {
            let round =
                |round: u64| (round * distinct..(round + 1) * distinct).map(|at| shuffled(at, distinct));
            for number in 0..9 {
                assert!(round(number).zip(number * distinct..).all(|(key, at)| key % 8 == at % 8));
                assert_eq!(round(number).collect::<HashSet<_>>().len() as u64, distinct);
                assert!(!round(number).eq(round(number + 1)));
            }
        }
    }
}
