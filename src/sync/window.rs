//! FilterType to the first day of the window ([MS-ASCMD] 2.2.3.68.2).

/// The first day a mail filter lets through, in days since 1970; `None` for all. 6 and 7 are not
/// mail's, but phones send them and mean months.
pub fn mail_floor(filter_type: u8, today: i32) -> Option<i32> {
    let days = match filter_type {
        1 => 1,
        2 => 3,
        3 => 7,
        4 => 14,
        5 => 30,
        6 => 91,
        7 => 183,
        _ => return None,
    };
    Some(today.saturating_sub(days))
}

/// The day a moment falls on, in days since 1970, UTC.
pub fn day_of(seconds: i64) -> i32 {
    i32::try_from(seconds.div_euclid(86_400)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t21_filters_outside_the_table_mean_everything() {
        assert_eq!(mail_floor(0, 20_000), None);
        assert_eq!(mail_floor(1, 20_000), Some(19_999));
        assert_eq!(mail_floor(5, 20_000), Some(19_970));
        assert_eq!(mail_floor(9, 20_000), None);
        assert_eq!(mail_floor(5, i32::MIN), Some(i32::MIN));
        assert_eq!(day_of(-1), -1);
    }
}
