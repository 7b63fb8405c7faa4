//! What a user of magento-mcp has after changing one command: every one of its 38 tools, called with
//! its arguments inside `params` as that server wants them, does what it says. What it did is read
//! from the store and its cache directly, past the host.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use souk_tests::{DemoStore, Era, Home, Mcp, field_of};

/// The tools of magento-mcp.
const TOOLS: [&str; 38] = [
    "auth_login",
    "auth_logout",
    "auth_whoami",
    "cache_purge_by_url",
    "cache_purge_category",
    "cache_purge_product",
    "catalog_commit_bulk_update",
    "catalog_get_product",
    "catalog_prepare_bulk_update",
    "catalog_search_products",
    "cms_commit_bulk_update_blocks",
    "cms_commit_bulk_update_pages",
    "cms_get_block",
    "cms_get_page",
    "cms_prepare_bulk_update_blocks",
    "cms_prepare_bulk_update_pages",
    "cms_search_blocks",
    "cms_search_pages",
    "diagnostics_indexer_status_report",
    "diagnostics_inventory_salable_report",
    "diagnostics_product_display_check",
    "pricing_commit_bulk_price_update",
    "pricing_prepare_bulk_price_update",
    "promotions_commit_cart_price_rule_create",
    "promotions_disable_rule",
    "promotions_enable_rule",
    "promotions_export_coupons",
    "promotions_generate_coupons",
    "promotions_get_rule",
    "promotions_prepare_cart_price_rule_create",
    "promotions_search_rules",
    "promotions_update_rule",
    "scope_list_websites_stores",
    "scope_set_default",
    "seo_bulk_update_meta",
    "seo_commit_bulk_update_url_keys",
    "seo_prepare_bulk_update_url_keys",
    "seo_report_redirect_chains",
];

/// A user who has switched, and which tools they have used since.
struct MigratedClient {
    store: DemoStore,
    client: Mcp,
    used: BTreeSet<&'static str>,
    _home: Home,
}

impl MigratedClient {
    async fn new() -> Self {
        let (store, home) = (DemoStore::with_cache().await, Home::new());
        let souk = home
            .souk(["serve"])
            .on(&store)
            // One of its variables, by which Souk knows who comes from it.
            .env("MCP_TIER2_CONFIRM", "true")
            .env("SOUK_CDN", "varnish")
            .env("SOUK_CDN_URL", store.credential("SOUK_CDN_URL"));
        let client = souk.stdio(Era::Legacy).await;
        Self { store, client, used: BTreeSet::new(), _home: home }
    }

    /// Calls a tool as magento-mcp's clients do. Every one of these fields must be in the answer.
    async fn call(&mut self, tool: &'static str, params: Value, fields: &[&str]) -> Value {
        self.used.insert(tool);
        let answer = self.client.answer(tool, json!({ "params": params })).await;
        for field in fields {
            assert!(answer.get(field).is_some(), "`{tool}` answers no `{field}`: {answer}");
        }
        answer
    }

    /// The same, confirmed.
    async fn confirm(&mut self, tool: &'static str, mut params: Value, fields: &[&str]) -> Value {
        params["confirm"] = json!(true);
        params["reason"] = json!("the switch from magento-mcp");
        self.call(tool, params, fields).await
    }

    /// A call that must be refused: what for.
    async fn refused(&mut self, tool: &'static str, params: Value) -> String {
        self.used.insert(tool);
        self.client.refusal(tool, json!({ "params": params })).await
    }

