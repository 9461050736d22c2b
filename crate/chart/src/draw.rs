//! Paints one panel of one run on any plotters backend.

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::element::{Circle, Cross, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontFamily, FontStyle, RGBColor, ShapeStyle, TextStyle};
use plotters_backend::DrawingBackend;

use crate::axis::{Axis, Scales};
use crate::panel::{PANELS, Panel};
use crate::plot::{Dash, Marker, Plot, Shape, Stroke};
use crate::run::Run;
use crate::theme::{Ink, Theme};

/// What a backend says when it cannot draw.
pub type DrawError<DB> = DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>;

/// How a panel is presented.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Paper and colours.
    pub theme: Theme,
    /// Pixels of the backend for one CSS pixel: the device's pixel ratio. Text and strokes grow with it.
    pub scale: f64,
    /// Whether the values are written to the left of the plot.
    pub y_labels: bool,
    /// Whether times are written below the plot.
    pub x_labels: bool,
    /// Pixels that share one sample, at least 1; more makes a smaller picture.
    pub grain: i32,
}

/// CSS pixels to the left of a plot with labels.
pub(crate) const GUTTER: f64 = 50.0;
/// CSS pixels below a plot with labels.
pub(crate) const FOOT: f64 = 20.0;
/// CSS pixels around a plot where nothing is written.
pub(crate) const MARGIN: f64 = 7.0;
/// Size of tick labels, in CSS pixels.
const TICK_TEXT: f64 = 11.0;
/// From one tick label to the next above it, in CSS pixels at least: as high as its digits are.
const LABEL_GAP: f64 = 10.0;
pub(crate) const FONT: &str =
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', Helvetica, Arial, sans-serif";

impl Look {
    /// CSS pixels in pixels of the backend.
    #[expect(clippy::cast_possible_truncation, reason = "a pixel")]
    pub(crate) fn px(&self, css: f64) -> i32 {
        (css * self.scale).round() as i32
    }

    pub(crate) fn colour(&self, ink: Ink) -> RGBColor {
        let (red, green, blue) = self.theme.ink(ink);
        RGBColor(red, green, blue)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a width of a few pixels")]
    fn line(&self, ink: Ink, width: f64) -> ShapeStyle {
        ShapeStyle::from(self.colour(ink)).stroke_width((width * self.scale).round().max(1.0) as u32)
    }

    pub(crate) fn text(&self, ink: Ink, size: f64, bold: bool, h: HPos, v: VPos) -> TextStyle<'static> {
        let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
        let font = plotters::style::FontDesc::new(FontFamily::Name(FONT), size * self.scale, style);
        let color = self.colour(ink).to_backend_color();
        TextStyle { font, color, pos: Pos::new(h, v) }
    }
}

/// Draws a panel: paper, grid, labels, the panel's shapes, and the OOM kills as lines through all of it.
///
/// # Errors
/// Whatever the backend says.
pub fn draw<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    panel: &Panel,
    run: &Run,
    scales: &Scales,
    look: &Look,
) -> Result<(), DrawError<DB>> {
    let (width, height) = area.dim_in_pixel();
    let (width, height) = (i32::try_from(width).unwrap_or(0), i32::try_from(height).unwrap_or(0));
    let y_axis = axis_of(scales, panel);
    let left = if look.y_labels { GUTTER } else { MARGIN };
    let foot = if look.x_labels { FOOT } else { MARGIN };
    let x = (look.px(left), width - look.px(MARGIN));
    let y = (height - look.px(foot), look.px(MARGIN));
    if x.0 >= x.1 || y.0 <= y.1 {
        return Ok(());
    }
    let plot = Plot::new((&scales.x, x.0, x.1), (&y_axis, y.0, y.1), look.scale, look.grain);
    frame(area, &plot, run, look)?;
    let mut labelled: Option<i32> = None;
    for (value, label) in y_axis.ticks() {
        let row = plot.at(0.0, *value).1;
        area.draw(&PathElement::new(vec![(x.0, row), (x.1, row)], look.line(Ink::Grid, 1.0)))?;
        // In a low plot a label is left out rather than drawn over its neighbour.
        if look.y_labels && labelled.is_none_or(|last| (last - row).abs() >= look.px(LABEL_GAP)) {
            labelled = Some(row);
            let style = look.text(Ink::Muted, TICK_TEXT, false, HPos::Right, VPos::Center);
            area.draw(&Text::new(label.as_str(), (x.0 - look.px(6.0), row), style))?;
        }
    }
    time_axis(area, &scales.x, &plot, look)?;
    let level = panel.level.map(|level| level(run));
    if let Some(band) = level.and_then(|series| plot.band(run, series)) {
        paint(area, &band, look)?;
    }
    for shape in (panel.shapes)(run, &plot) {
        paint(area, &shape, look)?;
    }
    if let (Some(series), Some(recorded)) = (level, &run.recorded) {
        let steps = plot.steps(recorded, recorded.column(series));
        paint(area, &Shape::Line(steps, Stroke { ink: Ink::Recorded, width: 1.4, dash: Dash::Dots }), look)?;
    }
    // The kills stand in front: they are what a reader looks for in every row.
    for t in run.oom.iter().filter(|t| plot.sees(**t)) {
        let column = plot.column(*t);
        // Over the gap to the next row, but not over the labels of times.
        let bottom = if look.x_labels { y.0 } else { height };
        let line = vec![(column, bottom), (column, 0)];
        paint(area, &Shape::Line(line, Stroke { ink: Ink::Oom, width: 1.5, dash: Dash::Solid }), look)?;
    }
    Ok(())
}

