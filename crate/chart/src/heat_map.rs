//! Outcomes over two varied values as one self-contained SVG: where does OOM begin?
//!
//! The worst outcome gives a cell its colour, its hatch and its first word; the share of the runs that ended so gives
//! the strength of the colour and stands in numbers.

use std::fmt::Write;

use swapscope_sim::trace::Outcome;

use crate::draw::FONT;
use crate::picture::{width_of, wrap};
use crate::svg::{escape, style_sheet};
use crate::theme::{INKS, Ink};

/// From the worst outcome to the best. A machine that kills is worse than one that crawls, which still could get there.
const ORDER: [Outcome; 5] =
    [Outcome::Oom, Outcome::Livelock, Outcome::Timeout, Outcome::Stopped, Outcome::Completed];

/// How the runs of one cell ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally([u32; 5]);

impl Tally {
    /// Counts a run.
    pub fn add(&mut self, outcome: Outcome) {
        self.0[place(outcome)] += 1;
    }

    /// Runs that ended so.
    #[must_use]
    pub const fn count(&self, outcome: Outcome) -> u32 {
        self.0[place(outcome)]
    }

    /// All runs.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.0.iter().sum()
    }

    /// The worst outcome; nothing where there is no run.
    #[must_use]
    pub fn worst(&self) -> Option<Outcome> {
        ORDER.into_iter().find(|outcome| self.count(*outcome) > 0)
    }
}

const fn place(outcome: Outcome) -> usize {
    match outcome {
        Outcome::Oom => 0,
        Outcome::Livelock => 1,
        Outcome::Timeout => 2,
        Outcome::Stopped => 3,
        Outcome::Completed => 4,
    }
}

/// One side of the map.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// What varies, with its unit.
    pub label: String,
    /// Its values, from left to right or from the bottom to the top.
    pub values: Vec<String>,
}

/// One map of a picture.
#[derive(Clone, Debug, Default)]
pub struct Map {
    /// What it is of, such as a kernel.
    pub name: String,
    /// Its cells, row by row, the lowest row first; as many as the sides say.
    pub cells: Vec<Tally>,
}

/// Several maps with the same sides.
#[derive(Clone, Debug, Default)]
pub struct HeatMap {
    /// Heading of the picture.
    pub title: String,
    /// What does not vary, in a line or two.
    pub note: String,
    /// From left to right.
    pub x: Side,
    /// From the bottom to the top.
    pub y: Side,
    /// The maps, one below the other.
    pub maps: Vec<Map>,
}

/// Most values along one side: more would not be read.
pub const SIDE_MAX: usize = 100;

const MARGIN: i32 = 16;
const ROW: i32 = 30;
const LINE: i32 = 16;
const LEGEND_STEP: i32 = 180;

struct Layout {
    left: i32,
    cell: i32,
    columns: usize,
    rows: usize,
}

impl Layout {
    fn of(map: &HeatMap) -> Self {
        let widest = |side: &Side| side.values.iter().map(|value| width_of(value, 11.0)).max().unwrap_or(0);
        let columns = map.x.values.len();
        // As wide as the page at most, unless the labels below need more; a few columns need not fill it.
        let share = 860 / px(columns.max(1));
        Self {
            left: MARGIN + widest(&map.y) + 10,
            cell: share.clamp(26, 88).max(widest(&map.x) + 8),
            columns,
            rows: map.y.values.len(),
        }
    }

    fn width(&self) -> i32 {
        (self.left + self.cell * px(self.columns) + MARGIN).max(LEGEND_STEP * 4 + 2 * MARGIN)
    }
}

