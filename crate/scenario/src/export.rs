//! The shown runs as files for other programs. The command line and the page write the same bytes.

mod csv;
mod perfetto;

pub use csv::{csv, vmstat};
pub use perfetto::perfetto;