    /// Prepares with one tool and commits with the other, which must do this many.
    async fn plan(&mut self, tools: [&'static str; 2], params: Value, count: usize) -> Value {
        let [prepare, commit] = tools;
        let fields =
            ["plan_id", "expires_at", "affected_count", "sample_diffs", "warnings", "message"];
        // The plans of pages, blocks and url keys have fields of their own instead of some of these.
        let fields = match prepare {
            "seo_prepare_bulk_update_url_keys" => {
                &["plan_id", "expires_at", "affected_count", "changes", "collisions", "message"][..]
            }
            _ if prepare.starts_with("cms_") => &fields[..4],
            _ => &fields,
        };
        let planned = self.call(prepare, params, fields).await;
        assert_eq!(planned["affected_count"], count, "{planned}");
        let committed = self
            .confirm(
                commit,
                json!({"plan_id": planned["plan_id"], "idempotency_key": planned["plan_id"]}),
                &["message", "success_count", "error_count", "errors"],
            )
            .await;
        assert_eq!(committed["success_count"], count, "{committed}");
        assert_eq!((&committed["error_count"], &committed["errors"]), (&json!(0), &json!([])));
        planned
    }

    async fn product(&self, view: &str, sku: &str) -> Value {
        self.store.rest(&format!("/{view}/V1/products/{sku}")).await
    }

    async fn sessions_and_scopes(&mut self) {
        let login = ["message", "username", "base_url", "auth_method"];
        let logged_in = self.call("auth_login", json!({}), &login).await;
        assert_eq!(logged_in["base_url"].as_str().unwrap().trim_end_matches('/'), self.store.url());
        let fields = ["username", "base_url", "default_scope"];
        self.call("auth_whoami", json!({}), &fields).await;
        let scopes = self
            .call(
                "scope_list_websites_stores",
                json!({}),
                &["websites", "store_groups", "store_views", "store_configs", "default_scope"],
            )
            .await;
        let views = self.store.rest("/V1/store/storeViews").await;
        assert_eq!(scopes["store_views"].as_array().map(Vec::len), views.as_array().map(Vec::len));

        let set = json!({"store_view_code": "de"});
        self.call("scope_set_default", set, &["message", "store_view_code"]).await;
        assert_eq!(self.call("auth_whoami", json!({}), &[]).await["default_scope"], "de");
        let german = self.call("catalog_get_product", json!({"sku": "TEN-001"}), &["sku"]).await;
        assert_eq!(german["name"], self.product("de", "TEN-001").await["name"]);
        let set = json!({"store_view_code": "default"});
        self.call("scope_set_default", set, &[]).await;
    }

    async fn catalogue_and_prices(&mut self) {
        let asked = json!({
            "filters": {"sku": {"value": "TEN-%", "condition": "like"}, "type_id": "simple"},
            "fields": ["sku", "name"], "page_size": 2, "current_page": 1,
        });
        let fields = ["items", "total_count", "search_criteria"];
        let found = self.call("catalog_search_products", asked, &fields).await;
        assert_eq!(found["items"].as_array().map(Vec::len), Some(2), "{found}");

        let plan = json!({
            "match": {"sku_list": ["TEN-001", "TEN-002"]},
            "updates": {"meta_title": "Zelt", "name": "Zelt"},
            "scope": {"store_view_code": "de"},
        });
        let tools = ["catalog_prepare_bulk_update", "catalog_commit_bulk_update"];
        let before = self.product("default", "TEN-001").await["name"].clone();
        self.plan(tools, plan, 2).await;
        assert_eq!(self.product("de", "TEN-001").await["name"], "Zelt");
        assert_eq!(self.product("default", "TEN-001").await["name"], before);

        let plan = json!({
            "match": {"sku_list": ["TEN-001"]},
            "price_updates": {"price": 205.5, "special_price": 180},
            "scope": {"scope": "global"},
        });
        let tools = ["pricing_prepare_bulk_price_update", "pricing_commit_bulk_price_update"];
        self.plan(tools, plan, 1).await;
        let product = self.product("all", "TEN-001").await;
        assert_eq!(product["price"], 205.5);
        assert_eq!(field_of(&product, "special_price").as_str().unwrap().parse(), Ok(180.0));
    }

    async fn promotions(&mut self) {
        let rule = json!({
            "name": "Tents, ten off", "website_ids": [1], "customer_group_ids": [0, 1],
            "simple_action": "by_percent", "discount_amount": 10, "coupon_type": "auto",
            "conditions": {
                "condition_type": "Magento\\SalesRule\\Model\\Rule\\Condition\\Combine",
                "aggregator_type": "all", "value": "1",
                "conditions": [{
                    "condition_type": "Magento\\SalesRule\\Model\\Rule\\Condition\\Address",
                    "attribute_name": "base_subtotal", "operator": ">=", "value": "100",
                }],
            },
        });
        let fields = ["plan_id", "expires_at", "rule_preview", "warnings", "message"];
        let planned = self.call("promotions_prepare_cart_price_rule_create", rule, &fields).await;
        let commit = json!({"plan_id": planned["plan_id"]});
        let made = self
            .confirm("promotions_commit_cart_price_rule_create", commit, &["message", "rule"])
            .await;
        let id = made["rule"]["rule_id"].clone();
        let is = self.store.rest(&format!("/V1/salesRules/{id}")).await;
        assert_eq!((&is["coupon_type"], &is["is_active"]), (&json!("AUTO"), &json!(false)));
        assert_eq!(is["condition"]["conditions"][0]["attribute_name"], "base_subtotal", "{is}");

        let asked = json!({"query": "Tents, ten", "website_code": "base", "enabled": false});
        let found = self.call("promotions_search_rules", asked, &["items", "total_count"]).await;
        assert_eq!((&found["total_count"], &found["items"][0]["rule_id"]), (&json!(1), &id));
        let one = json!({"rule_id": id});
        assert_eq!(
            self.call("promotions_get_rule", one.clone(), &[]).await["discount_amount"],
            is["discount_amount"]
        );

        let patch = json!({"rule_id": id, "patch": {"discount_amount": 12}});
        self.confirm("promotions_update_rule", patch, &["message", "rule"]).await;
        self.confirm("promotions_enable_rule", one.clone(), &["message", "rule"]).await;
        let is = self.store.rest(&format!("/V1/salesRules/{id}")).await;
        assert_eq!((&is["discount_amount"], &is["is_active"]), (&json!(12), &json!(true)));
        assert_eq!(is["condition"]["conditions"][0]["attribute_name"], "base_subtotal", "{is}");
        self.call("promotions_disable_rule", one.clone(), &["message", "rule"]).await;
        let is = self.store.rest(&format!("/V1/salesRules/{id}")).await;
        assert_eq!(is["is_active"], false);

        let asked =
            json!({"rule_id": id, "qty": 7, "prefix": "TENT-", "length": 8, "format": "numeric"});
        let made =
            self.confirm("promotions_generate_coupons", asked, &["message", "coupons"]).await;
        assert_eq!(made["coupons"].as_array().map(Vec::len), Some(7), "{made}");
        let coupons = self
            .store
            .rest(&format!(
                "/V1/coupons/search?searchCriteria[filterGroups][0][filters][0][field]=rule_id\
                 &searchCriteria[filterGroups][0][filters][0][value]={id}"
            ))
            .await;
        assert_eq!(coupons["total_count"], 7);
        let exported = self
            .call(
                "promotions_export_coupons",
                json!({"rule_id": id, "format": "csv"}),
                &["format", "total_count", "csv"],
            )
            .await;
        let csv = exported["csv"].as_str().unwrap();
        for coupon in coupons["items"].as_array().unwrap() {
            let code = coupon["code"].as_str().unwrap();
            assert!(code.starts_with("TENT-") && csv.contains(code), "{code}: {csv}");
        }
    }

    async fn pages_and_blocks(&mut self) {
        let fields = ["items", "total_count"];
        for (kind, id, tools) in [
            (
                "Page",
                "page_id",
                [
                    "cms_search_pages",
                    "cms_get_page",
                    "cms_prepare_bulk_update_pages",
                    "cms_commit_bulk_update_pages",
                ],
            ),
            (
                "Block",
                "block_id",
                [
                    "cms_search_blocks",
                    "cms_get_block",
                    "cms_prepare_bulk_update_blocks",
                    "cms_commit_bulk_update_blocks",
                ],
            ),
        ] {
            let [search, get, prepare, commit] = tools;
            let found = self.call(search, json!({"page_size": 5}), &fields).await;
            let first = found["items"][0]["id"].clone();
            let got = self.call(get, json!({ id: first }), &["title", "content"]).await;
            let matching = json!({ format!("{id}s"): [first] });
            let plan = json!({
                "match": matching, "updates": {"title": "Switched"}, "scope": {"scope": "global"},
            });
            self.plan([prepare, commit], plan, 1).await;
            let is = self.store.rest(&format!("/V1/cms{kind}/{first}")).await;
            assert_eq!((&is["title"], &is["content"]), (&json!("Switched"), &got["content"]));
            assert_eq!(is["identifier"], got["identifier"]);
        }
    }

    async fn search_engines(&mut self) {
        let before = field_of(&self.product("all", "MUG-001").await, "url_key");
        let plan = json!({
            "match": {"sku_list": ["MUG-001"]},
            "url_key_transform": {"prefix": "new-"},
            "scope": {"scope": "global"},
        });
        let tools = ["seo_prepare_bulk_update_url_keys", "seo_commit_bulk_update_url_keys"];
        self.plan(tools, plan, 1).await;
        let after = field_of(&self.product("all", "MUG-001").await, "url_key");
        assert_eq!(after, format!("new-{}", before.as_str().unwrap()));

        let asked = json!({
            "match": {"sku_list": ["MUG-001", "MUG-002"]},
            "meta_updates": {"meta_title": "Mugs"}, "scope": {"scope": "global"},
        });
        let fields = ["message", "success_count", "error_count", "errors"];
        let done = self.confirm("seo_bulk_update_meta", asked, &fields).await;
        assert_eq!(done["success_count"], 2, "{done}");
        for sku in ["MUG-001", "MUG-002"] {
            assert_eq!(field_of(&self.product("all", sku).await, "meta_title"), "Mugs");
        }

        // Core Magento lists no rewrites over REST: that is said, and not "none found".
        let refusal = self.refused("seo_report_redirect_chains", json!({"max_depth": 5})).await;
        assert!(refusal.starts_with("UNAVAILABLE: "), "{refusal}");
        let old = format!("{}.html", before.as_str().unwrap());
        let report = self
            .call(
                "seo_report_redirect_chains",
                json!({"max_depth": 5, "urls": [old]}),
                &["total_redirects", "chains_found", "chains", "max_depth_checked"],
            )
            .await;
        assert_eq!(report["max_depth_checked"], 5);
    }

    async fn diagnostics(&mut self) {
        let fields = [
            "sku",
            "found",
            "product_name",
            "status",
            "visibility",
            "price",
            "issues",
            "recommended_actions",
        ];
        let tool = "diagnostics_product_display_check";
        let well = self.call(tool, json!({"sku": "TEN-002"}), &fields).await;
        assert_eq!((&well["found"], &well["sku"]), (&json!(true), &json!("TEN-002")));
        let body = json!({"product": {"sku": "TEN-002", "status": 2}});
        self.store.put("/all/V1/products/TEN-002", &body).await;
        let hidden = self.call(tool, json!({"sku": "TEN-002"}), &fields).await;
        let issues = hidden["issues"].as_array().unwrap().len();
        assert!(issues > well["issues"].as_array().unwrap().len(), "{hidden}");

        let tool = "diagnostics_inventory_salable_report";
        let fields = ["sku", "stock_item", "salable_quantity", "source_items"];
        let asked = json!({"sku": "TEN-001", "website_code": "base"});
        let report = self.call(tool, asked, &fields).await;
        let stock = self.store.rest("/V1/inventory/stock-resolver/website/base").await;
        let salable = self
            .store
            .rest(&format!(
                "/V1/inventory/get-product-salable-quantity/TEN-001/{}",
                stock["stock_id"]
            ))
            .await;
        assert_eq!(report["salable_quantity"].as_f64(), salable.as_f64(), "{report}");

        // Nor does core Magento tell of indexers.
        let refusal = self.refused("diagnostics_indexer_status_report", json!({})).await;
        assert!(refusal.starts_with("UNAVAILABLE: "), "{refusal}");
    }

    async fn cache(&mut self) {
        let id = self.product("all", "TEN-001").await["id"].clone();
        let tags = format!("cat_p_{id},cat_c_3");
        let by_url = json!({"urls": [format!("{}/tent-0.html", self.store.url())]});
        let by_product = json!({"sku": "TEN-001", "store_view_code": "de"});
        let purged = ["message", "success", "purge_id"];
        let calls = [
            ("cache_purge_by_url", by_url, &["message", "results"][..]),
            ("cache_purge_product", by_product, &purged),
            ("cache_purge_category", json!({"category_id": 3}), &purged),
        ];
        for (n, (tool, params, fields)) in calls.into_iter().enumerate() {
            let page = format!("tent-{n}.html");
            // Asking for it is what puts it there.
            assert!(!self.store.is_cached(&page, &tags).await);
            assert!(self.store.is_cached(&page, &tags).await);
            self.confirm(tool, params, fields).await;
            assert!(!self.store.is_cached(&page, &tags).await, "`{tool}` purged nothing");
        }
    }
}

#[tokio::test]
async fn every_tool_of_magento_mcp_does_what_it_says_as_the_store_shows() {
    let mut user = MigratedClient::new().await;
    user.sessions_and_scopes().await;
    user.catalogue_and_prices().await;
    user.promotions().await;
    user.pages_and_blocks().await;
    user.search_engines().await;
    user.diagnostics().await;
    user.cache().await;
    let out = user.call("auth_logout", json!({}), &["message"]).await;
    assert_eq!(out["message"], "Logged out successfully");
    let out = user.call("auth_logout", json!({}), &["message"]).await;
    assert_eq!(out["message"], "No active session");
    let refusal = user.refused("auth_whoami", json!({})).await;
    assert!(refusal.starts_with("NOT_AUTHENTICATED: "), "{refusal}");

    assert_eq!(user.used, BTreeSet::from(TOOLS));
    // They are listed, and beside them only what Souk has of its own.
    let listed = user.client.tools().await;
    let is_own = |tool: &&String| tool.starts_with("plans_") || tool.starts_with("tools_");
    let (own, others): (Vec<&String>, Vec<&String>) = listed.iter().partition(is_own);
    assert_eq!(others.into_iter().map(String::as_str).collect::<BTreeSet<_>>(), user.used);
    assert_eq!(own.len(), 7 + 4, "{own:?}");
}
