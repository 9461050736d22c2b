//! How to read the page: the only prose here that is not in the model. Titles, columns and figures come from there.

use crate::html::{Html, el, inline, names, row, table};
use swapscope_chart::{KeyLook, PANELS};
use swapscope_scenario::text::TABLE_HEAD;
use swapscope_sim::trace::{BUCKETS, EVENTS, LIVELOCK_RATE, LIVELOCK_WINDOW, Outcome};

fn paragraphs(texts: &[&str]) -> Html {
    texts.iter().map(|text| el("p", inline(text))).collect()
}

/// What a comparison is, and how its verdict is read.
pub fn verdict() -> Html {
    let columns = TABLE_HEAD.iter().map(|(key, title)| row("", names(title), [inline(column(key))]));
    paragraphs(&[
        "A page is one comparison: the same machine, the same swap device and the same [workload](#term-hog), on several \
         [kernels](#kernels). A kernel is a version, with [patches](#patches) behind a `~`: `4.7-rc6~mempool-noretry`. \
         Everything is computed in this browser by a simulation; no kernel runs.",
        "The sentence at the top says what each kernel does. Where several [seeds](#term-seed) were run it says how often: \
         \"OOM in 13 of 16 runs\". That is the honest form. Real machines are chaotic here, milliseconds decide what \
         happens, and a single run proves little, simulated or real.",
        "The table has a row for each kernel. The outcome is that of all seeds; the other columns are of the run that is \
         drawn. The two of the probe are one on the page.",
    ])
    .and(table("Columns of the verdict table", &["column", "what it is"], columns.collect()))
}

/// What a column of the verdict table says.
fn column(key: &str) -> &'static str {
    match key {
        "kernel" => "The version and its patches.",
        "outcome" => "One of the four [outcomes](#outcomes), with its count where there are several seeds.",
        "done" => "From the start of the workload to its end; nothing where it did not end by itself.",
        "oom" => "From the start of the workload to the first kill by the [OOM killer](#term-oom-killer).",
        "swapfree" => {
            "Free [swap slots](#term-swap-slot) when it killed. Where this is nearly all, the kill was premature."
        }
        "minfree" => {
            "Lowest number of free pages. Below the [min watermarks](#term-watermark) somebody uses \
                      [reserves](#term-reserves); at 0 nobody can allocate anything."
        }
        "req/s" => "Bios that [kcryptd](#term-kcryptd) encrypts in a second.",
        "stall" => {
            "Longest time in which the workload touched no further page: what a user takes for a freeze."
        }
        "sleeps" => "Sleeps that reclaim's throttles and [mempools](#term-mempool) imposed, of all tasks.",
        "probe99" => {
            "How late an [interactive task](#term-probe) was; one round in a hundred was later. Only where the \
                      scenario has a probe."
        }
        "probemax" => "The latest that it was.",
        _ => "",
    }
}

/// The rule for outcomes, with its figures.
pub fn outcomes() -> Html {
    let rows = Outcome::ALL.map(|outcome| row("", el("code", outcome.name()), [rule(outcome).into()]));
    let window = LIVELOCK_WINDOW.0 / 1_000_000_000;
    let text = format!(
        "One rule for every kernel, and for recorded runs of real kernels as well. A run ends some seconds after the \
         workload is done or something was killed, else when its time is up (parameter [duration](#param-duration)). \
         {LIVELOCK_RATE} pages a second are 1 MiB/s, and {window} s are long against every sleep of the kernel: a machine \
         that is slower is one that its user switches off. It may recover later; a longer run would tell."
    );
    table("Outcomes", &["outcome", "rule"], rows.into()).and(el("p", inline(&text)))
}

fn rule(outcome: Outcome) -> String {
    match outcome {
        Outcome::Completed => "The workload finished and nothing was killed.".to_owned(),
        Outcome::Oom => "The OOM killer killed a task.".to_owned(),
        Outcome::Livelock => format!(
            "Nothing was killed, the workload did not finish, and it touched fewer than {LIVELOCK_RATE} pages a second over \
             the last {} s of the run.",
            LIVELOCK_WINDOW.0 / 1_000_000_000
        ),
        Outcome::Timeout => {
            "Nothing was killed and the workload was still moving when the time was up.".to_owned()
        }
        Outcome::Stopped => {
            "Nothing was killed, the workload did not finish, and the run took as much work as the parameter max-work \
             allows before its time was up. Nothing is known of what would have come: it can be run on."
                .to_owned()
        }
    }
}

/// A map over two parameters, and what a scenario expects.
pub fn map() -> Html {
    paragraphs(&[
        "Heat map, beside Import, runs the scenario over a grid of two parameters, each kernel for itself, some seeds in each \
         cell. What is coloured is the worst outcome, the share of runs with an OOM kill, the share that neither finished nor \
         had one, or the median time to finish; every cell says it in numbers as well, and has a hatch where the colour stands \
         for an outcome. A thick line is where OOM kills begin. A cell opens its run: of several, the first that is so.",
        "The runs wait while the page itself has something to run, and end when the dialog is closed. The table and the \
         picture that can be saved are those of `swapscope sweep`, byte for byte; its command stands below the map. For more \
         than 2000 runs, use that. The link of the page does not hold the map.",
        "Expected of this scenario, below the table, lists what the file of the scenario says that each kernel does, and \
         whether the runs shown so far bear it out: held, not held, or open while it takes more runs to tell. It is there for \
         the scenario as it is, from seed 1 on.",
    ])
}

