use super::*;
use swapscope_sim::config::Config;
use swapscope_sim::trace::{Decision, Site};

fn kernel(name: &str) -> Kernel {
    Kernel::parse(name).unwrap()
}
