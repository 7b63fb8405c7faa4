//! The stores.

use crate::settings::kind::ValueKind;
use crate::settings::setting::{Setting, SettingGroup};

pub(super) const STORES: SettingGroup = SettingGroup {
    title: "Stores",
    about: "One `[[stores]]` for each; the first is the default. The variables describe one store \
            more, which becomes the default, or give credentials to the one in the file that has \
            their address. Of several ways to log in the first complete one is used: OAuth, \
            integration token, Adobe's identity service, admin.",
    settings: &[
        Setting::new("stores[].name", ValueKind::Text, "The operator's name for the store")
            .unset("required")
            .example("\"shop\""),
        Setting::new(
            "stores[].base_url",
            ValueKind::Url,
            "Where the store is; `/rest/V1` and `/index.php` at its end are left out. Of Adobe \
             Commerce as a Cloud Service its REST endpoint, with the tenant",
        )
            .variables(&["MAGENTO_BASE_URL"])
            .unset("required")
            .example("\"https://shop.example/\""),
        Setting::new("stores[].environment", ValueKind::Text, "`production`, `staging`, …")
            .variables(&["MCP_DEFAULT_ENV"])
            .default("\"staging\""),
        Setting::new(
            "stores[].signing_base_url",
            ValueKind::Url,
            "What Magento takes its own address for, where a proxy changes scheme, host or port; \
             only OAuth signatures use it",
        )
        .variables(&["MAGENTO_SIGNING_BASE_URL"])
        .unset("`base_url`; where that has a port and is refused, without it")
        .example("\"http://shop.internal/\""),
        Setting::new(
            "stores[].four_byte",
            ValueKind::Switch,
            "Whether its database keeps characters of four bytes (`utf8mb4` in every table), such as \
             emoji; most stores turn them into `????`, so that a change with one is refused",
        )
        .variables(&["SOUK_FOUR_BYTE"])
        .default("false"),
        Setting::new(
            "stores[].cloud_service",
            ValueKind::Switch,
            "Whether it is Adobe Commerce as a Cloud Service: addresses without `/rest`, store views \
             named by a header",
        )
        .unset("on with credentials of Adobe's identity service, or an address of Adobe's")
        .example("true"),
        Setting::new(
            "stores[].ca_file",
            ValueKind::Path,
            "Certificates of authorities, as PEM, that the store's may be signed by, beside the \
             system's",
        )
        .variables(&["MAGENTO_CA_FILE"])
        .example("\"/etc/ssl/company.pem\""),
        Setting::new(
            "stores[].proxy",
            ValueKind::Secret,
            "The HTTP proxy by which this store is reached, with name and password if it wants any; \
             proxies are not taken from `HTTP_PROXY`",
        )
        .variables(&["MAGENTO_PROXY"])
        .example("\"http://proxy.example:3128\""),
        Setting::new(
            "stores[].headers.NAME",
            ValueKind::Secret,
            "A header that every request to this store carries, for an access gateway before it; \
             nobody else is sent it",
        ),
        Setting::new(
            "stores[].credentials.oauth.consumer_key",
            ValueKind::Secret,
            "An integration's consumer key: the recommended way to log in",
        )
        .variables(&["MAGENTO_OAUTH_CONSUMER_KEY"]),
        Setting::new(
            "stores[].credentials.oauth.consumer_secret",
            ValueKind::Secret,
            "An integration's consumer secret",
        )
        .variables(&["MAGENTO_OAUTH_CONSUMER_SECRET"]),
        Setting::new(
            "stores[].credentials.oauth.token",
            ValueKind::Secret,
            "An integration's access token",
        )
        .variables(&["MAGENTO_OAUTH_TOKEN"]),
        Setting::new(
            "stores[].credentials.oauth.token_secret",
            ValueKind::Secret,
            "An integration's access token secret",
        )
        .variables(&["MAGENTO_OAUTH_TOKEN_SECRET"]),
        Setting::new(
            "stores[].credentials.integration_token",
            ValueKind::Secret,
            "An integration's token as a bearer token; Magento refuses these since 2.4.4 unless \
             told otherwise",
        )
        .variables(&["MAGENTO_INTEGRATION_TOKEN"]),
        Setting::new(
            "stores[].credentials.admin.username",
            ValueKind::Text,
            "An admin user's name",
        )
        .variables(&["MAGENTO_ADMIN_USERNAME"])
        .example("\"agent\""),
        Setting::new(
            "stores[].credentials.admin.password",
            ValueKind::Secret,
            "An admin user's password",
        )
        .variables(&["MAGENTO_ADMIN_PASSWORD"]),
        Setting::new(
            "stores[].credentials.admin.otp_secret",
            ValueKind::Secret,
            "The secret of that user's Google Authenticator, of which one-time codes are made, where \
             the store demands a second factor: Base32, or the `otpauth://` address of the QR code",
        )
        .variables(&["MAGENTO_ADMIN_OTP_SECRET"]),
        Setting::new(
            "stores[].credentials.ims.client_id",
            ValueKind::Text,
            "Adobe Commerce as a Cloud Service: the client id of OAuth server-to-server credentials",
        )
        .variables(&["MAGENTO_IMS_CLIENT_ID"])
        .example("\"0123456789abcdef0123456789abcdef\""),
        Setting::new(
            "stores[].credentials.ims.client_secret",
            ValueKind::Secret,
            "The client secret that belongs to it",
        )
        .variables(&["MAGENTO_IMS_CLIENT_SECRET"]),
        Setting::new(
            "stores[].credentials.ims.org_id",
            ValueKind::Text,
            "The organisation",
        )
        .variables(&["MAGENTO_IMS_ORG_ID"])
        .example("\"0123456789ABCDEF01234567@AdobeOrg\""),
        Setting::new(
            "stores[].credentials.ims.scopes",
            ValueKind::Text,
            "What its tokens are to be good for, with commas between",
        )
        .variables(&["MAGENTO_IMS_SCOPES"])
        .default(
            "\"openid,AdobeID,email,profile,additional_info.roles,\
             additional_info.projectedProductContext,commerce.accs\"",
        ),
        Setting::new(
            "stores[].credentials.ims.url",
            ValueKind::Url,
            "Where Adobe's identity service gives out tokens; nothing of the store's proxy, \
             authorities and headers goes there",
        )
        .variables(&["MAGENTO_IMS_URL"])
        .default("\"https://ims-na1.adobelogin.com/ims/token/v3\""),
        Setting::new(
            "stores[].limits.connect_timeout",
            ValueKind::Number,
            "Until a connection stands, TLS included",
        )
        .default("5.0")
        .unit("seconds"),
        Setting::new(
            "stores[].limits.total_timeout",
            ValueKind::Number,
            "For one read as a whole, every attempt included",
        )
        .default("30.0")
        .unit("seconds"),
        Setting::new(
            "stores[].limits.write_timeout",
            ValueKind::Number,
            "For one write as a whole; what takes longer may have happened or not",
        )
        .default("60.0")
        .unit("seconds"),
        Setting::new(
            "stores[].limits.max_answer_bytes",
            ValueKind::Whole,
            "The longest body that is read",
        )
        .default("16777216")
        .unit("bytes"),
        Setting::new(
            "stores[].limits.max_retries",
            ValueKind::Whole,
            "How often a read is sent again after a lost connection, 429, 502, 503 or 504",
        )
        .default("3")
        .unit("times"),
        Setting::new(
            "stores[].limits.max_retry_after",
            ValueKind::Number,
            "How long a store's `Retry-After` may be to be waited for",
        )
        .default("10.0")
        .unit("seconds"),
        Setting::new(
            "stores[].limits.concurrency",
            ValueKind::Whole,
            "Requests to the store at the same time, over all sessions",
        )
        .default("16")
        .unit("requests"),
        Setting::new(
            "stores[].limits.max_url_bytes",
            ValueKind::Whole,
            "The longest address that is sent",
        )
        .default("8000")
        .unit("bytes"),
    ],
};