/// Draws maps with a legend. The file needs nothing else and follows the reader's light or dark setting.
#[must_use]
pub fn heat_map(map: &HeatMap) -> String {
    let layout = Layout::of(map);
    let width = layout.width();
    let mut body = String::new();
    let mut y = 28;
    text(&mut body, Ink::Text, (MARGIN, y), " font-size=\"15\" font-weight=\"bold\"", &map.title);
    for line in wrap(&map.note, width - 2 * MARGIN, 11.0) {
        y += LINE;
        text(&mut body, Ink::Muted, (MARGIN, y), "", &line);
    }
    y += 14;
    let mut cells = map.maps.iter().flat_map(|part| &part.cells);
    legend(&mut body, &mut y, cells.any(|cell| cell.count(Outcome::Stopped) > 0));
    text(&mut body, Ink::Muted, (MARGIN, y), "", &format!("Upwards: {}", map.y.label));
    y += LINE;
    for part in &map.maps {
        y += 12;
        text(&mut body, Ink::Text, (MARGIN, y), " font-size=\"12\" font-weight=\"bold\"", &part.name);
        y += 8;
        draw(&mut body, map, part, &layout, y);
        y += ROW * px(layout.rows) + LINE;
        for (column, value) in map.x.values.iter().enumerate() {
            let x = layout.left + layout.cell * px(column) + layout.cell / 2;
            text(&mut body, Ink::Muted, (x, y), " text-anchor=\"middle\"", value);
        }
        y += LINE;
    }
    text(&mut body, Ink::Muted, (layout.left, y), "", &format!("To the right: {}", map.x.label));
    y += MARGIN;
    let mut out = String::new();
    writes(
        &mut out,
        format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {y}\" width=\"{width}\" height=\"{y}\" \
             role=\"img\" font-size=\"11\" font-family=\"{}\">\n<title>{}</title>\n<desc>{}</desc>\n<style>{}{}</style>\n\
             {}<rect class=\"{}\" width=\"{width}\" height=\"{y}\"/>\n{body}</svg>\n",
            escape(FONT),
            escape(&map.title),
            escape(&map.note),
            style_sheet(),
            // A rim of paper keeps words apart from the hatch below them.
            ".n{paint-order:stroke;stroke-width:3px;stroke-linejoin:round}",
            hatches(),
            fill(Ink::Paper)
        ),
    );
    out
}

fn draw(out: &mut String, map: &HeatMap, part: &Map, layout: &Layout, top: i32) {
    let at = |column: usize, row: usize| {
        (layout.left + layout.cell * px(column), top + ROW * (px(layout.rows) - 1 - px(row)))
    };
    for (row, name) in map.y.values.iter().enumerate() {
        let (_, y) = at(0, row);
        text(out, Ink::Muted, (layout.left - 6, y + ROW / 2 + 4), " text-anchor=\"end\"", name);
        for (column, value) in map.x.values.iter().enumerate() {
            let tally = cell(part, layout, column, row);
            let words = format!("{}: {value}, {name}: {}", part.name, in_words(&tally));
            swatch(out, &tally, at(column, row), (layout.cell, ROW), &words);
        }
    }
    let border = border(part, layout, at);
    if !border.is_empty() {
        let class = stroke(Ink::Text);
        writes(
            out,
            format_args!("<path class=\"{class}\" stroke-width=\"3\" fill=\"none\" d=\"{border}\"/>\n"),
        );
    }
}

fn cell(part: &Map, layout: &Layout, column: usize, row: usize) -> Tally {
    part.cells.get(row * layout.columns + column).copied().unwrap_or_default()
}

/// The edges between cells with an OOM kill and cells that have runs, but none with one.
fn border(part: &Map, layout: &Layout, at: impl Fn(usize, usize) -> (i32, i32)) -> String {
    let kills = |column: usize, row: usize| {
        let tally = cell(part, layout, column, row);
        (tally.total() > 0).then(|| tally.count(Outcome::Oom) > 0)
    };
    let differ = |a: Option<bool>, b: Option<bool>| a.zip(b).is_some_and(|(a, b)| a != b);
    let mut path = String::new();
    for row in 0..layout.rows {
        for column in 0..layout.columns {
            let (x, y) = at(column, row);
            if column + 1 < layout.columns && differ(kills(column, row), kills(column + 1, row)) {
                writes(&mut path, format_args!("M{},{y}v{ROW}", x + layout.cell));
            }
            if row + 1 < layout.rows && differ(kills(column, row), kills(column, row + 1)) {
                writes(&mut path, format_args!("M{x},{y}h{}", layout.cell));
            }
        }
    }
    path
}

