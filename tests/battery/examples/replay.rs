//! Runs one case again: `cargo run -p mote-battery --features std --example replay -- conv2d_i8 17`, with the names and
//! the number that a board printed.

use mote_battery::{Difference, Listener, Parameters, WORKSPACE_BYTES, Workspace};

struct Print;

impl Listener for Print {
    fn difference(&mut self, difference: &Difference, _: Option<&dyn Parameters>) {
        println!("{difference:?}");
    }
}

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, case] = &arguments[..] else { return Err("usage: replay FAMILY CASE".into()) };
    let names = || mote_battery::all().iter().map(|family| family.name()).collect::<Vec<_>>().join(" ");
    let family = mote_battery::all().iter().find(|family| family.name() == name);
    let family = family.ok_or_else(|| format!("no family {name}; there are {}", names()))?;
    let case = case.parse().map_err(|_| format!("{case} is no case number"))?;
    let mut memory = vec![0; WORKSPACE_BYTES];
    let mut workspace = Workspace::new(&mut memory).ok_or("no workspace")?;
    family.describe(&mut workspace, case, &mut |group, name, value| match (group, name) {
        ("", name) | (name, "") => println!("{name:24} {value}"),
        (group, name) => println!("{:24} {value}", format!("{group}.{name}")),
    });
    match family.run_case(&mut workspace, case, &mut Print) {
        Ok(comparisons) => println!("right in {comparisons} comparisons"),
        Err(_) => return Err("wrong".into()),
    }
    Ok(())
}
