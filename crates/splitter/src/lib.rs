//! A frame into tasks of equal estimated cost.
