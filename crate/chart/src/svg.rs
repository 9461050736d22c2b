//! A plotters backend that writes small SVG.
//!
//! plotters' own SVG backend writes one element for every mark and dash, some eighty bytes each: a comparison of three
//! kernels would not fit into an attachment. Here all strokes of one style that follow each other are one path with
//! relative coordinates, and colours are classes, so that the file follows the reader's light or dark setting.

use std::convert::Infallible;
use std::fmt::Write;

use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

use crate::theme::{INKS, Rgb, Theme};

/// Writes SVG into a string. Draw with the light theme: its colours tell the roles.
pub struct SvgBackend<'a> {
    out: &'a mut String,
    size: (u32, u32),
    style: Option<PathStyle>,
    path: String,
    at: BackendCoord,
}

#[derive(Clone, Copy, PartialEq)]
struct PathStyle {
    paint: Paint,
    colour: Rgb,
    opacity: f64,
}

#[derive(Clone, Copy, PartialEq)]
enum Paint {
    Fill,
    Stroke(u32),
    /// Dots: strokes of no length with round ends.
    Dots(u32),
}

type Done = Result<(), DrawingErrorKind<Infallible>>;

impl<'a> SvgBackend<'a> {
    /// A picture of this size in CSS pixels that is appended to `out` once it is finished.
    pub fn new(out: &'a mut String, size: (u32, u32)) -> Self {
        Self { out, size, style: None, path: String::new(), at: (0, 0) }
    }

    fn flush(&mut self) {
        let Some(style) = self.style.take() else { return };
        let path = std::mem::take(&mut self.path);
        let (paint, class) = match style.paint {
            Paint::Fill => (String::new(), class(style.colour, 'f')),
            Paint::Stroke(1) => (String::new(), class(style.colour, 's')),
            Paint::Stroke(width) => (format!(" stroke-width=\"{width}\""), class(style.colour, 's')),
            Paint::Dots(width) => {
                (format!(" stroke-width=\"{width}\" stroke-linecap=\"round\""), class(style.colour, 's'))
            }
        };
        let opacity =
            if style.opacity < 1.0 { format!(" opacity=\"{:.2}\"", style.opacity) } else { String::new() };
        writes(self.out, format_args!("<path class=\"{class}\"{paint}{opacity} d=\"{path}\"/>\n"));
    }

    fn begin(&mut self, paint: Paint, color: BackendColor) {
        let style = PathStyle { paint, colour: color.rgb, opacity: color.alpha };
        if self.style != Some(style) {
            self.flush();
            self.style = Some(style);
            // The first move of a path is absolute even where it is written as relative.
            self.at = (0, 0);
        }
    }

    fn trace(&mut self, points: impl IntoIterator<Item = BackendCoord>) {
        for (place, point) in points.into_iter().enumerate() {
            let (dx, dy) = (point.0 - self.at.0, point.1 - self.at.1);
            if place == 0 {
                writes(&mut self.path, format_args!("m{dx}{}", Signed(dy)));
            } else if dy == 0 {
                writes(&mut self.path, format_args!("h{dx}"));
            } else if dx == 0 {
                writes(&mut self.path, format_args!("v{dy}"));
            } else {
                writes(&mut self.path, format_args!("l{dx}{}", Signed(dy)));
            }
            self.at = point;
        }
    }
}

/// A number after another: its sign, or else a comma, keeps the two apart.
struct Signed(i32);

impl std::fmt::Display for Signed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 < 0 { write!(out, "{}", self.0) } else { write!(out, ",{}", self.0) }
    }
}

fn writes(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(text);
}

fn class(colour: Rgb, kind: char) -> String {
    match INKS.iter().position(|ink| Theme::Light.ink(*ink) == colour) {
        Some(place) => format!("{kind}{place}"),
        None => kind.to_string(),
    }
}

