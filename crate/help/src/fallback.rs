//! What a browser shows that cannot run the model: every bundled scenario, run once when the page is built.

use crate::html::{Html, el, inline, link, names, row, table, with};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use swapscope_chart as chart;
use swapscope_scenario::link::{Finding, Focus, encode_with};
use swapscope_scenario::report::{Figures, KernelResult};
use swapscope_scenario::text::{self, TABLE_HEAD};
use swapscope_scenario::{BUNDLED, Error, Scenario, Setup};

/// A bundled scenario that was run, each kernel once.
pub struct Still {
    name: &'static str,
    setup: Setup,
    results: Vec<KernelResult>,
}

impl Still {
    /// Runs it.
    ///
    /// # Errors
    /// Never, in practice: bundled scenarios are tested.
    pub fn new(name: &'static str) -> Result<Self, Error> {
        let setup = Setup::new(Scenario::bundled(name, "fallback")?)?;
        let config = setup.config()?;
        let one = |kernel: &swapscope_sim::kernel::Kernel| {
            let trace = swapscope_sim::run(&config, &kernel.policy, setup.seed);
            KernelResult { kernel: kernel.clone(), figures: vec![Figures::of(&trace)], trace }
        };
        let results = setup.kernels.iter().map(one).collect();
        Ok(Self { name, setup, results })
    }

    /// The link that gives the same; `base` is the address of the page.
    fn link(&self, base: &str) -> String {
        let found = Finding::of(self.results.iter().filter_map(|result| result.figures.first()));
        // The scenario as it is bundled: its link is short.
        encode_with(&self.setup, base, &Focus::default(), Some(&found)).unwrap_or_default()
    }

    /// Its file, from the top of the site, and the picture.
    #[must_use]
    pub fn picture(&self) -> (String, String) {
        let runs: Vec<(String, String, chart::Run)> = self
            .results
            .iter()
            .map(|result| {
                let run = chart::Run::from_trace(&result.trace);
                (result.kernel.name(), text::clause(&result.figures), run)
            })
            .collect();
        let columns: Vec<chart::Column<'_>> =
            runs.iter().map(|(kernel, outcome, run)| chart::Column { kernel, outcome, run }).collect();
        let svg = chart::svg(&self.setup.scenario.title, &columns, &self.link(""));
        (self.file(), svg)
    }

    fn file(&self) -> String {
        format!("fallback/{}.svg", self.name)
    }

    fn section(&self) -> Html {
        let results: Vec<_> =
            self.results.iter().map(|result| (&result.kernel, result.figures.as_slice())).collect();
        let head: Vec<&str> = TABLE_HEAD.iter().map(|(_, title)| *title).collect();
        let rows = text::table(&self.results).into_iter().map(|cells| {
            let mut cells = cells.into_iter().map(Html::from);
            row("", cells.next().unwrap_or_default(), cells)
        });
        let alt = format!("Plots of {}: the table above says what came of it", self.name);
        let file = self.file();
        let picture = [("src", file.as_str()), ("alt", &alt), ("loading", "lazy"), ("class", "still")];
        let heading = el("h2", link(&format!("#{}", self.name), self.setup.scenario.title.as_str()));
        let parts = [
            heading,
            with("p", &[("class", "sentence")], text::verdict(&results)),
            table(self.name, &head, rows.collect()),
            with("img", &picture, ""),
            el("p", names(&self.setup.scenario.summary)),
            el("p", link(&self.link("index.html"), "Run it, and change it")),
        ];
        with("section", &[("id", self.name)], Html::from(parts))
    }
}

/// Runs every bundled scenario, on all CPUs.
///
/// # Errors
/// Never, in practice: bundled scenarios are tested.
pub fn stills() -> Result<Vec<Still>, Error> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BUNDLED.iter().map(|_| None).collect::<Vec<_>>());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(bundled) = BUNDLED.get(at) else { break };
                    let still = Still::new(bundled.name);
                    done.lock().unwrap_or_else(PoisonError::into_inner)[at] = Some(still);
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect()
}

/// The text of `fallback.html`.
#[must_use]
pub fn page(stills: &[Still]) -> String {
    let entry =
        |still: &Still| el("li", link(&format!("#{}", still.name), still.setup.scenario.title.as_str()));
    let contents = el("ol", stills.iter().map(entry).collect::<Html>());
    let contents = with("nav", &[("class", "toc"), ("aria-label", "Scenarios")], contents);
    let lead = inline(
        "Every bundled scenario, each kernel **once**, computed when this page was built: for browsers that run no JavaScript \
         or no WebAssembly. Outcomes change with milliseconds; the page itself runs each kernel several times and says how \
         often.",
    );
    let lead = with("section", &[("class", "lead")], el("p", lead).and(contents));
    let main = el("main", lead.and(stills.iter().map(Still::section).collect::<Html>()));
    crate::document(
        "swapscope: pictures and tables",
        "Pictures and tables of the bundled scenarios of swapscope, for browsers without WebAssembly.",
        main,
    )
}
