//! Sorting by whole numbers, for the model and for what shows it.
//!
//! The library's sort is made anew for each type that it is used with, each time some KB of what a browser loads. Here it is
//! made for one: numbers with a place.

/// Puts numbers into ascending order.
pub fn ascending(numbers: &mut [u64]) {
    by_number(numbers, |number| *number);
}

/// Sorts by a number, the least first; what has the same number stays in its order.
pub fn by_number<T>(items: &mut [T], number: impl Fn(&T) -> u64) {
    let places = places(items.iter().map(number).zip(0..).collect());
    for (to, from) in places {
        items.swap(to, from);
    }
}

/// Swaps that sort what has these numbers at these places.
#[inline(never)]
fn places(mut order: Vec<(u64, usize)>) -> Vec<(usize, usize)> {
    order.sort_unstable();
    for to in 0..order.len() {
        // What is wanted here may have been swapped away by then.
        while order[to].1 < to {
            order[to].1 = order[order[to].1].1;
        }
    }
    order.into_iter().map(|(_, from)| from).enumerate().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_library_s_stable_sort() {
        let mut seed = 1_u64;
        for length in 0..200 {
            let mut items: Vec<(u64, usize)> = Vec::new();
            for place in 0..length {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                items.push((seed >> 60, place));
            }
            let mut wanted = items.clone();
            wanted.sort_by_key(|(number, _)| *number);
            by_number(&mut items, |(number, _)| *number);
            assert_eq!(items, wanted);
        }
    }
}
