//! Numbers on their way from one thread to the other: whole, and exact up to 2^53.

#[derive(Default)]
pub(crate) struct Pack(pub Vec<f64>);

impl Pack {
    #[expect(clippy::cast_precision_loss, reason = "times and pages stay far below 2^53")]
    pub(crate) fn number(&mut self, value: u64) {
        self.0.push(value as f64);
    }

    pub(crate) fn list(&mut self, values: impl Iterator<Item = u64>) {
        let length = self.0.len();
        self.0.push(0.0);
        values.for_each(|value| self.number(value));
        let count = self.0.len() - length - 1;
        #[expect(clippy::cast_precision_loss, reason = "a length")]
        if let Some(slot) = self.0.get_mut(length) {
            *slot = count as f64;
        }
    }
}

pub(crate) struct Unpack<'a>(pub std::slice::Iter<'a, f64>);

impl Unpack<'_> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast saturates")]
    pub(crate) fn number(&mut self) -> Option<u64> {
        self.0.next().map(|value| *value as u64)
    }

    pub(crate) fn list(&mut self) -> Option<Vec<u64>> {
        let count = usize::try_from(self.number()?).ok()?;
        if count > self.0.len() {
            return None;
        }
        (0..count).map(|_| self.number()).collect()
    }
}
