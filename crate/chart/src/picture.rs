//! Several kernels side by side as one self-contained SVG.

use std::convert::Infallible;
use std::fmt::Write;

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::Text;
use plotters::style::text_anchor::{HPos, VPos};

use crate::axis::{Scale, Scales};
use crate::draw::{FONT, FOOT, GUTTER, Look, MARGIN, draw, paint};
use crate::panel::{Key, KeyLook, PANELS};
use crate::plot::{Dash, Shape, Stroke};
use crate::run::Run;
use crate::svg::{SvgBackend, escape, style_sheet, text_width};
use crate::theme::{Ink, Theme};

/// A kernel's column.
pub struct Column<'a> {
    /// Name of the kernel, such as `4.7-rc6~mempool-noretry`.
    pub kernel: &'a str,
    /// What became of the run, in a few words.
    pub outcome: &'a str,
    /// The run.
    pub run: &'a Run,
}

/// A picture is drawn coarser until it is smaller than this many bytes.
pub const SVG_BYTES_MAX: usize = 40_000;

const WIDTH: i32 = 1000;
const HEAD: i32 = 76;
const ROW_TITLE: i32 = 24;
const GAP: i32 = 4;
/// Size at which a plain text is as wide as a bold one of 12.
const BOLD_12: f64 = 14.2;
type Area<'a> = DrawingArea<SvgBackend<'a>, Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<Infallible>>;

/// Draws kernels (columns) by panels (rows) with a title, the outcomes and the link that gives the same picture.
/// The file needs nothing else, follows the reader's light or dark setting, and stays below [`SVG_BYTES_MAX`] bytes.
#[must_use]
pub fn svg(title: &str, columns: &[Column<'_>], link: &str) -> String {
    let mut smallest = String::new();
    for grain in [1, 2, 3, 4, 6, 8, 12, 16, 24] {
        smallest = at_grain(title, columns, link, grain);
        if smallest.len() < SVG_BYTES_MAX {
            break;
        }
    }
    smallest
}

fn at_grain(title: &str, columns: &[Column<'_>], link: &str, grain: i32) -> String {
    let rows: i32 = PANELS.iter().map(|panel| ROW_TITLE + panel_height(panel.height)).sum();
    let height = HEAD + rows + px(FOOT) + 38;
    let mut out = String::new();
    let description: Vec<String> =
        columns.iter().map(|column| format!("{}: {}", column.kernel, column.outcome)).collect();
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\" fill=\"none\" font-family=\"{}\">\n<title>{}</title>\n<desc>{}</desc>\n\
         <style>{}</style>\n",
        escape(FONT),
        escape(title),
        escape(&description.join("; ")),
        style_sheet()
    );
    let size = (WIDTH.unsigned_abs(), height.unsigned_abs());
    {
        let area = SvgBackend::new(&mut out, size).into_drawing_area();
        // The error type has no value: drawing into a string cannot fail, and a layout of constants fits.
        let _ = compose(&area, title, columns, link, grain);
    }
    out.push_str("</svg>\n");
    out
}

fn compose(area: &Area<'_>, title: &str, columns: &[Column<'_>], link: &str, grain: i32) -> Drawn {
    let look = Look { theme: Theme::Light, scale: 1.0, y_labels: true, x_labels: false, grain };
    area.fill(&look.colour(Ink::Paper))?;
    let runs: Vec<&Run> = columns.iter().map(|column| column.run).collect();
    let scales = Scales::of(&runs, None, Scale::Log, None);
    // Every cell has a margin of its own; the first has the labels in addition.
    let (gutter, margin) = (px(GUTTER - MARGIN), px(MARGIN));
    let count = i32::try_from(columns.len().max(1)).unwrap_or(1);
    let plot_width = (WIDTH - gutter) / count;
    let left = |place: i32| if place == 0 { 0 } else { gutter + place * plot_width };

    text(area, &look, title, (gutter + margin, 8), Ink::Text, 15.0, true)?;
    for (place, column) in (0..).zip(columns) {
        let x = gutter + place * plot_width + margin;
        text(area, &look, column.kernel, (x, 32), Ink::Text, 12.0, true)?;
        for (line, words) in (0..2).zip(wrap(column.outcome, plot_width - 2 * margin, 11.0)) {
            text(area, &look, &words, (x, 47 + 14 * line), Ink::Muted, 11.0, false)?;
        }
    }
    let mut y = HEAD;
    for (row, panel) in PANELS.iter().enumerate() {
        text(area, &look, panel.title, (gutter + margin, y + 9), Ink::Text, 12.0, true)?;
        let behind = gutter + margin + width_of(panel.title, BOLD_12) + 16;
        let mut keys = panel.legend.to_vec();
        if panel.level.is_some() && runs.iter().any(|run| run.recorded.is_some()) {
            keys.push(Key { label: "recorded", ink: Ink::Recorded, look: KeyLook::Line(Dash::Dots) });
        }
        legend(area, &look, &keys, (behind, y + 15))?;
        y += ROW_TITLE;
        let is_last = row + 1 == PANELS.len();
        let height = panel_height(panel.height) + if is_last { px(FOOT) - 7 } else { 0 };
        for (place, column) in (0..).zip(columns) {
            let (from, to) = (left(place), gutter + (place + 1) * plot_width);
            let cell = area.clone().shrink((from, y), (to - from, height));
            let look = Look { y_labels: place == 0, x_labels: is_last, ..look };
            draw(&cell, panel, column.run, &scales, &look)?;
        }
        y += panel_height(panel.height);
    }
    let time = match scales.x.scale() {
        Scale::Linear => "Time from the start of the machine. Grey: the run is over.",
        Scale::Log => "Time from the start of the machine, logarithmic. Grey: the run is over.",
    };
    text(area, &look, time, (gutter + margin, y + px(FOOT) + 2), Ink::Muted, 11.0, false)?;
    let source = if link.is_empty() {
        "Simulation, swapscope".to_owned()
    } else {
        format!("Simulation, swapscope: {link}")
    };
    text(area, &look, &source, (gutter + margin, y + px(FOOT) + 18), Ink::Muted, 11.0, false)
}

