//! Prometheus' text format, version 0.0.4.

use std::fmt::Write as _;

use crate::instruments::BOUNDS_US;

/// What can be scraped.
pub(crate) trait Exposed: Sync {
    /// Writes it with its help, type and series.
    fn write(&self, out: &mut String);
}

/// What is the same of all series of a metric.
pub(crate) struct FamilyHead {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) labels: &'static [&'static str],
    /// What its numbers are divided by when they are shown: microseconds are shown as seconds.
    pub(crate) divisor: u64,
}

/// What a series has come to.
pub(crate) enum Reading {
    Number(i128),
    /// How many up to each bound and in all, and their sum.
    Distribution {
        upto: Vec<u64>,
        sum: i128,
    },
}

/// Writes a metric. One that has labels and no series yet says so by its head alone.
pub(crate) fn write_family(
    out: &mut String,
    head: &FamilyHead,
    kind: &str,
    readings: &[(Vec<String>, Reading)],
) {
    let FamilyHead { name, help, labels, divisor } = head;
    let _ = writeln!(out, "# HELP {name} {help}");
    let _ = writeln!(out, "# TYPE {name} {kind}");
    for (values, reading) in readings {
        match reading {
            Reading::Number(number) => {
                write_line(out, name, "", labels, values, None, &decimal(*number, *divisor));
            }
            Reading::Distribution { upto, sum } => {
                let all = upto.last().copied().unwrap_or_default();
                let bounds = BOUNDS_US.iter().map(|bound| decimal((*bound).into(), *divisor));
                for (bound, count) in bounds.chain(["+Inf".to_owned()]).zip(upto) {
                    let count = count.to_string();
                    write_line(out, name, "_bucket", labels, values, Some(&bound), &count);
                }
                write_line(out, name, "_sum", labels, values, None, &decimal(*sum, *divisor));
                write_line(out, name, "_count", labels, values, None, &all.to_string());
            }
        }
    }
}

fn write_line(
    out: &mut String,
    name: &str,
    suffix: &str,
    labels: &[&str],
    values: &[String],
    bound: Option<&str>,
    number: &str,
) {
    let _ = write!(out, "{name}{suffix}");
    let pairs = labels.iter().copied().zip(values.iter().map(String::as_str));
    for (n, (label, value)) in pairs.chain(bound.map(|bound| ("le", bound))).enumerate() {
        out.push(if n == 0 { '{' } else { ',' });
        let _ = write!(out, "{label}=\"");
        for c in value.chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                '"' => out.push_str("\\\""),
                '\n' => out.push_str("\\n"),
                c => out.push(c),
            }
        }
        out.push('"');
    }
    if !labels.is_empty() || bound.is_some() {
        out.push('}');
    }
    let _ = writeln!(out, " {number}");
}

/// A number divided by a power of ten, exactly.
fn decimal(number: i128, divisor: u64) -> String {
    let divisor = i128::from(divisor.max(1));
    let (whole, rest) = (number / divisor, (number % divisor).unsigned_abs());
    if rest == 0 {
        return whole.to_string();
    }
    let sign = if number < 0 && whole == 0 { "-" } else { "" };
    let digits = divisor.ilog10() as usize;
    let rest = format!("{rest:0digits$}");
    format!("{sign}{whole}.{}", rest.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::family::MetricFamily;
    use crate::instruments::{Counter, Histogram};

    #[test]
    fn numbers_are_divided_exactly() {
        for (number, divisor, text) in [
            (0, 1, "0"),
            (1_500_000, 1_000_000, "1.5"),
            (7, 1_000_000, "0.000007"),
            (-7, 10, "-0.7"),
            (12_340_000, 10_000, "1234"),
        ] {
            assert_eq!(decimal(number, divisor), text);
        }
    }

    #[test]
    fn a_label_can_hold_anything() {
        let family = MetricFamily::<Counter>::new("a_total", &["x"], "A.");
        family.of(&["a\"b\\c\nd"]).add(1);
        let mut text = String::new();
        family.write(&mut text);
        assert!(text.ends_with("a_total{x=\"a\\\"b\\\\c\\nd\"} 1\n"), "{text}");
    }

    #[test]
    fn a_histogram_counts_up_to_each_bound() {
        let family = MetricFamily::<Histogram>::new("a_seconds", &[], "A.").divided_by(1_000_000);
        family.of(&[]).observe(Duration::from_millis(3));
        let mut text = String::new();
        family.write(&mut text);
        for line in [
            "a_seconds_bucket{le=\"0.0025\"} 0\n",
            "a_seconds_bucket{le=\"0.005\"} 1\n",
            "a_seconds_bucket{le=\"30\"} 1\n",
            "a_seconds_bucket{le=\"+Inf\"} 1\n",
            "a_seconds_sum 0.003\n",
            "a_seconds_count 1\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
