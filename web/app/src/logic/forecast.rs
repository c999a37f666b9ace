//! What the player expects of each of its peers, and how that turned out: the figures and the plot of a row.

use std::collections::VecDeque;

use super::history::History;
use super::peers::MAX_ROWS;

/// Tasks drawn of a peer.
pub const MAX_MARKS: usize = 40;
/// Utilisation is taken over at least so long, in milliseconds.
const LEAST_SPAN_MS: f64 = 900.0;
/// Shortest time that is drawn, in milliseconds.
const SHORTEST_MS: f64 = 0.1;

/// What the player tells of one worker.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastReport {
    /// The player's id for the peer.
    pub id: String,
    /// Its number in attempts.
    pub number: u32,
    /// How much is known of it, as the player's word for it.
    pub stage: String,
    /// Tasks that it has delivered, on earlier visits too.
    pub tasks: f64,
    /// Tasks that came to nothing.
    pub failures: f64,
    /// Copies that came first.
    pub hedges_won: f64,
    /// Copies that came second.
    pub hedges_lost: f64,
    /// A usual task in milliseconds: one in twenty takes less, median, one in twenty takes more.
    pub expected_ms: [f64; 3],
    /// Time that it had tasks, summed over lanes.
    pub busy_ms: f64,
    /// Tasks at the same time.
    pub lanes: f64,
}

/// A task that has ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// Number of the worker.
    pub worker: u32,
    /// What was expected in milliseconds: one in twenty takes less, median, one in twenty takes more.
    pub expected_ms: [f64; 3],
    /// What it took.
    pub measured_ms: f64,
    /// Whether it brought a result.
    pub is_delivered: bool,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastRow {
    /// The newest figures.
    pub report: ForecastReport,
    /// Share of its lanes that was busy, over time.
    pub utilisation: History,
    marks: VecDeque<Mark>,
    /// When the busy time was read last, and what it was.
    read: (f64, f64),
}

/// All rows in the order in which the peers came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ForecastBoard(Vec<ForecastRow>);

impl ForecastBoard {
    /// Takes the newest figures, read at a time in milliseconds.
    pub fn update(&mut self, reports: Vec<ForecastReport>, now_ms: f64) {
        for report in reports {
            match self.0.iter_mut().find(|row| row.report.id == report.id) {
                Some(row) => row.update(report, now_ms),
                None if self.0.len() < MAX_ROWS => self.0.push(ForecastRow {
                    read: (now_ms, report.busy_ms),
                    report,
                    utilisation: History::default(),
                    marks: VecDeque::new(),
                }),
                None => {}
            }
        }
    }

    /// Adds tasks that have ended.
    pub fn add(&mut self, marks: &[Mark]) {
        for mark in marks {
            let row = self.0.iter_mut().find(|row| row.report.number == mark.worker);
            if let Some(row) = row {
                if row.marks.len() == MAX_MARKS {
                    row.marks.pop_front();
                }
                row.marks.push_back(*mark);
            }
        }
    }

    /// All rows.
    pub fn rows(&self) -> &[ForecastRow] {
        &self.0
    }
}

impl ForecastRow {
    fn update(&mut self, report: ForecastReport, now_ms: f64) {
        let (read_at, busy_ms) = self.read;
        let span_ms = now_ms - read_at;
        if span_ms >= LEAST_SPAN_MS {
            let share = (report.busy_ms - busy_ms) / (span_ms * report.lanes.max(1.0));
            self.utilisation.push(share.clamp(0.0, 1.0));
            self.read = (now_ms, report.busy_ms);
        }
        self.report = report;
    }

    /// How much is known of the peer, for people.
    pub fn stage_text(&self) -> &str {
        match self.report.stage.as_str() {
            "heuristic" => "By its kind",
            "per_worker" => "By its own tasks",
            "per_kind" => "By kind of task",
            "by_hour" => "By time of day",
            other => other,
        }
    }

    /// The newest share of its lanes that was busy.
    pub fn busy_share(&self) -> f64 {
        self.utilisation.newest().unwrap_or(0.0)
    }

    /// Delivered tasks that are drawn, and how many of them took as long as was expected.
    pub fn hits(&self) -> (usize, usize) {
        let delivered = self.marks.iter().filter(|mark| mark.is_delivered);
        let is_hit = |mark: &&Mark| {
            let [low, _, high] = mark.expected_ms;
            (low..=high).contains(&mark.measured_ms)
        };
        (delivered.clone().count(), delivered.filter(is_hit).count())
    }

    /// The plot in words.
    pub fn plot_text(&self) -> String {
        let (delivered, hits) = self.hits();
        let Some(last) = self.marks.back() else { return "No task has ended yet".to_owned() };
        let [low, median, high] = last.expected_ms.map(milliseconds);
        let took = match last.is_delivered {
            true => format!("took {}", milliseconds(last.measured_ms)),
            false => format!("came to nothing after {}", milliseconds(last.measured_ms)),
        };
        format!(
            "{hits} of the last {delivered} results came within their 90 % interval; the last task \
             {took}, expected were {median}, {low} to {high}"
        )
    }

