//! Graphs that are written down.

use muster_checker::liveness::{Edge, Fairness, Form, Graph, Lasso, Outcome, Property, check};

/// Steps by state; state 0 is the first. A step is a letter.
#[derive(Clone, Debug)]
pub(crate) struct Table(pub(crate) Vec<Vec<Edge<char>>>);

impl Graph for Table {
    type Action = char;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn initial(&self) -> Vec<u32> {
        vec![0]
    }

    fn successors(&self, state: u32, edges: &mut Vec<Edge<char>>) {
        edges.extend(self.0[state as usize].iter().cloned());
    }
}

/// `"0a1 1b0 1c-"`: by `a` from 0 to 1, by `b` back, by `c` from 1 past the boundary.
pub(crate) fn table(text: &str) -> Table {
    let digit = |c: char| usize::try_from(c.to_digit(10).unwrap()).unwrap();
    let mut edges = Vec::new();
    let at_least = |state: usize, edges: &mut Vec<Vec<Edge<char>>>| {
        edges.resize_with(edges.len().max(state + 1), Vec::new);
    };
    for word in text.split_whitespace() {
        let [from, action, to] = word.chars().collect::<Vec<_>>()[..] else { panic!("{word}") };
        at_least(digit(from), &mut edges);
        let to = to.is_ascii_digit().then(|| digit(to));
        if let Some(to) = to {
            at_least(to, &mut edges);
        }
        edges[digit(from)].push(Edge { action, to: to.map(|to| u32::try_from(to).unwrap()) });
    }
    Table(edges)
}

/// `"weak:ab strong:c"`, with `*` for every step.
pub(crate) fn fairness(text: &str) -> Vec<Fairness<'static, char>> {
    let parse = |word: &str| {
        let (strength, letters) = word.split_once(':').unwrap();
        let letters = letters.to_owned();
        let steps = move |_, action: &char| letters.contains(*action) || letters == "*";
        if strength == "weak" { Fairness::weak("fair", steps) } else { Fairness::strong("fair", steps) }
    };
    text.split_whitespace().map(parse).collect()
}

/// A property; steps named `f` are faults, of which the boundary is the budget.
pub(crate) fn property<'a>(form: Form<'a, char>, fair: &str) -> Property<'a, char> {
    let budgeted = Box::new(|_, action: &char| *action == 'f');
    Property { name: "tested".to_owned(), form, fairness: fairness(fair), budgeted }
}

/// In words: `holds`, `undecided`, or the lasso: `0a1(b2c1)`.
pub(crate) fn told(graph: &Table, form: Form<'_, char>, fair: &str) -> String {
    match check(graph, &property(form, fair)).unwrap() {
        Outcome::Holds => "holds".to_owned(),
        Outcome::Undecided => "undecided".to_owned(),
        Outcome::Violated(lasso) => in_words(&lasso),
    }
}

fn in_words(lasso: &Lasso<char>) -> String {
    let steps = |path: &[(char, u32)]| {
        let words: Vec<String> = path.iter().map(|(action, to)| format!("{action}{to}")).collect();
        words.concat()
    };
    format!("{}{}({})", lasso.first, steps(&lasso.stem), steps(&lasso.cycle))
}

/// One of these states.
pub(crate) fn at(states: &'static [u32]) -> Box<dyn Fn(u32) -> bool> {
    Box::new(move |state| states.contains(&state))
}
