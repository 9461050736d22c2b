//! Work: what a run costs whoever computes it, counted, so that a bound on it is the same on every machine.
//!
//! A unit is one event of the engine. What is looked at within one instant of the virtual clock (pages of a list, swap
//! slots, page table entries) is counted beside the events: there can be millions of such looks between two events.

use std::cell::Cell;

/// Looks that cost about as much as an event. On the machine that it was measured on an event takes 100 to 150 ns, a look
/// at a swap slot 1 to 2 ns.
const LOOKS: u64 = 64;
/// Looks for a page that reclaim takes off a list, judges and puts back: three walks with a cache miss each.
pub(crate) const LOOKS_OF_A_SCANNED_PAGE: u64 = 8;
/// Looks for a page that is touched while it is there.
pub(crate) const LOOKS_OF_A_TOUCH: u64 = 8;

/// Counts the work of a run, and down what is left of the present step.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    events: Cell<u64>,
    work: Cell<u64>,
    budget: Cell<u64>,
    /// Looks that do not make a unit yet.
    looks: Cell<u64>,
}

impl Meter {
    /// A step of at most so much work begins.
    pub(crate) fn begin(&self, budget: u64) {
        self.budget.set(budget);
    }

    /// Whether the step has used up its budget.
    pub(crate) fn is_spent(&self) -> bool {
        self.budget.get() == 0
    }

    /// An event was handled.
    pub(crate) fn event(&self) {
        self.events.set(self.events.get() + 1);
        self.spend(1);
    }

    /// So many entries were looked at.
    pub(crate) fn look(&self, looks: u64) {
        let looks = self.looks.get() + looks;
        self.looks.set(looks % LOOKS);
        if looks >= LOOKS {
            self.spend(looks / LOOKS);
        }
    }

    /// Whether something of the step's budget is left after so many looks.
    pub(crate) fn lasts(&self, looks: u64) -> bool {
        self.budget.get() > (self.looks.get() + looks) / LOOKS
    }

    fn spend(&self, work: u64) {
        self.work.set(self.work.get() + work);
        self.budget.set(self.budget.get().saturating_sub(work));
    }

    /// Events so far.
    pub(crate) fn events(&self) -> u64 {
        self.events.get()
    }

    /// Work so far.
    pub(crate) fn work(&self) -> u64 {
        self.work.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_make_units_whatever_their_portions() {
        let (one, many) = (Meter::default(), Meter::default());
        one.look(1000);
        (0..1000).for_each(|_| many.look(1));
        assert_eq!((one.work(), many.work()), (15, 15));
        assert_eq!(one.events(), 0);
    }

    #[test]
    fn a_budget_is_spent_once_whatever_the_last_portion() {
        let meter = Meter::default();
        meter.begin(2);
        meter.event();
        assert!(!meter.is_spent());
        meter.look(100 * LOOKS);
        assert!(meter.is_spent());
        assert_eq!(meter.work(), 101);
    }
}
