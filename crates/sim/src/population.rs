//! Who takes part: devices, links, moods and stays, drawn from published figures.

use std::time::Duration;

use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::DeviceKind;
use p2c2r_transport::memory::LinkFaults;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::draw::Draw;
use crate::visit::{Mood, Visit};

/// Most peers of a population.
pub const MAX_PEERS: usize = 1000;
/// Most kinds of access of a population.
const MAX_ACCESS: usize = 64;
/// Shortest and longest mean time of anything that comes and goes, in seconds: no run is so short or long that
/// more would mean something, and the times of a run stay few enough to be listed.
const TIMES: (f64, f64) = (0.1, 1e6);
/// Slowest and fastest median device, and the ends of what is drawn around it, in mean paths per second.
pub(crate) const SPEEDS: (f64, f64) = (1.0, 1e9);
const DRAWN_SPEEDS: (f64, f64) = (1e-3, 1e12);
/// Longest delay in milliseconds.
const LONGEST_MS: f64 = 60_000.0;
/// Slowest and fastest link in Mbit/s.
const MEGABITS: (f64, f64) = (0.001, 1e6);

/// What peers are drawn from. The default is the benchmark's; times are in seconds unless named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Population {
    /// Peers that are there at a time.
    pub peers: usize,
    /// Median speed in mean paths per second, and the standard deviation of its logarithm: FP32 rates
    /// of GPUs in use spread by 0.7 among players and 1.1 among everybody.
    pub speed: (f64, f64),
    /// Share of weak devices, and how much slower they are.
    pub weak: (f64, f64),
    /// Share of devices that run on a battery, and how much slower that makes them.
    pub battery: (f64, f64),
    /// How far a device's own word about its speed is off (standard deviation of the logarithm).
    pub advert_sigma: f64,
    /// How far one task's time is off the device's mean (standard deviation of the logarithm).
    pub noise_sigma: f64,
    /// Throttling and competing work.
    pub slowdown: Spell,
    /// Hidden tabs.
    pub hidden: Spell,
    /// Scale and shape of a visitor's stay: Weibull with a shape below 1 (Liu, White, Dumais, SIGIR 2010).
    pub stay: (f64, f64),
    /// Mean share of failing tasks, and the share of peers that fail at all.
    pub failure: (f64, f64),
    /// Kinds of access and their weights.
    pub access: Vec<Access>,
    /// Share of peers that lie about their speed, and how many times faster they say they are.
    pub liars: (f64, f64),
    /// Share of frames that need more than the others, and how many times more.
    pub bursts: (f64, f64),
    /// What the evening does.
    pub evening: Evening,
    /// Mean time between two outages of a kind of access, which all its peers suffer at once, and
    /// how long each lasts.
    pub outage: (f64, f64),
}

/// The hours from 19 to 23 by a peer's own clock, in which homes are busiest (FCC, "Measuring Broadband
/// America"): a run takes place at an hour of chance, and peers live in different zones.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evening {
    /// How many times jitter and loss grow.
    pub network: f64,
    /// How many times more often devices are slowed by what else they do.
    pub slowdowns: f64,
    /// Widest difference between clocks in hours.
    pub zones: f64,
}

/// A time during which nothing passes to or from all peers of a kind of access.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Outage {
    pub(crate) access: usize,
    pub(crate) from: Duration,
    pub(crate) until: Duration,
}

impl Outage {
    pub(crate) fn holds(&self, now: Duration) -> bool {
        (self.from..self.until).contains(&now)
    }
}

/// A state that comes and goes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spell {
    /// Mean time between two.
    pub every: f64,
    /// Mean length.
    pub lasts: f64,
    /// How many times slower tracing is, at least and at most.
    pub factor: (f64, f64),
}

/// A kind of access to the network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// Shown in reports.
    pub name: String,
    /// Share of peers, relative to the others'.
    pub weight: f64,
    /// Median round trip in milliseconds, and the standard deviation of its logarithm.
    pub round_trip_ms: (f64, f64),
    /// Most extra delay of a message in milliseconds.
    pub jitter_ms: f64,
    /// Share of messages that are lost, and what sending one again costs in milliseconds.
    pub loss: (f64, f64),
    /// Rate in Mbit/s.
    pub megabits: f64,
}

