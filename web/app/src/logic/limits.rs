//! What a contributor allows this machine to give, and how that is remembered.

use super::readiness::BrowserFacts;

/// Most threads that can be chosen, whatever the browser claims to have.
pub const MAX_THREADS: u32 = 64;

/// Which processor may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The GPU where it is a real one, else the CPU.
    Auto,
    /// The GPU through WebGPU.
    Gpu,
    /// The CPU, in worker threads.
    Cpu,
}

impl DeviceChoice {
    /// Every choice, in the order shown.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Gpu, Self::Cpu];

    /// The word that the player package understands.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Gpu => "gpu",
            Self::Cpu => "cpu",
        }
    }

    /// The name shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Auto => "Automatic",
            Self::Gpu => "GPU",
            Self::Cpu => "CPU",
        }
    }

    /// What the choice means.
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::Auto => "The graphics processor if there is one, else processor threads.",
            Self::Gpu => "The graphics processor through WebGPU, in short slices of work.",
            Self::Cpu => "Processor threads only; the graphics processor is left alone.",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.word() == word)
    }
}

/// The limits that a person set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Which processor.
    pub device: DeviceChoice,
    /// Worker threads for CPU work, at least 1.
    pub threads: u32,
}

impl Limits {
    /// Polite defaults: one thread stays free for the person at the machine.
    pub fn polite(facts: &BrowserFacts) -> Self {
        let threads = facts.core_count.saturating_sub(1);
        Self { device: DeviceChoice::Auto, threads: threads.clamp(1, MAX_THREADS) }
    }

    /// Limits written by [`Limits::to_text`], fitted to what this browser can give today.
    pub fn from_text(text: &str, facts: &BrowserFacts) -> Option<Self> {
        let (device, threads) = text.split_once(' ')?;
        let device = DeviceChoice::of_word(device)?;
        let device = if device == DeviceChoice::Gpu && !facts.has_webgpu {
            DeviceChoice::Auto
        } else {
            device
        };
        let threads: u32 = threads.parse().ok()?;
        Some(Self { device, threads: threads.clamp(1, most_threads(facts)) })
    }

    /// A short text to remember the limits by.
    pub fn to_text(self) -> String {
        format!("{} {}", self.device.word(), self.threads)
    }
}

/// Upper end of the thread slider.
pub fn most_threads(facts: &BrowserFacts) -> u32 {
    facts.core_count.clamp(1, MAX_THREADS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(core_count: u32, has_webgpu: bool) -> BrowserFacts {
        let host = String::new();
        BrowserFacts {
            is_secure: true,
            has_webgpu,
            has_webrtc: true,
            has_workers: true,
            core_count,
            host,
        }
    }

    #[test]
    fn the_default_leaves_one_thread_to_the_person() {
        assert_eq!(Limits::polite(&facts(8, true)).threads, 7);
        assert_eq!(Limits::polite(&facts(1, true)).threads, 1);
        assert_eq!(Limits::polite(&facts(0, true)).threads, 1);
        assert_eq!(Limits::polite(&facts(1024, true)).threads, MAX_THREADS);
    }

    #[test]
    fn remembered_limits_come_back() {
        let limits = Limits { device: DeviceChoice::Cpu, threads: 3 };
        assert_eq!(Limits::from_text(&limits.to_text(), &facts(8, true)), Some(limits));
    }

    #[test]
    fn remembered_limits_are_fitted_to_this_machine() {
        let fitted = Limits::from_text("gpu 16", &facts(4, false));
        assert_eq!(fitted, Some(Limits { device: DeviceChoice::Auto, threads: 4 }));
    }

    #[test]
    fn nonsense_is_not_remembered() {
        for text in ["", "gpu", "gpu x", "abacus 2", "cpu -1"] {
            assert_eq!(Limits::from_text(text, &facts(8, true)), None, "{text}");
        }
    }
}
