//! Outcomes over two varied values as one self-contained SVG: where does OOM begin?
//!
//! By default the worst outcome gives a cell its colour, its hatch and its first word; the share of the runs that ended so
//! gives the strength of the colour and stands in numbers. [`Measure`] has others.

use std::fmt::Write;

use swapscope_sim::trace::Outcome;

use crate::draw::FONT;
use crate::picture::{width_of, wrap};
use crate::svg::{escape, style_sheet};
use crate::theme::{INKS, Ink};

mod cell;

pub use cell::{Ending, Measure, Swatch, Tally};
use cell::{ORDER, time};

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
    /// What the cells are coloured by.
    pub measure: Measure,
}

/// A cell as it is shown.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Nothing where nothing was run.
    pub look: Option<Swatch>,
    /// The same as a sentence.
    pub words: String,
    /// Whether OOM kills begin or end between it and the next one to the right.
    pub right: bool,
    /// The same for the one above.
    pub up: bool,
}

impl HeatMap {
    /// Maps with these names, without runs. The sides are the one to the right and the one upwards: what each is, and its
    /// values.
    #[must_use]
    pub fn new(title: String, note: String, sides: [(String, Vec<String>); 2], names: Vec<String>) -> Self {
        let [x, y] = sides.map(|(label, values)| Side { label, values });
        let cells = vec![Tally::default(); x.values.len() * y.values.len()];
        let maps = names.into_iter().map(|name| Map { name, cells: cells.clone() }).collect();
        Self { title, note, x, y, maps, measure: Measure::default() }
    }

    /// Counts a run at the number of a map, a column from the left, and a row from the bottom.
    pub fn add(&mut self, (map, column, row): (usize, usize, usize), ending: Ending) {
        let columns = self.x.values.len();
        let cells = self.maps.get_mut(map).map(|map| &mut map.cells);
        if let Some(cell) = cells.and_then(|cells| cells.get_mut(row * columns + column)) {
            cell.add(ending);
        }
    }

    /// The shortest and the longest time of all cells, in milliseconds.
    fn range(&self) -> (u64, u64) {
        let times = || self.maps.iter().flat_map(|map| &map.cells).filter_map(Tally::done_ms);
        (times().min().unwrap_or(0), times().max().unwrap_or(0))
    }

    /// The cells of all maps, row by row, the lowest row first.
    #[must_use]
    pub fn cells(&self) -> Vec<Vec<Cell>> {
        let range = self.range();
        let (columns, rows) = (self.x.values.len(), self.y.values.len());
        let at = |place: usize| (place % columns.max(1), place / columns.max(1));
        let shown = |map: &Map, place: usize, tally: &Tally| {
            let (column, row) = at(place);
            let kills = |tally: &Tally| (tally.total() > 0).then(|| tally.count(Outcome::Oom) > 0);
            let differs = |other: usize| {
                let other = map.cells.get(other).and_then(kills);
                kills(tally).zip(other).is_some_and(|(here, there)| here != there)
            };
            let value = |side: &Side, at: usize| side.values.get(at).cloned().unwrap_or_default();
            Cell {
                look: tally.look(self.measure, range),
                words: format!(
                    "{}: {}, {}: {}",
                    map.name,
                    value(&self.x, column),
                    value(&self.y, row),
                    tally.in_words()
                ),
                right: column + 1 < columns && differs(place + 1),
                up: row + 1 < rows && differs(place + columns),
            }
        };
        let cells =
            |map: &Map| map.cells.iter().enumerate().map(|(place, tally)| shown(map, place, tally)).collect();
        self.maps.iter().map(cells).collect()
    }

