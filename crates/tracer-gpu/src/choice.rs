//! Which kernels an adapter runs best: what the tuner chooses between, and how a choice is written.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Workgroup sizes that are tried, all within WebGPU's defaults.
pub(crate) const WORKGROUP_SIZES: [u32; 3] = [32, 64, 128];

/// How paths are spread over kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KernelForm {
    /// One kernel follows a path from the camera to its end.
    Megakernel,
    /// One kernel per stage; paths wait in queues between them.
    Wavefront,
}

/// Where a traversal keeps its stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum StackPlacement {
    /// In the invocation's private memory.
    Private,
    /// Its first entries in workgroup memory.
    Workgroup,
}

/// A way to trace; its text form is for whoever keeps it between runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TuneChoice {
    pub(crate) form: KernelForm,
    pub(crate) workgroup_size: u32,
    pub(crate) stack: StackPlacement,
    pub(crate) uses_subgroups: bool,
}

/// The text is no choice of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("this is no choice of kernels")]
pub struct TuneChoiceError;

impl TuneChoice {
    /// What runs anywhere until something better is known.
    pub const DEFAULT: Self = Self {
        form: KernelForm::Megakernel,
        workgroup_size: 64,
        stack: StackPlacement::Private,
        uses_subgroups: false,
    };

    /// What an adapter begins with. Waves have been faster on every software adapter that was measured, by
    /// more than twice, and their kernels are compiled sooner.
    pub const fn first(is_software: bool) -> Self {
        let form = if is_software { KernelForm::Wavefront } else { KernelForm::Megakernel };
        Self { form, ..Self::DEFAULT }
    }

    /// Everything that can be chosen on a device.
    pub fn all(has_subgroups: bool) -> Vec<Self> {
        let mut choices = Vec::new();
        for form in [KernelForm::Megakernel, KernelForm::Wavefront] {
            for stack in [StackPlacement::Private, StackPlacement::Workgroup] {
                for workgroup_size in WORKGROUP_SIZES {
                    // The megakernel has no queues, so subgroups change nothing in it.
                    let can_use = has_subgroups && form == KernelForm::Wavefront;
                    for uses_subgroups in [false, true].into_iter().take(1 + usize::from(can_use)) {
                        choices.push(Self { form, workgroup_size, stack, uses_subgroups });
                    }
                }
            }
        }
        choices
    }

    /// One kernel or many.
    pub const fn form(&self) -> KernelForm {
        self.form
    }

    /// Whether a device can run it.
    pub(crate) const fn is_possible(&self, has_subgroups: bool) -> bool {
        has_subgroups || !self.uses_subgroups
    }
}

impl fmt::Display for TuneChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = match self.form {
            KernelForm::Megakernel => "megakernel",
            KernelForm::Wavefront => "wavefront",
        };
        let stack = match self.stack {
            StackPlacement::Private => "private",
            StackPlacement::Workgroup => "workgroup",
        };
        let subgroups = if self.uses_subgroups { "-subgroups" } else { "" };
        write!(f, "{form}-{}-{stack}{subgroups}", self.workgroup_size)
    }
}

impl FromStr for TuneChoice {
    type Err = TuneChoiceError;

    /// The inverse of `Display`, and nothing else: the text may come from a file.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::all(true).into_iter().find(|choice| choice.to_string() == text).ok_or(TuneChoiceError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_survives_as_text() {
        let choices = TuneChoice::all(true);
        assert_eq!(choices.len(), 6 + 12);
        assert!(choices.contains(&TuneChoice::DEFAULT));
        for choice in choices {
            assert_eq!(choice.to_string().parse(), Ok(choice));
        }
        assert_eq!(TuneChoice::DEFAULT.to_string(), "megakernel-64-private");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "megakernel", "megakernel-63-private", "wavefront-64-private\n"] {
            assert_eq!(text.parse::<TuneChoice>(), Err(TuneChoiceError), "{text:?}");
        }
    }

    #[test]
    fn devices_without_subgroups_are_offered_none() {
        assert!(TuneChoice::all(false).iter().all(|choice| choice.is_possible(false)));
        assert!(TuneChoice::all(true).iter().any(|choice| !choice.is_possible(false)));
    }
}
