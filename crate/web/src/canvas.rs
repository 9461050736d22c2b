//! plotters on a canvas, sharp and without inline styles.

use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};
use plotters_canvas::CanvasBackend;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

/// [`CanvasBackend`] with two things put right: strokes of odd width lie on pixels and not between them, and text is
/// measured by the canvas. plotters itself would measure it with an element that has a `style` attribute, which a
/// strict content security policy forbids.
pub(crate) struct Sharp {
    inner: CanvasBackend,
    context: CanvasRenderingContext2d,
}

type Done = Result<(), DrawingErrorKind<<CanvasBackend as DrawingBackend>::ErrorType>>;

impl Sharp {
    /// A backend for a canvas; `None` where the browser gives no 2D context.
    pub(crate) fn new(canvas: &HtmlCanvasElement) -> Option<Self> {
        let context = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        Some(Self { inner: CanvasBackend::with_canvas_object(canvas.clone())?, context })
    }

    /// Runs `draw` with the coordinates moved to the middle of a pixel if a stroke of this width needs it.
    fn on_pixels(&mut self, width: u32, draw: impl FnOnce(&mut CanvasBackend) -> Done) -> Done {
        let shift = if width % 2 == 1 { 0.5 } else { 0.0 };
        // With finite numbers these two cannot fail.
        let _ = self.context.set_transform(1.0, 0.0, 0.0, 1.0, shift, shift);
        let done = draw(&mut self.inner);
        let _ = self.context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
        done
    }
}

impl DrawingBackend for Sharp {
    type ErrorType = <CanvasBackend as DrawingBackend>::ErrorType;

    fn get_size(&self) -> (u32, u32) {
        self.inner.get_size()
    }

    fn ensure_prepared(&mut self) -> Done {
        self.inner.ensure_prepared()
    }

    fn present(&mut self) -> Done {
        self.inner.present()
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Done {
        self.inner.draw_pixel(point, color)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Done {
        // As a path: plotters-canvas moves upright and level lines by half a pixel whatever their width.
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Done {
        self.inner.draw_rect(upper_left, bottom_right, style, fill)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Done {
        self.on_pixels(style.stroke_width(), |inner| inner.draw_path(path, style))
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Done {
        self.inner.draw_circle(center, radius, style, fill)
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        vert: I,
        style: &S,
    ) -> Done {
        self.inner.fill_polygon(vert, style)
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, pos: BackendCoord) -> Done {
        self.inner.draw_text(text, style, pos)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a width in pixels")]
    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Self::ErrorType>> {
        let (slant, size, family) = (style.style(), style.size(), style.family());
        self.context.set_font(&format!("{} {size}px {}", slant.as_str(), family.as_str()));
        let width = self.context.measure_text(text).map_or(size * 0.6, |metrics| metrics.width());
        Ok((width.ceil() as u32, size.ceil() as u32))
    }
}
