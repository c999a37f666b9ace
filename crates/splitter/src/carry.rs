//! What is known of costs, carried from one view to the next.
//!
//! Costs belong to places in the world. Each cell of the new film looks at some places; each of them is
//! sought on the old film, and a cell is known as well as its places were. What is carried is the ratio
//! between costs and expectations, where there are any: expectations follow the edges of what is seen
//! in each view anew, which a carried cost alone would blur a little with every frame.

use std::collections::VecDeque;

use p2c2r_frame::View;

use crate::camera::Camera;
use crate::cost::{CostMap, Known};
use crate::surfaces::{Seen, Surfaces};

/// Places that a cell looks at, along each side.
const PLACES: u32 = 3;
/// Relative variance that every step adds: light, noise and the angle of view change.
const STEP_VARIANCE: f64 = 2e-4;
/// What is added where nobody saw how deep things are, and the camera has moved.
const BLIND_VARIANCE: f64 = 0.05;
/// What is added by cells of which only a part was seen before.
const PARTIAL_VARIANCE: f64 = 0.05;
/// What every cell between a cell that nobody saw before and the next one that somebody saw adds.
const NEIGHBOUR_VARIANCE: f64 = 0.02;
/// A cell of which less was seen before is unknown.
const LEAST_SHARE: f64 = 0.5;
/// Beyond this a cell is as good as unknown.
const MOST_VARIANCE: f64 = 1.0;

/// A view, and what was seen of it if somebody looked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Eye {
    pub(crate) view: View,
    pub(crate) surfaces: Option<Surfaces>,
}

impl CostMap {
    /// Takes over what another view's map knows. Expectations of this one must have been told before.
    pub(crate) fn carry(&mut self, known: &Self, from: &Eye, to: &Eye) {
        if from.view == to.view && self.size() == known.size() && self.has_no_expectations() {
            let same: Vec<Option<Known>> = known.cells().iter().map(|cell| cell.known).collect();
            self.know(same.into_iter());
            return;
        }
        let finder = Finder::new(from, to);
        let has_expectations =
            [&*self, known].iter().all(|map| map.cells().iter().all(|c| c.expected.is_some()));
        let expected = |map: &Self, index: usize| {
            map.cells()[index].expected.filter(|_| has_expectations).unwrap_or(1.0)
        };
        let ratio_of = |old: usize| {
            let Known { cost, variance } = known.cells()[old].known?;
            Some((cost.ln() - expected(known, old).ln(), variance))
        };
        let carried = (0..self.cells().len()).map(|index| {
            let places = self.places(index).filter_map(|film| finder.find(film));
            ratio_of_places(places.filter_map(|film| ratio_of(known.cell_at(film))))
        });
        let mut ratios: Vec<Option<(f64, f64)>> = carried.collect();
        fill_from_neighbours(&mut ratios, self.size()[0] as usize);
        let costs = ratios.into_iter().enumerate().map(|(index, ratio)| {
            let (log, variance) = ratio?;
            let cost = log.exp() * expected(self, index);
            let variance = (variance + finder.doubt).min(MOST_VARIANCE);
            (cost.is_finite() && cost > 0.0).then_some(Known { cost, variance })
        });
        let costs: Vec<Option<Known>> = costs.collect();
        self.know(costs.into_iter());
    }

    fn has_no_expectations(&self) -> bool {
        self.cells().iter().all(|cell| cell.expected.is_none())
    }

    /// Where a cell looks.
    fn places(&self, index: usize) -> impl Iterator<Item = [f64; 2]> {
        (0..PLACES * PLACES).map(move |place| {
            let share = [place % PLACES, place / PLACES];
            self.place_in(index, share.map(|at| (f64::from(at) + 0.5) / f64::from(PLACES)))
        })
    }
}

/// The mean logarithm of a cell from those of the places that were found, and its variance.
fn ratio_of_places(found: impl Iterator<Item = (f64, f64)>) -> Option<(f64, f64)> {
    let (mut log, mut variance, mut count) = (0.0, 0.0, 0.0);
    for (one, doubt) in found {
        (log, variance, count) = (log + one, variance + doubt, count + 1.0);
    }
    let share = count / f64::from(PLACES * PLACES);
    if share < LEAST_SHARE {
        return None;
    }
    let variance = variance / count + STEP_VARIANCE + PARTIAL_VARIANCE * (1.0 - share);
    Some((log / count, variance))
}

/// Gives cells that nobody saw before what the nearest one has, the less surely the farther it is.
fn fill_from_neighbours(ratios: &mut [Option<(f64, f64)>], columns: usize) {
    let mut queue: VecDeque<usize> =
        (0..ratios.len()).filter(|&index| ratios[index].is_some()).collect();
    while let Some(index) = queue.pop_front() {
        let Some((log, variance)) = ratios[index] else { continue };
        let (column, next_row) = (index % columns, index + columns);
        let neighbours = [
            (column > 0).then(|| index - 1),
            (column + 1 < columns).then_some(index + 1),
            index.checked_sub(columns),
            (next_row < ratios.len()).then_some(next_row),
        ];
        for neighbour in neighbours.into_iter().flatten() {
            if ratios[neighbour].is_none() {
                ratios[neighbour] = Some((log, variance + NEIGHBOUR_VARIANCE));
                queue.push_back(neighbour);
            }
        }
    }
}

/// Finds places of a new film on an old one.
struct Finder<'a> {
    from: Camera,
    from_surfaces: Option<&'a Surfaces>,
    to: Camera,
    to_surfaces: Option<&'a Surfaces>,
    /// Variance that not knowing depths adds.
    doubt: f64,
}

impl<'a> Finder<'a> {
    fn new(from: &'a Eye, to: &'a Eye) -> Self {
        let (old, new) = (Camera::new(&from.view), Camera::new(&to.view));
        let has_moved = old.eye() != new.eye() || from.view.time_us != to.view.time_us;
        let is_blind = to.surfaces.is_none() && has_moved;
        Self {
            from: old,
            from_surfaces: from.surfaces.as_ref(),
            to: new,
            to_surfaces: to.surfaces.as_ref(),
            doubt: if is_blind { BLIND_VARIANCE } else { 0.0 },
        }
    }

    /// Where the old film shows what the new one shows at a place.
    fn find(&self, film: [f64; 2]) -> Option<[f64; 2]> {
        let along = self.to.direction(film);
        let Some(surfaces) = self.to_surfaces else {
            // Without depths all is as far as stars.
            return self.from.film_of_direction(along);
        };
        let sight = surfaces.at(surfaces.low().pixel_at(film));
        let seen = if sight.has_surface() {
            Seen::Point(self.to.point(film, f64::from(sight.depth)))
        } else {
            Seen::Direction(along)
        };
        match (self.from_surfaces, seen) {
            (Some(old), seen) => old.find(seen),
            (None, Seen::Point(point)) => self.from.film_of_point(point).map(|(film, _)| film),
            (None, Seen::Direction(along)) => self.from.film_of_direction(along),
        }
    }
}
