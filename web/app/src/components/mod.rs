//! Pieces that several pages share.

mod copy_field;
mod icons;
mod layout;
mod meter;
mod notices;
mod sparkline;
mod status_line;

pub(crate) use copy_field::{CopyCode, CopyField};
pub(crate) use icons::{Icon, IconName};
pub(crate) use layout::Layout;
pub(crate) use meter::Meter;
pub(crate) use notices::Notices;
pub(crate) use sparkline::Sparkline;
pub(crate) use status_line::StatusLine;