/// The style sheet of both themes.
pub(crate) fn style_sheet() -> String {
    let mut sheet = String::from(
        // Strokes of one pixel lie on pixels and not between them.
        "path[class^=s]{transform:translate(.5px,.5px)}",
    );
    for theme in [Theme::Light, Theme::Dark] {
        if theme == Theme::Dark {
            sheet.push_str("@media (prefers-color-scheme:dark){");
        }
        for (place, ink) in INKS.iter().enumerate() {
            let (r, g, b) = theme.ink(*ink);
            writes(
                &mut sheet,
                format_args!(
                    ".f{place}{{fill:#{r:02x}{g:02x}{b:02x}}}.s{place}{{stroke:#{r:02x}{g:02x}{b:02x}}}"
                ),
            );
        }
        if theme == Theme::Dark {
            sheet.push('}');
        }
    }
    sheet
}

/// Text as XML content.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Width of a text in a sans-serif font, in the unit of its size: good enough to keep labels apart.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    let ems: f64 = text
        .chars()
        .map(|c| match c {
            ' ' | '.' | ',' | ':' | ';' | 'i' | 'j' | 'l' | 't' | 'f' | 'r' | '(' | ')' => 0.34,
            'm' | 'w' | 'M' | 'W' | '%' => 0.88,
            'A'..='Z' => 0.68,
            _ => 0.57,
        })
        .sum();
    ems * size
}

impl DrawingBackend for SvgBackend<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Done {
        Ok(())
    }

    fn present(&mut self) -> Done {
        self.flush();
        Ok(())
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Done {
        self.begin(Paint::Fill, color);
        self.trace([point, (point.0 + 1, point.1), (point.0 + 1, point.1 + 1), (point.0, point.1 + 1)]);
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Done {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        a: BackendCoord,
        b: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Done {
        let corners = [a, (b.0, a.1), b, (a.0, b.1)];
        if fill {
            self.fill_polygon(corners, style)
        } else {
            self.draw_path(corners.into_iter().chain([a]), style)
        }
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Done {
        self.begin(Paint::Stroke(style.stroke_width()), style.color());
        self.trace(path);
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Done {
        if fill {
            self.begin(Paint::Dots(2 * radius), style.color());
            self.trace([center, center]);
        } else {
            self.begin(Paint::Stroke(style.stroke_width()), style.color());
            let r = i32::try_from(radius).unwrap_or(0);
            self.trace([(center.0 - r, center.1)]);
            writes(&mut self.path, format_args!("a{r},{r} 0 1 0 {},0a{r},{r} 0 1 0 {},0", 2 * r, -2 * r));
        }
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        vert: I,
        style: &S,
    ) -> Done {
        self.begin(Paint::Fill, style.color());
        let mut corners = vert.into_iter().peekable();
        let first = corners.peek().copied();
        self.trace(corners);
        self.path.push('z');
        self.at = first.unwrap_or(self.at);
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, pos: BackendCoord) -> Done {
        self.flush();
        let anchor = match style.anchor().h_pos {
            HPos::Left => "",
            HPos::Center => " text-anchor=\"middle\"",
            HPos::Right => " text-anchor=\"end\"",
        };
        // Not every viewer knows other baselines than the alphabetic one.
        let drop = match style.anchor().v_pos {
            VPos::Top => 0.8,
            VPos::Center => 0.35,
            VPos::Bottom => -0.2,
        };
        let y = f64::from(pos.1) + drop * style.size();
        let weight = if style.style().as_str() == "bold" { " font-weight=\"bold\"" } else { "" };
        let class = class(style.color().rgb, 'f');
        let (x, size, text) = (pos.0, style.size(), escape(text));
        writes(
            self.out,
            format_args!(
                "<text class=\"{class}\" x=\"{x}\" y=\"{y:.0}\" font-size=\"{size}\"{anchor}{weight}>{text}</text>\n"
            ),
        );
        Ok(())
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a text of a few pixels")]
    fn estimate_text_size<T: BackendTextStyle>(
        &self,
        text: &str,
        style: &T,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        Ok((text_width(text, style.size()).ceil() as u32, style.size().ceil() as u32))
    }
}

impl Drop for SvgBackend<'_> {
    fn drop(&mut self) {
        self.flush();
    }
}
