use super::*;
use crate::testing::{config, oldest, os};

fn device(requests: &[(u32, &[u32])]) -> Device {
    let mut device = Device::new(config().disk);
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
    os.st().device.queue.extend([request(0, 1), request(1, 16)]);
    os.start_requests();
    assert!(os.st().device.queue.len() == 1, "one at a time");
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
