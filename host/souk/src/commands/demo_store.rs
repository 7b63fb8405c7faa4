//! `souk demo-store`

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::{Context, bail};
use souk_demo_store::{Credential, DemoCdn, DemoStore};
use tokio::net::TcpListener;

use crate::cli;
use crate::output::print;

pub(crate) async fn run(options: cli::DemoStoreArgs) -> anyhow::Result<ExitCode> {
    for listen in [Some(options.listen), options.cdn].into_iter().flatten() {
        if !listen.ip().is_loopback() {
            bail!(
                "the demo store prints its credentials, so it listens on loopback only, not on \
                 {listen}"
            );
        }
    }
    let store = match &options.state {
        None => DemoStore::sample(),
        Some(file) => {
            let json = std::fs::read(file)
                .with_context(|| format!("cannot read the state `{}`", file.display()))?;
            DemoStore::from_state(&json)
                .with_context(|| format!("`{}` is no state of a store", file.display()))?
        }
    };
    let store = match &options.data {
        None => store,
        Some(directory) => store
            .with_data(directory)
            .with_context(|| format!("cannot keep the store in `{}`", directory.display()))?,
    };
    let store = match &options.faults {
        None => store,
        Some(file) => {
            let json = std::fs::read(file)
                .with_context(|| format!("cannot read the faults `{}`", file.display()))?;
            store
                .with_faults(&json)
                .with_context(|| format!("`{}` does not describe faults", file.display()))?
        }
    };
    let store = store
        .without_modules(&options.without)
        .with_four_byte(options.four_byte)
        .with_clock_ahead(options.clock_ahead);
    let mut store = store.with_login(&options.login)?;
    if let Some(seconds) = options.token_life {
        store = store.with_token_life(seconds);
    }
    if options.without_port {
        store = store.without_port();
    }
    if let Some(text) = options.version_page {
        store = store.with_version_page(text);
    }
    if options.website_prices {
        store = store.with_website_prices();
    }
    let store = store.with_input_limits(options.input_limits);
    let listener = TcpListener::bind(options.listen)
        .await
        .with_context(|| format!("cannot listen on {}", options.listen))?;
    let address = listener.local_addr()?;
    let mut text = format!("demo store at http://{address}{}/\n", store.base_path());
    if let Some(listen) = options.cdn {
        text.push_str(&serve_cdn(listen, options.cdn_stock_vcl).await?);
    }
    for credential in store.credentials() {
        text.push_str(&credential_lines(&credential, address));
    }
    print(&text)?;
    store
        .serve(listener, async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    Ok(ExitCode::SUCCESS)
}

/// Serves the demo's cache for as long as the process runs, and tells how to purge it.
async fn serve_cdn(listen: SocketAddr, stock_vcl: bool) -> anyhow::Result<String> {
    let cdn = if stock_vcl { DemoCdn::new().with_stock_vcl() } else { DemoCdn::new() };
    let address = crate::cdn::serve(cdn, listen)
        .await
        .with_context(|| format!("cannot listen on {listen}"))?;
    let (service, token) = (DemoCdn::SERVICE, DemoCdn::TOKEN);
    Ok(format!(
        "demo cache at http://{address}/\n\n\
         as Varnish       SOUK_CDN=varnish\n                 SOUK_CDN_URL=http://{address}/\n\n\
         as Fastly        SOUK_CDN_URL=http://{address}/\n                 \
         FASTLY_SERVICE_ID={service}\n                 FASTLY_API_TOKEN={token}\n"
    ))
}

/// These credentials open a store that is made to be played with, and are printed on purpose.
fn credential_lines(credential: &Credential, address: SocketAddr) -> String {
    match credential {
        Credential::Admin { username, password } => {
            format!(
                "\nadmin            MAGENTO_ADMIN_USERNAME={username}\n                 MAGENTO_ADMIN_PASSWORD={password}\n"
            )
        }
        Credential::Oauth {
            name,
            consumer_key,
            consumer_secret,
            access_token,
            access_token_secret,
            ..
        } => format!(
            "\n{name:<16} MAGENTO_OAUTH_CONSUMER_KEY={consumer_key}\n                 \
             MAGENTO_OAUTH_CONSUMER_SECRET={consumer_secret}\n                 \
             MAGENTO_OAUTH_TOKEN={access_token}\n                 \
             MAGENTO_OAUTH_TOKEN_SECRET={access_token_secret}\n"
        ),
        Credential::Bearer { name, token } => {
            format!("\n{name:<16} MAGENTO_INTEGRATION_TOKEN={token}\n")
        }
        Credential::OneTimeCodes { secret } => {
            format!("\nsecond factor    MAGENTO_ADMIN_OTP_SECRET={secret}\n")
        }
        Credential::Ims { client_id, client_secret, org_id, token_path } => format!(
            "\nAdobe IMS        MAGENTO_IMS_CLIENT_ID={client_id}\n                 \
             MAGENTO_IMS_CLIENT_SECRET={client_secret}\n                 \
             MAGENTO_IMS_ORG_ID={org_id}\n                 \
             MAGENTO_IMS_URL=http://{address}{token_path}\n"
        ),
        Credential::Customer { email, password } => {
            format!("\ncustomer         {email} / {password}\n")
        }
    }
}
