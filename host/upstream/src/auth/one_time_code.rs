//! One-time codes as Google Authenticator makes them: RFC 6238 with HMAC-SHA-1, six digits, half a
//! minute each.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use souk_model::{Code, ExposeSecret, Failure, Secret};

use crate::wire::hmac_key::keyed;

/// How long a code counts, in seconds.
const STEP_S: u64 = 30;

/// What codes are made of.
pub(super) struct OtpSecret(Vec<u8>);

impl fmt::Debug for OtpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OtpSecret([REDACTED])")
    }
}

impl OtpSecret {
    /// Read as authenticators show it: Base32 in groups of any case, or the address behind the QR
    /// code, `otpauth://totp/…?secret=…`.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` where it is neither; the text is not repeated.
    pub(super) fn parse(secret: &Secret) -> Result<Self, Failure> {
        let text = secret.expose_secret().trim();
        let of_address = url::Url::parse(text).ok().and_then(|address| {
            let mut pairs = address.query_pairs();
            pairs.find(|(name, _)| name == "secret").map(|(_, value)| value.into_owned())
        });
        let text = of_address.as_deref().unwrap_or(text);
        let letters = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '='));
        let letters: String = letters.map(|c| c.to_ascii_uppercase()).collect();
        match BASE32_NOPAD.decode(letters.as_bytes()) {
            Ok(bytes) if !bytes.is_empty() => Ok(Self(bytes)),
            _ => Err(Failure::new(
                Code::ValidationError,
                "the secret of the one-time codes is not Base32 (letters A to Z, digits 2 to 7)",
            )
            .remedy(
                "give the secret that the authenticator was set up with, not a code; in Magento \
                 `bin/magento security:tfa:google:set-secret` sets one",
            )),
        }
    }

    /// The code of a step.
    pub(super) fn code(&self, step: u64) -> String {
        let mut mac = keyed::<Hmac<Sha1>, Sha1>(&self.0);
        mac.update(&step.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let at = usize::from(hash[19] & 15);
        let number = hash[at..at + 4].iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
        format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
    }
}

/// The step that a moment lies in, and how long it still lasts.
pub(super) fn step_of(now: SystemTime) -> (u64, Duration) {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let step = since.as_secs() / STEP_S;
    (step, Duration::from_secs((step + 1) * STEP_S).saturating_sub(since))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<OtpSecret, Failure> {
        OtpSecret::parse(&text.to_owned().into())
    }

    /// RFC 6238, appendix B, of whose eight digits these are the last six.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = parsed("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let (step, left) = step_of(UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!(secret.code(step), code);
            assert!(!left.is_zero() && left <= Duration::from_secs(30));
        }
    }

    #[test]
    fn a_secret_is_read_as_authenticators_show_it() {
        let code = |text: &str| parsed(text).unwrap().code(1);
        let plain = code("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(code(" gezd gnbv-gy3t qojq gezd gnbv gy3t qojq\n"), plain);
        assert_eq!(
            code("otpauth://totp/shop:agent?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=shop"),
            plain
        );
        for wrong in ["", "123456", "hunter2!", "====", "https://shop.example/?secret="] {
            let failure = parsed(wrong).unwrap_err();
            assert_eq!(failure.code, Code::ValidationError, "{wrong}");
            assert!(!failure.render().contains("hunter2"));
        }
    }
}
