// SPDX-License-Identifier: GPL-2.0

//! KUnit: work queues of our own.

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
    workqueue::{
        impl_has_work,
        new_work,
        Work,
        WorkItem, //
    },
};

/// Counts how often it has run, slowly.
#[pin_data]
struct Counter {
    #[pin]
    work: Work<Counter>,
    runs: Atomic<i32>,
}

impl_has_work! {
    impl HasWork<Self> for Counter { self.work }
}

impl Counter {
    fn new() -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                work <- new_work!("Counter"),
                runs: Atomic::new(0),
            }),
            GFP_KERNEL,
        )
    }
}

impl WorkItem for Counter {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        fsleep(Delta::from_millis(20));
        this.runs.fetch_add(1, Relaxed);
    }
}

#[kunit_tests(mvgal_workqueue)]
#[allow(unsafe_op_in_unsafe_fn)]
mod tests {
    use super::*;
    use crate::workqueue::{
        OwnedQueue,
        QueueFlag, //
    };

    #[test]
    fn dropping_waits_for_the_items() -> Result {
        let flags = QueueFlag::Unbound | QueueFlag::MemReclaim | QueueFlag::HighPri;
        let queue = OwnedQueue::new(flags, 1, fmt!("mvgal-kunit/{}", 1))?;
        let mut counters = KVec::new();

        for _ in 0..3 {
            let counter = Counter::new()?;

            assert!(queue.enqueue(counter.clone()).is_ok());
            counters.push(counter, GFP_KERNEL)?;
        }
        drop(queue);

        for counter in &counters {
            assert_eq!(counter.runs.load(Relaxed), 1);
        }
        Ok(())
    }

    #[test]
    fn waiting_item_is_not_queued_again() -> Result {
        let queue = OwnedQueue::new(QueueFlag::Unbound, 1, fmt!("mvgal-kunit"))?;
        let (first, second) = (Counter::new()?, Counter::new()?);

        assert!(queue.enqueue(first).is_ok());
        assert!(queue.enqueue(second.clone()).is_ok());
        assert!(queue.enqueue(second.clone()).is_err());
        drop(queue);
        assert_eq!(second.runs.load(Relaxed), 1);
        Ok(())
    }
}
