use super::*;
use crate::check::sleepers;
use crate::dm_crypt::SwapIo;
use crate::testing::{config, go, oldest, os, spawn};

fn device(requests: &[(u32, &[u32])]) -> Device {
    let mut device = Device::new(config().disk, 250);
    let request = |(slot, bios): &(u32, &[u32])| Request {
        first_slot: *slot,
        write: true,
        bios: bios.iter().copied().collect(),
    };
    *device.plug(0) = Some(requests.iter().map(request).collect());
    device
}

#[test]
fn blk_attempt_plug_merge_at_both_ends() {
    let mut device = device(&[(10, &[0, 1])]);
    assert!(device.merge(0, 2, 12, true) && device.merge(0, 3, 9, true));
    assert!(!device.merge(0, 4, 14, true), "a gap");
    assert!(!device.merge(0, 4, 13, false), "a read");
    assert!(!device.merge(1, 4, 13, true), "the plug of another task");
    let plug = device.plug(0).clone().unwrap();
    assert_eq!((plug[0].first_slot, plug[0].end()), (9, 13));
    assert_eq!(plug[0].bios, [3, 0, 1, 2]);
}

#[test]
fn blk_attempt_plug_merge_stops_at_128_segments() {
    let bios: Vec<u32> = (0..128).collect();
    assert!(!device(&[(10, &bios)]).merge(0, 200, 138, true));
    assert!(device(&[(10, &bios[1..])]).merge(0, 200, 137, true));
}

#[test]
fn blk_mq_serves_in_order_and_takes_the_time_of_its_bytes() {
    let os = os(&config(), &oldest());
    let request = |slot, pages: u32| Request { first_slot: slot, write: true, bios: (0..pages).collect() };
    assert!(os.insert_requests(vec![request(0, 1), request(1, 16)]).is_empty());
    assert_eq!(os.st().device.requests, 1, "one at a time");
    let mut at = Vec::new();
    for _ in 0..2 {
        os.exec.run(1, &os.deadline, |_| {
            at.push(os.exec.now());
            os.st().device.serving[0] = None;
            os.start_requests();
        });
    }
    // 50 us and 4 KiB, then 64 KiB, at 50,000 kB/s.
    assert_eq!(at, [131_920, 131_920 + 1_360_720]);
}

fn legacy() -> Device {
    let mut disk = config().disk;
    disk.queue = Queue::Legacy;
    Device::new(disk, 250)
}

fn get(device: &mut Device, task: TaskId, write: bool) -> bool {
    match &mut device.lower {
        Lower::BlkMq { tags, .. } => tags.get(),
        Lower::Legacy { list, .. } => list.get(task, write, 0),
    }
}

#[test]
fn blk_queue_bio_merges_with_what_waits_and_sorts_what_comes() {
    let request = |slot, pages: u32| Request { first_slot: slot, write: true, bios: (0..pages).collect() };
    let mut device = legacy();
    (0..4).for_each(|_| assert!(get(&mut device, 0, true)));
    assert!(device.insert(vec![request(40, 2), request(10, 2)], 0).is_empty());
    assert_eq!(device.merge_queued(7, 12, true), Some(vec![]), "the task that comes needs no request");
    assert_eq!(device.merge_queued(7, 12, true), None, "not there any more");
    device.congestion.add(5);
    assert_eq!(device.insert(vec![request(42, 3)], 0), [5], "its request is free again, and wakes");
    let served = std::iter::from_fn(|| device.next_request(0));
    assert_eq!(served.map(|r| (r.first_slot, r.bios.len())).collect::<Vec<_>>(), [(10, 3), (40, 5)]);
    let mut mq = Device::new(config().disk, 250);
    mq.insert(vec![request(40, 2), request(10, 2)], 0);
    assert_eq!(mq.merge_queued(7, 12, true), None);
    assert_eq!(mq.next_request(0).map(|request| request.first_slot), Some(40));
}

#[test]
fn freed_request_ends_congestion_wait_on_a_legacy_queue_only() {
    let mut device = legacy();
    (0..113).for_each(|_| assert!(get(&mut device, 0, true)));
    assert!(device.is_congested());
    device.congestion.add(5);
    let until = (1..).find(|_| !device.free_request(true).is_empty());
    assert_eq!((until, device.is_congested()), (Some(11), false), "102 are left");
    assert!(get(&mut device, 0, false));
    device.congestion.add(5);
    assert!(device.free_request(false).is_empty(), "congestion_wait waits for writes");
    let mut mq = Device::new(config().disk, 250);
    assert!(get(&mut mq, 0, true));
    mq.congestion.add(5);
    assert!(mq.free_request(true).is_empty() && !mq.is_congested());
}

/// The plug goes out before its owner sleeps. A merge then makes a request free, and it is for the owner, who has queued.
#[test]
fn get_request_does_not_sleep_when_its_own_plug_makes_one_free() {
    let mut config = config();
    config.crypt = None;
    config.disk.queue = Queue::Legacy;
    let os = os(&config, &oldest());
    let bios = [0; 4].map(|_| os.st().new_io(SwapIo::default()));
    let task = spawn(&os, 0, move |os, me| async move {
        let request = |slot, bio| Request { first_slot: slot, write: true, bios: VecDeque::from([bio]) };
        os.start_plug(me);
        os.submit_lower(me, bios[0], 101, true).await;
        // Another task fills the queue. The disk serves its first request; behind the second the plugged one fits.
        (0..127).for_each(|_| assert!(get(&mut os.st().device, me + 1, true)));
        os.insert_requests(vec![request(500, bios[1])]);
        os.insert_requests(vec![request(100, bios[2])]);
        os.submit_lower(me, bios[3], 300, true).await;
        assert_eq!(os.exec.now(), 0, "no time went by");
        os.finish_plug(me);
    });
    go(&os);
    assert_eq!(sleepers(&os), Ok(()));
    assert_eq!(os.exec.tasks.borrow()[task as usize].state, TaskState::Dead);
}
