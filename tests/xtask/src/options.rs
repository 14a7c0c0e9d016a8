//! The few command line options, the same for every command.

/// Options after the command's name.
#[derive(Debug, Default, Clone)]
pub struct Options {
    /// Fuzz time per target, in seconds.
    pub seconds: Option<u64>,
    /// Fuzz executions per target; wins over `seconds`.
    pub executions: Option<u64>,
    /// Names of the only steps to run; empty for all.
    pub only: Vec<String>,
    /// The only target triple or fuzz target to use.
    pub target: Option<String>,
    /// The only board to use.
    pub board: Option<String>,
    /// The only model to use.
    pub model: Option<String>,
    /// Print what each operator costs as well.
    pub operators: bool,
    /// Print JSON on standard output.
    pub json: bool,
    /// Rewrite files instead of only checking them.
    pub fix: bool,
    /// Only compare what is checked in with what would be generated.
    pub check: bool,
    /// Only the test of the checker itself.
    pub self_test: bool,
    /// One step of the whole test run, which leaves to others what they do.
    pub whole_run: bool,
}

impl Options {
    /// Reads the options; the error is a sentence for the user.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                "--seconds" => options.seconds = Some(number(&value()?)?),
                "--executions" => options.executions = Some(number(&value()?)?),
                "--only" => options.only = value()?.split(',').map(str::to_owned).collect(),
                "--target" => options.target = Some(value()?),
                "--board" => options.board = Some(value()?),
                "--model" => options.model = Some(value()?),
                "--operators" => options.operators = true,
                "--json" => options.json = true,
                "--fix" => options.fix = true,
                "--check" => options.check = true,
                "--self-test" => options.self_test = true,
                other => return Err(format!("unknown option {other}")),
            }
        }
        Ok(options)
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.replace('_', "").parse().map_err(|_| format!("{text} is not a whole number"))
}

#[cfg(test)]
mod tests {
    use super::Options;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn reads_values_and_flags() {
        let options = parse("--executions 10_000 --only layers,no-std --fix").unwrap();
        assert_eq!(options.executions, Some(10_000));
        assert_eq!(options.only, ["layers", "no-std"]);
        assert!(options.fix && !options.self_test);
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert!(parse("--sceonds 3").is_err());
        assert!(parse("--seconds").is_err());
        assert!(parse("--seconds soon").is_err());
    }
}
