//! `throttle_vm_writeout` (mm/page-writeback.c).

use crate::exec::TaskId;
use crate::gfp::Gfp;
use crate::kernel::ThrottleVmWriteout;
use crate::os::Os;
use crate::trace::{Series, Site};

impl Os {
    /// Holds a reclaimer while more pages are under writeback than 1.1 times the dirty limit: HZ/10 at a time, in a loop
    /// for requests that may do I/O and call file systems, once for others.
    pub(crate) async fn throttle_vm_writeout(&self, me: TaskId, gfp: Gfp) {
        match self.policy.throttle_vm_writeout {
            ThrottleVmWriteout::Absent => return,
            ThrottleVmWriteout::NotNoretry if gfp.has(Gfp::NORETRY) => return,
            ThrottleVmWriteout::NotNoretry | ThrottleVmWriteout::Everyone => {}
        }
        let _frame = self.frame(me, "throttle_vm_writeout");
        loop {
            let (writeback, limit) = {
                let mut st = self.st();
                let limit = st.throttle_limit();
                st.record.note(Series::ThrottleLimit, limit);
                (st.writeback_total(), limit)
            };
            if writeback <= limit {
                return;
            }
            self.congestion_wait(me, Site::ThrottleVmWriteout).await;
            if !gfp.has(Gfp::IO.with(Gfp::FS)) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
