//! A few threads that share the work of a layer.
//!
//! Layers take microseconds, so the threads wait for work on a counter, and sleep only when none has
//! come for a while. The work is split into fixed bands: which thread computes what never depends on
//! time, and no call allocates.
#![allow(
    unsafe_code,
    reason = "a job borrows from its caller, which no safe thread pool without allocations can hold"
)]

use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// The most threads that a pool has.
const MOST_THREADS: usize = 8;

/// How often a thread looks for work before it sleeps; some tens of microseconds.
const LOOKS: u32 = 2_000;

/// Multiply-adds (or as much other work) below which a band is not worth a thread.
const WORTH_A_THREAD: usize = 50_000;

/// Threads that wait for work. The calling thread is the first of them.
#[derive(Debug)]
pub(super) struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// There is one job at a time: a pool may move between threads, but two of them, or a job that
    /// begins another one, cannot share it.
    of_one_thread: PhantomData<Cell<()>>,
}

/// A part of a job, called with the number of the part.
struct Job<'a>(&'a (dyn Fn(usize) + Sync));

#[derive(Debug)]
struct Shared {
    /// The job at hand, while `unfinished` is not zero.
    job: AtomicPtr<()>,
    /// Counts the jobs.
    turn: AtomicUsize,
    /// Workers that have not finished the job at hand.
    unfinished: AtomicUsize,
    failed: AtomicBool,
    stop: AtomicBool,
}

impl Pool {
    /// Starts all threads but the calling one. A thread that the system refuses is done without.
    pub fn new(threads: usize) -> Self {
        let shared = Arc::new(Shared {
            job: AtomicPtr::new(ptr::null_mut()),
            turn: AtomicUsize::new(0),
            unfinished: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
            stop: AtomicBool::new(false),
        });
        let workers = (1..threads.min(MOST_THREADS))
            .map_while(|part| {
                let shared = Arc::clone(&shared);
                let named = thread::Builder::new().name(format!("sortd-int8-{part}"));
                named.spawn(move || shared.work(part)).ok()
            })
            .collect();
        Self {
            shared,
            workers,
            of_one_thread: PhantomData,
        }
    }

    /// How many threads there are, the calling one included.
    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Splits `out`, which has `row` values a row, into bands of rows and lets each thread `fill` one;
    /// `work` says how much there is to do. Each thread has its own `scratch`.
    pub fn bands<T: Send, S: Send>(
        &self,
        out: &mut [T],
        row: usize,
        work: usize,
        scratch: &mut [S],
        fill: impl Fn(Range<usize>, &mut [T], &mut S) + Sync,
    ) {
        let rows = out.len() / row;
        let parts = (work / WORTH_A_THREAD).clamp(1, self.threads().min(scratch.len()));
        let band = rows.div_ceil(parts);
        if parts == 1 || band == rows {
            fill(0..rows, out, &mut scratch[0]);
            return;
        }
        let mut shares = [const { Mutex::new(None) }; MOST_THREADS];
        let bands = out.chunks_mut(band * row).zip(scratch);
        for (part, (share, (out, scratch))) in shares.iter_mut().zip(bands).enumerate() {
            let first = part * band;
            *share = Mutex::new(Some((first..first + out.len() / row, out, scratch)));
        }
        self.run(&|part| {
            let share = shares[part].lock().ok().and_then(|mut share| share.take());
            if let Some((rows, out, scratch)) = share {
                fill(rows, out, scratch);
            }
        });
    }

    /// Lets each thread do its part of `job`, and waits until all are done.
    fn run(&self, job: &(dyn Fn(usize) + Sync)) {
        let job = Job(job);
        let shared = &*self.shared;
        shared
            .unfinished
            .store(self.workers.len(), Ordering::Relaxed);
        shared
            .job
            .store((&raw const job).cast_mut().cast(), Ordering::Relaxed);
        shared.turn.fetch_add(1, Ordering::Release);
        for worker in &self.workers {
            worker.thread().unpark();
        }
        // The job lives on this stack: also after a panic nobody may leave before all are done.
        let all_done = WaitForAll(shared);
        (job.0)(0);
        drop(all_done);
        assert!(
            !shared.failed.swap(false, Ordering::Relaxed),
            "a thread of the int8 kernels panicked"
        );
    }
}

struct WaitForAll<'a>(&'a Shared);

impl Drop for WaitForAll<'_> {
    fn drop(&mut self) {
        let mut looks = 0;
        while self.0.unfinished.load(Ordering::Acquire) > 0 {
            looks += 1;
            if looks < LOOKS {
                std::hint::spin_loop();
            } else {
                thread::yield_now();
            }
        }
    }
}

impl Shared {
    /// What a worker does until the pool is dropped.
    fn work(&self, part: usize) {
        let mut seen = 0;
        loop {
            self.wait_for_turn_after(seen);
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            seen += 1;
            let job = self.job.load(Ordering::Relaxed).cast::<Job<'_>>();
            // SAFETY: `run` stored this job before it raised `turn`, which was read with acquire; it
            // does not return, and so the job lives, until `unfinished` is counted down below.
            let job = unsafe { &*job };
            if catch_unwind(AssertUnwindSafe(|| (job.0)(part))).is_err() {
                self.failed.store(true, Ordering::Relaxed);
            }
            self.unfinished.fetch_sub(1, Ordering::Release);
        }
    }

    fn wait_for_turn_after(&self, seen: usize) {
        let mut looks = 0;
        while self.turn.load(Ordering::Acquire) == seen {
            looks += 1;
            if looks < LOOKS {
                std::hint::spin_loop();
            } else {
                thread::park();
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.shared.turn.fetch_add(1, Ordering::Release);
        for worker in self.workers.drain(..) {
            worker.thread().unpark();
            // A worker catches the panics of its jobs, so it ends in peace.
            let _ = worker.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pool, WORTH_A_THREAD};

    #[test]
    fn every_row_is_filled_by_one_thread() {
        for threads in [1, 2, 3, 8] {
            let pool = Pool::new(threads);
            let mut scratch = vec![(); threads];
            for rows in [1, 2, 7, 64] {
                let mut out = vec![0_usize; rows * 3];
                pool.bands(
                    &mut out,
                    3,
                    100 * WORTH_A_THREAD,
                    &mut scratch,
                    |rows, out, ()| {
                        for (row, values) in rows.zip(out.chunks_mut(3)) {
                            for value in values {
                                *value += row + 1;
                            }
                        }
                    },
                );
                let expected: Vec<usize> = (0..rows).flat_map(|row| [row + 1; 3]).collect();
                assert_eq!(out, expected, "{threads} threads, {rows} rows");
            }
        }
    }

    #[test]
    fn a_panic_in_a_thread_reaches_the_caller_and_the_pool_goes_on() {
        let pool = Pool::new(4);
        let mut scratch = vec![(); 4];
        let mut fill = |fails: bool| {
            let mut out = vec![0_u8; 4];
            let attempt = std::panic::AssertUnwindSafe(|| {
                pool.bands(
                    &mut out,
                    1,
                    100 * WORTH_A_THREAD,
                    &mut scratch,
                    |rows, out, ()| {
                        assert!(!(fails && rows.contains(&3)), "on purpose");
                        out.fill(1);
                    },
                );
            });
            std::panic::catch_unwind(attempt).map(|()| out)
        };
        assert!(fill(true).is_err());
        assert_eq!(fill(false).ok(), Some(vec![1; 4]));
    }
}
