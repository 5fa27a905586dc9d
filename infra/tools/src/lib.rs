//! Tools beside the product: made-up files, what importing them takes on this machine, and what an import costs at
//! published prices. The `muster` command has each as a subcommand.

mod bench;
mod cost;
mod generate;
mod readable;
mod sample;
pub mod usage;

pub use bench::Bench;
pub use cost::Cost;
pub use generate::Generate;