/// One coloured field with its hatch and words.
fn swatch(out: &mut String, tally: &Tally, (x, y): (i32, i32), (width, height): (i32, i32), words: &str) {
    let place = format!("x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\"", width - 1, height - 1);
    writes(out, format_args!("<g><title>{}</title>", escape(words)));
    let Some(worst) = tally.worst() else {
        writes(out, format_args!("<rect class=\"{}\" {place}/></g>\n", fill(Ink::Over)));
        return;
    };
    // Strong enough to tell from paper, weak enough for words upon it in both themes: 15 to 50 hundredths.
    let strength = 15 + 35 * tally.count(worst) / tally.total();
    let class = fill(ink(worst));
    writes(out, format_args!("<rect class=\"{class}\" fill-opacity=\".{strength}\" {place}/>"));
    if let Some(hatch) = hatch(worst) {
        writes(out, format_args!("<rect fill=\"url(#{hatch})\" {place}/>"));
    }
    let share = format!("{}/{}", tally.count(worst), tally.total());
    let forms =
        [format!("{} {share}", word(worst)), format!("{}{share}", letter(worst)), letter(worst).to_owned()];
    let fits = forms.iter().find(|form| width_of(form, 11.0) <= width - 4);
    let label = fits.unwrap_or(&forms[2]);
    let class = format!("n {} {}", fill(Ink::Text), stroke(Ink::Paper));
    let (x, y) = (x + width / 2, y + height / 2 + 4);
    writes(
        out,
        format_args!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{label}</text></g>\n"
        ),
    );
}

/// `cut`: whether a run was stopped for its work, which is rare enough to be explained only where it is.
fn legend(out: &mut String, y: &mut i32, cut: bool) {
    let shown: Vec<Outcome> =
        ORDER.into_iter().filter(|outcome| cut || *outcome != Outcome::Stopped).collect();
    for row in shown.chunks(4) {
        for (place, outcome) in row.iter().enumerate() {
            let x = MARGIN + LEGEND_STEP * px(place);
            let mut tally = Tally::default();
            tally.add(*outcome);
            swatch(out, &tally, (x, *y), (26, 20), explained(*outcome));
            text(out, Ink::Muted, (x + 32, *y + 14), "", explained(*outcome));
        }
        *y += 20 + LINE;
    }
    let lines = [
        "Colour and word: the worst outcome of the runs of a cell; strength and numbers: how many of its runs ended so.",
        "Thick line: between cells with and without an OOM kill. Grey: not run.",
    ];
    for line in lines {
        text(out, Ink::Muted, (MARGIN, *y), "", line);
        *y += LINE;
    }
}

fn in_words(tally: &Tally) -> String {
    let parts: Vec<String> = ORDER
        .into_iter()
        .filter(|outcome| tally.count(*outcome) > 0)
        .map(|outcome| format!("{} of {} {}", tally.count(outcome), tally.total(), outcome.name()))
        .collect();
    if parts.is_empty() { "not run".to_owned() } else { parts.join(", ") }
}

const fn explained(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Oom => "OOM: a task was killed",
        Outcome::Livelock => "stuck: livelock",
        Outcome::Timeout => "late: still moving",
        Outcome::Stopped => "cut: too much work",
        Outcome::Completed => "done: completed",
    }
}

const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Oom => "OOM",
        Outcome::Livelock => "stuck",
        Outcome::Timeout => "late",
        Outcome::Stopped => "cut",
        Outcome::Completed => "done",
    }
}

const fn letter(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Oom => "O",
        Outcome::Livelock => "S",
        Outcome::Timeout => "L",
        Outcome::Stopped => "C",
        Outcome::Completed => "D",
    }
}

/// Four hues of the theme that are far apart for all eyes; here they stand for outcomes.
const fn ink(outcome: Outcome) -> Ink {
    match outcome {
        Outcome::Oom => Ink::Oom,
        Outcome::Livelock => Ink::Min,
        Outcome::Timeout => Ink::Free,
        Outcome::Stopped => Ink::Band,
        Outcome::Completed => Ink::Done,
    }
}

/// Name of an outcome's hatch. The name is its own in a page that holds other pictures.
const fn hatch(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Oom => Some("swapscope-hatch-oom"),
        Outcome::Livelock => Some("swapscope-hatch-stuck"),
        Outcome::Timeout => Some("swapscope-hatch-late"),
        Outcome::Stopped | Outcome::Completed => None,
    }
}