/// A population that cannot be drawn from.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PopulationError {
    /// Too many peers, or none.
    #[error("a population of {0} peers; between 1 and {MAX_PEERS} are possible")]
    Peers(usize),
    /// A number that means nothing there.
    #[error("`{name}` of the population must be {wanted}")]
    Number {
        /// Which.
        name: &'static str,
        /// What is possible there.
        wanted: &'static str,
    },
    /// No access has any weight.
    #[error("the population has no kind of access with a weight above zero")]
    NoAccess,
}

impl Default for Population {
    fn default() -> Self {
        let access = |name: &str, weight, round_trip_ms, jitter_ms, loss, megabits| Access {
            name: name.to_owned(),
            weight,
            round_trip_ms,
            jitter_ms,
            loss,
            megabits,
        };
        Self {
            peers: 24,
            speed: (60_000.0, 0.6),
            weak: (0.5, 3.0),
            battery: (0.3, 1.3),
            advert_sigma: 0.35,
            noise_sigma: 0.15,
            slowdown: Spell { every: 20.0, lasts: 4.0, factor: (1.8, 3.5) },
            hidden: Spell { every: 120.0, lasts: 8.0, factor: (8.0, 12.0) },
            stay: (90.0, 0.6),
            failure: (0.04, 0.4),
            access: vec![
                access("fibre", 0.35, (15.0, 0.4), 2.0, (0.000_5, 60.0), 50.0),
                access("wifi", 0.35, (22.0, 0.5), 8.0, (0.002, 80.0), 20.0),
                access("lte", 0.15, (74.0, 0.3), 25.0, (0.01, 250.0), 8.0),
                access("relay", 0.15, (89.0, 0.5), 12.0, (0.004, 200.0), 10.0),
            ],
            liars: (0.04, 3.0),
            bursts: (0.1, 2.0),
            evening: Evening { network: 1.5, slowdowns: 2.0, zones: 9.0 },
            outage: (300.0, 2.0),
        }
    }
}

impl Population {
    /// Says what is wrong with a population that came from a file.
    pub fn check(&self) -> Result<(), PopulationError> {
        if !(1..=MAX_PEERS).contains(&self.peers) {
            return Err(PopulationError::Peers(self.peers));
        }
        let rules = self.rules();
        if let Some((name, wanted, _)) = rules.into_iter().find(|(_, _, holds)| !holds) {
            return Err(PopulationError::Number { name, wanted });
        }
        let is_there = self.access.iter().any(|access| access.weight > 0.0);
        if is_there { Ok(()) } else { Err(PopulationError::NoAccess) }
    }

    /// Each field, what it must be, and whether it is.
    fn rules(&self) -> [(&'static str, &'static str, bool); 14] {
        let within = |(low, high): (f64, f64), value: f64| (low..=high).contains(&value);
        let time = |value| within(TIMES, value);
        let share = |value| within((0.0, 1.0), value);
        let spread = |value| within((0.0, 4.0), value);
        let factor = |value| within((1.0, 100.0), value);
        let spell = |spell: &Spell| {
            let (low, high) = spell.factor;
            time(spell.every) && time(spell.lasts) && low >= 1.0 && high >= low && high <= 1e3
        };
        const SPREAD: &str = "a standard deviation of a logarithm, 0 to 4";
        const WORSE: &str = "a share from 0 to 1 and a factor from 1 to 100";
        const SPELL: &str = "`every` and `lasts` from 0.1 to 1e6 seconds, and `factor` two numbers from 1 to 1000, the \
                             smaller first";
        let Evening { network, slowdowns, zones } = self.evening;
        [
            (
                "speed",
                "a median from 1 to 1e9 paths per second and a spread from 0 to 4",
                within(SPEEDS, self.speed.0) && spread(self.speed.1),
            ),
            ("weak", WORSE, share(self.weak.0) && factor(self.weak.1)),
            ("battery", WORSE, share(self.battery.0) && factor(self.battery.1)),
            ("advert_sigma", SPREAD, spread(self.advert_sigma)),
            ("noise_sigma", SPREAD, spread(self.noise_sigma)),
            ("slowdown", SPELL, spell(&self.slowdown)),
            ("hidden", SPELL, spell(&self.hidden)),
            (
                "stay",
                "a scale from 0.1 to 1e6 seconds and a shape from 0.1 to 10",
                time(self.stay.0) && within((0.1, 10.0), self.stay.1),
            ),
            (
                "failure",
                "two shares from 0 to 1, the second above 0",
                share(self.failure.0) && share(self.failure.1) && self.failure.1 > 0.0,
            ),
            (
                "access",
                "a list of at most 64, with finite weights, delays up to 60,000 ms, spreads from 0 to 4, a loss from 0 \
                 to 1, and 0.001 to 1e6 Mbit/s",
                self.access.len() <= MAX_ACCESS && self.access.iter().all(Access::is_possible),
            ),
            ("liars", WORSE, share(self.liars.0) && factor(self.liars.1)),
            ("bursts", WORSE, share(self.bursts.0) && factor(self.bursts.1)),
            (
                "evening",
                "two factors from 1 to 100, and `zones` from 0 to 24 hours",
                factor(network) && factor(slowdowns) && within((0.0, 24.0), zones),
            ),
            (
                "outage",
                "two times from 0.1 to 1e9 seconds",
                within((TIMES.0, 1e9), self.outage.0) && within((TIMES.0, 1e9), self.outage.1),
            ),
        ]
    }

