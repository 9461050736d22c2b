//! Slots on a device that does not rotate: each CPU fills a cluster of its own, out of a list of free ones (2a8f94493432,
//! ebc2a1a69111), so that CPUs do not interleave and no search is needed.

use super::CLUSTER;
use std::collections::VecDeque;

/// `cluster_info` and `percpu_cluster`.
#[derive(Debug)]
pub(super) struct SsdClusters {
    /// Clusters without a used slot; freed ones go to the tail.
    free: VecDeque<u32>,
    /// `CLUSTER_FLAG_FREE`: whether a cluster is in that list.
    is_free: Vec<bool>,
    /// Cluster of each CPU, and the slot in it to go on from.
    current: Vec<Option<(u32, u32)>>,
}

impl SsdClusters {
    pub(super) fn new(cluster_used: &[u32]) -> Self {
        let free = (0..).zip(cluster_used).filter(|(_, used)| **used == 0).map(|(at, _)| at).collect();
        let is_free = cluster_used.iter().map(|used| *used == 0).collect();
        Self { free, is_free, current: Vec::new() }
    }

    /// `scan_swap_map_try_ssd_cluster`: a free slot in the cluster of this CPU, or in the first free cluster. `None`: there is
    /// no free cluster, and the slots of others are searched.
    pub(super) fn next(&mut self, cpu: usize, used: &[bool]) -> Option<u32> {
        if self.current.len() <= cpu {
            self.current.resize(cpu + 1, None);
        }
        loop {
            let (cluster, from) = match self.current[cpu] {
                Some(current) => current,
                None => {
                    let cluster = *self.free.front()?;
                    (cluster, cluster * CLUSTER)
                }
            };
            let end = (cluster + 1) * CLUSTER;
            let slot = (from..end).find(|slot| used.get(*slot as usize) == Some(&false));
            self.current[cpu] = slot.map(|slot| (cluster, slot + 1));
            // scan_swap_map_ssd_cluster_conflict: a cluster that was freed waits for its turn at the tail of the list.
            let conflict = self.free.front() != Some(&cluster) && self.is_free[cluster as usize];
            match slot {
                Some(slot) if !conflict => return Some(slot),
                _ => self.current[cpu] = None,
            }
        }
    }

    /// `inc_cluster_info_page` for the first slot of a cluster.
    pub(super) fn take(&mut self, cluster: u32) {
        self.is_free[cluster as usize] = false;
        if self.free.front() == Some(&cluster) {
            self.free.pop_front();
        } else {
            self.free.retain(|other| *other != cluster);
        }
    }

    /// `dec_cluster_info_page` for the last.
    pub(super) fn put(&mut self, cluster: u32) {
        self.is_free[cluster as usize] = true;
        self.free.push_back(cluster);
    }
}
