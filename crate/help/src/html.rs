//! HTML that is right by construction: text is escaped, elements are closed, and there is no way to put in anything else.

/// A piece of HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// As it is written to a file.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    /// This, and that behind it.
    #[must_use]
    pub fn and(mut self, next: impl Into<Self>) -> Self {
        self.0 += &next.into().0;
        self
    }
}

impl From<&str> for Html {
    fn from(text: &str) -> Self {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '&' => out += "&amp;",
                '<' => out += "&lt;",
                '>' => out += "&gt;",
                '"' => out += "&quot;",
                c => out.push(c),
            }
        }
        Self(out)
    }
}

impl From<String> for Html {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl<const N: usize> From<[Self; N]> for Html {
    fn from(parts: [Self; N]) -> Self {
        parts.into_iter().collect()
    }
}

impl FromIterator<Self> for Html {
    fn from_iter<I: IntoIterator<Item = Self>>(parts: I) -> Self {
        Self(parts.into_iter().map(|part| part.0).collect())
    }
}

/// An element with attributes.
pub fn with(name: &'static str, attributes: &[(&'static str, &str)], inside: impl Into<Html>) -> Html {
    let mut out = format!("<{name}");
    for (key, value) in attributes {
        out += &format!(" {key}=\"{}\"", Html::from(*value).0);
    }
    out.push('>');
    if !matches!(name, "br" | "img" | "link" | "meta") {
        out += &format!("{}</{name}>", inside.into().0);
    }
    // Blocks end their lines, so that the file can be read and compared.
    if !matches!(name, "a" | "b" | "br" | "code" | "i" | "small" | "span") {
        out.push('\n');
    }
    Html(out)
}

/// An element.
pub fn el(name: &'static str, inside: impl Into<Html>) -> Html {
    with(name, &[], inside)
}

/// A link.
pub fn link(href: &str, inside: impl Into<Html>) -> Html {
    with("a", &[("href", href)], inside)
}

/// A table that scrolls inside itself where the screen is too narrow. `rows` are finished `tr` elements.
pub fn table(label: &str, head: &[&str], rows: Html) -> Html {
    let cells = head.iter().map(|title| with("th", &[("scope", "col")], *title)).collect::<Html>();
    let inside = el("thead", el("tr", cells)).and(el("tbody", rows));
    // Only what can be focused can be scrolled with the keyboard, and what can be focused needs a name.
    let scroll = [("class", "scroll"), ("role", "region"), ("tabindex", "0"), ("aria-label", label)];
    with("div", &scroll, el("table", inside))
}

/// A line of a table, the first cell of which is its head and can be linked to.
pub fn row(id: &str, head: Html, cells: impl IntoIterator<Item = Html>) -> Html {
    let head = with("th", &[("scope", "row")], head);
    let inside = head.and(cells.into_iter().map(|cell| el("td", cell)).collect::<Html>());
    if id.is_empty() { el("tr", inside) } else { with("tr", &[("id", id)], inside) }
}

/// Text in which `code`, **emphasis** and [links](#reading) are marked, and names with underscores are set as code.
pub fn inline(text: &str) -> Html {
    let mut out = Html::default();
    let mut rest = text;
    while let Some(at) = rest.find(['`', '[']).into_iter().chain(rest.find("**")).min() {
        let (before, from) = rest.split_at(at);
        let found = match from.as_bytes()[0] {
            b'`' => from[1..].split_once('`').map(|(code, after)| (el("code", code), after)),
            b'*' => from[2..].split_once("**").map(|(words, after)| (el("b", inline(words)), after)),
            _ => from[1..].split_once("](").and_then(|(words, target)| {
                let (target, after) = target.split_once(')')?;
                // A bracket of the text, with a link somewhere behind it.
                (!words.contains([']', '[']) && !target.contains(' '))
                    .then(|| (link(target, inline(words)), after))
            }),
        };
        out = out.and(names(before));
        match found {
            Some((html, after)) => (out, rest) = (out.and(html), after),
            None => (out, rest) = (out.and(&from[..1]), &from[1..]),
        }
    }
    out.and(names(rest))
}

/// Text in which nothing is markup; names with underscores are set as code.
pub fn names(text: &str) -> Html {
    let word = |(at, word): (usize, &str)| {
        let space = Html::from(if at == 0 { "" } else { " " });
        match swapscope_scenario::kernels::markdown::name_in(word) {
            Some([before, name, after]) => space.and(before).and(el("code", name)).and(after),
            None => space.and(word),
        }
    };
    text.split(' ').enumerate().map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        let html = with("p", &[("title", "a\" onload=\"b")], "<script>&").into_string();
        assert_eq!(html, "<p title=\"a&quot; onload=&quot;b\">&lt;script&gt;&amp;</p>\n");
        assert_eq!(inline("`<b>` **<i>** [<u>](#\"x)").into_string(), {
            "<code>&lt;b&gt;</code> <b>&lt;i&gt;</b> <a href=\"#&quot;x\">&lt;u&gt;</a>"
        });
    }

    #[test]
    fn what_is_no_markup_stays() {
        let same = |text: &str| assert_eq!(inline(text).into_string(), text);
        same("lowmem[] of 2 * 3, [RFC PATCH 1/2] (x), a lone ` and **");
        assert_eq!(inline("see (nr_dirty), x").into_string(), "see (<code>nr_dirty</code>), x");
        assert_eq!(inline("[RFC 1/2] [a](#b)").into_string(), "[RFC 1/2] <a href=\"#b\">a</a>");
    }
}
