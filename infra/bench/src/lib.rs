//! Made-up files and how they are read: for `muster-bench`, and for the benchmarks.

pub mod files;
pub mod ratios;
pub mod read_options;
pub mod rows;
pub mod work;
