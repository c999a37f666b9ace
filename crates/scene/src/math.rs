//! Vectors, matrices and the only elementary functions of the project: same bits on every target.
