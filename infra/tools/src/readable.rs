//! Amounts as people read them.

/// A number with commas between thousands; below 10 with two decimals, if it has any.
pub(crate) fn number(value: f64) -> String {
    // The sum of an empty list is -0, which would be shown with its sign.
    let value = value + 0.0;
    if value > 0.0 && value < 10.0 && value.fract() > 0.005 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |digits| ("-", digits));
    let mut out = sign.to_owned();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Dollars without their sign, with more decimals for amounts below ten cents.
pub(crate) fn dollars(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        value if value < 0.1 => format!("{value:.5}"),
        value => format!("{value:.3}"),
    }
}

/// Seconds in the unit that people would choose.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 90.0 => format!("{seconds:.0} seconds"),
        seconds if seconds < 5_400.0 => format!("{:.1} minutes", seconds / 60.0),
        seconds => format!("{:.1} hours", seconds / 3_600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_for_people() {
        assert_eq!(number(1_234_567.0), "1,234,567");
        assert_eq!((number(999.0), number(-0.0)), ("999".to_owned(), "0".to_owned()));
        assert_eq!(number(0.125), "0.12");
        assert_eq!((duration(75.0), duration(1_250.0)), ("75 seconds".to_owned(), "20.8 minutes".to_owned()));
        assert_eq!(dollars(0.00012), "0.00012");
    }
}
