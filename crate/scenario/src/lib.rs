//! Scenario files, links and reports: text on one side, values of the model on the other.
//!
//! Everything here is pure: `&str` in, a value or an [`Error`] that says where it is wrong out. The modules, in
//! reading order:
//!
//! - [`value`]: numbers with units and how they are written;
//! - [`param`]: THE table of parameters. Scenario files, `--set`, links, error messages and the controls of the page
//!   all come from it;
//! - [`slider`]: where a slider for a parameter stops;
//! - [`preset`]: named hardware, with the source of each figure;
//! - [`settings`]: a value for every parameter, and the difference between two such sets;
//! - [`file`](mod@file): a scenario file to a [`Scenario`];
//! - [`expect`]: what its runs are expected to show;
//! - [`setup`]: a scenario with changes, kernels and seeds: what a run needs and what a link says;
//! - [`config`]: settings to the model's `Config`, through small named checks;
//! - [`sweep`]: a grid of setups;
//! - [`link`]: a [`Setup`] to a link and back;
//! - [`kernels`]: the table of kernels, policy value by policy value;
//! - [`report`]: what runs came to: figures, the JSON object, the sentence;
//! - [`text`]: the same in words, [`mail`](mod@mail): as a mail;
//! - [`export`]: as files for other programs;
//! - [`validate`]: recorded runs of real kernels beside simulated ones;
//! - [`import`]: what people paste of a machine, to a scenario.

pub mod config;
pub mod error;
pub mod expect;
pub mod export;
pub mod file;
pub mod import;
pub mod kernels;
pub mod link;
pub mod mail;
pub mod param;
pub mod preset;
pub mod report;
pub mod settings;
pub mod setup;
pub mod slider;
pub mod sweep;
pub mod text;
pub mod validate;
pub mod value;

pub use error::Error;
pub use expect::Expectation;
pub use file::{BUNDLED, Bundled, Scenario};
pub use setup::Setup;
