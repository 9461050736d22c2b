//! Hardware by name. Each preset sets parameters that can still be set one by one beside it.
//!
//! A figure is *measured* (its source is named) or *assumed* (with the range in which it may lie). The presets hold
//! the same figures for every kernel.

use crate::value::Choice;

/// CPU costs.
pub static COSTS: &[Choice] = &[
    Choice {
        name: "vm-2016",
        definition: "a virtual machine on a server CPU of 2016 with AES-NI",
        sets: &[
            // Measured: 1.01 us median, 0.58 us least (ddumbying, Linux 6.6, 11th generation i7).
            ("cost-fault", "1us"),
            // Assumed, 100 to 300 ns: the kernel skips a page that is under writeback or was referenced.
            ("cost-scan", "250ns"),
            // Assumed, 3 to 6 us: rmap walk, slot, swap cache, bio.
            ("cost-swap-out", "4us"),
            // Assumed, 0.7 to 1.5 us.
            ("cost-dm-map", "1200ns"),
            // Assumed, 2 to 4 us: hand-over to the workqueue, wake-up, clone.
            ("cost-crypt-item", "3500ns"),
            // Assumed, 1 to 2 us on blk-mq, 2 to 5 us on the legacy queue.
            ("cost-submit", "1500ns"),
            // Assumed, 0.5 to 1 us.
            ("cost-free", "700ns"),
            // Measured: 1.3 us (albertnetymk 2022), 1.1 to 2.4 us (ddumbying).
            ("cost-switch", "1500ns"),
            // Assumed, 100 to 500 ns: a walk over the zone list that ends with nothing.
            ("cost-alloc-fail", "300ns"),
            // Assumed, 40 to 100 us.
            ("cost-fork", "60us"),
        ],
    },
    Choice {
        name: "lab-500mips",
        definition: "an emulated CPU of 500 million instructions a second, on which the traces were recorded",
        sets: &[
            // Measured: the ramp of the traces' workload touches a page in 3.5 us.
            ("cost-fault", "3500ns"),
            // Measured: 650,000 pages scanned a second by one CPU in the traces.
            ("cost-scan", "1500ns"),
            // Derived, 22 us together with the next and with the two switches to the worker that insert_work wakes and
            // back: the traces' first 100 ms of free-running swap-out submit 3,400 to 3,800 pages beside 7,800 scanned
            // ones. The plain-swap traces, which finish at 4.9 s, bound it from above.
            ("cost-swap-out", "10us"),
            ("cost-dm-map", "6us"),
            // Assumed, 8 to 20 us.
            ("cost-crypt-item", "12us"),
            // Assumed, 3 to 8 us.
            ("cost-submit", "5us"),
            // Assumed, 1 to 3 us.
            ("cost-free", "1500ns"),
            // Assumed, 2 to 5 us.
            ("cost-switch", "3us"),
            // Assumed, 0.5 to 3 us.
            ("cost-alloc-fail", "1500ns"),
            // Assumed, 60 to 200 us.
            ("cost-fork", "100us"),
        ],
    },
];

/// Ciphers of dm-crypt.
pub static CIPHERS: &[Choice] = &[
    Choice {
        name: "aesni",
        definition: "aes-xts with AES-NI",
        // Measured in large buffers: 2.0 to 2.6 GiB/s = 1.5 to 2 us a page (cryptsetup benchmark, April 2017);
        // dm-crypt's 512-byte sectors cost more. Assumed range 2.5 to 4 us.
        sets: &[("cipher-time", "3us")],
    },
    Choice {
        name: "aes",
        definition: "aes-xts in C on the machine of the traces",
        // Measured: 2,300 pages a second in the traces, 435 us a page in all. What dm-crypt does besides, submission and the
        // reclaim beside it take about 30 of them.
        sets: &[("cipher-time", "405us")],
    },
    Choice {
        name: "null",
        definition: "cipher_null: dm-crypt without encryption, a CPU that is fast beside the disk",
        // Assumed, 0.5 to 3 us: a copy of 4 KiB on the machine of the traces.
        sets: &[("cipher-time", "1us")],
    },
    Choice {
        name: "none",
        definition: "no dm-crypt: swap directly on the disk",
        sets: &[("cipher-time", "0")],
    },
];

/// Disks.
pub static DISKS: &[Choice] = &[
    Choice {
        name: "virtio-slow",
        definition: "virtio-blk on a host with a slow disk",
        // That the disk is slower than the cipher follows from the report: writeback piled up behind it. 100 MB/s is
        // the figure of the thread (Patocka, 14 July 2016). Assumed: 60 us a request (virtio adds 20 to 50 us to a
        // write of an SSD; range 30 to 200 us), one request at a time (range 1 to 4).
        sets: &[
            ("queue", "blk-mq"),
            ("tags", "128"),
            ("rotational", "on"),
            ("disk-parallel", "1"),
            ("disk-request", "60us"),
            ("disk-seek", "0"),
            ("disk-rate", "100M"),
            ("disk-jitter", "20"),
        ],
    },
    Choice {
        name: "virtio-ssd",
        definition: "virtio-blk on a host with a SATA SSD",
        // Measured: 540/520 MB/s, 4 KiB at queue depth 1 about 90 us (SATA drives of 2015). Assumed: 32 at a time.
        sets: &[
            ("queue", "blk-mq"),
            ("tags", "128"),
            ("rotational", "on"),
            ("disk-parallel", "32"),
            ("disk-request", "60us"),
            ("disk-seek", "0"),
            ("disk-rate", "450M"),
            ("disk-jitter", "50"),
        ],
    },
    Choice {
        name: "hdd",
        definition: "a laptop's hard disk of 2016 on the legacy request queue",
        // Measured: 8.5 ms average access, 108 to 156 MB/s (Barracuda 7200.14). nr_requests is 128 by default.
        sets: &[
            ("queue", "legacy"),
            ("tags", "128"),
            ("rotational", "on"),
            ("disk-parallel", "1"),
            ("disk-request", "100us"),
            ("disk-seek", "8500us"),
            ("disk-rate", "130M"),
            ("disk-jitter", "100"),
        ],
    },
    Choice {
        name: "nvme",
        definition: "an NVMe drive of today",
        // Measured: a 4 KiB write in about 17 us (970 EVO Plus). Assumed: 64 at a time, 2 GB/s. The driver says that it does
        // not rotate (nvme_alloc_ns); virtio-blk says nothing, so that its disks count as rotating.
        sets: &[
            ("queue", "blk-mq"),
            ("tags", "1023"),
            ("rotational", "off"),
            ("disk-parallel", "64"),
            ("disk-request", "17us"),
            ("disk-seek", "0"),
            ("disk-rate", "2G"),
            ("disk-jitter", "50"),
        ],
    },
    Choice {
        name: "lab",
        definition: "the emulated disk of the traces: exactly 50 us and 50 MB/s",
        // Measured, in that it was built so.
        sets: &[
            ("queue", "blk-mq"),
            ("tags", "128"),
            ("rotational", "on"),
            ("disk-parallel", "1"),
            ("disk-request", "50us"),
            ("disk-seek", "0"),
            ("disk-rate", "50M"),
            ("disk-jitter", "0"),
        ],
    },
];
