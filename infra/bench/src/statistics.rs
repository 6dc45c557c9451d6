//! Medians and percentiles of what was measured many times.

/// Values of one kind, in the order they were measured.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series(Vec<f64>);

impl Series {
    /// Adds a value.
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// Adds the values of another series.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.0.extend(&other.0);
    }

    /// The value half of the others lie below; 0 where nothing was measured.
    pub(crate) fn median(&self) -> f64 {
        self.percentile(50.0)
    }

    /// The value that `percent` of 100 do not exceed (nearest rank); 0 where nothing was measured.
    pub(crate) fn percentile(&self, percent: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
    }

    /// The sum of all values.
    pub(crate) fn sum(&self) -> f64 {
        self.0.iter().sum()
    }

    /// How many values there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: impl IntoIterator<Item = i32>) -> Series {
        Series(values.into_iter().map(f64::from).collect())
    }

    #[test]
    fn a_median_is_not_moved_by_an_outlier() {
        assert_eq!(series([3, 1, 2]).median(), 2.0);
        assert_eq!(series([3, 1, 1_000_000]).median(), 3.0);
        assert_eq!(series([]).median(), 0.0);
    }

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let hundred = series((1..=100).rev());
        assert_eq!(
            (hundred.percentile(50.0), hundred.percentile(99.0), hundred.percentile(100.0)),
            (50.0, 99.0, 100.0)
        );
        assert_eq!((hundred.sum(), hundred.count()), (5050.0, 100));
        assert_eq!(series([7]).percentile(99.0), 7.0);
    }
}
