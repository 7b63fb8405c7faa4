//! Who may log in to the store.

use serde::{Deserialize, Serialize};

/// One way in. These are the credentials of a toy: they are printed and kept in the clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Credential {
    /// An admin user, for `POST /V1/integration/admin/token`.
    Admin {
        /// The user's name.
        username: String,
        /// The password.
        password: String,
    },
    /// An integration that signs its requests with OAuth 1.0a.
    Oauth {
        /// The integration's name.
        name: String,
        /// Consumer key, 32 characters.
        consumer_key: String,
        /// Consumer secret.
        consumer_secret: String,
        /// Access token, 32 characters.
        access_token: String,
        /// Access token secret.
        access_token_secret: String,
        /// What the integration may do.
        access: Access,
    },
    /// An integration token that is accepted as a bearer token: stores refuse those unless they allow
    /// them in their configuration, which this one then does.
    Bearer {
        /// The integration's name.
        name: String,
        /// The token.
        token: String,
    },
    /// A customer, for `POST /V1/integration/customer/token`.
    Customer {
        /// The e-mail address.
        email: String,
        /// The password.
        password: String,
    },
    /// What admins' one-time codes are made of, where the store demands a second factor.
    OneTimeCodes {
        /// As an authenticator is given it: Base32.
        secret: String,
    },
    /// A client of Adobe's identity service, for a store that is a cloud service.
    Ims {
        /// The client's id.
        client_id: String,
        /// Its secret.
        client_secret: String,
        /// The organisation.
        org_id: String,
        /// Where the service gives out tokens, at the store's own port.
        token_path: String,
    },
}

/// What an integration may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Access {
    /// Everything.
    All,
    /// Only what these access control resources allow, by their prefixes, and only reading.
    ReadOnly(Vec<String>),
}
