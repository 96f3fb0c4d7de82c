//! Points in time, in words. A page has no clock and does not know the reader's time zone, so what is recent is told as how
//! long ago it was, and what is not as a day.

use super::messages::Language;
use crate::time::UnixTime;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A point in time, for `<time>`.
#[derive(Clone, Debug)]
pub struct Moment {
    at: UnixTime,
    words: String,
}

impl Moment {
    /// How `at` is told at `now`.
    pub fn new(at: UnixTime, now: UnixTime, language: Language) -> Self {
        let texts = &language.texts().time;
        let words = match now.since(at).seconds() {
            ..MINUTE => texts.just_now.to_owned(),
            ago @ ..HOUR => texts.minutes.fill(ago / MINUTE),
            ago @ ..DAY => texts.hours.fill(ago / HOUR),
            ago if ago < 30 * DAY => texts.days.fill(ago / DAY),
            _ => {
                let (year, month, day) = at.date();
                let month = usize::try_from(month - 1)
                    .ok()
                    .and_then(|index| texts.months.get(index));
                let filled = texts
                    .date
                    .replace("%d", &day.to_string())
                    .replace("%y", &year.to_string());
                filled.replace("%m", month.copied().unwrap_or_default())
            }
        };
        Self { at, words }
    }

    /// In the middle of a sentence: `3 days ago`.
    pub(super) fn words(&self) -> &str {
        &self.words
    }

    /// For programs, and for whoever wants to know exactly: `2026-11-24T14:32Z`.
    pub(super) fn exact(&self) -> String {
        let (year, month, day) = self.at.date();
        let minutes = self.at.seconds().rem_euclid(DAY) / MINUTE;
        format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}Z", minutes / 60, minutes % 60)
    }
}

/// A day that is so many after the first of 1970: `2026-11-24`.
pub(super) fn day_of(day: i64) -> String {
    let (year, month, day) = UnixTime(day * DAY).date();
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Lifetime;

    const NOW: UnixTime = UnixTime(1_796_000_000);

    fn told(ago: Lifetime, language: Language) -> String {
        Moment::new(NOW - ago, NOW, language).words().to_owned()
    }

    #[test]
    fn what_is_recent_is_told_as_how_long_ago() {
        for (ago, words) in [
            (Lifetime(-5), "just now"),
            (Lifetime(59), "just now"),
            (Lifetime(60), "a minute ago"),
            (Lifetime::minutes(59), "59 minutes ago"),
            (Lifetime::hours(1), "an hour ago"),
            (Lifetime::hours(23), "23 hours ago"),
            (Lifetime::days(1), "yesterday"),
            (Lifetime::days(29), "29 days ago"),
        ] {
            assert_eq!(told(ago, Language::En), words);
        }
        assert_eq!(told(Lifetime::days(2), Language::De), "vor 2 Tagen");
    }

    #[test]
    fn what_is_not_recent_is_told_as_a_day() {
        assert_eq!(told(Lifetime::days(30), Language::En), "on 31 October 2026");
        assert_eq!(told(Lifetime::days(30), Language::De), "am 31. Oktober 2026");
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, exact) in [
            (0, "1970-01-01T00:00Z"),
            (951_782_399, "2000-02-28T23:59Z"),
            (951_868_799, "2000-02-29T23:59Z"),
            (4_107_542_400, "2100-03-01T00:00Z"),
            (-1, "1969-12-31T23:59Z"),
        ] {
            assert_eq!(Moment::new(UnixTime(seconds), NOW, Language::En).exact(), exact);
        }
    }
}
