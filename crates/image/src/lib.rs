//! Exact merge of radiance sums, tile codec, tone map, error measures.
