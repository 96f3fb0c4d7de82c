//! What is looked for in a page.

/// The elements of a page that open, as written between `<` and `>`. Fails when one is left open or closed twice.
pub fn elements(html: &str) -> Vec<String> {
    let (mut open, mut all) = (Vec::new(), Vec::new());
    for tag in html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()) {
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "in {html}");
        } else if !tag.starts_with('!') {
            let name = tag.split_whitespace().next().unwrap();
            if !["meta", "link", "input", "br", "img"].contains(&name) && !tag.ends_with('/') {
                open.push(name.to_owned());
            }
            all.push(tag.to_owned());
        }
    }
    assert!(open.is_empty(), "left open: {open:?} in {html}");
    all
}

pub fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    element.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

pub fn count(html: &str, part: &str) -> usize {
    html.matches(part).count()
}