    /// When a run takes place, in seconds since 1970-01-01 UTC: at an hour of chance of some week.
    pub(crate) fn unix_start(&self, seed: u64) -> u64 {
        // A Monday.
        const WEEK_BEGINS: u64 = 1_795_996_800;
        WEEK_BEGINS + Draw::new(seed, 0x4a7).between((0.0, 7.0 * 86_400.0)) as u64
    }

    /// Everybody who comes within `length`: each place is taken again when its visitor leaves.
    /// The same seed gives the same visits, whoever schedules.
    pub fn visits(&self, seed: u64, length: Duration, has_churn: bool) -> Vec<Visit> {
        let hour = self.unix_start(seed) as f64 / 3600.0 % 24.0;
        let mut visits = Vec::new();
        for place in 0..self.peers {
            let mut arrives = Duration::from_millis(5 * place as u64);
            for generation in 0u64.. {
                let peer = PeerId(1 + place as u64 + generation * MAX_PEERS as u64);
                let mut visit =
                    self.visit(Draw::new(seed, peer.0), peer, arrives, length, has_churn);
                self.live_at(hour, &mut visit, Draw::new(seed, peer.0 ^ 0xc10c), length);
                arrives = visit.leaves + Duration::from_millis(200);
                visits.push(visit);
                if arrives >= length {
                    break;
                }
            }
        }
        visits
    }

    fn visit(
        &self,
        mut draw: Draw,
        peer: PeerId,
        arrives: Duration,
        length: Duration,
        has_churn: bool,
    ) -> Visit {
        let weak = if draw.chance(self.weak.0) { self.weak.1 } else { 1.0 };
        let is_on_battery = draw.chance(self.battery.0);
        let saving = if is_on_battery { self.battery.1 } else { 1.0 };
        let speed = draw.log_normal(self.speed.0 / weak / saving, self.speed.1);
        let speed = speed.clamp(DRAWN_SPEEDS.0, DRAWN_SPEEDS.1);
        let advertised = draw.log_normal(speed, self.advert_sigma);
        let access = draw.pick(self.access.iter().map(|access| access.weight));
        let link = self.access[access].link(&mut draw);
        let (mean, share) = self.failure;
        let failure =
            if draw.chance(share) { (mean / share * draw.weibull(1.0, 1.0)).min(0.5) } else { 0.0 };
        let stay = draw.weibull(self.stay.0, self.stay.1).clamp(0.5, 1e6);
        let leaves = if has_churn { arrives + Duration::from_secs_f64(stay) } else { length };
        let is_abrupt = draw.chance(0.5);
        let device = match (weak > 1.0, draw.chance(0.8)) {
            (true, true) => DeviceKind::BrowserCpu,
            (true, false) => DeviceKind::NativeCpu,
            (false, true) => DeviceKind::BrowserGpu,
            (false, false) => DeviceKind::NativeGpu,
        };
        let moods = Vec::new();
        let boast = if draw.chance(self.liars.0) { self.liars.1 } else { 1.0 };
        let (noise_sigma, advertised) = (self.noise_sigma, advertised * boast);
        Visit {
            peer,
            arrives,
            leaves,
            is_abrupt,
            device,
            speed,
            advertised,
            boast,
            noise_sigma,
            failure,
            is_on_battery,
            is_relayed: self.access[access].name == "relay",
            access,
            link,
            moods,
        }
    }

