//! Where a slider stops: round values around the usual one, close together where they are small.

use crate::param::Param;
use crate::value::{Kind, Value};
use swapscope_sim::sort;

/// A range with no more values than this has a stop at each.
const EACH: u64 = 100;
/// A slider goes from the default through this to the default times this.
const SPAN: u64 = 16;

/// The values of a slider, in ascending order; those of `also` are among them. Nothing for what is no number.
#[must_use]
pub fn stops(param: &Param, also: &[Value]) -> Vec<Value> {
    let Some((low, high)) = ends(param) else { return Vec::new() };
    let mut numbers: Vec<u64> =
        if is_linear(param) { (low..=high).collect() } else { round(param.kind, low, high) };
    if param.range.0 == 0 {
        numbers.push(0);
    }
    numbers.extend(also.iter().filter(|value| **value != Value::Auto).map(|value| value.number()));
    sort::ascending(&mut numbers);
    numbers.dedup();
    let auto = (param.kind == Kind::SizeOrAuto).then_some(Value::Auto);
    auto.into_iter().chain(numbers.into_iter().map(Value::Number)).collect()
}

fn is_linear(param: &Param) -> bool {
    param.kind == Kind::Count && param.range.1 - param.range.0 <= EACH
}

/// The least, apart from 0, and the largest value.
fn ends(param: &Param) -> Option<(u64, u64)> {
    let (least, most) = param.range;
    let usual = match param.kind {
        Kind::Switch | Kind::Choice(_) | Kind::Zone => return None,
        _ if is_linear(param) => return Some((least, most)),
        // Where nothing is usual, something that can be seen in a run.
        Kind::Size | Kind::SizeOrAuto => 1 << 16,
        Kind::Time if most >= 60_000_000_000 => 10_000_000_000,
        Kind::Time | Kind::Rate | Kind::Count => most / (SPAN * SPAN),
    };
    let default = param.parse(param.default).map_or(0, Value::number);
    let usual = if default == 0 { usual } else { default };
    let (low, high) = param.slider.unwrap_or((usual / SPAN, usual.saturating_mul(SPAN)));
    Some((low.max(least).max(1), high.min(most)))
}

/// Round numbers of an interval: four in each doubling of a size, ten in each power of ten of all else.
fn round(kind: Kind, low: u64, high: u64) -> Vec<u64> {
    let (steps, whole, factor): (&[u64], u64, u64) = match kind {
        Kind::Size | Kind::SizeOrAuto => (&[4, 5, 6, 7], 4, 2),
        _ => (&[10, 12, 15, 20, 25, 30, 40, 50, 60, 80], 10, 10),
    };
    let mut out = Vec::new();
    let mut scale = 1_u64;
    while scale <= high {
        let exact = steps.iter().map(|step| step * scale).filter(|number| number.is_multiple_of(whole));
        out.extend(exact.map(|number| number / whole).filter(|number| (low..=high).contains(number)));
        let Some(next) = scale.checked_mul(factor).filter(|next| *next <= u64::MAX / 128) else { break };
        scale = next;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::param::{PARAMS, find};

    fn texts(key: &str, also: &[Value]) -> Vec<String> {
        let param = find(key).unwrap();
        stops(param, also).into_iter().map(|value| param.kind.show(value)).collect()
    }

    #[test]
    fn every_stop_is_a_value_that_is_accepted() {
        for param in PARAMS {
            let default = param.parse(param.default).unwrap();
            let stops = stops(param, &[default]);
            assert_eq!(stops.is_empty(), !param.is_ranged(), "{}", param.key);
            assert!(stops.len() <= 130, "{}: {} stops", param.key, stops.len());
            if param.is_ranged() {
                assert!(stops.len() >= 4 && stops.contains(&default), "{}: {stops:?}", param.key);
            }
            for value in stops {
                assert_eq!(param.parse(&param.kind.show(value)), Ok(value), "{}", param.key);
            }
        }
    }

    #[test]
    fn sizes_go_by_doubling_and_times_by_tens() {
        let ram = texts("ram", &[]);
        assert_eq!(ram[..6], ["64M", "80M", "96M", "112M", "128M", "160M"]);
        assert_eq!(ram.last().unwrap(), "16G");
        let rate = texts("disk-rate", &[]);
        assert!(rate.contains(&"100M".to_owned()) && rate.contains(&"25M".to_owned()), "{rate:?}");
        assert_eq!(texts("atomic-order", &[]), ["0", "1", "2", "3"]);
        assert_eq!(texts("swappiness", &[]).len(), 101);
        assert_eq!(texts("min-free", &[])[..2], ["auto", "1M"]);
        assert_eq!(texts("swap", &[])[0], "0");
    }

    #[test]
    fn a_value_in_between_has_its_place() {
        let ram = texts("ram", &[Value::Number(1_000_000)]);
        let at = ram.iter().position(|text| text == "1000000K").unwrap();
        assert_eq!((ram[at - 1].as_str(), ram[at + 1].as_str()), ("896M", "1G"));
    }
}
