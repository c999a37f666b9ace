//! A film cut into tiles for given takers, and how it follows costs that change a little.

use p2c2r_frame::PixelRect;

use crate::CostMap;
use crate::slice::{Axis, split_rect};

/// Most takers of one partition; others get nothing.
pub const MAX_TAKERS: usize = 4096;
/// Nobody counts for less than this share of the fastest.
const LEAST_SPEED: f64 = 1e-3;
/// An old cut is kept along a side this many times as long as the other one.
const KEPT_ASPECT: u32 = 3;

/// One tile for each taker, of a cost that suits its speed: a binary space partition.
#[derive(Debug, Clone, PartialEq)]
pub struct Partition {
    film: PixelRect,
    speeds: Vec<f64>,
    root: Node,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Tile { taker: usize, rect: PixelRect },
    Cut { axis: Axis, at_px: u32, parts: Box<[Node; 2]> },
}

impl Partition {
    /// Cuts a rectangle anew. Speeds that are not positive numbers count as very small ones.
    pub fn new(film: PixelRect, speeds: &[f64], map: &CostMap) -> Self {
        let speeds = sound(speeds);
        let root = Cutter { speeds: &speeds, map, slack: 0.0 }.grow(film, 0, speeds.len(), None);
        Self { film, speeds, root }
    }

    /// The tiles and who takes them. A taker gets none where a film has too few pixels.
    pub fn tiles(&self) -> Vec<(usize, PixelRect)> {
        let mut tiles = Vec::new();
        self.root.visit(&mut |node| {
            if let Node::Tile { taker, rect } = node {
                tiles.push((*taker, *rect));
            }
        });
        tiles
    }

    /// The longest time of a tile over the time of a perfect partition, by a map; 1 is perfect.
    pub fn imbalance(&self, map: &CostMap) -> f64 {
        let total: f64 = self.speeds.iter().sum();
        let level = map.cost(self.film) / total;
        let times =
            self.tiles().into_iter().map(|(taker, rect)| map.cost(rect) / self.speeds[taker]);
        times.fold(0.0, f64::max) / level
    }

    /// The partition for a new map: the same while its imbalance is within `slack`, else one in which only
    /// those cuts move that are off.
    pub fn followed(&self, map: &CostMap, slack: f64) -> Self {
        if self.imbalance(map) <= 1.0 + slack {
            return self.clone();
        }
        // Deviations add up from cut to cut.
        let depth = f64::from(self.speeds.len().max(2).ilog2() + 1);
        for slack in [slack / depth, 0.0] {
            let cutter = Cutter { speeds: &self.speeds, map, slack };
            let root = cutter.grow(self.film, 0, self.speeds.len(), Some(&self.root));
            let next = Self { root, film: self.film, speeds: self.speeds.clone() };
            if next.imbalance(map) <= 1.0 + slack * depth {
                return next;
            }
        }
        Self::new(self.film, &self.speeds, map)
    }

    /// Cuts that lie elsewhere than in another partition for as many takers.
    pub fn moved_cuts(&self, other: &Self) -> usize {
        self.root.moved_cuts(&other.root)
    }
}

impl Node {
    fn visit(&self, see: &mut impl FnMut(&Self)) {
        see(self);
        if let Self::Cut { parts, .. } = self {
            parts.iter().for_each(|part| part.visit(see));
        }
    }

    fn moved_cuts(&self, other: &Self) -> usize {
        let (
            Self::Cut { axis, at_px, parts },
            Self::Cut { axis: old_axis, at_px: old, parts: old_parts },
        ) = (self, other)
        else {
            return usize::from(
                matches!(self, Self::Cut { .. }) != matches!(other, Self::Cut { .. }),
            );
        };
        let here = usize::from((axis, at_px) != (old_axis, old));
        here + parts.iter().zip(old_parts.iter()).map(|(a, b)| a.moved_cuts(b)).sum::<usize>()
    }
}

/// Cuts by a map.
struct Cutter<'a> {
    speeds: &'a [f64],
    map: &'a CostMap,
    /// How far the share of a cut's parts may be off for the cut to stay.
    slack: f64,
}

impl Cutter<'_> {
    /// The tiles of takers `from..to`; `old` is what they had before.
    fn grow(&self, rect: PixelRect, from: usize, to: usize, old: Option<&Node>) -> Node {
        if to - from < 2 || rect.area() < 2 {
            return Node::Tile { taker: from, rect };
        }
        let middle = self.halfway(from, to);
        let sum = |from: usize, to: usize| self.speeds[from..to].iter().sum::<f64>();
        let share = sum(from, middle) / sum(from, to);
        let kept = old.and_then(|node| self.kept(rect, share, node));
        let (axis, length) = kept.unwrap_or_else(|| {
            let axis = Axis::longer(rect);
            (axis, axis.length_of(rect, share, self.map))
        });
        let (first, second) = split_rect(rect, axis, length);
        let old_parts = match old {
            Some(Node::Cut { parts, axis: old_axis, .. }) if *old_axis == axis => {
                [Some(&parts[0]), Some(&parts[1])]
            }
            _ => [None, None],
        };
        let parts = [
            self.grow(first, from, middle, old_parts[0]),
            self.grow(second, middle, to, old_parts[1]),
        ];
        Node::Cut { axis, at_px: axis.start(rect) + length, parts: Box::new(parts) }
    }

    /// An old cut, if it still gives both sides about what they should have.
    fn kept(&self, rect: PixelRect, share: f64, old: &Node) -> Option<(Axis, u32)> {
        let Node::Cut { axis, at_px, .. } = *old else { return None };
        let side = axis.side(rect);
        let length = at_px.checked_sub(axis.start(rect)).filter(|&at| at > 0 && at < side)?;
        let other = rect.area() / u64::from(side);
        if u64::from(side) * u64::from(KEPT_ASPECT) < other {
            return None;
        }
        let (first, second) = split_rect(rect, axis, length);
        let costs = [self.map.cost(first), self.map.cost(second)];
        let whole = costs[0] + costs[1];
        let over = [(costs[0], share), (costs[1], 1.0 - share)]
            .map(|(cost, share)| cost / (whole * share) - 1.0);
        (over[0].max(over[1]) <= self.slack).then_some((axis, length))
    }

    /// Where takers are divided into two groups of about equal speed.
    fn halfway(&self, from: usize, to: usize) -> usize {
        let half = self.speeds[from..to].iter().sum::<f64>() / 2.0;
        let (mut sum, mut best) = (0.0, (f64::INFINITY, from + 1));
        for at in from..to - 1 {
            sum += self.speeds[at];
            let off = (sum - half).abs();
            if off < best.0 {
                best = (off, at + 1);
            }
        }
        best.1
    }
}

/// At least one speed, all positive, none too small beside the others.
pub(crate) fn sound(speeds: &[f64]) -> Vec<f64> {
    let is_sound = |speed: f64| speed.is_finite() && speed > 0.0;
    let speeds = &speeds[..speeds.len().min(MAX_TAKERS)];
    let most = speeds.iter().copied().filter(|&speed| is_sound(speed)).fold(0.0, f64::max);
    if most <= 0.0 {
        return vec![1.0; speeds.len().max(1)];
    }
    let relative = |&speed: &f64| if is_sound(speed) { speed / most } else { 0.0 };
    speeds.iter().map(relative).map(|speed| speed.max(LEAST_SPEED)).collect()
}

#[cfg(test)]
#[path = "partition_tests.rs"]
mod tests;