    /// The plot in a box: for each task its interval, its median, and what it took; the newest at the right.
    pub fn plot(&self, width: f64, height: f64) -> Vec<PlotMark> {
        let times = self.marks.iter().flat_map(|mark| {
            mark.expected_ms.into_iter().chain([mark.measured_ms]).filter(|time| time.is_finite())
        });
        let (least, most) = times.fold((f64::MAX, SHORTEST_MS), |(least, most), time| {
            (least.min(time.max(SHORTEST_MS)), most.max(time))
        });
        // A decade at least, so that a steady peer looks steady.
        let (bottom, top) = (least.ln(), most.max(10.0 * least).ln());
        let y = |time: f64| {
            let share = (time.max(SHORTEST_MS).ln() - bottom) / (top - bottom).max(1e-9);
            if share.is_finite() { height - height * share.clamp(0.0, 1.0) } else { height }
        };
        let step = width / MAX_MARKS as f64;
        let left = width - step * self.marks.len() as f64;
        let marks = self.marks.iter().enumerate().map(|(index, mark)| {
            let [low, median, high] = mark.expected_ms.map(y);
            let x = left + step * (index as f64 + 0.5);
            PlotMark { x, low, median, high, measured: y(mark.measured_ms), ..PlotMark::of(mark) }
        });
        marks.collect()
    }
}

/// A task in the plot; coordinates grow downwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlotMark {
    /// Its place.
    pub x: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// The upper end.
    pub high: f64,
    /// What it took.
    pub measured: f64,
    /// Whether it brought a result.
    pub is_delivered: bool,
}

impl PlotMark {
    const fn of(mark: &Mark) -> Self {
        let is_delivered = mark.is_delivered;
        Self { x: 0.0, low: 0.0, median: 0.0, high: 0.0, measured: 0.0, is_delivered }
    }
}

/// A time in milliseconds, or seconds where it is long.
pub fn milliseconds(time: f64) -> String {
    if !time.is_finite() {
        "unknown".to_owned()
    } else if time >= 9_999.5 {
        format!("{:.0}\u{a0}s", time / 1000.0)
    } else if time >= 999.5 {
        format!("{:.1}\u{a0}s", time / 1000.0)
    } else {
        format!("{time:.0}\u{a0}ms")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(id: &str, number: u32, busy_ms: f64) -> ForecastReport {
        ForecastReport {
            id: id.to_owned(),
            number,
            stage: "per_worker".to_owned(),
            tasks: 12.0,
            failures: 1.0,
            hedges_won: 0.0,
            hedges_lost: 2.0,
            expected_ms: [80.0, 120.0, 250.0],
            busy_ms,
            lanes: 2.0,
        }
    }

    fn mark(worker: u32, measured_ms: f64) -> Mark {
        Mark { worker, expected_ms: [80.0, 120.0, 250.0], measured_ms, is_delivered: true }
    }

    #[test]
    fn utilisation_is_the_busy_share_of_all_lanes() {
        let mut board = ForecastBoard::default();
        for second in 0..4u32 {
            let now_ms = 1000.0 * f64::from(second);
            board.update(vec![report("7", 1, 500.0 * f64::from(second))], now_ms);
            board.update(vec![report("7", 1, 500.0 * f64::from(second))], now_ms + 10.0);
        }
        assert!((board.rows()[0].busy_share() - 0.25).abs() < 1e-9);
    }

    #[test]
    fn marks_go_to_their_worker_and_are_told_in_words() {
        let mut board = ForecastBoard::default();
        board.update(vec![report("0", 0, 0.0), report("7", 1, 0.0)], 0.0);
        let late = Mark { is_delivered: false, ..mark(1, 2000.0) };
        board.add(&[mark(1, 100.0), mark(1, 300.0), mark(9, 1.0), late]);
        assert_eq!(board.rows()[0].plot_text(), "No task has ended yet");
        let row = &board.rows()[1];
        assert_eq!(row.hits(), (2, 1));
        assert!(row.plot_text().contains("1 of the last 2 results"), "{}", row.plot_text());
        assert!(row.plot_text().contains("came to nothing after 2.0\u{a0}s"));
    }

    #[test]
    fn plot_keeps_the_newest_inside_its_box_whatever_it_is_told() {
        let mut board = ForecastBoard::default();
        board.update(vec![report("7", 1, 0.0)], 0.0);
        for time in [f64::NAN, 0.0, f64::INFINITY, -5.0] {
            board.add(&[Mark { expected_ms: [time; 3], ..mark(1, time) }]);
        }
        board.add(&vec![mark(1, 100.0); MAX_MARKS]);
        board.add(&[Mark { expected_ms: [f64::NAN; 3], ..mark(1, f64::INFINITY) }]);
        let plot = board.rows()[0].plot(200.0, 40.0);
        assert_eq!(plot.len(), MAX_MARKS);
        for PlotMark { x, low, median, high, measured, .. } in plot {
            assert!((0.0..=200.0).contains(&x));
            for y in [low, median, high, measured] {
                assert!((0.0..=40.0).contains(&y), "{y}");
            }
        }
    }

    #[test]
    fn longer_is_higher() {
        let mut board = ForecastBoard::default();
        board.update(vec![report("7", 1, 0.0)], 0.0);
        board.add(&[mark(1, 100.0)]);
        let PlotMark { low, median, high, measured, .. } = board.rows()[0].plot(200.0, 40.0)[0];
        assert!(high < median && median < measured && measured < low);
    }

    #[test]
    fn rows_are_bounded() {
        let mut board = ForecastBoard::default();
        let crowd = (0..1000).map(|id| report(&id.to_string(), id, 0.0)).collect();
        board.update(crowd, 0.0);
        assert_eq!(board.rows().len(), MAX_ROWS);
    }
}
