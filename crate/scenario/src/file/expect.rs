//! `[[expect]]` of a scenario file.

use super::tree::{Entry, Node, Value, find};
use super::{Reader, Scenario};
use crate::error::{Error, nearest, shown};
use crate::expect::{Asked, Expectation, FIGURES, Figure, Unit};
use crate::setup::{SEEDS_MAX, parse_kernels};
use crate::value::Kind;
use swapscope_sim::trace::Outcome;

const KEYS: [&str; 8] = ["kernel", "outcome", "figure", "least", "most", "runs", "holds", "because"];
impl Reader<'_> {
    /// All tables of `expect`. One without a kernel is for every kernel of the scenario.
    pub(super) fn expectations(&self, node: &Node, scenario: &Scenario) -> Result<Vec<Expectation>, Error> {
        let wrong = |at| self.error(at, "expect: expected sections of the form [[expect]]".to_owned());
        let Value::List(tables) = &node.value else { return Err(wrong(node.line)) };
        let mut all = Vec::new();
        for entry in tables {
            let Value::Table(table) = &entry.value else { return Err(wrong(entry.line)) };
            let one = self.expectation(entry.line, table)?;
            if one.kernel.is_empty() {
                let each = scenario.kernels.iter();
                all.extend(each.map(|(kernel, _)| Expectation { kernel: kernel.clone(), ..one.clone() }));
            } else {
                all.push(one);
            }
        }
        Ok(all)
    }

    fn expectation(&self, at: usize, table: &[Entry]) -> Result<Expectation, Error> {
        if let Some(Entry { key, node }) = table.iter().find(|entry| !KEYS.contains(&entry.key.as_str())) {
            let near = nearest(key, KEYS);
            return Err(self.error(node.line, format!("unknown key '{}' in [[expect]]{near}", shown(key))));
        }
        let text = |key: &str| find(table, key).map(|value| self.words(key, value)).transpose();
        let kernel = text("kernel")?.unwrap_or_default();
        if let Some(value) = find(table, "kernel") {
            parse_kernels(&[(kernel.clone(), self.place(value.line))])?;
        }
        let (least, seeds) = self.runs(at, table)?;
        let asked = match (find(table, "outcome"), find(table, "figure")) {
            (Some(outcome), None) => self.outcomes(outcome, table)?,
            (None, Some(figure)) => self.within(figure, table)?,
            _ => return Err(self.error(at, "expect: expected either 'outcome' or 'figure'".to_owned())),
        };
        let holds = find(table, "holds").map(|node| match node.value {
            Value::Switch(holds) => Ok(holds),
            _ => Err(self.error(node.line, "holds: expected true or false".to_owned())),
        });
        let because = text("because")?.filter(|because| !because.is_empty());
        if holds.transpose()?.unwrap_or(true) == because.is_some() {
            let message = "expect: 'holds = false' and 'because' belong together";
            return Err(self.error(at, message.to_owned()));
        }
        Ok(Expectation { kernel, asked, least, seeds, fails_because: because, place: self.place(at) })
    }

    /// `runs = "6 of 8"`.
    fn runs(&self, at: usize, table: &[Entry]) -> Result<(u64, u64), Error> {
        const EXPECTED: &str = "expected a text such as \"6 of 8\"";
        let Some(value) = find(table, "runs") else {
            return Err(self.error(at, format!("expect: 'runs' is missing: {EXPECTED}")));
        };
        let text = self.words("runs", value)?;
        let parts = text
            .split_once(" of ")
            .and_then(|(least, seeds)| Some((least.parse::<u64>().ok()?, seeds.parse::<u64>().ok()?)));
        let fits = |(least, seeds): &(u64, u64)| *least >= 1 && least <= seeds && *seeds <= SEEDS_MAX;
        parts
            .filter(fits)
            .ok_or_else(|| self.error(value.line, format!("runs = {}: {EXPECTED}", shown(&text))))
    }

    fn outcomes(&self, value: &Node, table: &[Entry]) -> Result<Asked, Error> {
        if let Some(bound) = find(table, "least").or_else(|| find(table, "most")) {
            let message = "expect: bounds belong to a 'figure', not to an 'outcome'";
            return Err(self.error(bound.line, message.to_owned()));
        }
        let names = match &value.value {
            Value::List(names) => {
                names.iter().map(|name| self.outcome(name)).collect::<Result<Vec<_>, _>>()?
            }
            _ => vec![self.outcome(value)?],
        };
        if names.is_empty() {
            return Err(self.error(value.line, "outcome: expected at least one".to_owned()));
        }
        Ok(Asked::Outcome(names))
    }

    fn outcome(&self, value: &Node) -> Result<Outcome, Error> {
        let name = self.words("outcome", value)?;
        Outcome::parse(&name).ok_or_else(|| {
            let near = nearest(&name, Outcome::ALL.map(Outcome::name));
            self.error(value.line, format!("unknown outcome '{}'{near}", shown(&name)))
        })
    }

    fn within(&self, value: &Node, table: &[Entry]) -> Result<Asked, Error> {
        let key = self.words("figure", value)?;
        let at = value.line;
        let figure = FIGURES.iter().find(|figure| figure.key == key).ok_or_else(|| {
            let near = nearest(&key, FIGURES.iter().map(|figure| figure.key));
            self.error(at, format!("unknown figure '{}'{near}", shown(&key)))
        })?;
        let bound = |key: &str| find(table, key).map(|value| self.bound(key, value, figure)).transpose();
        match (bound("least")?, bound("most")?) {
            (None, None) => Err(self.error(at, format!("{key}: expected 'least', 'most' or both"))),
            (Some(least), Some(most)) if least > most => {
                Err(self.error(at, format!("{key}: 'least' is more than 'most'")))
            }
            (least, most) => Ok(Asked::Within(figure, least.unwrap_or(0), most.unwrap_or(u64::MAX))),
        }
    }

    fn bound(&self, key: &str, value: &Node, figure: &Figure) -> Result<u64, Error> {
        let kind = match figure.unit {
            Unit::Time => Kind::Time,
            Unit::Count => Kind::Count,
        };
        let text = self.scalar(key, value)?;
        match kind.parse(&text) {
            Ok(value) => Ok(value.number()),
            Err(expected) => Err(self.error(value.line, format!("{key} = {}: {expected}", shown(&text)))),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Expectation, Scenario};

    const HEAD: &str = "title = 't'\nsummary = 's'\nclaim = 'c'\nkernels = ['4.6', '4.9']\n[[expect]]\n";

    fn read(body: &str) -> Result<Vec<Expectation>, String> {
        let scenario = Scenario::parse("x.toml", &format!("{HEAD}{body}"));
        scenario.map(|scenario| scenario.expectations).map_err(|error| error.to_string())
    }

    fn error(body: &str) -> String {
        read(body).unwrap_err()
    }

    #[test]
    fn without_a_kernel_it_is_for_each() {
        let all = read("figure = 'done'\nmost = '40s'\nruns = '2 of 2'\n").unwrap();
        let texts: Vec<String> = all.iter().map(Expectation::text).collect();
        assert_eq!(
            texts,
            ["4.6: done at most 40.0 s in all 2 runs", "4.9: done at most 40.0 s in all 2 runs"]
        );
        let one = read("kernel = '4.5'\noutcome = ['oom', 'livelock']\nruns = '1 of 2'\n").unwrap();
        assert_eq!(one[0].text(), "4.5: oom or livelock in at least 1 of 2 runs");
        assert_eq!(one[0].place, "x.toml:5");
    }

    #[test]
    fn errors_say_where_and_what_was_expected() {
        const RUNS: &str = "runs = '1 of 2'\n";
        assert_eq!(
            error("outcom = 'oom'\n"),
            "x.toml:6: unknown key 'outcom' in [[expect]]; nearest is 'outcome'"
        );
        assert_eq!(
            error("outcome = 'oom'\n"),
            "x.toml:5: expect: 'runs' is missing: expected a text such as \"6 of 8\""
        );
        for runs in ["3 of 2", "0 of 2", "1 of 2000", "two"] {
            let expected = format!("x.toml:6: runs = {runs}: expected a text such as \"6 of 8\"");
            assert_eq!(error(&format!("runs = '{runs}'\noutcome = 'oom'\n")), expected);
        }
        for (body, message) in [
            ("outcome = 'ooms'", "7: unknown outcome 'ooms'; nearest is 'oom'"),
            ("outcome = []", "7: outcome: expected at least one"),
            ("outcome = 'oom'\nmost = 3", "8: expect: bounds belong to a 'figure', not to an 'outcome'"),
            ("outcome = 'oom'\nfigure = 'done'", "5: expect: expected either 'outcome' or 'figure'"),
            ("figure = 'dome'\nmost = 3", "7: unknown figure 'dome'; nearest is 'done'"),
            ("figure = 'done'", "7: done: expected 'least', 'most' or both"),
            ("figure = 'free-min'\nleast = 3\nmost = 2", "7: free-min: 'least' is more than 'most'"),
            ("figure = 'done'\nmost = 3", "8: most = 3: expected a time such as 3us, 100ms or 120s"),
            ("kernel = '4.66'\noutcome = 'oom'", "7: unknown kernel '4.66'; nearest is '4.6'"),
            ("outcome = 'oom'\nholds = false", "5: expect: 'holds = false' and 'because' belong together"),
            ("outcome = 'oom'\nbecause = 'x'", "5: expect: 'holds = false' and 'because' belong together"),
            ("outcome = 'oom'\nholds = 1", "8: holds: expected true or false"),
        ] {
            assert_eq!(error(&format!("{RUNS}{body}\n")), format!("x.toml:{message}"));
        }
        let text = HEAD.replace("[[expect]]", "[expect]") + "runs = '1 of 2'\n";
        assert_eq!(
            Scenario::parse("x.toml", &text).unwrap_err().to_string(),
            "x.toml:5: expect: expected sections of the form [[expect]]"
        );
    }
}