    /// What the colours stand for.
    #[must_use]
    pub fn legend(&self) -> Vec<(Swatch, String)> {
        let of = |outcomes: &[Outcome]| {
            let mut tally = Tally::default();
            for (seed, outcome) in (1..).zip(outcomes) {
                tally.add(Ending { seed, outcome: *outcome, done_ms: None });
            }
            tally
        };
        let entry = |tally: &Tally, words: &str| Some((tally.look(self.measure, (0, 0))?, words.to_owned()));
        let ran = |outcome: Outcome| {
            let mut cells = self.maps.iter().flat_map(|map| &map.cells);
            cells.any(|cell| cell.count(outcome) > 0)
        };
        let shares = |outcome: Outcome| {
            let done = Outcome::Completed;
            vec![
                entry(&of(&[done, done]), "none of the runs"),
                entry(&of(&[outcome, done]), "half of them"),
                entry(&of(&[outcome, outcome]), "all of them"),
            ]
        };
        let entries = match self.measure {
            Measure::Outcome => {
                // Runs that were stopped for their work are rare enough to be explained only where there are any.
                let shown = ORDER.into_iter().filter(|it| *it != Outcome::Stopped || ran(*it));
                shown.map(|outcome| entry(&of(&[outcome]), explained(outcome))).collect()
            }
            Measure::Oom => shares(Outcome::Oom),
            Measure::Stuck => shares(Outcome::Livelock),
            Measure::Done => {
                let (least, most) = self.range();
                let timed = |ms: u64, words: &str| {
                    let mut tally = Tally::default();
                    tally.add(Ending { seed: 1, outcome: Outcome::Completed, done_ms: Some(ms) });
                    Some((tally.look(Measure::Done, (least, most))?, format!("{words}: {}", time(ms))))
                };
                let never = ORDER.into_iter().filter(|it| *it != Outcome::Completed && ran(*it));
                let never = never.map(|outcome| entry(&of(&[outcome]), explained(outcome)));
                let times = if most > 0 {
                    vec![timed(least, "shortest"), timed(most, "longest")]
                } else {
                    Vec::new()
                };
                times.into_iter().chain(never).collect()
            }
        };
        entries.into_iter().flatten().collect()
    }
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
    legend(&mut body, &mut y, map);
    text(&mut body, Ink::Muted, (MARGIN, y), "", &format!("Upwards: {}", map.y.label));
    y += LINE;
    for (part, cells) in map.maps.iter().zip(map.cells()) {
        y += 12;
        text(&mut body, Ink::Text, (MARGIN, y), " font-size=\"12\" font-weight=\"bold\"", &part.name);
        y += 8;
        draw(&mut body, map, &cells, &layout, y);
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

fn draw(out: &mut String, map: &HeatMap, cells: &[Cell], layout: &Layout, top: i32) {
    let at = |place: usize| {
        let (column, row) = (px(place % layout.columns.max(1)), px(place / layout.columns.max(1)));
        (layout.left + layout.cell * column, top + ROW * (px(layout.rows) - 1 - row))
    };
    for (row, name) in map.y.values.iter().enumerate() {
        let (_, y) = at(row * layout.columns);
        text(out, Ink::Muted, (layout.left - 6, y + ROW / 2 + 4), " text-anchor=\"end\"", name);
    }
    // The edges between cells with an OOM kill and cells that have runs, but none with one.
    let mut border = String::new();
    for (place, cell) in cells.iter().enumerate() {
        let (x, y) = at(place);
        swatch(out, cell.look.as_ref(), (x, y), (layout.cell, ROW), &cell.words);
        if cell.right {
            writes(&mut border, format_args!("M{},{y}v{ROW}", x + layout.cell));
        }
        if cell.up {
            writes(&mut border, format_args!("M{x},{y}h{}", layout.cell));
        }
    }
    if !border.is_empty() {
        let class = stroke(Ink::Text);
        writes(
            out,
            format_args!("<path class=\"{class}\" stroke-width=\"3\" fill=\"none\" d=\"{border}\"/>\n"),
        );
    }
}

/// One coloured field with its hatch and words.
fn swatch(
    out: &mut String,
    look: Option<&Swatch>,
    (x, y): (i32, i32),
    (width, height): (i32, i32),
    words: &str,
) {
    let place = format!("x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\"", width - 1, height - 1);
    writes(out, format_args!("<g><title>{}</title>", escape(words)));
    let Some(look) = look else {
        writes(out, format_args!("<rect class=\"{}\" {place}/></g>\n", fill(Ink::Over)));
        return;
    };
    if let Some(outcome) = look.outcome {
        let class = fill(ink(outcome));
        writes(out, format_args!("<rect class=\"{class}\" fill-opacity=\".{}\" {place}/>", look.strength));
        if let Some(hatch) = hatch(outcome) {
            writes(out, format_args!("<rect fill=\"url(#{hatch})\" {place}/>"));
        }
    } else {
        let class = stroke(Ink::Grid);
        writes(out, format_args!("<rect class=\"{class}\" fill=\"none\" {place}/>"));
    }
    let fits = look.forms.iter().find(|form| width_of(form, 11.0) <= width - 4);
    let label = fits.unwrap_or(&look.forms[2]);
    let class = format!("n {} {}", fill(Ink::Text), stroke(Ink::Paper));
    let (x, y) = (x + width / 2, y + height / 2 + 4);
    writes(
        out,
        format_args!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{label}</text></g>\n"
        ),
    );
}

fn legend(out: &mut String, y: &mut i32, map: &HeatMap) {
    for row in map.legend().chunks(4) {
        for (place, (look, words)) in row.iter().enumerate() {
            let x = MARGIN + LEGEND_STEP * px(place);
            swatch(out, Some(look), (x, *y), (26, 20), words);
            text(out, Ink::Muted, (x + 32, *y + 14), "", words);
        }
        *y += 20 + LINE;
    }
    for line in [map.measure.explained(), LINE_EXPLAINED] {
        text(out, Ink::Muted, (MARGIN, *y), "", line);
        *y += LINE;
    }
}

/// What else there is to see.
pub const LINE_EXPLAINED: &str = "Thick line: between cells with and without an OOM kill. Grey: not run.";

const fn explained(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Oom => "OOM: a task was killed",
        Outcome::Livelock => "stuck: livelock",
        Outcome::Timeout => "late: still moving",
        Outcome::Stopped => "cut: too much work",
        Outcome::Completed => "done: completed",
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
        for (seed, outcome) in (1..).zip(outcomes) {
            tally.add(Ending { seed, outcome: *outcome, done_ms: None });
        }
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
            measure: Measure::Outcome,
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
        let done = || tally(&[Outcome::Completed]);
        let oom = || tally(&[Outcome::Completed, Outcome::Oom]);
        let line = |cells: Vec<Tally>| {
            let picture = heat_map(&map(3, cells));
            let path = picture.split("stroke-width=\"3\" fill=\"none\" d=\"").nth(1)?.split('"').next()?;
            Some(path.matches('M').count())
        };
        assert_eq!(line(vec![done(), done(), oom()]), Some(1));
        assert_eq!(line(vec![done(), oom(), oom(), done(), done(), oom()]), Some(3));
        assert_eq!(line(vec![done(), done(), done()]), None);
        // Nothing is said about what was not run.
        assert_eq!(line(vec![done(), Tally::default(), oom()]), None);
    }

    #[test]
    fn every_measure_has_a_legend_with_its_numbers() {
        let mut drawn = map(1, vec![tally(&[Outcome::Livelock, Outcome::Oom])]);
        drawn.add((0, 0, 0), Ending { seed: 9, outcome: Outcome::Completed, done_ms: Some(12_300) });
        for (measure, cell, legend) in [
            (Measure::Oom, ">1/3<", ">half of them<"),
            (Measure::Stuck, ">1/3<", ">all of them<"),
            (Measure::Done, ">12.3 s 1/3<", ">longest: 12.3 s<"),
        ] {
            drawn.measure = measure;
            let picture = heat_map(&drawn);
            assert!(picture.contains(cell) && picture.contains(legend), "{measure:?}: {picture}");
        }
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
