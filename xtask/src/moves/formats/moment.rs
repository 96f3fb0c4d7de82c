//! Moments as other providers write them.

/// Seconds of a moment such as `2024-03-01T09:30:00.123Z`, or with an offset (RFC 3339). None for what is no such text.
pub fn seconds(text: &str) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let mut numbers = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (time, offset) = rest.split_at(rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len()));
    let whole = time.split('.').next()?;
    let mut numbers = whole.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (numbers.next()??, numbers.next()??, numbers.next().unwrap_or(Some(0))?);
    let shift = match offset.split_at_checked(1) {
        Some((sign @ ("+" | "-"), rest)) => {
            let (hours, minutes) = rest.split_once(':').unwrap_or(rest.split_at_checked(2)?);
            let shift = hours.parse::<i64>().ok()? * 3_600 + minutes.parse::<i64>().ok()? * 60;
            if sign == "+" { shift } else { -shift }
        }
        _ => 0,
    };
    let is_date = (1..=12).contains(&month) && (1..=31).contains(&day) && (1970..=9999).contains(&year);
    if !is_date || hour > 24 || minute > 60 || second > 60 {
        return None;
    }
    // Days since 1970 by the civil calendar, in which a year begins with March.
    let (shifted_year, shifted_month) = if month <= 2 {
        (year - 1, month + 9)
    } else {
        (year, month - 3)
    };
    let (era, of_era) = (shifted_year / 400, shifted_year % 400);
    let of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second - shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_seconds() {
        for (text, at) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00.999Z", 951_825_600),
            ("2024-03-01T09:30:00+02:00", 1_709_278_200),
            ("2024-03-01 09:30:00-0530", 1_709_305_200),
            ("2026-11-30T03:10:00Z", 1_796_008_200),
        ] {
            assert_eq!(seconds(text), Some(at), "{text}");
        }
        for odd in [
            "",
            "2024",
            "2024-13-01T00:00:00Z",
            "yesterday at noon",
            "2024-03-01",
            "2024-03-01T99:00:00Z",
        ] {
            assert_eq!(seconds(odd), None, "{odd}");
        }
    }
}