fn axis_of(scales: &Scales, panel: &Panel) -> Axis {
    let place = PANELS.iter().position(|other| other.name == panel.name);
    place.and_then(|place| scales.y.get(place)).cloned().unwrap_or_else(|| Axis::lanes(&[]))
}

fn frame<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    plot: &Plot,
    run: &Run,
    look: &Look,
) -> Result<(), DrawError<DB>> {
    let (x, y) = (plot.x, plot.y);
    area.draw(&Rectangle::new([(x.0, y.1), (x.1, y.0)], look.colour(Ink::Plot).filled()))?;
    let end = plot.column(run.end);
    if end < x.1 {
        area.draw(&Rectangle::new([(end, y.1), (x.1, y.0)], look.colour(Ink::Over).filled()))?;
    }
    Ok(())
}

fn time_axis<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    axis: &Axis,
    plot: &Plot,
    look: &Look,
) -> Result<(), DrawError<DB>> {
    let (x, y) = (plot.x, plot.y);
    if look.x_labels {
        for t in axis.minor() {
            let column = plot.at(*t, 0.0).0;
            area.draw(&PathElement::new(
                vec![(column, y.0), (column, y.0 + look.px(3.0))],
                look.line(Ink::Muted, 1.0),
            ))?;
        }
    }
    let mut free_from = x.0 - look.px(GUTTER);
    for (t, label) in axis.ticks() {
        let column = plot.at(*t, 0.0).0;
        area.draw(&PathElement::new(vec![(column, y.0), (column, y.1)], look.line(Ink::Grid, 1.0)))?;
        if !look.x_labels {
            continue;
        }
        let style = look.text(Ink::Muted, TICK_TEXT, false, HPos::Center, VPos::Top);
        let (width, _) = area.estimate_text_size(label, &style)?;
        let half = i32::try_from(width / 2 + 1).unwrap_or(0);
        // A label keeps within its own plot, where plots stand side by side, and a crowded one is left out rather
        // than drawn over its neighbour.
        let leftmost = if look.y_labels { half } else { x.0 + half };
        let centre = column.min(x.1 - half).max(leftmost);
        if centre - half >= free_from {
            area.draw(&Text::new(label.as_str(), (centre, y.0 + look.px(5.0)), style))?;
            free_from = centre + half + look.px(8.0);
        }
    }
    Ok(())
}

/// Paints one shape.
pub(crate) fn paint<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    shape: &Shape,
    look: &Look,
) -> Result<(), DrawError<DB>> {
    match shape {
        Shape::Line(points, stroke) => {
            let style = look.line(stroke.ink, stroke.width);
            match stroke.dash.pattern() {
                None => area.draw(&PathElement::new(points.as_slice(), style))?,
                Some((on, off)) => {
                    let (on, off) = (look.px(f64::from(on)), look.px(f64::from(off)));
                    for piece in dashes(points, on, off) {
                        area.draw(&PathElement::new(piece, style))?;
                    }
                }
            }
        }
        Shape::Mark(at, marker, ink) => mark(area, *at, *marker, *ink, look)?,
        Shape::Fill(from, to, ink, opacity) => {
            area.draw(&Rectangle::new([*from, *to], look.colour(*ink).mix(*opacity).filled()))?;
        }
        Shape::Area(outline, ink, opacity) => {
            area.draw(&Polygon::new(outline.as_slice(), look.colour(*ink).mix(*opacity).filled()))?;
        }
    }
    Ok(())
}

