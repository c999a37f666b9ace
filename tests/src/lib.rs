//! Architecture rules and whole-network tests.
