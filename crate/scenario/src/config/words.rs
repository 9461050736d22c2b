//! What a machine and its loads are, in words.

use super::{pages, size};
use crate::param;
use crate::settings::Settings;
use crate::value::{Kind, Value};

/// Parameters in words, for mails: those of the machine that matter most, then what differs from the scenario.
#[must_use]
pub fn in_words(settings: &Settings) -> String {
    let upper = |key: &str| match param::find(key).map(|param| param.kind) {
        Ok(Kind::Size | Kind::SizeOrAuto) => size(pages(settings, key).0),
        _ => settings.text(key),
    };
    let cpus =
        if settings.number("cpus") == 1 { "1 CPU".to_owned() } else { format!("{} CPUs", upper("cpus")) };
    let swap = match settings.text("cipher").as_str() {
        _ if pages(settings, "swap").0 == 0 => "no swap".to_owned(),
        "none" => format!("{} swap on the plain disk", upper("swap")),
        cipher => {
            format!("{} swap on dm-crypt (cipher {cipher}, {} a page)", upper("swap"), upper("cipher-time"))
        }
    };
    let work = if settings.text("workload") == "build" {
        let output = match pages(settings, "job-output").0 {
            0 => String::new(),
            _ => format!(" and writing {} each", upper("job-output")),
        };
        format!(
            "build of {} processes, {} at a time, growing to {}{output}",
            upper("processes"),
            upper("jobs"),
            upper("job-size")
        )
    } else if settings.number("hogs") == 1 {
        format!("one process touches {} of anonymous memory", upper("hog"))
    } else {
        format!("{} processes touch {} each of anonymous memory", upper("hogs"), upper("hog"))
    };
    let beside: String = other_loads(settings).iter().map(|load| format!("; beside it {load}")).collect();
    let zones: u64 = ["zone-dma", "zone-dma32", "zone-normal"]
        .iter()
        .map(|key| if let Value::Zone(_, managed) = settings.value(key) { managed } else { 0 })
        .sum();
    format!(
        "{cpus}, HZ {}, {} of memory, {swap}; disk {} ({} + {}B/s, {} at a time, {} {}); {work}{beside}.",
        upper("hz"),
        size(zones),
        upper("disk"),
        upper("disk-request"),
        settings.text("disk-rate").to_ascii_uppercase(),
        upper("disk-parallel"),
        upper("queue"),
        if settings.text("queue") == "legacy" { "requests" } else { "tags" }.to_owned()
            + " "
            + &upper("tags"),
    )
}

/// The loads beside the workload that are on.
fn other_loads(settings: &Settings) -> Vec<String> {
    let mut loads = Vec::new();
    let files = |count: &str, [does, to]: [&str; 2], rate: &str, file: &str| {
        let rate = settings.text(rate).to_ascii_uppercase();
        let file = size(pages(settings, file).0);
        if settings.number(count) == 1 {
            format!("one process {does}s {rate}B/s {to} a file of {file}")
        } else {
            format!("{} processes {does} {rate}B/s each {to} files of {file}", settings.text(count))
        }
    };
    if settings.number("writers") > 0 {
        let what = files("writers", ["write", "to"], "write-rate", "write-size");
        loads.push(what + &phase(settings, "write-from", "write-until"));
    }
    if settings.number("readers") > 0 {
        let what = files("readers", ["read", "from"], "read-rate", "read-size");
        loads.push(what + &phase(settings, "read-from", "read-until"));
    }
    if settings.number("atomic-rate") > 0 {
        let [rate, order, burst] =
            ["atomic-rate", "atomic-order", "atomic-burst"].map(|key| settings.text(key));
        let what = format!("{rate} atomic allocations/s of order {order}, {burst} at a time");
        loads.push(what + &phase(settings, "atomic-from", "atomic-until"));
    }
    loads
}

/// When a load is on, unless that is always.
fn phase(settings: &Settings, from: &str, until: &str) -> String {
    let bound = |word: &str, key: &str| match settings.number(key) {
        0 => String::new(),
        _ => format!(" {word} {}", settings.text(key)),
    };
    bound("from", from) + &bound("until", until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Change;

    #[test]
    fn words() {
        assert_eq!(
            in_words(&Settings::default()),
            "2 CPUs, HZ 250, 994M of memory, 2048M swap on dm-crypt (cipher aesni, 3us a page); disk virtio-slow (60us + \
             100MB/s, 1 at a time, blk-mq tags 128); one process touches 1500M of anonymous memory."
        );
    }

    #[test]
    fn a_machine_without_swap() {
        let mut settings = Settings::default();
        settings.apply(&[Change::parse("swap", "0", "test").unwrap()]);
        assert!(in_words(&settings).starts_with("2 CPUs, HZ 250, 994M of memory, no swap; disk virtio-slow"));
    }

    #[test]
    fn other_loads_are_said_when_they_are_on() {
        let words = |changes: &[(&str, &str)]| {
            let mut settings = Settings::default();
            let changes: Vec<Change> =
                changes.iter().map(|(key, text)| Change::parse(key, text, "test").unwrap()).collect();
            settings.apply(&changes);
            in_words(&settings)
        };
        let plain = words(&[]);
        assert_eq!(words(&[("write-rate", "7M"), ("read-until", "5s"), ("atomic-order", "3")]), plain);
        let behind = |changes: &[(&str, &str)]| {
            let words = words(changes);
            words.strip_prefix(plain.trim_end_matches('.')).unwrap_or(&words).to_owned()
        };
        assert_eq!(
            behind(&[("writers", "1"), ("write-rate", "100k"), ("write-from", "5s")]),
            "; beside it one process writes 100KB/s to a file of 64M from 5s."
        );
        assert_eq!(
            behind(&[
                ("readers", "2"),
                ("read-until", "20s"),
                ("atomic-rate", "5000"),
                ("atomic-from", "1s")
            ]),
            "; beside it 2 processes read 20MB/s each from files of 200M until 20s; beside it 5000 atomic allocations/s of \
             order 0, 16 at a time from 1s."
        );
        assert!(
            words(&[("workload", "build"), ("job-output", "20M")])
                .ends_with("; build of 24 processes, 4 at a time, growing to 300M and writing 20M each.")
        );
    }
}
