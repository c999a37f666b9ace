//! Building on several threads; what is built does not depend on how many there are.

/// Most threads: more would wait for memory.
#[cfg(not(target_arch = "wasm32"))]
const MOST_THREADS: usize = 16;
/// Items that are worth a thread of their own.
#[cfg(not(target_arch = "wasm32"))]
const LEAST_ITEMS: usize = 64;

/// Does both, at the same time where that is possible.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn join<A: Send, B>(
    first: impl FnOnce() -> A + Send,
    second: impl FnOnce() -> B,
) -> (A, B) {
    std::thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        (first.join().expect("building does not panic"), second)
    })
}

/// Does both, one after the other: threads of a browser are workers, which share no memory.
#[cfg(target_arch = "wasm32")]
pub(super) fn join<A, B>(first: impl FnOnce() -> A, second: impl FnOnce() -> B) -> (A, B) {
    (first(), second())
}

/// What comes of each item, in their order.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let machine = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = machine.min(MOST_THREADS).min(items.len() / LEAST_ITEMS);
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let (work, share) = (&work, items.len().div_ceil(threads));
    std::thread::scope(|scope| {
        let parts: Vec<_> = items
            .chunks(share)
            .map(|part| scope.spawn(move || part.iter().map(work).collect::<Vec<R>>()))
            .collect();
        parts.into_iter().flat_map(|part| part.join().expect("building does not panic")).collect()
    })
}

/// What comes of each item, in their order.
#[cfg(target_arch = "wasm32")]
pub(super) fn map<T, R>(items: &[T], work: impl Fn(&T) -> R) -> Vec<R> {
    items.iter().map(work).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_is_in_the_order_of_the_items() {
        for count in [0, 1, 63, 64, 1000, 4097] {
            let items: Vec<u32> = (0..count).collect();
            assert!(map(&items, |item| item * 2).into_iter().eq((0..count).map(|item| item * 2)));
        }
        assert_eq!(join(|| 1, || 2), (1, 2));
    }
}
