//! Who gets in: addresses, links, sessions, and the guard before every page.
//!
//! | file | what it owns |
//! |---|---|
//! | `address_proof` | who answers at the console's addresses |
//! | `secret_token` | texts that cannot be guessed |
//! | `console_addresses` | the names that the console answers to |
//! | `login_link` | links that open the sign-in once |
//! | `sessions` | who is signed in, in which browser and tab |
//! | `guess_delay` | guessing is slow |
//! | `headers` | what every answer tells a browser |
//! | `cookies` | the session's cookie |
//! | `form` | what a browser sends when a button is pressed |

pub(crate) mod address_proof;
pub(crate) mod console_addresses;
pub(crate) mod cookies;
pub(crate) mod form;
pub(crate) mod guess_delay;
pub(crate) mod headers;
pub(crate) mod login_link;
pub(crate) mod secret_token;
pub(crate) mod sessions;
