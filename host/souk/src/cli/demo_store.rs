//! Arguments of `souk demo-store`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use souk_demo_store::InputLimits;

/// `souk demo-store`
#[derive(Debug, Args)]
pub(crate) struct DemoStoreArgs {
    /// Where to listen; loopback only.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Start from this state instead of the sample shop.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Keep the store in this directory, over restarts; otherwise it begins anew each time.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Answer some requests as a store in trouble does: late, 429, 503, not at all. JSON; while it
    /// serves, `PUT /__demo/faults` takes the same.
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// Serve a cache beside it, to be purged as Varnish and as Fastly; loopback only. Its log is at
    /// `/__cdn/requests`.
    #[arg(long, value_name = "ADDR")]
    pub(crate) cdn: Option<SocketAddr>,
    /// Have that cache refuse purges by URL, as a Varnish with Magento's stock VCL does.
    #[arg(long, requires = "cdn")]
    pub(crate) cdn_stock_vcl: bool,
    /// Leave these modules out: names, or beginnings that end in `*`, separated by commas. Without
    /// `Magento_InventoryApi` there is no multi-source inventory.
    #[arg(long, value_name = "MODULES", value_delimiter = ',')]
    pub(crate) without: Vec<String>,
    /// Have its database keep characters of four bytes, such as emoji; without it they become `????`,
    /// as in most stores.
    #[arg(long)]
    pub(crate) four_byte: bool,
    /// How to log in: `password`; `2fa`, where admins have Google Authenticator, or
    /// `2fa:duo_security,u2fkey`, where they have these; `ims`, for Adobe Commerce as a Cloud Service,
    /// with its identity service beside it.
    #[arg(long, value_name = "WAY", default_value = "password")]
    pub(crate) login: String,
    /// Have its tokens live so many seconds.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) token_life: Option<i64>,
    /// Take its own address for one without the port, as behind an nginx that passes on `$host`:
    /// signatures are judged over that.
    #[arg(long)]
    pub(crate) without_port: bool,
    /// What it says of itself at `/magento_version`, as `Mage-OS/1.0 (Community)`.
    #[arg(long, value_name = "TEXT")]
    pub(crate) version_page: Option<String>,
    /// Limit what one request may hold, as a store does that has input limits switched on: so many
    /// items of a kind, so many on a page, and the page of whoever asks for none.
    #[arg(
        long,
        value_name = "ITEMS,PAGE,DEFAULT",
        num_args = 0..=1,
        default_missing_value = "20,300,20",
        value_parser = input_limits
    )]
    pub(crate) input_limits: Option<InputLimits>,
    /// Have its clock ahead by so many seconds, or behind.
    #[arg(long, value_name = "SECONDS", default_value_t = 0, allow_negative_numbers = true)]
    pub(crate) clock_ahead: i64,
    /// Keep prices per website, and not one for the whole store.
    #[arg(long)]
    pub(crate) website_prices: bool,
}

fn input_limits(text: &str) -> Result<InputLimits, String> {
    let numbers: Result<Vec<u32>, _> = text.split(',').map(str::parse).collect();
    match numbers.as_deref() {
        Ok([items, page, default_page]) => Ok(InputLimits {
            items: *items as usize,
            page: u64::from(*page),
            default_page: u64::from(*default_page),
        }),
        _ => Err("three numbers, as in `20,300,20`".to_owned()),
    }
}
