//! Development only: fixtures and image comparison.
