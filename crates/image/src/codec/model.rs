//! What the coder expects of a symbol in each surrounding, learned as it goes.

use super::range::{RangeDecoder, RangeEncoder, TOTAL_BITS};

/// Symbols of a model.
pub(super) const SYMBOLS: usize = 16;
/// Slowest learning: a symbol moves the shares by 2 to the minus this.
const SLOWEST_RATE: u32 = 7;
/// Fastest learning, of a model that has seen nothing.
const FASTEST_RATE: u32 = 4;
/// So many symbols slow the learning down by one step.
const SYMBOLS_PER_RATE: u32 = 24;

/// Shares of sixteen symbols as the places where they begin, and how many were seen.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Model {
    starts: [i16; SYMBOLS],
    seen: u16,
}

/// Where shares move after each symbol: it takes all that the others do not need.
static TARGETS: [[i16; SYMBOLS]; SYMBOLS] = targets();

const fn targets() -> [[i16; SYMBOLS]; SYMBOLS] {
    let mut targets = [[0; SYMBOLS]; SYMBOLS];
    let mut symbol = 0;
    while symbol < SYMBOLS {
        let mut place = 0;
        while place < SYMBOLS {
            let before = if place > symbol { (1 << TOTAL_BITS) - SYMBOLS } else { 0 };
            targets[symbol][place] = (before + place) as i16;
            place += 1;
        }
        symbol += 1;
    }
    targets
}

impl Model {
    /// Each symbol about `1 - 1/mean` as likely as the one before.
    pub(super) fn falling(mean: u32) -> Self {
        let mut starts = [0; SYMBOLS];
        let mut rest = (1u32 << TOTAL_BITS) - SYMBOLS as u32;
        let mut start = 0;
        for begin in &mut starts {
            *begin = start as i16;
            let share = rest / mean;
            rest -= share;
            start += share + 1;
        }
        Self { starts, seen: 0 }
    }

    #[inline]
    fn share(&self, symbol: usize) -> (u32, u32) {
        let end = self.starts.get(symbol + 1).map_or(1 << TOTAL_BITS, |&end| end as u32);
        (self.starts[symbol] as u32, end)
    }

    #[inline]
    pub(super) fn encode(&mut self, encoder: &mut RangeEncoder, symbol: usize) {
        let (start, end) = self.share(symbol);
        encoder.encode(start, end);
        self.learn(symbol);
    }

    #[inline]
    pub(super) fn decode(&mut self, decoder: &mut RangeDecoder<'_>) -> usize {
        let place = decoder.place();
        // Without a branch, so that the compiler makes vectors of it.
        let passed: i16 = self.starts.iter().map(|&start| i16::from(start <= place)).sum();
        // The first share begins at zero, so one at least is passed.
        let symbol = (passed - 1) as usize % SYMBOLS;
        let (start, end) = self.share(symbol);
        decoder.consume(start, end);
        self.learn(symbol);
        symbol
    }

    /// Moves the shares toward the symbol. None ever shrinks below one: the target's are one at least,
    /// and the difference of two neighbouring steps is less than what the share has above that.
    #[inline]
    fn learn(&mut self, symbol: usize) {
        let rate = FASTEST_RATE + u32::from(self.seen) / SYMBOLS_PER_RATE;
        self.seen += u16::from(rate < SLOWEST_RATE);
        // All are below 2^15, so that differences fit 16 bits with their sign.
        let (starts, targets) = (self.starts, &TARGETS[symbol]);
        self.starts = std::array::from_fn(|place| {
            starts[place].wrapping_add(targets[place].wrapping_sub(starts[place]) >> (rate & 15))
        });
    }
}