/// A row in a picture is lower than on a screen that scrolls.
fn panel_height(height: u32) -> i32 {
    i32::try_from(height * 4 / 5).unwrap_or(0).max(60) + GAP
}

fn px(css: f64) -> i32 {
    Look { theme: Theme::Light, scale: 1.0, y_labels: true, x_labels: true, grain: 1 }.px(css)
}

#[expect(clippy::cast_possible_truncation, reason = "a few hundred pixels")]
pub(crate) fn width_of(label: &str, size: f64) -> i32 {
    text_width(label, size).ceil() as i32
}

/// Breaks words into lines that are no wider than this many pixels.
pub(crate) fn wrap(words: &str, width: i32, size: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width_of(&format!("{line} {word}"), size) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn text(area: &Area<'_>, look: &Look, text: &str, at: (i32, i32), ink: Ink, size: f64, bold: bool) -> Drawn {
    area.draw(&Text::new(text, at, look.text(ink, size, bold, HPos::Left, VPos::Top)))
}

fn legend(area: &Area<'_>, look: &Look, keys: &[Key], (mut x, y): (i32, i32)) -> Drawn {
    for key in keys {
        let swatch = match key.look {
            KeyLook::Line(_) => 22,
            KeyLook::Mark(_) => 10,
        };
        let shape = match key.look {
            KeyLook::Line(dash) => {
                Shape::Line(vec![(x, y), (x + swatch, y)], Stroke { ink: key.ink, width: 2.0, dash })
            }
            KeyLook::Mark(marker) => Shape::Mark((x + swatch / 2, y), marker, key.ink),
        };
        paint(area, &shape, look)?;
        let style = look.text(Ink::Muted, 11.0, false, HPos::Left, VPos::Center);
        area.draw(&Text::new(key.label, (x + swatch + 5, y), style))?;
        x += swatch + 5 + width_of(key.label, 11.0) + 16;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run that is as hard to draw as any: every bucket swings, and thousands of sleeps differ.
    fn busy(seed: u64) -> Run {
        let mut state = seed;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as f64
        };
        let buckets = 4096_usize;
        let mut numbers = vec![1.2e12, 1e9, 1.2e12 / 4096.0, 12.0, 900.0, 1100.0, 1300.0];
        numbers.extend([0.0; 9]);
        numbers.extend([0.0, 1.0, 9e11, 0.0, 0.0]);
        let sleeps = 20_000;
        let mut list = |count: usize, value: &mut dyn FnMut(f64) -> f64| {
            numbers.push(count as f64);
            for _ in 0..count {
                numbers.push(value(random()).floor());
            }
        };
        list(sleeps, &mut |r| r % 1.2e12);
        list(sleeps, &mut |r| 1e6 + r % 1e9);
        list(sleeps, &mut |r| r % 3.0);
        for _ in crate::run::SERIES {
            list(buckets, &mut |r| r % 500.0);
            list(buckets, &mut |r| 500.0 + r % 5000.0);
            list(buckets, &mut |r| r % 5000.0);
        }
        Run::unpack(&numbers).expect("lists of the right length")
    }

    #[test]
    fn the_hardest_picture_is_small_enough() {
        let runs = [busy(1), busy(2), busy(3)];
        let columns: Vec<Column<'_>> =
            runs.iter().map(|run| Column { kernel: "4.7-rc6", outcome: "crawls & <stalls>", run }).collect();
        let picture = svg("title", &columns, "https://host/?s=x&c=aa");
        assert!(picture.len() < SVG_BYTES_MAX, "{} bytes", picture.len());
        assert!(picture.contains("crawls &amp; &lt;stalls&gt;"));
        assert!(picture.contains("https://host/?s=x&amp;c=aa"));
    }

    #[test]
    fn no_column_at_all_is_still_a_picture() {
        assert!(svg("title", &[], "").ends_with("</svg>\n"));
    }
}