    /// What the hour by a visitor's own clock makes of its link and its moods.
    fn live_at(&self, hour: f64, visit: &mut Visit, mut draw: Draw, length: Duration) {
        let half = 0.5 * self.evening.zones;
        let local_hour = (hour + draw.between((-half, half))).rem_euclid(24.0);
        let is_evening = (19.0..23.0).contains(&local_hour);
        let mut slowdown = self.slowdown;
        if is_evening {
            slowdown.every /= self.evening.slowdowns;
            visit.link.jitter = visit.link.jitter.mul_f64(self.evening.network);
            visit.link.loss = (visit.link.loss * self.evening.network).min(0.5);
        }
        let until = visit.leaves.min(length);
        visit.moods = moods([&slowdown, &self.hidden], &mut draw, visit.arrives, until);
    }

    /// When whose network is down, in the order in which it goes down.
    pub(crate) fn outages(&self, seed: u64, length: Duration) -> Vec<Outage> {
        let (every, lasts) = self.outage;
        let mut outages = Vec::new();
        for access in 0..self.access.len() {
            let mut draw = Draw::new(seed, 0x0d0 + access as u64);
            let mut now = draw.weibull(every, 1.0);
            while now < length.as_secs_f64() {
                let (from, until) = (now, now + lasts);
                let [from, until] = [from, until].map(Duration::from_secs_f64);
                outages.push(Outage { access, from, until });
                now += lasts + draw.weibull(every, 1.0).max(0.01);
            }
        }
        outages.sort_by_key(|outage| outage.from);
        outages
    }
}

/// Spells of both kinds in turns of chance.
fn moods(spells: [&Spell; 2], draw: &mut Draw, from: Duration, until: Duration) -> Vec<Mood> {
    let mut moods = Vec::new();
    let mut now = from.as_secs_f64();
    loop {
        let [first, second] = spells.map(|spell| draw.weibull(spell.every, 1.0));
        let is_hidden = second <= first;
        let (spell, wait) = (spells[usize::from(is_hidden)], first.min(second));
        let start = now + wait;
        if start >= until.as_secs_f64() {
            return moods;
        }
        now = start + draw.weibull(spell.lasts, 1.0).max(0.01);
        let factor = draw.between(spell.factor);
        let (from, until) = (Duration::from_secs_f64(start), Duration::from_secs_f64(now));
        moods.push(Mood { from, until, factor, is_hidden });
    }
}

impl Access {
    fn is_possible(&self) -> bool {
        let (median, sigma) = self.round_trip_ms;
        let delays = [median, self.jitter_ms, self.loss.1];
        median > 0.0
            && delays.iter().all(|delay| (0.0..=LONGEST_MS).contains(delay))
            && (0.0..=4.0).contains(&sigma)
            && (0.0..=1.0).contains(&self.loss.0)
            && (MEGABITS.0..=MEGABITS.1).contains(&self.megabits)
            && (0.0..=1e9).contains(&self.weight)
    }

    fn link(&self, draw: &mut Draw) -> LinkFaults {
        let (median, sigma) = self.round_trip_ms;
        let one_way_ms = 0.5 * draw.log_normal(median, sigma).min(2000.0);
        let milliseconds = |value: f64| Duration::from_secs_f64(value / 1e3);
        LinkFaults {
            delay: milliseconds(one_way_ms),
            jitter: milliseconds(self.jitter_ms),
            loss: self.loss.0,
            retransmit_after: milliseconds(self.loss.1),
            bytes_per_second: self.megabits * 125_000.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn same_seed_draws_the_same_people() {
        let population = Population::default();
        let visits = population.visits(3, s(120), true);
        assert_eq!(visits, population.visits(3, s(120), true));
        assert_ne!(visits, population.visits(4, s(120), true));
        assert!(visits.len() > population.peers, "somebody left within two minutes");
        assert_eq!(population.visits(3, s(120), false).len(), population.peers);
    }

    #[test]
    fn impossible_populations_are_told() {
        let check = |change: fn(&mut Population)| {
            let mut population = Population::default();
            change(&mut population);
            population.check().unwrap_err()
        };
        assert_eq!(Population::default().check(), Ok(()));
        assert_eq!(check(|population| population.peers = 0), PopulationError::Peers(0));
        let told = |change: fn(&mut Population)| check(change).to_string();
        assert!(told(|population| population.speed.0 = f64::NAN).contains("`speed`"));
        assert!(told(|population| population.slowdown.every = 0.0).contains("`slowdown`"));
        assert!(told(|population| population.access[1].megabits = 0.0).contains("`access`"));
        assert_eq!(check(|population| population.access.clear()), PopulationError::NoAccess);
    }
}
