//! The review of a plan as one file for clients that draw pages in a conversation (MCP Apps): the console's
//! own table and style, which shows and decides nothing.

const PAGE: &str = include_str!("../assets/plan_view.html");
const STYLE: &str = include_str!("../assets/console.css");
const SCRIPT: &str = include_str!("../assets/plan_view.js");

/// The file, whole: it asks for nothing from anywhere.
#[must_use]
pub fn plan_view() -> String {
    PAGE.replace("/*STYLE*/", STYLE).replace("/*SCRIPT*/", SCRIPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_whole_and_asks_for_nothing_from_anywhere() {
        let page = plan_view();
        assert!(page.contains(".items") && page.contains("ui/initialize"));
        for outside in
            ["/*STYLE*/", "/*SCRIPT*/", "http://", "https://", "<link", "src=", "url(", "@import"]
        {
            assert!(!page.contains(outside), "{outside}");
        }
        // No text is ever taken for markup, and nothing is fetched.
        for danger in
            ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "fetch("]
        {
            assert!(!page.contains(danger), "{danger}");
        }
    }
}
