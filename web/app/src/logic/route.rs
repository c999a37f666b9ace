//! Which page an address shows.

/// A page of the app; every one is a document of its own, so leaving a page ends what it ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// What this is, and the three ways in.
    Landing,
    /// Render for others.
    Contribute,
    /// See a scene being rendered.
    Watch,
    /// No page lives at this address.
    Unknown,
}

impl Route {
    /// The page at `path`; a trailing slash and `index.html` make no difference.
    pub fn of_path(path: &str) -> Self {
        let path = path.strip_suffix("/index.html").unwrap_or(path);
        match path.trim_end_matches('/') {
            "" => Self::Landing,
            "/contribute" => Self::Contribute,
            "/watch" => Self::Watch,
            _ => Self::Unknown,
        }
    }

    /// The document's title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Landing => "P2C2R: browser tabs that render together",
            Self::Contribute => "Contribute · P2C2R",
            Self::Watch => "Watch · P2C2R",
            Self::Unknown => "Not found · P2C2R",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_their_pages() {
        let check = |path, expected| assert_eq!(Route::of_path(path), expected, "{path}");
        check("/", Route::Landing);
        check("", Route::Landing);
        check("/index.html", Route::Landing);
        check("/contribute", Route::Contribute);
        check("/contribute/", Route::Contribute);
        check("/watch", Route::Watch);
        check("/watch/index.html", Route::Watch);
        check("/watched", Route::Unknown);
        check("/a/watch", Route::Unknown);
    }
}
