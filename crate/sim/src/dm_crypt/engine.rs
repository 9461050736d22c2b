//! An asynchronous cipher: an engine beside the CPUs with a queue of its own (crypto/algapi.c:crypto_queue), as the drivers of
//! Marvell's and Atmel's engines have one.
//!
//! kcryptd hands over a request for each sector and goes on to the next bio; the engine's interrupt ends the request
//! (`kcryptd_async_done`), and with the last one the bio's encryption. A queue that is full takes the request as backlog,
//! and kcryptd waits until the engine has come to it.

use super::{IRQ_CPU, SECTORS};
use crate::exec::{State as TaskState, TaskId};
use crate::gfp::Gfp;
use crate::mempool::{Element, Pool};
use crate::os::Os;
use std::collections::VecDeque;

/// The interrupt of the engine.
pub(crate) const ENGINE_LANE: u32 = u32::MAX - 1;

/// A sector on its way through the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Request {
    io: u32,
    /// Out of the request pool, unless it is the one in the bio's own block.
    element: Option<Element>,
    submitter: TaskId,
}

/// `struct crypto_queue` and what the engine works on.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    queue: VecDeque<Request>,
    /// Requests at the end of the queue that it took although it was full.
    backlog: usize,
    serving: Option<Request>,
}

impl Engine {
    /// `crypto_enqueue_request`: true is -EBUSY, false -EINPROGRESS.
    fn enqueue(&mut self, request: Request, max_queue: usize) -> bool {
        let busy = self.queue.len() >= max_queue;
        self.backlog += usize::from(busy);
        self.queue.push_back(request);
        busy
    }

    /// `crypto_dequeue_request`: the next request, and the first of the backlog, which now has a place in the queue.
    fn dequeue(&mut self) -> Option<(Request, Option<Request>)> {
        let first = self.queue.len() - self.backlog;
        let admitted = if self.backlog > 0 { self.queue.get(first).copied() } else { None };
        let next = self.queue.pop_front()?;
        self.backlog -= usize::from(admitted.is_some());
        Some((next, admitted))
    }
}

impl Os {
    /// Whether the cipher is asynchronous.
    pub(crate) const fn is_async(&self) -> bool {
        self.engine_queue.is_some()
    }

    /// `crypt_convert` with an asynchronous cipher. True if all sectors are done when it returns, as they are if the engine
    /// was faster than kcryptd.
    pub(super) async fn crypt_convert_async(&self, me: TaskId, id: u32, max_queue: u32) -> bool {
        let _frame = self.frame(me, "crypt_convert");
        self.st().crypt.ios[id as usize].cc_pending = 1;
        for sector in 0..SECTORS {
            // The first request lies in front of the bio (per_bio_data); one that is under way cannot be used again.
            let element = match sector {
                0 => None,
                _ => self.mempool_alloc(me, Pool::CryptRequest, Gfp::NOIO).await,
            };
            let busy = {
                let mut st = self.st();
                st.crypt.ios[id as usize].cc_pending += 1;
                let request = Request { io: id, element, submitter: me };
                st.crypt.engine.enqueue(request, max_queue as usize)
            };
            self.start_engine();
            while busy && !std::mem::take(&mut self.st().crypt.ios[id as usize].restart) {
                let _frame = self.frame(me, "wait_for_completion");
                self.sleep(me, TaskState::Uninterruptible).await;
            }
        }
        self.put_pending(id)
    }

    /// `atomic_dec_and_test` of `cc_pending`.
    fn put_pending(&self, id: u32) -> bool {
        let mut st = self.st();
        let pending = &mut st.crypt.ios[id as usize].cc_pending;
        *pending -= 1;
        *pending == 0
    }

    fn start_engine(&self) {
        let admitted = {
            let mut st = self.st();
            if st.crypt.engine.serving.is_some() {
                return;
            }
            let Some((request, admitted)) = st.crypt.engine.dequeue() else { return };
            st.crypt.engine.serving = Some(request);
            // complete(&ctx->restart)
            if let Some(Request { io, .. }) = admitted {
                st.crypt.ios[io as usize].restart = true;
            }
            admitted
        };
        self.exec.interrupt_at(self.exec.now() + (self.cipher_ns / SECTORS).max(1), ENGINE_LANE);
        self.wake_all(admitted.map(|request| request.submitter));
    }

    /// `kcryptd_async_done`, called by the engine's interrupt.
    pub(crate) fn engine_interrupt(&self) {
        let Some(request) = self.st().crypt.engine.serving.take() else { return };
        if let Some(element) = request.element {
            self.mempool_free(Pool::CryptRequest, element, IRQ_CPU);
        }
        if self.put_pending(request.io) {
            self.crypt_done();
            if self.place(request.io).1 {
                self.queue_for_write(request.io);
            } else {
                self.end_swap_io(request.io, IRQ_CPU);
            }
        }
        self.start_engine();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(io: u32) -> Request {
        Request { io, element: None, submitter: io }
    }

    #[test]
    fn crypto_enqueue_request_takes_a_backlog_and_says_busy() {
        let mut engine = Engine::default();
        let busy = [1, 2, 3, 4].map(|io| engine.enqueue(request(io), 2));
        assert_eq!(busy, [false, false, true, true]);
        let taken: Vec<_> = std::iter::from_fn(|| engine.dequeue())
            .map(|(next, admitted)| (next.io, admitted.map(|request| request.io)))
            .collect();
        assert_eq!(taken, [(1, Some(3)), (2, Some(4)), (3, None), (4, None)]);
    }
}
