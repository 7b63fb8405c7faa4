//! `traceparent`, as the W3C's Trace Context has it.

use std::fmt;

/// Which span of which trace something belongs to, and whether that trace is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    /// Of the whole trace; not 0.
    pub trace_id: u128,
    /// Of the span; not 0.
    pub span_id: u64,
    /// Whether somebody records the trace.
    pub is_sampled: bool,
}

impl TraceParent {
    /// What a header says, if it is well formed: `00-TRACE-SPAN-FLAGS`. Of a later version what
    /// follows the flags is left out.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.trim().split('-');
        let (version, trace) = (parts.next()?, parts.next()?);
        let (span, flags) = (parts.next()?, parts.next()?);
        let is_hex = |text: &str, digits: usize| {
            text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        let is_formed = is_hex(version, 2) && is_hex(trace, 32) && is_hex(span, 16);
        if !is_formed || !is_hex(flags, 2) || version == "ff" {
            return None;
        }
        if version == "00" && parts.next().is_some() {
            return None;
        }
        let trace_id = u128::from_str_radix(trace, 16).ok().filter(|id| *id != 0)?;
        let span_id = u64::from_str_radix(span, 16).ok().filter(|id| *id != 0)?;
        let is_sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
        Some(Self { trace_id, span_id, is_sampled })
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trace_id, span_id, is_sampled } = self;
        write!(f, "00-{trace_id:032x}-{span_id:016x}-{:02x}", u8::from(*is_sampled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_header_reads_as_it_is_written() {
        let parent = TraceParent::parse(HEADER).unwrap();
        assert!(parent.is_sampled);
        assert_eq!(parent.to_string(), HEADER);
        let later = format!("cc{}-what-comes", &HEADER[2..]);
        assert_eq!(TraceParent::parse(&later), Some(parent));
    }

    #[test]
    fn what_is_not_well_formed_is_none() {
        let zeros = "00-00000000000000000000000000000000-b7ad6b7169203331-01";
        let no_span = "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01";
        for wrong in [
            "",
            "00",
            zeros,
            no_span,
            &HEADER.to_uppercase(),
            &format!("ff{}", &HEADER[2..]),
            &format!("{HEADER}-more"),
            &HEADER[..HEADER.len() - 1],
        ] {
            assert_eq!(TraceParent::parse(wrong), None, "{wrong}");
        }
    }
}
