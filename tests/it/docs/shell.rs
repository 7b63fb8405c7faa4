//! What a shell block would run, as far as reading it goes.

/// The commands of a script, each as its words: quotes taken off, assignments before a command and
/// redirections left out. Words that only the shell can make, `$(…)`, stay as they stand.
pub(super) fn commands(script: &str) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = script.chars().peekable();
    let end_word = |word: &mut Option<String>, words: &mut Vec<String>| {
        if let Some(done) = word.take() {
            words.push(done);
        }
    };
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('\n') | None => {}
                Some(next) => word.get_or_insert_default().push(next),
            },
            '\'' | '"' => {
                let into = word.get_or_insert_default();
                while let Some(next) = letters.next() {
                    match next {
                        _ if next == letter => break,
                        '\\' if letter == '"' => into.extend(letters.next()),
                        _ => into.push(next),
                    }
                }
            }
            '$' if letters.peek() == Some(&'(') => {
                let into = word.get_or_insert_default();
                into.push('$');
                let mut depth = 0;
                for next in letters.by_ref() {
                    into.push(next);
                    match next {
                        '(' => depth += 1,
                        ')' => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
            '#' if word.is_none() => while letters.next_if(|next| *next != '\n').is_some() {},
            '\n' | ';' | '|' | '&' => {
                end_word(&mut word, &mut words);
                commands.push(std::mem::take(&mut words));
            }
            _ if letter.is_whitespace() => end_word(&mut word, &mut words),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    end_word(&mut word, &mut words);
    commands.push(words);
    commands.into_iter().map(without_settings).filter(|words| !words.is_empty()).collect()
}

/// Drops `NAME=value` before a command, and redirections.
fn without_settings(words: Vec<String>) -> Vec<String> {
    let is_setting = |word: &String| {
        word.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty()
                && name.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_')
        })
    };
    let words: Vec<String> = words.into_iter().skip_while(is_setting).collect();
    let end = words.iter().position(|word| word.starts_with('>') || word.starts_with('<'));
    words[..end.unwrap_or(words.len())].to_vec()
}

#[test]
fn words_are_told_apart_as_a_shell_does() {
    let script = "A=1 souk call x 'a b' \"c\\\"d\" # why\nexport Y=2 && cargo test \\\n  --all > f; X=$(a | b)\n";
    assert_eq!(
        commands(script),
        [
            vec!["souk", "call", "x", "a b", "c\"d"],
            vec!["export", "Y=2"],
            vec!["cargo", "test", "--all"],
        ]
    );
}
