//! From a trace to a picture, and to the same picture in words.
//!
//! A [`Run`] is what the charts need of a trace; it travels between threads as one array of numbers. Each
//! [`Panel`] is one file in `panel/` that turns a run into [`Shape`]s; [`draw`](draw()) paints them on any plotters
//! backend, and [`svg`](svg()) sets several kernels side by side in one file, [`heat_map`](heat_map()) the outcomes of a sweep. [`Scales`] is computed over all kernels
//! first, so that a row always has one scale. A [`Story`] says what every task was doing and why.

mod axis;
mod band;
mod dmesg;
mod draw;
mod figures;
mod format;
mod heat_map;
mod oom_report;
mod pack;
pub mod panel;
mod picture;
mod plot;
mod recorded;
mod run;
pub mod story;
mod svg;
mod theme;

pub use axis::{Axis, Scale, Scales};
pub use band::Band;
pub use dmesg::{LogLine, Part, dmesg};
pub use draw::{DrawError, Look, draw};
pub use figures::stretch;
pub use format::{delay, mib, seconds};
pub use heat_map::{
    Cell, Ending, HeatMap, LINE_EXPLAINED, Map, Measure, SIDE_MAX, Side, Swatch, Tally, heat_map,
};
pub use panel::{Key, KeyLook, PANELS, Panel, Table};
pub use picture::{Column, SVG_BYTES_MAX, svg};
pub use plot::{Dash, Marker, Plot, Shape, Stroke};
pub use recorded::Recorded;
pub use run::{Class, Run, SERIES, Sleep, ZONES};
pub use story::Story;
pub use svg::SvgBackend;
pub use theme::{Ink, Rgb, Theme};
