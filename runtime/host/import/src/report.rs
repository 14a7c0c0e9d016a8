//! The import doctor's report: every blocker at once, with operator, tensor, reason and fix.

use std::fmt;

/// Weight of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The model cannot be imported until this is dealt with.
    Blocker,
    /// Imported, but something in the file is doubtful.
    Warning,
    /// Imported; worth knowing.
    Note,
}

impl Severity {
    /// Lower-case name, as tools print it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Blocker => "blocker",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One thing the importer has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Weight.
    pub severity: Severity,
    /// Operator it concerns, as `#12 CONV_2D` (position in the file's execution order); none for the whole file.
    pub operator: Option<String>,
    /// Name of the tensor it concerns.
    pub tensor: Option<String>,
    /// What is wrong, or what was noticed.
    pub reason: String,
    /// What to do about it; empty for notes that ask for nothing.
    pub fix: String,
}

/// Everything the importer found, in the order of the file. As an error it holds at least one blocker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// The findings.
    pub findings: Vec<Finding>,
}

impl ImportReport {
    /// The findings that stop the import.
    pub fn blockers(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Blocker)
    }

    /// True when nothing stops the import.
    pub fn is_importable(&self) -> bool {
        self.blockers().next().is_none()
    }

    /// Number of findings of one severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// A heading with the counts, then one line per finding with aligned columns and its fix on the line below.
impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.findings.is_empty() {
            return write!(f, "nothing found");
        }
        let counts: Vec<String> = [Severity::Blocker, Severity::Warning, Severity::Note]
            .into_iter()
            .map(|severity| (self.count(severity), severity.name()))
            .filter(|&(count, _)| count > 0)
            .map(|(count, name)| counted(count, name))
            .collect();
        write!(f, "{}", counts.join(", "))?;
        let operator = |finding: &Finding| finding.operator.clone().unwrap_or_else(|| "file".into());
        let width = self.findings.iter().map(|finding| operator(finding).chars().count()).max().unwrap_or(0);
        for finding in &self.findings {
            let severity = finding.severity.name();
            write!(f, "\n  {severity:<7}  {:<width$}  {}", operator(finding), finding.reason)?;
            if let Some(tensor) = &finding.tensor {
                write!(f, " [tensor '{tensor}']")?;
            }
            if !finding.fix.is_empty() {
                write!(f, "\n  {:<7}  {:<width$}    fix: {}", "", "", finding.fix)?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for ImportReport {}

/// A blocker on its way to the report; the operator is added where it is known.
#[derive(Clone, Debug)]
pub(crate) struct Blocker {
    pub tensor: Option<String>,
    pub reason: String,
    pub fix: String,
}

impl Blocker {
    pub fn new(reason: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { tensor: None, reason: reason.into(), fix: fix.into() }
    }

    /// A broken promise of the file itself, which only the tool that wrote it can mend.
    pub fn malformed(reason: impl Into<String>) -> Self {
        Self::new(reason, "the file contradicts itself: convert the model again, or get a fresh copy")
    }

    pub fn of(mut self, tensor: impl Into<String>) -> Self {
        self.tensor = Some(tensor.into());
        self
    }

    pub fn into_finding(self, operator: Option<String>) -> Finding {
        Finding { severity: Severity::Blocker, operator, tensor: self.tensor, reason: self.reason, fix: self.fix }
    }
}

/// Why an operator was not imported.
#[derive(Clone, Debug)]
pub(crate) enum Blocked {
    /// A finding for the report.
    Because(Blocker),
    /// The cause (a faulty tensor) is in the report already.
    Reported,
}

impl From<Blocker> for Blocked {
    fn from(blocker: Blocker) -> Self {
        Self::Because(blocker)
    }
}