/// The plots and how to move in them.
pub fn plots() -> Html {
    let rows = PANELS.iter().map(|panel| {
        let keys = panel.legend.iter().map(|key| {
            let kind = match key.look {
                KeyLook::Line(_) => "line",
                KeyLook::Mark(_) => "mark",
            };
            el("li", names(key.label).and(format!(" ({kind})")))
        });
        let says = inline(panel_text(panel.name)).and(el("ul", keys.collect::<Html>()));
        row(&format!("panel-{}", panel.name), names(panel.title), [says])
    });
    let limits = format!(
        "A run is kept as at most {BUCKETS} buckets, each with its smallest, largest and last value, and as its first {EVENTS} \
         events; a dotted line marks where events were no longer kept one by one. A sleep of 100 ms is drawn however long \
         the run is."
    );
    paragraphs(&[
        "One column for each kernel, one row for each quantity, on a narrow screen one below the other. The scales of a row \
         are the same in all columns, always. Grey is the time after the end of a run.",
    ])
    .and(table("Panels", &["panel", "what it shows"], rows.collect()))
    .and(el("p", inline(&limits)))
    .and(paragraphs(&[
        "The line under the pointer, the crosshair, stands at the same time in all panels; the figures and what every task \
         is blocked on are those of that time. Every plot has a table behind \"as a table\", and the same in a sentence for \
         screen readers.",
    ]))
}

/// What a panel shows, besides its legend.
fn panel_text(name: &str) -> &'static str {
    match name {
        "free" => {
            "Free pages of all zones, with the sums of their [watermarks](#term-watermark). On a logarithmic scale, \
                   because what matters happens below min."
        }
        "throttle" => {
            "Each [sleep](#term-sleeps) that a throttle of reclaim imposes, at its end, or at the end of the run if it \
                       lasts to that, and as high as it was long. A row of marks at 100 ms is a machine that sleeps instead of working."
        }
        "events" => {
            "[OOM kills](#term-oom-killer), calls of the [rescuer](#term-rescuer), and the end of the workload."
        }
        "writeback" => {
            "Pages under [writeback](#term-writeback) against the limit of \
                        [throttle_vm_writeout](#term-throttle-vm-writeout), whether or not the kernel has that function."
        }
        "swap" => "[Swap slots](#term-swap-slot) in use.",
        "pools" => {
            "Bios that wait for [kcryptd](#term-kcryptd), and what is left in dm-crypt's [mempools](#term-mempool) of \
             pages and of [clone bios](#term-clone-bio)."
        }
        _ => "",
    }
}

/// The log, the stacks, and the reasons.
pub fn why() -> Html {
    paragraphs(&[
        "Below the plots is what the kernel prints: its log with the OOM reports, in the layout of its version, and the \
         stack of every task, as sysrq-t shows them: innermost function first. `D` is blocked, `R` runs or could, `S` waits \
         for work.",
        "A click on an OOM kill, on a sleep of a throttle or on a stall asks why: the page shows the decisions that led to \
         it, one below the other, each with the test, its numbers, the kernel function and the commit that it stands for.",
        "Functions are named as in the kernel and call each other as there, so that a stack can be read beside the source. \
         What decides at each point is a [policy value](#policy); its function and the commit or mail that brought it \
         stand there.",
    ])
}

/// What the reader may bring.
pub fn import() -> Html {
    paragraphs(&[
        "Paste anywhere on the page, drop a file on it or press Import; the command line has `swapscope import FILE`. \
         Known are an OOM report or any other Mem-Info block, `/proc/zoneinfo`, `/proc/meminfo`, `/proc/vmstat`, \
         `vmstat 1` and `free`, several of them in one text, with time stamps, quoted and wrapped as mails leave them.",
        "One state of a machine sets up the controls: its zones, [watermarks](#term-watermark), swap and what memory \
         held. What is used, what is guessed by which rule, and what is ignored is listed field by field. The workload is \
         always a guess, and so are cipher and disk. Where memory was full, its anonymous pages count as the workload's.",
        "What comes more than once, such as the rows of `vmstat 1`, and recordings as CSV (`t_ms[ms],hog_pages[pages],...`), \
         is laid over the plots as dotted lines: over all columns, or the one on which the file is dropped. A recording is also \
         compared with the shown seed figure by figure; `swapscope validate` does so with many seeds. The text stays in \
         this browser.",
    ])
}

/// Links, seeds and model versions.
pub fn links() -> Html {
    let model = swapscope_sim::MODEL_VERSION;
    let text = format!(
        "The address of the page holds everything that differs from the scenario. Whoever opens it runs the same, bit for \
         bit: `s` is the scenario, `k` the kernels, `seed` and `seeds` the first seed and their number, every other key a [parameter](#parameters). `m` is \
         the version of the model, now {model}, `r` how each kernel ended and the beginning of a digest of the result, and `c` a \
         check over the rest: a link that a mail program has cut or glued is recognised and said to be broken. `t` and \
         `v`, in seconds, point at a moment and a stretch of time. Where the model has changed since a link was made, the \
         page says so, and whether the result is still the same. A link that is typed by hand ends with `c=0`."
    );
    el("p", inline(&text)).and(paragraphs(&[
        "The command line makes and opens the same links: `swapscope link SCENARIO`, `swapscope open LINK`. It gives the \
         same results as the page.",
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_and_every_panel_is_explained() {
        for (key, _) in TABLE_HEAD {
            assert!(!column(key).is_empty(), "{key}");
        }
        for panel in PANELS {
            assert!(!panel_text(panel.name).is_empty(), "{}", panel.name);
        }
    }
}
