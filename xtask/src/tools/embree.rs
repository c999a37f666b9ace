//! Embree 3, which the tracer's benchmark races against.

use anyhow::Result;

use super::{Permission, Status, Tool, apt};
use crate::places::Places;

const PACKAGES: &[&str] = &["libembree-dev"];

/// The library and its headers.
pub(crate) struct Embree;

impl Tool for Embree {
    fn name(&self) -> &'static str {
        "embree"
    }

    fn purpose(&self) -> &'static str {
        "to race the tracer against it"
    }

    fn check(&self, _places: &Places) -> Status {
        let version = apt::installed_version(PACKAGES[0]).filter(|text| text.starts_with("3."));
        version.map_or_else(|| Status::Missing("no Embree 3".to_owned()), Status::Present)
    }

    fn remedy(&self, _places: &Places) -> String {
        apt::command_line(PACKAGES)
    }

    fn install(&self, _places: &Places, permission: Permission) -> Result<()> {
        apt::install(PACKAGES, self.purpose(), permission)
    }
}