/// Crossed lines, lines, dots.
fn hatches() -> String {
    let mut out = String::from("<defs>");
    for (outcome, path) in [
        (Outcome::Oom, "M0,0l8,8M8,0l-8,8"),
        (Outcome::Livelock, "M-1,1l2,-2M0,8l8,-8M7,9l2,-2"),
        (Outcome::Timeout, "M4,3v2"),
    ] {
        let (name, class) = (hatch(outcome).unwrap_or_default(), stroke(ink(outcome)));
        writes(
            &mut out,
            format_args!(
                "<pattern id=\"{name}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">\
                 <path class=\"{class}\" fill=\"none\" stroke-opacity=\".6\" d=\"{path}\"/></pattern>"
            ),
        );
    }
    out + "</defs>\n"
}

fn class(ink: Ink, kind: char) -> String {
    let place = INKS.iter().position(|other| *other == ink).unwrap_or(0);
    format!("{kind}{place}")
}

fn fill(ink: Ink) -> String {
    class(ink, 'f')
}

fn stroke(ink: Ink) -> String {
    class(ink, 's')
}

fn text(out: &mut String, ink: Ink, (x, y): (i32, i32), more: &str, words: &str) {
    let (class, words) = (fill(ink), escape(words));
    writes(out, format_args!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\"{more}>{words}</text>\n"));
}

fn writes(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(text);
}

/// A few values along a side.
fn px(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(outcomes: &[Outcome]) -> Tally {
        let mut tally = Tally::default();
        outcomes.iter().for_each(|outcome| tally.add(*outcome));
        tally
    }

    fn map(columns: usize, cells: Vec<Tally>) -> HeatMap {
        let side = |label: &str, count: usize| Side {
            label: label.to_owned(),
            values: (1..=count).map(|value| format!("{value}G")).collect(),
        };
        HeatMap {
            title: "a <title>".to_owned(),
            note: "n & m".to_owned(),
            x: side("hog (bytes)", columns),
            y: side("ram (bytes)", cells.len() / columns.max(1)),
            maps: vec![Map { name: "4.6".to_owned(), cells }],
        }
    }

    #[test]
    fn the_worst_outcome_has_the_cell() {
        use Outcome::{Completed, Livelock, Oom, Timeout};
        let picture = heat_map(&map(
            2,
            vec![
                tally(&[Completed, Completed]),
                tally(&[Completed, Oom, Livelock]),
                tally(&[Timeout, Livelock, Livelock]),
                tally(&[]),
            ],
        ));
        for part in [
            ">done 2/2<",
            ">OOM 1/3<",
            ">stuck 2/3<",
            "<title>4.6: 2G, 1G: 1 of 3 oom, 1 of 3 livelock, 1 of 3 completed</title>",
            "<title>4.6: 2G, 2G: not run</title>",
            "a &lt;title&gt;",
            "n &amp; m",
            "Upwards: ram (bytes)",
            "To the right: hog (bytes)",
        ] {
            assert!(picture.contains(part), "{part} in {picture}");
        }
        assert_eq!(tally(&[Completed, Timeout]).worst(), Some(Timeout));
    }

    #[test]
    fn the_line_is_where_oom_begins() {
        let (done, oom) = (tally(&[Outcome::Completed]), tally(&[Outcome::Completed, Outcome::Oom]));
        let line = |cells: Vec<Tally>| {
            let picture = heat_map(&map(3, cells));
            let path = picture.split("stroke-width=\"3\" fill=\"none\" d=\"").nth(1)?.split('"').next()?;
            Some(path.matches('M').count())
        };
        assert_eq!(line(vec![done, done, oom]), Some(1));
        assert_eq!(line(vec![done, oom, oom, done, done, oom]), Some(3));
        assert_eq!(line(vec![done, done, done]), None);
        // Nothing is said about what was not run.
        assert_eq!(line(vec![done, Tally::default(), oom]), None);
    }

    #[test]
    fn no_cell_at_all_is_still_a_picture() {
        assert!(heat_map(&HeatMap::default()).ends_with("</svg>\n"));
    }

    #[test]
    fn words_give_way_to_letters_where_cells_are_narrow() {
        let wide = heat_map(&map(50, vec![tally(&[Outcome::Oom; 16]); 50]));
        assert!(wide.contains(">O<") && !wide.contains(">OOM 16/16<"));
    }
}