fn mark<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    (x, y): (i32, i32),
    marker: Marker,
    ink: Ink,
    look: &Look,
) -> Result<(), DrawError<DB>> {
    let filled = look.colour(ink).filled();
    let r = look.px(3.0);
    match marker {
        Marker::Dot => area.draw(&Circle::new((x, y), look.px(2.5), filled)),
        Marker::Triangle => area.draw(&Polygon::new([(x, y - r), (x + r, y + r), (x - r, y + r)], filled)),
        Marker::Cross => area.draw(&Cross::new((x, y), look.px(2.5), look.line(ink, 1.5))),
        Marker::Diamond => {
            let r = look.px(5.0);
            area.draw(&Polygon::new([(x, y - r), (x + r, y), (x, y + r), (x - r, y)], filled))
        }
    }
}

/// Cuts a line of upright and level strokes into dashes; the pattern goes on around corners.
fn dashes(points: &[(i32, i32)], on: i32, off: i32) -> Vec<Vec<(i32, i32)>> {
    let mut pieces = Vec::new();
    let (mut left, mut drawing) = (on.max(1), true);
    let mut piece: Vec<(i32, i32)> = points.first().copied().into_iter().collect();
    for pair in points.windows(2) {
        let &[mut from, to] = pair else { continue };
        while from != to {
            let step = (to.0 - from.0).abs().max((to.1 - from.1).abs()).min(left);
            let toward = |from: i32, to: i32| from + (to - from).signum() * step.min((to - from).abs());
            from = (toward(from.0, to.0), toward(from.1, to.1));
            left -= step.max(1);
            piece.push(from);
            if left <= 0 {
                if drawing {
                    pieces.push(std::mem::take(&mut piece));
                }
                drawing = !drawing;
                left = if drawing { on } else { off }.max(1);
                piece = vec![from];
            }
        }
    }
    if drawing && piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::axis::Scale;
    use crate::svg::SvgBackend;
    use plotters::drawing::IntoDrawingArea;
    use swapscope_sim::units::Nanos;

    /// Rows of the labels of a panel that is drawn so high.
    fn labelled(name: &str, height: u32) -> Vec<i32> {
        let run = Run::from_levels(Nanos::from_s(9), Nanos(0), Nanos::from_s(1), &[]);
        let scales = Scales::of(&[&run], None, Scale::Log, None);
        let panel = PANELS.iter().find(|panel| panel.name == name).expect("a panel");
        let look = Look { theme: Theme::Light, scale: 1.0, y_labels: true, x_labels: false, grain: 1 };
        let mut out = String::new();
        let area = SvgBackend::new(&mut out, (300, height)).into_drawing_area();
        draw(&area, panel, &run, &scales, &look).expect("a string takes all");
        drop(area);
        let rows = out
            .split("<text")
            .skip(1)
            .filter_map(|text| text.split("y=\"").nth(1)?.split('"').next()?.parse().ok());
        rows.collect()
    }

    #[test]
    fn labels_keep_off_each_other_in_a_low_plot() {
        for (name, height, count) in [
            ("throttle", 132, 4),
            ("throttle", 40, 2),
            ("events", 70, 3),
            ("events", 52, 3),
            ("events", 28, 1),
        ] {
            let rows = labelled(name, height);
            assert_eq!(rows.len(), count, "{name}, {height} px: {rows:?}");
            assert!(
                rows.windows(2).all(|two| (two[0] - two[1]).abs() >= 10),
                "{name}, {height} px: {rows:?}"
            );
        }
    }

    #[test]
    fn dashes_go_on_around_a_corner() {
        let pieces = dashes(&[(0, 0), (5, 0), (5, 5)], 4, 2);
        assert_eq!(pieces, [vec![(0, 0), (4, 0)], vec![(5, 1), (5, 5)]]);
    }
}
