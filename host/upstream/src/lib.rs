//! Named back ends: signing, sessions, retries, errors.
