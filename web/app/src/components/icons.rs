//! Line icons, drawn in the text's colour; always beside a text, so hidden from screen readers.

use leptos::prelude::*;

/// The icons that there are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum IconName {
    Play,
    Pause,
    Stop,
    Flag,
    Eye,
    Chip,
    Code,
    Copy,
    Check,
    Save,
    Upload,
    Alert,
}

impl IconName {
    /// The path in a box of 24 × 24.
    const fn path(self) -> &'static str {
        match self {
            Self::Play => "M7 4.5v15l12-7.5z",
            Self::Pause => "M8 5v14M16 5v14",
            Self::Stop => "M6 6h12v12H6z",
            Self::Flag => "M5 21V4h12l-2.5 4L17 12H5",
            Self::Eye => {
                "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6z"
            }
            Self::Chip => {
                "M7 7h10v10H7zM10 3v4M14 3v4M10 17v4M14 17v4M3 10h4M3 14h4M17 10h4M17 14h4"
            }
            Self::Code => "M8 7l-5 5 5 5M16 7l5 5-5 5M13.5 5l-3 14",
            Self::Copy => "M9 9h11v11H9zM5 15H4V4h11v1",
            Self::Check => "M5 12.5l4.5 4.5L19 7.5",
            Self::Save => "M12 4v11M7.5 11l4.5 4.5L16.5 11M5 19.5h14",
            Self::Upload => "M12 16V5M7.5 9L12 4.5 16.5 9M5 19.5h14",
            Self::Alert => "M12 4l9 16H3zM12 10v4.5M12 17.2v.1",
        }
    }
}

/// One icon.
#[component]
pub(crate) fn Icon(name: IconName) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=name.path()></path>
        </svg>
    }
}
